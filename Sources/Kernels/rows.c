#include <math.h>

#include "table.h"

// Below this many floats a second thread costs more than it saves.
enum { WORTH_SHARING = 16384 };

static long grain(long n) {
    long rows = WORTH_SHARING / 2 / (n < 1 ? 1 : n);
    return rows < 1 ? 1 : rows;
}

typedef struct {
    const mk_table *table;
    const float *x, *weight, *dy;
    float *y;
    float epsilon;
    long n;
    const int32_t *targets;
    double *losses;
} rows;

float mk_dot_f32(const float *a, const float *b, long n) { return mk_kernels()->dot(a, b, n); }

static void norm(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++) r->table->rms_norm(r->x + i * r->n, r->weight, r->epsilon, r->n, r->y + i * r->n);
}

void mk_rms_norm(const float *x, const float *weight, float epsilon, long count, long n, float *y) {
    rows r = {.table = mk_kernels(), .x = x, .weight = weight, .epsilon = epsilon, .n = n, .y = y};
    mk_parallel(norm, &r, count, grain(n));
}

static void norm_backward(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++)
        r->table->rms_norm_backward(
            r->x + i * r->n, r->weight, r->epsilon, r->dy + i * r->n, r->n, r->y + i * r->n);
}

void mk_rms_norm_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long count, long n, float *dx) {
    rows r = {.table = mk_kernels(), .x = x, .weight = weight, .epsilon = epsilon, .n = n, .dy = dy, .y = dx};
    mk_parallel(norm_backward, &r, count, grain(n));
}

static void gated(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++) r->table->swiglu(r->x + i * 2 * r->n, r->n, r->y + i * r->n);
}

void mk_swiglu(const float *gu, long count, long n, float *y) {
    rows r = {.table = mk_kernels(), .x = gu, .n = n, .y = y};
    mk_parallel(gated, &r, count, grain(n));
}

static void gated_backward(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++)
        r->table->swiglu_backward(r->x + i * 2 * r->n, r->dy + i * r->n, r->n, r->y + i * 2 * r->n);
}

void mk_swiglu_backward(const float *gu, const float *dy, long count, long n, float *dgu) {
    rows r = {.table = mk_kernels(), .x = gu, .dy = dy, .n = n, .y = dgu};
    mk_parallel(gated_backward, &r, count, grain(n));
}

static void biased(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++)
        for (long j = 0; j < r->n; j++) r->y[i * r->n + j] += r->weight[j];
}

void mk_add_bias(float *x, const float *bias, long count, long n) {
    rows r = {.weight = bias, .n = n, .y = x};
    mk_parallel(biased, &r, count, grain(n));
}

static void silu_range(void *context, long lower, long upper) {
    const rows *r = context;
    r->table->silu(r->y + lower, upper - lower);
}

void mk_silu(float *x, long n) {
    rows r = {.table = mk_kernels(), .y = x};
    mk_parallel(silu_range, &r, n, WORTH_SHARING / 2);
}

static void gelu_range(void *context, long lower, long upper) {
    float *x = context;
    for (long i = lower; i < upper; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
}

void mk_gelu(float *x, long n) { mk_parallel(gelu_range, x, n, WORTH_SHARING / 8); }

void mk_softmax(float *x, long n) { mk_kernels()->softmax(x, n); }

void mk_softmax_backward(const float *p, const float *dp, long n, float *ds) {
    mk_kernels()->softmax_backward(p, dp, n, ds);
}

void mk_rope(float *x, long heads, long size, const float *cosine, const float *sine, float sign) {
    long half = size / 2;
    for (long h = 0; h < heads; h++) {
        float *a = x + h * size, *b = a + half;
        for (long i = 0; i < half; i++) {
            float first = a[i], second = b[i], s = sign * sine[i];
            a[i] = first * cosine[i] - second * s;
            b[i] = second * cosine[i] + first * s;
        }
    }
}

static void entropy(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++)
        r->losses[i] = r->table->cross_entropy(r->y + i * r->n, r->targets[i], r->n, r->epsilon);
}

void mk_cross_entropy(float *logits, const int32_t *targets, long count, long n, float scale, double *losses) {
    rows r = {.table = mk_kernels(), .y = logits, .targets = targets, .n = n, .epsilon = scale, .losses = losses};
    mk_parallel(entropy, &r, count, grain(n));
}
