#include "cfaces.h"
#include "descriptor.h"

#include <dlib/image_processing.h>
#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_transforms.h>
#include <dlib/revision.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <tuple>

struct cfaces_analyzer {
    dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
    dlib::shape_predictor landmarks;
    faces::Descriptor descriptor;

    cfaces_analyzer(const char *landmarks_path, const char *descriptor_path) : descriptor(descriptor_path) {
        dlib::deserialize(landmarks_path) >> landmarks;
    }
};

namespace {

void tell(char *message, size_t capacity, const char *text) {
    if (message == nullptr || capacity == 0) return;
    const size_t length = std::min(std::strlen(text), capacity - 1);
    std::memcpy(message, text, length);
    message[length] = 0;
}

// Runs the body; no exception gets past here.
template <typename Body>
cfaces_status guarded(cfaces_status otherwise, char *message, size_t capacity, Body body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        tell(message, capacity, "out of memory");
        return CFACES_MEMORY;
    } catch (const std::exception &error) {
        tell(message, capacity, error.what());
        return otherwise;
    } catch (...) {
        tell(message, capacity, "an unknown failure");
        return otherwise;
    }
}

faces::Picture picture(const uint8_t *pixels, int width, int height) {
    faces::Picture image(height, width);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const uint8_t *p = pixels + (static_cast<size_t>(y) * width + x) * 3;
            image[y][x] = dlib::rgb_pixel(p[0], p[1], p[2]);
        }
    }
    return image;
}

// The factor the picture is scaled by before the search.
double searched_scale(int64_t pixels, int64_t budget) {
    if (pixels > budget) return std::sqrt(static_cast<double>(budget) / static_cast<double>(pixels));
    return pixels * 4 <= budget ? 2 : 1;
}

void scaled(const faces::Picture &image, double scale, faces::Picture &result) {
    const long rows = std::max(1L, std::lround(image.nr() * scale));
    const long columns = std::max(1L, std::lround(image.nc() * scale));
    result.set_size(rows, columns);
    dlib::resize_image(image, result);
}

}  // namespace

int cfaces_dlib_version(void) { return DLIB_MAJOR_VERSION * 100 + DLIB_MINOR_VERSION; }

cfaces_status cfaces_load(
    const char *landmarks_path, const char *descriptor_path, cfaces_analyzer **out, char *message, size_t capacity) {
    *out = nullptr;
    return guarded(CFACES_MODEL, message, capacity, [&] {
        *out = new cfaces_analyzer(landmarks_path, descriptor_path);
        return CFACES_OK;
    });
}

void cfaces_free(cfaces_analyzer *analyzer) { delete analyzer; }

cfaces_status cfaces_find(
    cfaces_analyzer *analyzer, const uint8_t *pixels, int width, int height, int64_t pixel_budget, cfaces_face *faces,
    int limit, int *count, char *message, size_t capacity) {
    *count = 0;
    if (width <= 0 || height <= 0 || pixel_budget < 10000 || limit < 0) {
        tell(message, capacity, "a picture needs pixels, a search a budget of 10000 pixels or more");
        return CFACES_ARGUMENT;
    }
    return guarded(CFACES_FAILURE, message, capacity, [&] {
        const faces::Picture full = picture(pixels, width, height);
        const double scale = searched_scale(static_cast<int64_t>(width) * height, pixel_budget);
        faces::Picture resized;
        if (scale != 1) scaled(full, scale, resized);
        const faces::Picture &searched = scale == 1 ? full : resized;
        std::vector<dlib::rect_detection> found;
        analyzer->detector(searched, found, 0.0);
        // Ties by place, so that the order is always the same.
        std::sort(found.begin(), found.end(), [](const auto &a, const auto &b) {
            return std::make_tuple(-a.detection_confidence, a.rect.left(), a.rect.top()) <
                   std::make_tuple(-b.detection_confidence, b.rect.left(), b.rect.top());
        });
        if (static_cast<int>(found.size()) > limit) found.resize(static_cast<size_t>(limit));
        // Chips are cut from the full picture: the descriptor wants 150 pixels of face, not the search's copy of it.
        std::vector<dlib::chip_details> details;
        std::vector<dlib::drectangle> boxes;
        for (const auto &face : found) {
            const dlib::drectangle box(
                face.rect.left() / scale, face.rect.top() / scale, (face.rect.right() + 1) / scale,
                (face.rect.bottom() + 1) / scale);
            boxes.push_back(box);
            const auto shape = analyzer->landmarks(full, dlib::rectangle(box));
            details.push_back(dlib::get_face_chip_details(shape, 150, 0.25));
        }
        dlib::array<faces::Chip> chips;
        dlib::extract_image_chips(full, details, chips);
        std::vector<faces::Chip> inputs;
        for (size_t i = 0; i < chips.size(); i++) inputs.push_back(std::move(chips[i]));
        const auto descriptors = analyzer->descriptor.describe(inputs);
        for (size_t i = 0; i < descriptors.size(); i++) {
            cfaces_face &face = faces[i];
            face.x = static_cast<float>(boxes[i].left());
            face.y = static_cast<float>(boxes[i].top());
            face.width = static_cast<float>(boxes[i].right() - boxes[i].left());
            face.height = static_cast<float>(boxes[i].bottom() - boxes[i].top());
            face.confidence = static_cast<float>(found[i].detection_confidence);
            std::copy_n(descriptors[i].begin(), CFACES_DESCRIPTOR_SIZE, face.descriptor);
        }
        *count = static_cast<int>(descriptors.size());
        return CFACES_OK;
    });
}
