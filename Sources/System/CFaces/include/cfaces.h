#ifndef MYVLM_CFACES_H
#define MYVLM_CFACES_H
#ifdef __cplusplus
extern "C" {
#endif
/// Version of dlib the binary was built with, as major * 100 + minor.
int cfaces_dlib_version(void);
#ifdef __cplusplus
}
#endif
#endif
