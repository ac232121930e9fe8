#include "image_codecs.h"
#include <stdio.h>
#include <jpeglib.h>

int mic_jpeg_version(void) { return JPEG_LIB_VERSION; }
