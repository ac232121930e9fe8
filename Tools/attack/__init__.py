"""Attacks on a server of our own: what strangers and users may try, kept as tests. Run by Scripts/attack."""
