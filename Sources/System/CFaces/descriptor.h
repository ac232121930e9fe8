#ifndef MYVLM_CFACES_DESCRIPTOR_H
#define MYVLM_CFACES_DESCRIPTOR_H

#include <dlib/array2d.h>
#include <dlib/pixel.h>

#include <memory>
#include <string>
#include <vector>

namespace faces {

using Picture = dlib::array2d<dlib::rgb_pixel>;
using Chip = dlib::matrix<dlib::rgb_pixel>;

// The residual network lives behind this face: its template takes most of the compile time and stays in one file.
class Descriptor {
public:
    explicit Descriptor(const std::string &path);
    ~Descriptor();
    // One descriptor a chip of 150 x 150 pixels, [128].
    std::vector<dlib::matrix<float, 0, 1>> describe(const std::vector<Chip> &chips);

private:
    struct Network;
    std::unique_ptr<Network> network;
};

}  // namespace faces

#endif
