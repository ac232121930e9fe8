// Products of quantised rows and quantised weights. Both are cut into blocks of 32 inputs with a scale each; within a
// block the products are summed exactly in 32-bit integers, then the blocks join in order as floats: an output depends
// on its row alone, whatever the number of rows.
//
// A panel's block: scales f16 [32] (Q4_1: minima f16 [32] after them), then the numbers: Q8_0 as unsigned bytes, 128
// added, [8 groups][32 outputs][4 inputs]; 4 bits as [4 groups][32 outputs][4 bytes], where the low half of a byte is
// an input of group g and the high half of group g + 4, as in GGUF.

enum { Q8_BLOCK = 64 + 1024, Q4_0_BLOCK = 64 + 512, Q4_1_BLOCK = 128 + 512 };

// What a panel's blocks [first, last) add to `rows` rows; the panel begins with the first. `kind` is a constant.
INLINE void tile_blocks(
    const mk_quantized *x, long row, const int rows, const int kind, const uint8_t *panel, long first_block,
    long last_block, float *y, long y_stride, long columns, int accumulate) {
    v16 sum[BLOCK_ROWS][2];
    const int whole = columns >= MK_PANEL;
    const long bytes = kind == MK_Q8_0 ? Q8_BLOCK : kind == MK_Q4_0 ? Q4_0_BLOCK : Q4_1_BLOCK;
    const int head = kind == MK_Q4_1 ? 128 : 64;
    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int c = 0; c < 2; c++) {
        sum[i][c] = (v16){0};
        if (accumulate) {
            if (whole) sum[i][c] = LOAD(y + i * y_stride + 16 * c);
            else load_some(y + i * y_stride + 16 * c, columns - 16 * c, 0, &sum[i][c]);
        }
    }
    const long stride = x->stride;
    const int8_t *numbers = x->numbers + row * stride * 32;
    const float *scales = x->scales + row * stride;
    const int32_t *sums = x->sums + row * stride;
    for (long b = first_block; b < last_block; b++, panel += bytes) {
        i16 whole_sum[BLOCK_ROWS][2];
        // A single row is as fast as the panel comes, and the processor's own prefetching stops at each page.
        if (rows == 1 && kind == MK_Q8_0)
            for (long line = 0; line < bytes; line += 64) __builtin_prefetch(panel + 4096 + line, 0, 2);
        UNROLL for (int i = 0; i < rows; i++) {
            // The numbers of the weights are shifted to be unsigned; this takes the shift back.
            int32_t start = kind == MK_Q8_0 ? -128 * sums[i * stride + b] : kind == MK_Q4_0 ? -8 * sums[i * stride + b] : 0;
            whole_sum[i][0] = whole_sum[i][1] = (i16){0} + start;
        }
        if (kind == MK_Q8_0) {
            UNROLL for (int g = 0; g < 8; g++) {
                i16 first = LOAD_INTS(panel + head + g * 128), second = LOAD_INTS(panel + head + g * 128 + 64);
                UNROLL for (int i = 0; i < rows; i++) {
                    int32_t four = *(const i32a *)(numbers + (i * stride + b) * 32 + 4 * g);
                    DOT_BYTES(whole_sum[i][0], first, four);
                    DOT_BYTES(whole_sum[i][1], second, four);
                }
            }
        } else {
            UNROLL for (int g = 0; g < 4; g++) {
                i16 first = LOAD_INTS(panel + head + g * 128), second = LOAD_INTS(panel + head + g * 128 + 64);
                i16 first_high = (i16)((u16)first >> 4) & 0x0f0f0f0f, second_high = (i16)((u16)second >> 4) & 0x0f0f0f0f;
                first &= 0x0f0f0f0f;
                second &= 0x0f0f0f0f;
                UNROLL for (int i = 0; i < rows; i++) {
                    int32_t low = *(const i32a *)(numbers + (i * stride + b) * 32 + 4 * g);
                    int32_t high = *(const i32a *)(numbers + (i * stride + b) * 32 + 16 + 4 * g);
                    DOT_BYTES(whole_sum[i][0], first, low);
                    DOT_BYTES(whole_sum[i][1], second, low);
                    DOT_BYTES(whole_sum[i][0], first_high, high);
                    DOT_BYTES(whole_sum[i][1], second_high, high);
                }
            }
        }
        v16 d[2] = {HALVES(panel), HALVES(panel + 32)};
        UNROLL for (int i = 0; i < rows; i++) UNROLL for (int c = 0; c < 2; c++) {
            float scale = scales[i * stride + b];
            sum[i][c] = FMA(__builtin_convertvector(whole_sum[i][c], v16), d[c] * scale, sum[i][c]);
            if (kind == MK_Q4_1)
                sum[i][c] = FMA(HALVES(panel + 64 + 32 * c), (v16){0} + scale * (float)sums[i * stride + b], sum[i][c]);
        }
    }
    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int c = 0; c < 2; c++) {
        if (whole) STORE(y + i * y_stride + 16 * c, sum[i][c]);
        else store_some(&sum[i][c], columns - 16 * c < 16 ? columns - 16 * c : 16, y + i * y_stride + 16 * c);
    }
}

#define BLOCKS_CASE(N, KIND)                                                                                           \
    case N:                                                                                                            \
        if (N <= BLOCK_ROWS)                                                                                           \
            tile_blocks(x, row + i, N <= BLOCK_ROWS ? N : 1, KIND, panel, first_block, last_block, y + i * y_stride,   \
                        y_stride, columns, accumulate);                                                                \
        break;

#define PANEL_BLOCKS(NAME, KIND)                                                                                       \
    static void NAME(                                                                                                  \
        const mk_quantized *x, long row, long rows, const uint8_t *panel, long first_block, long last_block, float *y, \
        long y_stride, long columns, int accumulate) {                                                                 \
        for (long i = 0; i < rows;) {                                                                                  \
            long left = rows - i, tiles = (left + BLOCK_ROWS - 1) / BLOCK_ROWS, n = (left + tiles - 1) / tiles;        \
            switch (n) {                                                                                               \
                BLOCKS_CASE(1, KIND) BLOCKS_CASE(2, KIND) BLOCKS_CASE(3, KIND) BLOCKS_CASE(4, KIND)                    \
                BLOCKS_CASE(5, KIND) BLOCKS_CASE(6, KIND)                                                              \
            }                                                                                                          \
            i += n;                                                                                                    \
        }                                                                                                              \
    }

PANEL_BLOCKS(panel_q8_0, MK_Q8_0)
PANEL_BLOCKS(panel_q4_0, MK_Q4_0)
PANEL_BLOCKS(panel_q4_1, MK_Q4_1)

// The block of a panel as floats [32 inputs][32 outputs].
INLINE void expand_block(const int kind, const uint8_t *panel, float *to) {
    for (int c = 0; c < 2; c++) {
        v16 d = HALVES(panel + 32 * c), m = {0};
        if (kind == MK_Q4_1) m = HALVES(panel + 64 + 32 * c);
        const uint8_t *from = panel + (kind == MK_Q4_1 ? 128 : 64) + 64 * c;
        for (int g = 0; g < (kind == MK_Q8_0 ? 8 : 4); g++) {
            u16 bytes = LOAD_BITS(from + g * 128);
            for (int e = 0; e < 4; e++) {
                u16 byte = bytes >> (8 * e) & 255;
                float *at = to + (4 * g + e) * MK_PANEL + 16 * c;
                if (kind == MK_Q8_0) {
                    STORE(at, __builtin_convertvector((i16)byte - 128, v16) * d);
                } else {
                    const int shift = kind == MK_Q4_0 ? 8 : 0;
                    STORE(at, __builtin_convertvector((i16)(byte & 15) - shift, v16) * d + m);
                    STORE(at + 16 * MK_PANEL, __builtin_convertvector((i16)(byte >> 4) - shift, v16) * d + m);
                }
            }
        }
    }
}

static void expand_blocks(int kind, const uint8_t *panel, float *to) {
    if (kind == MK_Q8_0) expand_block(MK_Q8_0, panel, to);
    else if (kind == MK_Q4_0) expand_block(MK_Q4_0, panel, to);
    else expand_block(MK_Q4_1, panel, to);
}

// A row of n floats as blocks of 32 signed bytes with a scale of largest / 127 and the sum of the bytes; the same on
// every instruction set, since nothing is fused.
static void quantize(const float *from, long n, int8_t *numbers, float *scales, int32_t *sums) {
#pragma clang fp contract(off)
    for (long b = 0; b * 32 < n; b++) {
        v16 low, high;
        if (b * 32 + 32 <= n) {
            low = LOAD(from + b * 32);
            high = LOAD(from + b * 32 + 16);
        } else {
            load_some(from + b * 32, n - b * 32, 0, &low);
            load_some(from + b * 32 + 16, n - b * 32 - 16, 0, &high);
        }
        // As bits, so that NaN is larger than any number and spoils the scale.
        u16 a = (u16)low & 0x7fffffff, c = (u16)high & 0x7fffffff;
        uint32_t bits = __builtin_reduce_max(__builtin_elementwise_max(a, c));
        float largest;
        __builtin_memcpy(&largest, &bits, 4);
        float inverse = largest > 1e-30f ? 127 / largest : 0;
        // Adding 1.5 * 2^23 rounds to the nearest integer, ties to even.
        low = low * inverse + 12582912.0f;
        high = high * inverse + 12582912.0f;
        i16 first = (i16)low - 0x4b400000, second = (i16)high - 0x4b400000;
        *(b16u *)(numbers + b * 32) = __builtin_convertvector(first, b16);
        *(b16u *)(numbers + b * 32 + 16) = __builtin_convertvector(second, b16);
        scales[b] = largest / 127;
        sums[b] = __builtin_reduce_add(__builtin_convertvector(__builtin_convertvector(first, b16), i16)
            + __builtin_convertvector(__builtin_convertvector(second, b16), i16));
    }
}
