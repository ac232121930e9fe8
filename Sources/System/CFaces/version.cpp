#include "cfaces.h"
#include <dlib/revision.h>

int cfaces_dlib_version(void) { return DLIB_MAJOR_VERSION * 100 + DLIB_MINOR_VERSION; }
