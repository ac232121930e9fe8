#include "openssl_life.h"

#include <openssl/crypto.h>

static int agreed = 0;

// Before main, since the first use of OpenSSL decides, and hashes are computed before any connection is opened.
__attribute__((constructor)) static void begin(void) { agreed = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); }

int openssl_life_is_the_process(void) { return agreed; }
