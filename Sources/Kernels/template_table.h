#include "template_vector.h"
#include "template_gemm.h"
#include "template_rows.h"
#include "template_attention.h"

const mk_table TABLE = {
    .panel_f32 = panel_f32, .panel_bf16 = panel_bf16, .expand_bf16 = expand_bf16, .transpose32 = transpose32,
    .dot = dot, .rms_norm = rms_norm, .rms_norm_backward = rms_norm_backward, .swiglu = swiglu,
    .swiglu_backward = swiglu_backward, .silu = silu, .softmax = softmax, .softmax_backward = softmax_backward,
    .cross_entropy = cross_entropy, .scores = scores, .mix = mix, .spread = spread,
};
