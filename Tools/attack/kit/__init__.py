"""What all attacks share: a server, users, calls, frames by hand, a bystander, figures."""
