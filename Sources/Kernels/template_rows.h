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

// The mean is taken first, as PyTorch does.
INLINE float mean_of(const float *x, long n) {
    v16 sum = {0}, v;
    for (long i = 0; i < n; i += 16) {
        load_row(x, i, n, &v);
        sum += v;
    }
    return sum_lanes(&sum) / (float)n;
}

static void layer_norm(const float *x, const float *weight, const float *bias, float epsilon, long n, float *y) {
    float mean = mean_of(x, n);
    v16 squares = {0}, v, w, b;
    for (long i = 0; i < n; i += 16) {
        if (i + 16 <= n) v = LOAD(x + i); else load_some(x + i, n - i, mean, &v);
        v -= mean;
        squares = FMA(v, v, squares);
    }
    float scale = 1 / __builtin_sqrtf(sum_lanes(&squares) / (float)n + epsilon);
    for (long i = 0; i < n; i += 16) {
        load_row(x, i, n, &v);
        load_row(weight, i, n, &w);
        load_row(bias, i, n, &b);
        v = FMA((v - mean) * scale, w, b);
        store_row(&v, i, n, y);
    }
}

// With r = 1 / sqrt(variance + e), h = (x - mean) r and g = w dy: dx = r (g - mean(g) - h mean(g h)).
static void layer_norm_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long n, float *dx) {
    float mean = mean_of(x, n);
    v16 squares = {0}, first = {0}, second = {0}, v, w, d;
    for (long i = 0; i < n; i += 16) {
        if (i + 16 <= n) v = LOAD(x + i); else load_some(x + i, n - i, mean, &v);
        load_row(weight, i, n, &w);
        load_row(dy, i, n, &d);
        v -= mean;
        d *= w;
        squares = FMA(v, v, squares);
        first += d;
        second = FMA(d, v, second);
    }
    float r = 1 / __builtin_sqrtf(sum_lanes(&squares) / (float)n + epsilon);
    float shift = sum_lanes(&first) / (float)n, slope = sum_lanes(&second) / (float)n * r * r;
    for (long i = 0; i < n; i += 16) {
        v16 to;
        load_row(x, i, n, &v);
        load_row(weight, i, n, &w);
        load_row(dy, i, n, &d);
        load_row(dx, i, n, &to);
        to += r * (w * d - shift - (v - mean) * slope);
        store_row(&to, i, n, dx);
    }
}

// Not contracted: a rotation gives the same bits whatever the instruction set is.
static void rotate(float *x, long heads, long size, const float *cosine, const float *sine, float sign) {
#pragma clang fp contract(off)
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
