#ifndef MYVLM_IMAGE_CODECS_H
#define MYVLM_IMAGE_CODECS_H
/// Version of libjpeg's interface the binary was built with (62, 80).
int mic_jpeg_version(void);
#endif
