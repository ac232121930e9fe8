// Attention over vectors of `size` floats, a multiple of 16.

static void scores(const float *q, const float *keys, long stride, long count, long size, float scale, float *out) {
    for (long j = 0; j < count; j++) {
        const float *key = keys + j * stride;
        v16 sum = {0};
        for (long e = 0; e < size; e += 16) sum = FMA(LOAD(q + e), LOAD(key + e), sum);
        out[j] = scale * sum_lanes(&sum);
    }
}

static void mix(const float *weights, const float *values, long stride, long count, long size, float *out) {
    long e = 0;
    for (; e + 64 <= size; e += 64) {
        v16 a = LOAD(out + e), b = LOAD(out + e + 16), c = LOAD(out + e + 32), d = LOAD(out + e + 48);
        for (long j = 0; j < count; j++) {
            const float *value = values + j * stride + e;
            v16 weight = (v16){0} + weights[j];
            a = FMA(weight, LOAD(value), a);
            b = FMA(weight, LOAD(value + 16), b);
            c = FMA(weight, LOAD(value + 32), c);
            d = FMA(weight, LOAD(value + 48), d);
        }
        STORE(out + e, a);
        STORE(out + e + 16, b);
        STORE(out + e + 32, c);
        STORE(out + e + 48, d);
    }
    for (; e < size; e += 16) {
        v16 a = LOAD(out + e);
        for (long j = 0; j < count; j++) a = FMA((v16){0} + weights[j], LOAD(values + j * stride + e), a);
        STORE(out + e, a);
    }
}

static void spread(
    const float *weights, float scale, const float *x, long count, long size, float *to, long stride) {
    for (long j = 0; j < count; j++) {
        v16 weight = (v16){0} + weights[j] * scale;
        float *row = to + j * stride;
        for (long e = 0; e < size; e += 16) STORE(row + e, FMA(weight, LOAD(x + e), LOAD(row + e)));
    }
}
