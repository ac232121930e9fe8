#include "tower.h"

#include <math.h>

#include "kernels.h"

// One clone is compiled for each instruction set and chosen at load.
#if defined(__x86_64__)
#define MK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MK_CLONES
#endif

enum { LANES = 16, WORTH_SHARING = 8192 };

static long grain(long n) {
    long rows = WORTH_SHARING / (n < 1 ? 1 : n);
    return rows < 1 ? 1 : rows;
}

typedef struct {
    const float *x, *weight, *bias;
    float *y;
    float epsilon;
    int activation;
    long n;
} job;

// Sums run in sixteen lanes, which the compiler keeps in registers; the mean is taken first, as PyTorch does.
MK_CLONES
static void norm_row(const float *x, const float *weight, const float *bias, float epsilon, long n, float *y) {
    float lanes[LANES] = {0};
    long whole = n / LANES * LANES;
    for (long i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; l++) lanes[l] += x[i + l];
    double sum = 0;
    for (int l = 0; l < LANES; l++) sum += lanes[l];
    for (long i = whole; i < n; i++) sum += x[i];
    float mean = (float)(sum / (double)n);

    for (int l = 0; l < LANES; l++) lanes[l] = 0;
    for (long i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; l++) lanes[l] += (x[i + l] - mean) * (x[i + l] - mean);
    double squares = 0;
    for (int l = 0; l < LANES; l++) squares += lanes[l];
    for (long i = whole; i < n; i++) squares += (double)((x[i] - mean) * (x[i] - mean));
    float scale = 1 / sqrtf((float)(squares / (double)n) + epsilon);
    for (long i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

static void norm(void *context, long lower, long upper) {
    const job *j = context;
    for (long row = lower; row < upper; row++)
        norm_row(j->x + row * j->n, j->weight, j->bias, j->epsilon, j->n, j->y + row * j->n);
}

void mk_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, long rows, long n, float *y) {
    job j = {.x = x, .weight = weight, .bias = bias, .epsilon = epsilon, .n = n, .y = y};
    mk_parallel(norm, &j, rows, grain(n));
}

// e^x for |x| <= 87 by 2^(x / ln 2): a polynomial on the fraction, the integer part into the exponent (Cephes expf).
static inline float fast_exp(float x) {
    x = x > 87.0f ? 87.0f : (x < -87.0f ? -87.0f : x);
    float whole = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    float r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    union {
        int bits;
        float value;
    } power = {((int)whole + 127) << 23};
    return p * power.value;
}

static inline float sigmoid(float x) { return 1 / (1 + fast_exp(-x)); }

MK_CLONES
static void activate_row(float *x, const float *bias, int activation, long n) {
    if (bias)
        for (long i = 0; i < n; i++) x[i] += bias[i];
    switch (activation) {
    case MK_ACTIVATION_GELU:
        for (long i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
        break;
    case MK_ACTIVATION_GELU_TANH:
        for (long i = 0; i < n; i++) x[i] *= sigmoid(1.59576912f * (x[i] + 0.044715f * x[i] * x[i] * x[i]));
        break;
    case MK_ACTIVATION_QUICK_GELU:
        for (long i = 0; i < n; i++) x[i] *= sigmoid(1.702f * x[i]);
        break;
    case MK_ACTIVATION_RELU:
        for (long i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
        break;
    case MK_ACTIVATION_SILU:
        for (long i = 0; i < n; i++) x[i] *= sigmoid(x[i]);
        break;
    }
}

static void activate(void *context, long lower, long upper) {
    const job *j = context;
    for (long row = lower; row < upper; row++) activate_row(j->y + row * j->n, j->bias, j->activation, j->n);
}

void mk_bias_activation(float *x, const float *bias, int activation, long rows, long n) {
    job j = {.y = x, .bias = bias, .activation = activation, .n = n};
    mk_parallel(activate, &j, rows, grain(n) / 4 + 1);
}

MK_CLONES
static void softmax_row(float *x, float scale, long n) {
    float top = x[0];
    for (long i = 1; i < n; i++) top = x[i] > top ? x[i] : top;
    float lanes[LANES] = {0};
    long whole = n / LANES * LANES;
    for (long i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; l++) {
            x[i + l] = fast_exp(scale * (x[i + l] - top));
            lanes[l] += x[i + l];
        }
    float sum = 0;
    for (int l = 0; l < LANES; l++) sum += lanes[l];
    for (long i = whole; i < n; i++) {
        x[i] = fast_exp(scale * (x[i] - top));
        sum += x[i];
    }
    float share = 1 / sum;
    for (long i = 0; i < n; i++) x[i] *= share;
}

void mk_scaled_softmax(float *x, float scale, long rows, long n) {
    for (long row = 0; row < rows; row++) softmax_row(x + row * n, scale, n);
}
