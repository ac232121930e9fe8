#ifndef MYVLM_KERNELS_TABLE_H
#define MYVLM_KERNELS_TABLE_H

#include "kernels.h"

// Kernels that exist once per instruction set: template_*.h compiled under each set of target attributes.
typedef struct {
    // y [rows, columns <= 32] (+)= x [rows, depth] panel; the panel is [depth][stride], 32 floats read of each row.
    void (*panel_f32)(
        const float *x, long x_stride, long rows, const float *panel, long stride, long depth, float *y, long y_stride,
        long columns, int accumulate);
    void (*panel_bf16)(
        const float *x, long x_stride, long rows, const uint16_t *panel, long stride, long depth, float *y,
        long y_stride, long columns, int accumulate);
    void (*expand_bf16)(const uint16_t *from, long count, float *to);
    // to [32][32] = from^T, both with a row stride.
    void (*transpose32)(const float *from, long from_stride, float *to, long to_stride);

    float (*dot)(const float *a, const float *b, long n);
    void (*rms_norm)(const float *x, const float *weight, float epsilon, long n, float *y);
    void (*rms_norm_backward)(const float *x, const float *weight, float epsilon, const float *dy, long n, float *dx);
    void (*swiglu)(const float *gu, long n, float *y);
    void (*swiglu_backward)(const float *gu, const float *dy, long n, float *dgu);
    void (*silu)(float *x, long n);
    void (*softmax)(float *x, long n);
    void (*softmax_backward)(const float *p, const float *dp, long n, float *ds);
    double (*cross_entropy)(float *logits, int32_t target, long n, float scale);

    // scores[j] = scale * q . keys[j]; size is a multiple of 16.
    void (*scores)(const float *q, const float *keys, long stride, long count, long size, float scale, float *scores);
    // out (+)= sum over j of weights[j] * values[j].
    void (*mix)(const float *weights, const float *values, long stride, long count, long size, float *out);
    // to[j] += weights[j] * scale * x.
    void (*spread)(const float *weights, float scale, const float *x, long count, long size, float *to, long stride);
} mk_table;

extern const mk_table mk_table_portable;
#if defined(__x86_64__)
extern const mk_table mk_table_avx2, mk_table_avx512;
#endif

// The table in use.
const mk_table *mk_kernels(void);

#endif
