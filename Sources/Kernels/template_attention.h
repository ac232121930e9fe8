// to[j] += weights[j] * scale * x.
static void spread(
    const float *weights, float scale, const float *x, long count, long size, float *to, long stride) {
    for (long j = 0; j < count; j++) {
        v16 weight = (v16){0} + weights[j] * scale, v, sum;
        float *row = to + j * stride;
        long e = 0;
        for (; e + 16 <= size; e += 16) STORE(row + e, FMA(weight, LOAD(x + e), LOAD(row + e)));
        if (e == size) continue;
        load_some(x + e, size - e, 0, &v);
        load_some(row + e, size - e, 0, &sum);
        sum = FMA(weight, v, sum);
        store_some(&sum, size - e, row + e);
    }
}
