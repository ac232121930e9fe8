#ifndef MYVLM_TOWER_H
#define MYVLM_TOWER_H

// Rows of a vision transformer. Safe from any thread on disjoint outputs; long jobs use the shared pool.

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, for rows of n; y may be x.
void mk_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, long rows, long n, float *y);

/// dx += derivative of mk_layer_norm, for rows of n.
void mk_layer_norm_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long rows, long n, float *dx);

/// What mk_bias_activation applies after the bias.
enum {
    MK_ACTIVATION_NONE = 0,
    MK_ACTIVATION_GELU = 1,       // x (1 + erf(x / sqrt 2)) / 2
    MK_ACTIVATION_GELU_TANH = 2,  // x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))
    MK_ACTIVATION_QUICK_GELU = 3, // x sigmoid(1.702 x)
    MK_ACTIVATION_RELU = 4,
    MK_ACTIVATION_SILU = 5,
};

/// In place: adds bias [n] (or nothing when it is NULL) to every row of x [rows, n] and applies an activation.
void mk_bias_activation(float *x, const float *bias, int activation, long rows, long n);

/// y [rows, n] = activation(x [rows, n]), or activation(g) u where `gated` and a row of x [rows, 2n] is g followed by u.
void mk_activate(const float *x, int activation, int gated, long rows, long n, float *y);
/// dx, as wide as x, from dy [rows, n].
void mk_activate_backward(
    const float *x, const float *dy, int activation, int gated, long rows, long n, float *dx);

/// In place on each row of n: softmax(scale * x).
void mk_scaled_softmax(float *x, float scale, long rows, long n);

#endif
