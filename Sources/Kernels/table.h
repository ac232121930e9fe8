#ifndef MYVLM_KERNELS_TABLE_H
#define MYVLM_KERNELS_TABLE_H

#include <stddef.h>

#include "kernels.h"

// Rows of x as blocks of 32 bytes: value = scales[row][block] * numbers[row][block][32].
typedef struct {
    const int8_t *numbers;
    const float *scales;
    const int32_t *sums; // of the numbers of a block
    long blocks, stride; // of a row, and from one row to the next
} mk_quantized;

// The taps of a kernel that lie inside a map.
typedef struct {
    long rows, columns;
    long kernel, width; // from one row of taps to the next, in the weights and in the map
} mk_taps;

// Kernels that exist once per instruction set: template_*.h compiled under each set of target attributes.
typedef struct {
    // y [rows, columns <= 32] (+)= x [rows, depth] panel; the panel is [depth][stride], 32 floats read of each row.
    void (*panel_f32)(
        const float *x, long x_stride, long rows, const float *panel, long stride, long depth, float *y, long y_stride,
        long columns, int accumulate);
    void (*panel_f16)(
        const float *x, long x_stride, long rows, const uint16_t *panel, long stride, long depth, float *y,
        long y_stride, long columns, int accumulate);
    void (*expand_f16)(const uint16_t *from, long count, float *to);
    // to [32][32] = from^T, both with a row stride.
    void (*transpose32)(const float *from, long from_stride, float *to, long to_stride);

    // bf16 (template_pairs.h). NULL where the processor cannot multiply pairs: then x stays float, rounded. Rows of x are
    // padded with zeros to whole 16 pairs.
    void (*panel_pairs)(
        const uint16_t *x, long x_stride, long rows, const uint32_t *panel, long pairs, float *y, long y_stride,
        long columns, int accumulate);
    void (*panel_widened)(
        const float *x, long x_stride, long rows, const uint32_t *panel, long depth, float *y, long y_stride,
        long columns, int accumulate);
    void (*expand_pairs)(const uint32_t *from, long pairs, float *to);
    void (*round_pairs)(const float *from, long n, long padded, uint16_t *to);
    void (*transpose_pairs)(const uint32_t *from, uint32_t *to);

    // Blocks [first, last) of quantised numbers (template_blocks.h), rows [row, row + rows) of x.
    void (*panel_q8_0)(
        const mk_quantized *x, long row, long rows, const uint8_t *panel, long first_block, long last_block, float *y,
        long y_stride, long columns, int accumulate);
    void (*panel_q4_0)(
        const mk_quantized *x, long row, long rows, const uint8_t *panel, long first_block, long last_block, float *y,
        long y_stride, long columns, int accumulate);
    void (*panel_q4_1)(
        const mk_quantized *x, long row, long rows, const uint8_t *panel, long first_block, long last_block, float *y,
        long y_stride, long columns, int accumulate);
    void (*expand_blocks)(int kind, const uint8_t *panel, float *to);
    void (*quantize)(const float *from, long n, int8_t *numbers, float *scales, int32_t *sums);

    double (*peak)(int storage, long rounds, float *result);
    float (*read_all)(const float *x, long n);

    float (*dot)(const float *a, const float *b, long n);
    void (*rms_norm)(const float *x, const float *weight, float epsilon, long n, float *y);
    void (*rms_norm_backward)(const float *x, const float *weight, float epsilon, const float *dy, long n, float *dx);
    void (*layer_norm)(const float *x, const float *weight, const float *bias, float epsilon, long n, float *y);
    void (*layer_norm_backward)(const float *x, const float *weight, float epsilon, const float *dy, long n, float *dx);
    // y = activation(x + bias) * factor; without bias or factor where they are NULL.
    void (*activate)(const float *x, const float *bias, const float *factor, int activation, long n, float *y);
    // dx = dy factor activation'(x) and, with a factor, dfactor = dy activation(x).
    void (*activate_backward)(
        const float *x, const float *factor, const float *dy, int activation, long n, float *dx, float *dfactor);
    void (*rotate)(float *x, long heads, long size, const float *cosine, const float *sine, float sign);
    void (*softmax)(float *x, long n);
    void (*softmax_backward)(const float *p, const float *dp, long n, float *ds);
    double (*cross_entropy)(float *logits, int32_t target, long n, float scale);

    // One place of a map: `in` and `weight` are those of the first tap inside of it.
    void (*depthwise)(
        const float *in, const float *weight, const float *bias, const mk_taps *taps, long channels, float *out);
    void (*bias_relu6)(float *y, const float *bias, int clip, long n);

    // to[j] += weights[j] * scale * x.
    void (*spread)(const float *weights, float scale, const float *x, long count, long size, float *to, long stride);
} mk_table;

extern const mk_table mk_table_portable;
#if defined(__x86_64__)
extern const mk_table mk_table_avx2, mk_table_avx512, mk_table_vnni, mk_table_bf16, mk_table_amx;
#elif defined(__aarch64__)
extern const mk_table mk_table_neon, mk_table_neon_dot;
#endif

// Bytes of one panel of a weight, and of one block of 32 inputs of it.
long mk_panel_bytes(long inputs, int storage);
long mk_block_bytes(int storage);
// 32 x 32 numbers of a weight as floats [32 inputs][32 outputs]: outputs of the panel, inputs from `first`, a multiple of
// 32; zeros where the weight ends.
void mk_expand_block(const mk_table *table, const mk_weight *w, long panel, long first, float *to);

// The table in use.
const mk_table *mk_kernels(void);

#endif
