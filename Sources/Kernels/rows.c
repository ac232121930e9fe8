#include <stddef.h>

#include "table.h"

// Below this many floats a second thread costs more than it saves.
enum { WORTH_SHARING = 16384 };

static long grain(long n) {
    long rows = WORTH_SHARING / 2 / (n < 1 ? 1 : n);
    return rows < 1 ? 1 : rows;
}

typedef struct {
    const mk_table *table;
    const float *x, *weight, *bias, *dy;
    float *y;
    float epsilon;
    int activation, gated;
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

static void layer(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++)
        r->table->layer_norm(r->x + i * r->n, r->weight, r->bias, r->epsilon, r->n, r->y + i * r->n);
}

void mk_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, long count, long n, float *y) {
    rows r = {
        .table = mk_kernels(), .x = x, .weight = weight, .bias = bias, .epsilon = epsilon, .n = n, .y = y};
    mk_parallel(layer, &r, count, grain(n));
}

static void layer_backward(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++)
        r->table->layer_norm_backward(
            r->x + i * r->n, r->weight, r->epsilon, r->dy + i * r->n, r->n, r->y + i * r->n);
}

void mk_layer_norm_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long count, long n, float *dx) {
    rows r = {.table = mk_kernels(), .x = x, .weight = weight, .epsilon = epsilon, .n = n, .dy = dy, .y = dx};
    mk_parallel(layer_backward, &r, count, grain(n));
}

static void biased(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++)
        r->table->activate(r->y + i * r->n, r->bias, NULL, r->activation, r->n, r->y + i * r->n);
}

void mk_bias_activation(float *x, const float *bias, int activation, long count, long n) {
    if (bias == NULL && activation == MK_ACTIVATION_NONE) return;
    rows r = {.table = mk_kernels(), .bias = bias, .activation = activation, .n = n, .y = x};
    mk_parallel(biased, &r, count, grain(n));
}

static void activated(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++) {
        const float *x = r->x + i * r->n * (1 + r->gated);
        r->table->activate(x, NULL, r->gated ? x + r->n : NULL, r->activation, r->n, r->y + i * r->n);
    }
}

void mk_activate(const float *x, int activation, int gated, long count, long n, float *y) {
    rows r = {.table = mk_kernels(), .x = x, .activation = activation, .gated = gated ? 1 : 0, .n = n, .y = y};
    mk_parallel(activated, &r, count, grain(n));
}

static void activated_backward(void *context, long lower, long upper) {
    const rows *r = context;
    for (long i = lower; i < upper; i++) {
        const float *x = r->x + i * r->n * (1 + r->gated);
        float *dx = r->y + i * r->n * (1 + r->gated);
        r->table->activate_backward(
            x, r->gated ? x + r->n : NULL, r->dy + i * r->n, r->activation, r->n, dx, dx + r->n);
    }
}

void mk_activate_backward(
    const float *x, const float *dy, int activation, int gated, long count, long n, float *dx) {
    rows r = {
        .table = mk_kernels(), .x = x, .dy = dy, .activation = activation, .gated = gated ? 1 : 0, .n = n, .y = dx};
    mk_parallel(activated_backward, &r, count, grain(n));
}

void mk_softmax(float *x, long n) { mk_kernels()->softmax(x, n); }

void mk_softmax_backward(const float *p, const float *dp, long n, float *ds) {
    mk_kernels()->softmax_backward(p, dp, n, ds);
}

void mk_rope(float *x, long heads, long size, const float *cosine, const float *sine, float sign) {
    mk_kernels()->rotate(x, heads, size, cosine, sine, sign);
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
