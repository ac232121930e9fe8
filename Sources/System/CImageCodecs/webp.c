#include "codec_support.h"
#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>

static mic_status read_features(const uint8_t *bytes, size_t count, WebPBitstreamFeatures *features, char *message) {
    if (WebPGetFeatures(bytes, count, features) != VP8_STATUS_OK) return mic_fail(message, MIC_MALFORMED, "no WebP header");
    if (features->has_animation) return mic_fail(message, MIC_UNSUPPORTED, "an animated WebP; send a still picture");
    return MIC_OK;
}

mic_status mic_webp_size(const uint8_t *bytes, size_t count, long *width, long *height, char *message) {
    WebPBitstreamFeatures features;
    mic_status status = read_features(bytes, count, &features, message);
    if (status != MIC_OK) return status;
    *width = features.width;
    *height = features.height;
    return MIC_OK;
}

// The length that the file's first chunk states may reach beyond the bytes: chunks behind the picture were cut off. The
// library wants it right, so `*bytes` becomes a copy that says what is there, to be freed; NULL when none is needed.
static mic_status mend_length(const uint8_t **bytes, size_t count, size_t budget, uint8_t **copy, char *message) {
    const uint8_t *file = *bytes;
    *copy = NULL;
    uint32_t stated = (uint32_t)file[4] | (uint32_t)file[5] << 8 | (uint32_t)file[6] << 16 | (uint32_t)file[7] << 24;
    if (stated <= count - 8) return MIC_OK;
    if (count > budget || !(*copy = malloc(count))) return mic_fail(message, MIC_MEMORY, "the picture takes too much memory");
    memcpy(*copy, file, count);
    for (int i = 0; i < 4; i++) (*copy)[4 + i] = (uint8_t)((count - 8) >> 8 * i);
    *bytes = *copy;
    return MIC_OK;
}

static mic_status decode(const uint8_t *bytes, size_t count, uint8_t *rgb, long width, long height, size_t budget, char *message) {
    WebPBitstreamFeatures features;
    mic_status status = read_features(bytes, count, &features, message);
    if (status != MIC_OK) return status;
    if (features.width != width || features.height != height)
        return mic_fail(message, MIC_MALFORMED, "the size changed after the header");
    size_t pixels = (size_t)width * (size_t)height;
    if (!features.has_alpha)
        return WebPDecodeRGBInto(bytes, count, rgb, pixels * 3, (int)width * 3)
                   ? MIC_OK
                   : mic_fail(message, MIC_MALFORMED, "the data is damaged or cut short");
    uint8_t *rgba = pixels > budget / 4 ? NULL : malloc(pixels * 4);
    if (!rgba) return mic_fail(message, MIC_MEMORY, "the picture takes too much memory");
    if (WebPDecodeRGBAInto(bytes, count, rgba, pixels * 4, (int)width * 4))
        mic_flatten(rgba, rgb, pixels);
    else
        status = mic_fail(message, MIC_MALFORMED, "the data is damaged or cut short");
    free(rgba);
    return status;
}

mic_status mic_webp_decode(const uint8_t *bytes, size_t count, uint8_t *rgb, long width, long height, size_t budget, char *message) {
    if (count < 12) return mic_fail(message, MIC_MALFORMED, "no WebP header");
    uint8_t *copy;
    mic_status status = mend_length(&bytes, count, budget, &copy, message);
    if (status == MIC_OK) status = decode(bytes, count, rgb, width, height, copy ? budget - count : budget, message);
    free(copy);
    return status;
}
