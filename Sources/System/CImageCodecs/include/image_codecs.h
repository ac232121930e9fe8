#ifndef MYVLM_IMAGE_CODECS_H
#define MYVLM_IMAGE_CODECS_H

#include <stddef.h>
#include <stdint.h>

// Still pictures to and from 8-bit RGB. The libraries report errors by longjmp; every jump stays inside one C
// function of these files, so that no Swift frame is ever skipped. Functions return an `mic_status`; on failure
// `message` (of MIC_MESSAGE bytes) says why. No function keeps a pointer after it returns.

enum { MIC_MESSAGE = 256 };

typedef enum {
    MIC_OK = 0,
    /// Not this format, damaged or cut short.
    MIC_MALFORMED = 1,
    /// A feature of the format these functions do not read.
    MIC_UNSUPPORTED = 2,
    /// Decoding would take more than the memory budget.
    MIC_MEMORY = 3,
} mic_status;

/// Reads width and height from the header alone: allocates nothing that grows with the picture.
mic_status mic_jpeg_size(const uint8_t *bytes, size_t count, long *width, long *height, char *message);
mic_status mic_png_size(const uint8_t *bytes, size_t count, long *width, long *height, char *message);
mic_status mic_webp_size(const uint8_t *bytes, size_t count, long *width, long *height, char *message);

/// Decodes into `rgb`, [height, width, 3], which the caller sized by the header; a header that says otherwise is
/// malformed. Every pixel must be there and whole; what stands behind the last one is not looked at. Alpha is laid over
/// white. `budget` bounds the library's own working memory in bytes.
mic_status mic_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *rgb, long width, long height, size_t budget, char *message);
mic_status mic_png_decode(const uint8_t *bytes, size_t count, uint8_t *rgb, long width, long height, size_t budget, char *message);
mic_status mic_webp_decode(const uint8_t *bytes, size_t count, uint8_t *rgb, long width, long height, size_t budget, char *message);

/// Unpacks zlib data of at most `capacity` bytes into `out`. Returns their number, or -1 for what is no such data or more.
long mic_inflate(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity);

/// Encodes `rgb`; `*out` is to be given back with `mic_free`.
mic_status mic_jpeg_encode(const uint8_t *rgb, long width, long height, int quality, uint8_t **out, size_t *out_count, char *message);
mic_status mic_png_encode(const uint8_t *rgb, long width, long height, uint8_t **out, size_t *out_count, char *message);
void mic_free(uint8_t *bytes);

#endif
