// What the arithmetic units give at most: independent chains in registers, nothing loaded. Returns multiply-adds.

static double peak(int storage, long rounds, float *result) {
    enum { CHAINS = TILE_ROWS * 2 };
    v16 sum[CHAINS], factor = (v16){0} + 0.5f;
    i16 whole[CHAINS], bytes = (i16){0} + 0x01010101;
    UNROLL for (int c = 0; c < CHAINS; c++) {
        sum[c] = (v16){0} + (float)c;
        whole[c] = (i16){0} + c;
    }
    double each = 16;
    if (storage == MK_BF16) {
#ifdef PAIR_TILES
        return peak_tiles(rounds, result);
#elif defined(DOT_PAIRS)
        u16 pairs = (u16){0} + 0x3f003f00;
        for (long r = 0; r < rounds; r++) UNROLL for (int c = 0; c < CHAINS; c++) DOT_PAIRS(sum[c], pairs, 0x3f003f00);
        each = 32;
#else
        for (long r = 0; r < rounds; r++) UNROLL for (int c = 0; c < CHAINS; c++) sum[c] = FMA(factor, factor, sum[c]);
#endif
    } else if (storage >= MK_Q8_0) {
        int32_t four = 0x01010101;
        for (long r = 0; r < rounds; r++) UNROLL for (int c = 0; c < CHAINS; c++) DOT_BYTES(whole[c], bytes, four);
        each = 64;
    } else {
        for (long r = 0; r < rounds; r++) UNROLL for (int c = 0; c < CHAINS; c++) sum[c] = FMA(factor, factor, sum[c]);
    }
    for (int c = 0; c < CHAINS; c++) *result += sum_lanes(&sum[c]) + (float)__builtin_reduce_add(whole[c]);
    return each * CHAINS * (double)rounds;
}

// Sum of n floats in four chains: reads memory as fast as it comes.
static float read_all(const float *x, long n) {
    v16 sum[4] = {{0}, {0}, {0}, {0}};
    for (long i = 0; i + 64 <= n; i += 64)
        UNROLL for (int c = 0; c < 4; c++) sum[c] += LOAD(x + i + 16 * c);
    v16 all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    return sum_lanes(&all);
}
