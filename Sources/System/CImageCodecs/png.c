#include "codec_support.h"
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct {
    const uint8_t *bytes;
    size_t count, position;
} source;

typedef struct {
    uint8_t *bytes;
    size_t count, capacity;
} sink;

static void fail(png_structp png, png_const_charp why) {
    snprintf((char *)png_get_error_ptr(png), MIC_MESSAGE, "%s", why);
    png_longjmp(png, 1);
}

// Complaints about colour profiles and the like: the pixels are whole (damaged pixels are errors, not warnings).
static void keep_silent(png_structp png, png_const_charp why) {
    (void)png;
    (void)why;
}

static void take(png_structp png, png_bytep target, size_t count) {
    source *from = png_get_io_ptr(png);
    if (from->count - from->position < count) png_error(png, "the file is cut short");
    memcpy(target, from->bytes + from->position, count);
    from->position += count;
}

static uint32_t big_endian(const uint8_t *b) {
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

mic_status mic_png_size(const uint8_t *bytes, size_t count, long *width, long *height, char *message) {
    // Signature, then IHDR, which always comes first: PNG specification, 5.2 and 11.2.2.
    if (count < 24 || png_sig_cmp(bytes, 0, 8) || memcmp(bytes + 12, "IHDR", 4))
        return mic_fail(message, MIC_MALFORMED, "no PNG header");
    *width = big_endian(bytes + 16);
    *height = big_endian(bytes + 20);
    return MIC_OK;
}

// Whether the pixels' last chunk (IDAT) was damaged: it is whole, and its check says otherwise. The check stands behind
// the pixels, so the library looks at it when all rows are read. A file that ends inside that chunk cannot be checked;
// the library has unpacked every row of it.
static int is_last_data_damaged(const uint8_t *bytes, size_t count) {
    size_t at = 8, last = 0;
    while (count - at >= 12) {
        size_t length = big_endian(bytes + at);
        int is_data = !memcmp(bytes + at + 4, "IDAT", 4);
        if (is_data) last = at;
        if (last && !is_data) break;
        if (length > count - at - 12) break;
        at += 12 + length;
    }
    if (!last) return 1;
    size_t length = big_endian(bytes + last);
    if (length > count - last - 12) return 0;
    return crc32(0, bytes + last + 4, (uInt)(length + 4)) != big_endian(bytes + last + 8 + length);
}

mic_status mic_png_decode(const uint8_t *bytes, size_t count, uint8_t *rgb, long width, long height, size_t budget, char *message) {
    source from = {bytes, count, 0};
    uint8_t *volatile rgba = NULL;
    png_infop info = NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, keep_silent);
    if (!png) return mic_fail(message, MIC_MEMORY, "out of memory");
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        free(rgba);
        return MIC_MALFORMED;
    }
    info = png_create_info_struct(png);
    if (!info) png_error(png, "out of memory");
    png_set_read_fn(png, &from, take);
    png_set_user_limits(png, (png_uint_32)width, (png_uint_32)height);
    // Compressed text and profiles may unpack to anything: nothing of them is used.
    png_set_chunk_malloc_max(png, 4 << 20);
    png_set_chunk_cache_max(png, 128);
    png_read_info(png, info);
    if (png_get_image_width(png, info) != (png_uint_32)width || png_get_image_height(png, info) != (png_uint_32)height)
        png_error(png, "the size changed after the header");

    int has_alpha = (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t channels = has_alpha ? 4 : 3, stride = (size_t)width * channels;
    if (png_get_rowbytes(png, info) != stride) png_error(png, "an unexpected pixel layout");
    // Rows of an interlaced picture are visited in every pass, so they must all be kept.
    size_t kept = passes > 1 ? (size_t)height : 1;
    if (has_alpha) {
        if (stride > budget / kept || !(rgba = malloc(stride * kept))) {
            png_destroy_read_struct(&png, &info, NULL);
            return mic_fail(message, MIC_MEMORY, "the picture takes too much memory");
        }
    }
    for (int pass = 0; pass < passes; pass++)
        for (long y = 0; y < height; y++) {
            uint8_t *target = rgb + (size_t)y * (size_t)width * 3;
            uint8_t *row = has_alpha ? rgba + (kept > 1 ? (size_t)y * stride : 0) : target;
            png_read_row(png, row, NULL);
            if (has_alpha && pass == passes - 1) mic_flatten(row, target, (size_t)width);
        }
    png_destroy_read_struct(&png, &info, NULL);
    free(rgba);
    // Nothing behind the last row is read: a missing end mark or a phone's own data there takes no pixel away.
    if (is_last_data_damaged(bytes, count)) return mic_fail(message, MIC_MALFORMED, "its pixels are damaged");
    return MIC_OK;
}

static void put(png_structp png, png_bytep data, size_t count) {
    sink *to = png_get_io_ptr(png);
    if (to->capacity - to->count < count) {
        size_t capacity = 2 * (to->capacity + count);
        uint8_t *grown = realloc(to->bytes, capacity);
        if (!grown) png_error(png, "out of memory");
        to->bytes = grown;
        to->capacity = capacity;
    }
    memcpy(to->bytes + to->count, data, count);
    to->count += count;
}

static void flush(png_structp png) { (void)png; }

mic_status mic_png_encode(const uint8_t *rgb, long width, long height, uint8_t **out, size_t *out_count, char *message) {
    sink to = {NULL, 0, 0};
    sink *volatile target = &to;
    png_infop info = NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, fail, keep_silent);
    if (!png) return mic_fail(message, MIC_MEMORY, "out of memory");
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        free(target->bytes);
        return MIC_MALFORMED;
    }
    info = png_create_info_struct(png);
    if (!info) png_error(png, "out of memory");
    png_set_write_fn(png, target, put, flush);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (long y = 0; y < height; y++) png_write_row(png, rgb + (size_t)y * (size_t)width * 3);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    *out = target->bytes;
    *out_count = target->count;
    return MIC_OK;
}

long mic_inflate(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity) {
    uLongf size = capacity;
    return uncompress(out, &size, bytes, count) == Z_OK ? (long)size : -1;
}
