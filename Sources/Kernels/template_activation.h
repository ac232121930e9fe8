// Element-wise functions between the maps of a network, with their derivatives; enum MK_ACTIVATION_*.

INLINE void sigmoid_lanes(v16 *x) {
    *x = -*x;
    exp_lanes(x);
    *x = 1.0f / (1.0f + *x);
}

// Phi(x) of the normal distribution and, in *density, exp(-x^2 / 2): erf by Abramowitz and Stegun 7.1.26, whose error is
// below 1.5e-7.
INLINE void normal_lanes(const v16 *x, v16 *share, v16 *density) {
    const v16 zero = {0};
    v16 z = (v16)((i16)*x & 0x7fffffff), e = -0.5f * *x * *x;
    exp_lanes(&e);
    v16 t = 1.0f / FMA(z, zero + 0.3275911f * 0.70710678f, zero + 1.0f);
    v16 p = FMA(t, zero + 1.061405429f, zero - 1.453152027f);
    p = FMA(p, t, zero + 1.421413741f);
    p = FMA(p, t, zero - 0.284496736f);
    p = FMA(p, t, zero + 0.254829592f);
    v16 tail = 0.5f * p * t * e, rest = 1.0f - tail;
    i16 below = *x < 0.0f;
    *share = (v16)(((i16)tail & below) | ((i16)rest & ~below));
    *density = e;
}

// The part of x that an activation lets through, activation(x) / x, and the derivative of activation at x.
INLINE void activation_lanes(int activation, const v16 *x, v16 *share, v16 *slope) {
    const v16 zero = {0}, one = zero + 1.0f;
    v16 v = *x, s;
    switch (activation) {
    case MK_ACTIVATION_GELU: {
        v16 density;
        normal_lanes(&v, &s, &density);
        *slope = s + v * 0.39894228f * density;
        break;
    }
    case MK_ACTIVATION_GELU_TANH:
        s = 1.59576912f * (v + 0.044715f * v * v * v);
        sigmoid_lanes(&s);
        *slope = s * (1.0f + v * (1.0f - s) * 1.59576912f * (1.0f + 0.134145f * v * v));
        break;
    case MK_ACTIVATION_QUICK_GELU:
        s = 1.702f * v;
        sigmoid_lanes(&s);
        *slope = s * (1.0f + 1.702f * v * (1.0f - s));
        break;
    case MK_ACTIVATION_RELU:
        s = (v16)((i16)one & (v > 0.0f));
        *slope = s;
        break;
    case MK_ACTIVATION_SILU:
        s = v;
        sigmoid_lanes(&s);
        *slope = s * (1.0f + v * (1.0f - s));
        break;
    default:
        s = one;
        *slope = one;
    }
    *share = s;
}

INLINE void load_row(const float *from, long i, long n, v16 *to) {
    if (i + 16 <= n) *to = LOAD(from + i); else load_some(from + i, n - i, 0, to);
}

INLINE void store_row(const v16 *from, long i, long n, float *to) {
    if (i + 16 <= n) STORE(to + i, *from); else store_some(from, n - i, to + i);
}

INLINE void activate_as(
    int activation, const float *x, const float *bias, const float *factor, long n, float *y) {
    for (long i = 0; i < n; i += 16) {
        v16 v, b, share, slope;
        load_row(x, i, n, &v);
        if (bias != NULL) {
            load_row(bias, i, n, &b);
            v += b;
        }
        activation_lanes(activation, &v, &share, &slope);
        v *= share;
        if (factor != NULL) {
            load_row(factor, i, n, &b);
            v *= b;
        }
        store_row(&v, i, n, y);
    }
}

INLINE void activate_backward_as(
    int activation, const float *x, const float *factor, const float *dy, long n, float *dx, float *dfactor) {
    for (long i = 0; i < n; i += 16) {
        v16 v, d, u, share, slope;
        load_row(x, i, n, &v);
        load_row(dy, i, n, &d);
        activation_lanes(activation, &v, &share, &slope);
        if (factor != NULL) {
            load_row(factor, i, n, &u);
            v *= share * d;
            store_row(&v, i, n, dfactor);
            d *= u;
        }
        d *= slope;
        store_row(&d, i, n, dx);
    }
}

// The function is chosen once a row, so that it is a constant in the loop.
#define FOR_ACTIVATION(activation, CALL)                               \
    switch (activation) {                                              \
    case MK_ACTIVATION_GELU: CALL(MK_ACTIVATION_GELU); break;          \
    case MK_ACTIVATION_GELU_TANH: CALL(MK_ACTIVATION_GELU_TANH); break; \
    case MK_ACTIVATION_QUICK_GELU: CALL(MK_ACTIVATION_QUICK_GELU); break; \
    case MK_ACTIVATION_RELU: CALL(MK_ACTIVATION_RELU); break;          \
    case MK_ACTIVATION_SILU: CALL(MK_ACTIVATION_SILU); break;          \
    default: CALL(MK_ACTIVATION_NONE);                                 \
    }

static void activate(
    const float *x, const float *bias, const float *factor, int activation, long n, float *y) {
#define FORWARD(kind) activate_as(kind, x, bias, factor, n, y)
    FOR_ACTIVATION(activation, FORWARD)
#undef FORWARD
}

static void activate_backward(
    const float *x, const float *factor, const float *dy, int activation, long n, float *dx, float *dfactor) {
#define BACKWARD(kind) activate_backward_as(kind, x, factor, dy, n, dx, dfactor)
    FOR_ACTIVATION(activation, BACKWARD)
#undef BACKWARD
}
#undef FOR_ACTIVATION
