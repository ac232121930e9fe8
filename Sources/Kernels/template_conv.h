// Convolutions over maps with the channels innermost.

// Sixteen or fewer channels of one output place: bias, then the taps of the kernel that lie inside the map, row by row.
INLINE void depthwise_lanes(
    const float *in, const float *weight, const float *bias, const mk_taps *taps, long channels, long c, int some,
    float *out) {
    v16 sum, x, w;
    if (some) load_some(bias + c, channels - c, 0, &sum); else sum = LOAD(bias + c);
    for (long ky = 0; ky < taps->rows; ky++)
        for (long kx = 0; kx < taps->columns; kx++) {
            const float *from = in + (ky * taps->width + kx) * channels + c;
            const float *by = weight + (ky * taps->kernel + kx) * channels + c;
            if (some) {
                load_some(from, channels - c, 0, &x);
                load_some(by, channels - c, 0, &w);
            } else {
                x = LOAD(from);
                w = LOAD(by);
            }
            sum = FMA(x, w, sum);
        }
    const v16 zero = {0}, six = zero + 6.0f;
    sum = (v16)((i16)sum & (i16)(sum > 0.0f));
    i16 above = sum > 6.0f;
    sum = (v16)(((i16)six & above) | ((i16)sum & ~above));
    if (some) store_some(&sum, channels - c, out + c); else STORE(out + c, sum);
}

static void depthwise(
    const float *in, const float *weight, const float *bias, const mk_taps *taps, long channels, float *out) {
    long c = 0;
    for (; c + 16 <= channels; c += 16) depthwise_lanes(in, weight, bias, taps, channels, c, 0, out);
    if (c < channels) depthwise_lanes(in, weight, bias, taps, channels, c, 1, out);
}

static void bias_relu6(float *y, const float *bias, int clip, long n) {
    const v16 zero = {0}, six = zero + 6.0f;
    for (long i = 0; i < n; i += 16) {
        v16 v, b;
        load_row(y, i, n, &v);
        load_row(bias, i, n, &b);
        v += b;
        if (clip) {
            v = (v16)((i16)v & (i16)(v > 0.0f));
            i16 above = v > 6.0f;
            v = (v16)(((i16)six & above) | ((i16)v & ~above));
        }
        store_row(&v, i, n, y);
    }
}
