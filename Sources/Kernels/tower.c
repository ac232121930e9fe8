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
    const float *x, *weight, *bias, *dy;
    float *y;
    float epsilon;
    int activation, gated;
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

// With r = 1 / sqrt(variance + e), h = (x - mean) r and g = w dy: dx = r (g - mean(g) - h mean(g h)).
MK_CLONES
static void norm_row_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long n, float *dx) {
    float lanes[4][LANES] = {{0}};
    long whole = n / LANES * LANES;
    for (long i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; l++) lanes[0][l] += x[i + l];
    double sum = 0;
    for (int l = 0; l < LANES; l++) sum += lanes[0][l];
    for (long i = whole; i < n; i++) sum += x[i];
    float mean = (float)(sum / (double)n);
    for (long i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; l++) {
            float centred = x[i + l] - mean, g = weight[i + l] * dy[i + l];
            lanes[1][l] += centred * centred;
            lanes[2][l] += g;
            lanes[3][l] += g * centred;
        }
    double squares = 0, first = 0, second = 0;
    for (int l = 0; l < LANES; l++) {
        squares += lanes[1][l];
        first += lanes[2][l];
        second += lanes[3][l];
    }
    for (long i = whole; i < n; i++) {
        float centred = x[i] - mean, g = weight[i] * dy[i];
        squares += centred * centred;
        first += g;
        second += g * centred;
    }
    float r = 1 / sqrtf((float)(squares / (double)n) + epsilon);
    float shift = (float)(first / (double)n), slope = (float)(second / (double)n) * r * r;
    for (long i = 0; i < n; i++) dx[i] += r * (weight[i] * dy[i] - shift - (x[i] - mean) * slope);
}

static void norm_backward(void *context, long lower, long upper) {
    const job *j = context;
    for (long row = lower; row < upper; row++)
        norm_row_backward(
            j->x + row * j->n, j->weight, j->epsilon, j->dy + row * j->n, j->n, j->y + row * j->n);
}

void mk_layer_norm_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long rows, long n, float *dx) {
    job j = {.x = x, .weight = weight, .dy = dy, .y = dx, .epsilon = epsilon, .n = n};
    mk_parallel(norm_backward, &j, rows, grain(n));
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

// The normal distribution's Phi(x) and, in *density, exp(-x^2 / 2): erf by Abramowitz and Stegun 7.1.26 (error below 1.5e-7),
// which the compiler can run in lanes, unlike a library's erff.
static inline float normal(float x, float *density) {
    float z = fabsf(x) * 0.70710678f, e = fast_exp(-0.5f * x * x);
    float t = 1 / (1 + 0.3275911f * z);
    float p = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    float tail = 0.5f * p * e;
    *density = e;
    return x < 0 ? tail : 1 - tail;
}

static inline float gelu_tanh_share(float x) { return sigmoid(1.59576912f * (x + 0.044715f * x * x * x)); }

MK_CLONES
static void activate_row(float *x, const float *bias, int activation, long n) {
    if (bias)
        for (long i = 0; i < n; i++) x[i] += bias[i];
    switch (activation) {
    case MK_ACTIVATION_GELU:
        for (long i = 0; i < n; i++) {
            float density;
            x[i] *= normal(x[i], &density);
        }
        break;
    case MK_ACTIVATION_GELU_TANH:
        for (long i = 0; i < n; i++) x[i] *= gelu_tanh_share(x[i]);
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
static void values_of(const float *x, int activation, long n, float *y) {
    float density;
    switch (activation) {
    case MK_ACTIVATION_NONE:
        for (long i = 0; i < n; i++) y[i] = x[i];
        break;
    case MK_ACTIVATION_GELU:
        for (long i = 0; i < n; i++) y[i] = x[i] * normal(x[i], &density);
        break;
    case MK_ACTIVATION_GELU_TANH:
        for (long i = 0; i < n; i++) y[i] = x[i] * gelu_tanh_share(x[i]);
        break;
    case MK_ACTIVATION_QUICK_GELU:
        for (long i = 0; i < n; i++) y[i] = x[i] * sigmoid(1.702f * x[i]);
        break;
    case MK_ACTIVATION_RELU:
        for (long i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : 0;
        break;
    case MK_ACTIVATION_SILU:
        for (long i = 0; i < n; i++) y[i] = x[i] * sigmoid(x[i]);
        break;
    }
}

// y = dy times the activation's derivative at x.
MK_CLONES
static void slopes_of(const float *x, const float *dy, int activation, long n, float *y) {
    switch (activation) {
    case MK_ACTIVATION_NONE:
        for (long i = 0; i < n; i++) y[i] = dy[i];
        break;
    case MK_ACTIVATION_GELU:
        for (long i = 0; i < n; i++) {
            float density, share = normal(x[i], &density);
            y[i] = dy[i] * (share + x[i] * 0.39894228f * density);
        }
        break;
    case MK_ACTIVATION_GELU_TANH:
        for (long i = 0; i < n; i++) {
            float s = gelu_tanh_share(x[i]);
            y[i] = dy[i] * s * (1 + x[i] * (1 - s) * 1.59576912f * (1 + 0.134145f * x[i] * x[i]));
        }
        break;
    case MK_ACTIVATION_QUICK_GELU:
        for (long i = 0; i < n; i++) {
            float s = sigmoid(1.702f * x[i]);
            y[i] = dy[i] * s * (1 + 1.702f * x[i] * (1 - s));
        }
        break;
    case MK_ACTIVATION_RELU:
        for (long i = 0; i < n; i++) y[i] = x[i] > 0 ? dy[i] : 0;
        break;
    case MK_ACTIVATION_SILU:
        for (long i = 0; i < n; i++) {
            float s = sigmoid(x[i]);
            y[i] = dy[i] * s * (1 + x[i] * (1 - s));
        }
        break;
    }
}

MK_CLONES
static void times(const float *a, const float *b, long n, float *y) {
    for (long i = 0; i < n; i++) y[i] = a[i] * b[i];
}

static void activated(void *context, long lower, long upper) {
    const job *j = context;
    for (long row = lower; row < upper; row++) {
        const float *x = j->x + row * j->n * (1 + j->gated);
        float *y = j->y + row * j->n;
        values_of(x, j->activation, j->n, y);
        if (j->gated) times(y, x + j->n, j->n, y);
    }
}

void mk_activate(const float *x, int activation, int gated, long rows, long n, float *y) {
    job j = {.x = x, .y = y, .activation = activation, .gated = gated ? 1 : 0, .n = n};
    mk_parallel(activated, &j, rows, grain(n) / 4 + 1);
}

static void activated_backward(void *context, long lower, long upper) {
    const job *j = context;
    for (long row = lower; row < upper; row++) {
        const float *x = j->x + row * j->n * (1 + j->gated), *dy = j->dy + row * j->n;
        float *dx = j->y + row * j->n * (1 + j->gated);
        if (!j->gated) {
            slopes_of(x, dy, j->activation, j->n, dx);
            continue;
        }
        // dg = dy u activation'(g), du = dy activation(g).
        times(dy, x + j->n, j->n, dx + j->n);
        slopes_of(x, dx + j->n, j->activation, j->n, dx);
        values_of(x, j->activation, j->n, dx + j->n);
        times(dx + j->n, dy, j->n, dx + j->n);
    }
}

void mk_activate_backward(
    const float *x, const float *dy, int activation, int gated, long rows, long n, float *dx) {
    job j = {.x = x, .dy = dy, .y = dx, .activation = activation, .gated = gated ? 1 : 0, .n = n};
    mk_parallel(activated_backward, &j, rows, grain(n) / 4 + 1);
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
