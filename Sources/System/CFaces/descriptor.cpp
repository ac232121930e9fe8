#include "descriptor.h"

#include <dlib/dnn.h>

namespace faces {
namespace {

// The architecture the published weights belong to (dlib, "dnn_face_recognition_ex"): a residual network of 29
// convolutions with affine layers in the place of batch norm, ending in 128 numbers without bias.
template <template <int, template <typename> class, int, typename> class Block, int N, template <typename> class Norm,
          typename Below>
using Residual = dlib::add_prev1<Block<N, Norm, 1, dlib::tag1<Below>>>;

template <template <int, template <typename> class, int, typename> class Block, int N, template <typename> class Norm,
          typename Below>
using ResidualDown =
    dlib::add_prev2<dlib::avg_pool<2, 2, 2, 2, dlib::skip1<dlib::tag2<Block<N, Norm, 2, dlib::tag1<Below>>>>>>;

template <int N, template <typename> class Norm, int Stride, typename Below>
using TwoConvolutions =
    Norm<dlib::con<N, 3, 3, 1, 1, dlib::relu<Norm<dlib::con<N, 3, 3, Stride, Stride, Below>>>>>;

template <int N, typename Below>
using Same = dlib::relu<Residual<TwoConvolutions, N, dlib::affine, Below>>;
template <int N, typename Below>
using Down = dlib::relu<ResidualDown<TwoConvolutions, N, dlib::affine, Below>>;

template <typename Below>
using Level0 = Down<256, Below>;
template <typename Below>
using Level1 = Same<256, Same<256, Down<256, Below>>>;
template <typename Below>
using Level2 = Same<128, Same<128, Down<128, Below>>>;
template <typename Below>
using Level3 = Same<64, Same<64, Same<64, Down<64, Below>>>>;
template <typename Below>
using Level4 = Same<32, Same<32, Same<32, Below>>>;
template <typename Below>
using Stem = dlib::max_pool<3, 3, 2, 2, dlib::relu<dlib::affine<dlib::con<32, 7, 7, 2, 2, Below>>>>;

using Net = dlib::loss_metric<dlib::fc_no_bias<
    128, dlib::avg_pool_everything<
             Level0<Level1<Level2<Level3<Level4<Stem<dlib::input_rgb_image_sized<150>>>>>>>>>>;

}  // namespace

struct Descriptor::Network {
    Net net;
};

Descriptor::Descriptor(const std::string &path) : network(std::make_unique<Network>()) {
    dlib::deserialize(path) >> network->net;
}

Descriptor::~Descriptor() = default;

std::vector<dlib::matrix<float, 0, 1>> Descriptor::describe(const std::vector<Chip> &chips) {
    if (chips.empty()) return {};
    return network->net(chips);
}

}  // namespace faces
