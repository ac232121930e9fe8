#pragma once

/// OpenSSL would free everything it has when the process ends, while the threads of event loops still encrypt and decrypt:
/// a program that has done its work would crash at its end. Linking this target keeps it from doing so, whoever uses
/// OpenSSL first; the system takes the memory back. Returns 1 where OpenSSL agreed.
int openssl_life_is_the_process(void);
