#ifndef MYVLM_CFACES_H
#define MYVLM_CFACES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Faces by dlib: HOG frontal detector, 5-point alignment, 128-d residual descriptor.
///
/// No C++ exception leaves these functions: they return a code and write a message.
/// Thread-safety: an analyzer may be used by one thread at a time (the network keeps its activations inside);
/// different analyzers are independent.
typedef struct cfaces_analyzer cfaces_analyzer;

/// Numbers in a descriptor.
enum { CFACES_DESCRIPTOR_SIZE = 128 };

/// What went wrong.
typedef enum {
    CFACES_OK = 0,
    /// A model file is missing, unreadable or not what it should be.
    CFACES_MODEL = 1,
    /// An argument outside its documented range.
    CFACES_ARGUMENT = 2,
    /// Out of memory.
    CFACES_MEMORY = 3,
    /// Anything else dlib reports.
    CFACES_FAILURE = 4,
} cfaces_status;

/// One face: its box in pixels of the given picture (it may reach over an edge), the detector's confidence
/// (larger is surer, 0 is the detector's own threshold) and its descriptor.
typedef struct {
    float x;
    float y;
    float width;
    float height;
    float confidence;
    float descriptor[CFACES_DESCRIPTOR_SIZE];
} cfaces_face;

/// Version of dlib the binary was built with, as major * 100 + minor.
int cfaces_dlib_version(void);

/// Loads the 5-point landmark model and the descriptor network. On success `*out` is to be freed with
/// `cfaces_free`; on failure `*out` is NULL and `message` (capacity bytes, always terminated) says why.
cfaces_status cfaces_load(
    const char *landmarks_path, const char *descriptor_path, cfaces_analyzer **out, char *message, size_t capacity);

/// Frees an analyzer; NULL is allowed.
void cfaces_free(cfaces_analyzer *analyzer);

/// Finds at most `limit` faces, surest first, and describes them. `pixels` is RGB, [height, width, 3], without
/// padding. Pictures of more than `pixel_budget` pixels are searched scaled down to it (memory of a search is about
/// 100 bytes a searched pixel); smaller ones are searched doubled when the doubled picture still fits the budget, so
/// that faces from 40 pixels on are found. `*count` is the number of faces written.
cfaces_status cfaces_find(
    cfaces_analyzer *analyzer, const uint8_t *pixels, int width, int height, int64_t pixel_budget, cfaces_face *faces,
    int limit, int *count, char *message, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
