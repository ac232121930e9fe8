#ifndef MYVLM_CMESSAGES_H
#define MYVLM_CMESSAGES_H
#include "myvlm/v1/accounts.pb-c.h"
#include "myvlm/v1/concepts.pb-c.h"
#include "myvlm/v1/server.pb-c.h"
#include "myvlm/v1/vision.pb-c.h"
#endif
