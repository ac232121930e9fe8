#include "template_vector.h"
#include "template_gemm.h"
#include "template_pairs.h"
#include "template_blocks.h"
#include "template_peak.h"
#include "template_activation.h"
#include "template_rows.h"
#include "template_conv.h"
#include "template_attention.h"

const mk_table TABLE = {
    .panel_f32 = panel_f32, .panel_f16 = panel_f16, .expand_f16 = expand_f16, .transpose32 = transpose32,
    .panel_pairs = PANEL_PAIRS, .panel_widened = panel_widened, .expand_pairs = expand_pairs,
    .round_pairs = round_pairs, .transpose_pairs = transpose_pairs, .panel_q8_0 = panel_q8_0,
    .panel_q4_0 = panel_q4_0, .panel_q4_1 = panel_q4_1, .expand_blocks = expand_blocks, .quantize = quantize,
    .peak = peak, .read_all = read_all,
    .dot = dot, .rms_norm = rms_norm, .rms_norm_backward = rms_norm_backward,
    .layer_norm = layer_norm, .layer_norm_backward = layer_norm_backward, .activate = activate,
    .activate_backward = activate_backward, .rotate = rotate, .softmax = softmax,
    .softmax_backward = softmax_backward, .cross_entropy = cross_entropy, .depthwise = depthwise,
    .bias_relu6 = bias_relu6, .spread = spread,
};
