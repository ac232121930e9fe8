// Row kernels: sums run in sixteen lanes, the rest of a row joins them padded.

static float dot(const float *a, const float *b, long n) {
    v16 sum = {0}, x, y;
    long i = 0;
    for (; i + 16 <= n; i += 16) sum = FMA(LOAD(a + i), LOAD(b + i), sum);
    if (i < n) {
        load_some(a + i, n - i, 0, &x);
        load_some(b + i, n - i, 0, &y);
        sum = FMA(x, y, sum);
    }
    return sum_lanes(&sum);
}

static void rms_norm(const float *x, const float *weight, float epsilon, long n, float *y) {
    float scale = 1 / __builtin_sqrtf(dot(x, x, n) / (float)n + epsilon);
    for (long i = 0; i < n; i++) y[i] = x[i] * scale * weight[i];
}

// With r = 1 / sqrt(mean(x^2) + e): dx = r w dy - x r^3 / n sum(w dy x).
static void rms_norm_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long n, float *dx) {
    float r = 1 / __builtin_sqrtf(dot(x, x, n) / (float)n + epsilon);
    v16 sum = {0}, a, b, c;
    long i = 0;
    for (; i + 16 <= n; i += 16) sum = FMA(LOAD(x + i) * LOAD(weight + i), LOAD(dy + i), sum);
    if (i < n) {
        load_some(x + i, n - i, 0, &a);
        load_some(weight + i, n - i, 0, &b);
        load_some(dy + i, n - i, 0, &c);
        sum = FMA(a * b, c, sum);
    }
    float shared = sum_lanes(&sum) * r * r * r / (float)n;
    for (long j = 0; j < n; j++) dx[j] += r * weight[j] * dy[j] - x[j] * shared;
}

INLINE void sigmoid_lanes(v16 *x) {
    *x = -*x;
    exp_lanes(x);
    *x = 1.0f / (1.0f + *x);
}

static void silu(float *x, long n) {
    for (long i = 0; i < n; i += 16) {
        v16 g, s;
        if (i + 16 <= n) g = LOAD(x + i); else load_some(x + i, n - i, 0, &g);
        s = g;
        sigmoid_lanes(&s);
        g *= s;
        if (i + 16 <= n) STORE(x + i, g); else store_some(&g, n - i, x + i);
    }
}

static void swiglu(const float *gu, long n, float *y) {
    for (long i = 0; i < n; i += 16) {
        v16 g, u, s;
        if (i + 16 <= n) {
            g = LOAD(gu + i);
            u = LOAD(gu + n + i);
        } else {
            load_some(gu + i, n - i, 0, &g);
            load_some(gu + n + i, n - i, 0, &u);
        }
        s = g;
        sigmoid_lanes(&s);
        g = g * s * u;
        if (i + 16 <= n) STORE(y + i, g); else store_some(&g, n - i, y + i);
    }
}

// silu'(g) = s (1 + g (1 - s)) with s = sigmoid(g).
static void swiglu_backward(const float *gu, const float *dy, long n, float *dgu) {
    for (long i = 0; i < n; i += 16) {
        v16 g, u, s, d;
        if (i + 16 <= n) {
            g = LOAD(gu + i);
            u = LOAD(gu + n + i);
            d = LOAD(dy + i);
        } else {
            load_some(gu + i, n - i, 0, &g);
            load_some(gu + n + i, n - i, 0, &u);
            load_some(dy + i, n - i, 0, &d);
        }
        s = g;
        sigmoid_lanes(&s);
        v16 dg = d * u * s * (1.0f + g * (1.0f - s)), du = d * g * s;
        if (i + 16 <= n) {
            STORE(dgu + i, dg);
            STORE(dgu + n + i, du);
        } else {
            store_some(&dg, n - i, dgu + i);
            store_some(&du, n - i, dgu + n + i);
        }
    }
}

// Replaces x by exp(x - max) and returns the sum; *top is the maximum.
INLINE float exp_row(float *x, long n, float *top) {
    v16 lanes = (v16){0} + x[0], v, sum = {0};
    long i = 0;
    for (; i + 16 <= n; i += 16) {
        v = LOAD(x + i);
        i16 more = v > lanes;
        lanes = (v16)(((i16)v & more) | ((i16)lanes & ~more));
    }
    float most = max_lanes(&lanes);
    for (; i < n; i++) most = x[i] > most ? x[i] : most;
    for (i = 0; i + 16 <= n; i += 16) {
        v = LOAD(x + i) - most;
        exp_lanes(&v);
        STORE(x + i, v);
        sum += v;
    }
    if (i < n) {
        load_some(x + i, n - i, -__builtin_inff(), &v);
        v -= most;
        exp_lanes(&v);
        store_some(&v, n - i, x + i);
        sum += v;
    }
    *top = most;
    return sum_lanes(&sum);
}

static void softmax(float *x, long n) {
    float top, scale = 1 / exp_row(x, n, &top);
    for (long i = 0; i < n; i++) x[i] *= scale;
}

static void softmax_backward(const float *p, const float *dp, long n, float *ds) {
    float shared = dot(p, dp, n);
    for (long i = 0; i < n; i++) ds[i] = p[i] * (dp[i] - shared);
}

static double cross_entropy(float *logits, int32_t target, long n, float scale) {
    float chosen = logits[target], top, sum = exp_row(logits, n, &top);
    for (long i = 0; i < n; i++) logits[i] *= scale / sum;
    logits[target] -= scale;
    return __builtin_log((double)sum) + (double)top - (double)chosen;
}
