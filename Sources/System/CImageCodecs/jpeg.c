#include "codec_support.h"
#include <jerror.h>
#include <setjmp.h>
#include <stdlib.h>
#include <jpeglib.h>

// A progressive file may ask for any number of passes over the whole picture; real encoders use about ten.
enum { MAXIMUM_SCANS = 64 };

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf escape;
    mic_status status;
    char *message;
} error_manager;

static void fail(j_common_ptr info) {
    error_manager *errors = (error_manager *)info->err;
    char text[JMSG_LENGTH_MAX];
    errors->base.format_message(info, text);
    int code = errors->base.msg_code;
    if (code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE || code == JERR_TFILE_CREATE)
        errors->status = MIC_MEMORY;
    else if (errors->status == MIC_OK)
        errors->status = MIC_MALFORMED;
    snprintf(errors->message, MIC_MESSAGE, "%s", text);
    longjmp(errors->escape, 1);
}

// The library goes on with grey filler when data is cut short or corrupt. Half a picture is not what the user sent,
// so such warnings are errors; those about sloppy but complete files are not. Where the bytes end is no warning of its
// own (see `end_of_bytes`): the decoder complains when it lacks bits of a pixel.
static void warn(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
    case JWRN_BOGUS_PROGRESSION: return;
    default: fail(info);
    }
}

static void keep_silent(j_common_ptr info) { (void)info; }

static void limit_scans(j_common_ptr info) {
    if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > MAXIMUM_SCANS) {
        error_manager *errors = (error_manager *)info->err;
        errors->status = MIC_MALFORMED;
        snprintf(errors->message, MIC_MESSAGE, "more than %d scans", MAXIMUM_SCANS);
        longjmp(errors->escape, 1);
    }
}

static void prepare(error_manager *errors, char *message) {
    jpeg_std_error(&errors->base);
    errors->base.error_exit = fail;
    errors->base.emit_message = warn;
    errors->base.output_message = keep_silent;
    errors->status = MIC_OK;
    errors->message = message;
}

// The bytes are over: an end mark is made up, as the library's own source does, but silently. A decoder that still needs
// bits then warns of a marker inside the data (JWRN_HIT_MARKER), which is an error here; one that has all pixels does not.
static boolean end_of_bytes(j_decompress_ptr info) {
    static const JOCTET end[2] = {0xFF, JPEG_EOI};
    info->src->next_input_byte = end;
    info->src->bytes_in_buffer = 2;
    *(int *)info->client_data = 1;
    return TRUE;
}

// Reads from memory; `*ended` becomes 1 when the bytes are over before the picture's end mark.
static void read_from(j_decompress_ptr info, const uint8_t *bytes, size_t count, int *ended) {
    *ended = 0;
    jpeg_mem_src(info, bytes, count);
    info->client_data = ended;
    info->src->fill_input_buffer = end_of_bytes;
}

mic_status mic_jpeg_size(const uint8_t *bytes, size_t count, long *width, long *height, char *message) {
    struct jpeg_decompress_struct info;
    error_manager errors;
    int ended;
    info.err = &errors.base;
    prepare(&errors, message);
    if (setjmp(errors.escape)) {
        jpeg_destroy_decompress(&info);
        return errors.status;
    }
    jpeg_create_decompress(&info);
    read_from(&info, bytes, count, &ended);
    jpeg_read_header(&info, TRUE);
    *width = info.image_width;
    *height = info.image_height;
    jpeg_destroy_decompress(&info);
    return MIC_OK;
}

// Whether every coefficient of the picture has arrived in full precision: what may follow cannot change a pixel.
static int has_all_coefficients(j_decompress_ptr info, unsigned components_seen) {
    if (!info->progressive_mode) return components_seen == (1u << info->num_components) - 1;
    for (int c = 0; c < info->num_components; c++)
        for (int k = 0; k < DCTSIZE2; k++)
            if (info->coef_bits[c][k] != 0) return 0;
    return 1;
}

// Takes in the scans of a picture that has several, up to the one that completes it or to its end mark. What stands
// behind the last scan that matters is never looked at. Pictures of unfinished precision are taken when their encoder
// ended them so, and refused when the bytes ended before.
static void take_scans(j_decompress_ptr info, const int *ended, char *message) {
    error_manager *errors = (error_manager *)info->err;
    unsigned components_seen = 0;
    for (;;) {
        int progress = jpeg_consume_input(info);
        if (progress == JPEG_REACHED_SOS) limit_scans((j_common_ptr)info);
        if (progress == JPEG_SCAN_COMPLETED) {
            for (int c = 0; c < info->comps_in_scan; c++) components_seen |= 1u << info->cur_comp_info[c]->component_index;
            if (has_all_coefficients(info, components_seen)) return;
        }
        if (progress == JPEG_REACHED_EOI) {
            if (!*ended) return;
            errors->status = MIC_MALFORMED;
            snprintf(message, MIC_MESSAGE, "the file is cut short");
            longjmp(errors->escape, 1);
        }
    }
}

// Adobe writes CMYK inverted, so 255 means no ink.
static void cmyk_to_rgb(const uint8_t *cmyk, uint8_t *rgb, long width, int inverted) {
    for (long x = 0; x < width; x++) {
        unsigned key = inverted ? cmyk[4 * x + 3] : 255u - cmyk[4 * x + 3];
        for (int c = 0; c < 3; c++) {
            unsigned light = inverted ? cmyk[4 * x + c] : 255u - cmyk[4 * x + c];
            rgb[3 * x + c] = (uint8_t)((light * key + 127u) / 255u);
        }
    }
}

mic_status mic_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *rgb, long width, long height, size_t budget, char *message) {
    struct jpeg_decompress_struct info;
    struct jpeg_progress_mgr progress = {.progress_monitor = limit_scans};
    error_manager errors;
    int ended;
    uint8_t *volatile line = NULL;
    info.err = &errors.base;
    prepare(&errors, message);
    if (setjmp(errors.escape)) {
        jpeg_destroy_decompress(&info);
        free(line);
        return errors.status;
    }
    jpeg_create_decompress(&info);
    info.progress = &progress;
    info.mem->max_memory_to_use = (long)budget;
    read_from(&info, bytes, count, &ended);
    jpeg_read_header(&info, TRUE);
    int is_cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    // Coefficients of a progressive file are all kept at once, two bytes each.
    if (jpeg_has_multiple_scans(&info) && (size_t)width * (size_t)height * (size_t)info.num_components * 2 > budget) {
        jpeg_destroy_decompress(&info);
        return mic_fail(message, MIC_MEMORY, "a progressive picture this large takes too much memory");
    }
    info.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
    info.buffered_image = jpeg_has_multiple_scans(&info);
    jpeg_start_decompress(&info);
    if (info.output_width != (JDIMENSION)width || info.output_height != (JDIMENSION)height) {
        jpeg_destroy_decompress(&info);
        return mic_fail(message, MIC_MALFORMED, "the size changed after the header");
    }
    if (is_cmyk && !(line = malloc((size_t)width * 4))) {
        jpeg_destroy_decompress(&info);
        return mic_fail(message, MIC_MEMORY, "out of memory");
    }
    if (info.buffered_image) {
        take_scans(&info, &ended, message);
        jpeg_start_output(&info, info.input_scan_number);
    }
    while (info.output_scanline < info.output_height) {
        uint8_t *target = rgb + (size_t)info.output_scanline * (size_t)width * 3;
        JSAMPROW row = is_cmyk ? line : target;
        if (jpeg_read_scanlines(&info, &row, 1) == 1 && is_cmyk) cmyk_to_rgb(line, target, width, info.saw_Adobe_marker);
    }
    // Not `jpeg_finish_decompress`, which would read on to the end mark: phones put data of their own behind the picture,
    // and some tools lose the mark.
    jpeg_destroy_decompress(&info);
    free(line);
    return MIC_OK;
}

mic_status mic_jpeg_encode(const uint8_t *rgb, long width, long height, int quality, uint8_t **out, size_t *out_count, char *message) {
    struct jpeg_compress_struct info;
    error_manager errors;
    // libjpeg writes both when it grows the buffer; they live here, not in registers, across the jump.
    unsigned char *volatile *slot = NULL;
    unsigned char *buffer = NULL;
    unsigned long size = 0;
    slot = (unsigned char *volatile *)&buffer;
    info.err = &errors.base;
    prepare(&errors, message);
    if (setjmp(errors.escape)) {
        jpeg_destroy_compress(&info);
        free(*slot);
        return errors.status;
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &buffer, &size);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = (JSAMPROW)(rgb + (size_t)info.next_scanline * (size_t)width * 3);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    *out = buffer;
    *out_count = size;
    return MIC_OK;
}

void mic_free(uint8_t *bytes) { free(bytes); }
