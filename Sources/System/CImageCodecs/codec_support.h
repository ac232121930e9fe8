#ifndef MYVLM_CODEC_SUPPORT_H
#define MYVLM_CODEC_SUPPORT_H

#include "image_codecs.h"
#include <stdio.h>

static inline mic_status mic_fail(char *message, mic_status status, const char *why) {
    snprintf(message, MIC_MESSAGE, "%s", why);
    return status;
}

/// One 8-bit channel over white: (c a + 255 (255 - a)) / 255, rounded.
static inline uint8_t mic_over_white(unsigned c, unsigned a) { return (uint8_t)((c * a + 255u * (255u - a) + 127u) / 255u); }

static inline void mic_flatten(const uint8_t *rgba, uint8_t *rgb, size_t pixels) {
    for (size_t i = 0; i < pixels; i++) {
        unsigned a = rgba[4 * i + 3];
        for (int c = 0; c < 3; c++) rgb[3 * i + c] = mic_over_white(rgba[4 * i + c], a);
    }
}

#endif
