// Products of bf16 pairs: x and the panel hold two neighbouring inputs in 32 bits, an instruction multiplies both and
// adds them to a float. Each output is one chain over the pairs, whatever the number of rows.

#ifdef DOT_PAIRS
INLINE void tile_pairs(
    const uint16_t *x, long x_stride, const int rows, const uint32_t *panel, long pairs, float *y, long y_stride,
    long columns, int accumulate) {
    v16 sum[TILE_ROWS][2];
    const int whole = columns >= MK_PANEL;
    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int c = 0; c < 2; c++) {
        sum[i][c] = (v16){0};
        if (accumulate) {
            if (whole) sum[i][c] = LOAD(y + i * y_stride + 16 * c);
            else load_some(y + i * y_stride + 16 * c, columns - 16 * c, 0, &sum[i][c]);
        }
    }
    for (long k = 0; k < pairs; k++) {
        u16 first = LOAD_BITS(panel + k * MK_PANEL), second = LOAD_BITS(panel + k * MK_PANEL + 16);
        UNROLL for (int i = 0; i < rows; i++) {
            uint32_t pair = *(const u32a *)(x + i * x_stride + 2 * k);
            DOT_PAIRS(sum[i][0], first, pair);
            DOT_PAIRS(sum[i][1], second, pair);
        }
    }
    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int c = 0; c < 2; c++) {
        if (whole) STORE(y + i * y_stride + 16 * c, sum[i][c]);
        else store_some(&sum[i][c], columns - 16 * c < 16 ? columns - 16 * c : 16, y + i * y_stride + 16 * c);
    }
}

#define PAIRS_CASE(N)                                                                                                  \
    case N:                                                                                                            \
        if (N <= TILE_ROWS)                                                                                            \
            tile_pairs(x + i * x_stride, x_stride, N <= TILE_ROWS ? N : 1, panel, pairs, y + i * y_stride, y_stride,   \
                       columns, accumulate);                                                                           \
        break;

static void panel_pairs(
    const uint16_t *x, long x_stride, long rows, const uint32_t *panel, long pairs, float *y, long y_stride,
    long columns, int accumulate) {
    for (long i = 0; i < rows;) {
        long left = rows - i, tiles = (left + TILE_ROWS - 1) / TILE_ROWS, n = (left + tiles - 1) / tiles;
        switch (n) {
            PAIRS_CASE(1) PAIRS_CASE(2) PAIRS_CASE(3) PAIRS_CASE(4) PAIRS_CASE(5) PAIRS_CASE(6)
            PAIRS_CASE(7) PAIRS_CASE(8) PAIRS_CASE(9) PAIRS_CASE(10) PAIRS_CASE(11) PAIRS_CASE(12)
        }
        i += n;
    }
}
#define PANEL_PAIRS panel_pairs
#elif defined(PAIR_TILES)
#include "template_tiles.h"
#define PANEL_PAIRS panel_pairs
#else
#define PANEL_PAIRS NULL
#endif

// Panels of pairs [pairs][32] as floats [2 * pairs][32].
static void expand_pairs(const uint32_t *from, long pairs, float *to) {
    for (long k = 0; k < pairs; k++)
        for (int c = 0; c < MK_PANEL; c += 16) {
            u16 both = LOAD_BITS(from + k * MK_PANEL + c);
            STORE_BITS(to + 2 * k * MK_PANEL + c, both << 16);
            STORE_BITS(to + (2 * k + 1) * MK_PANEL + c, both & 0xffff0000);
        }
}

// y [rows, columns <= 32] (+)= x panel for tables without DOT_PAIRS, a row at a time: for few rows.
static void panel_widened(
    const float *x, long x_stride, long rows, const uint32_t *panel, long depth, float *y, long y_stride, long columns,
    int accumulate) {
    for (long i = 0; i < rows; i++)
        for (long j = 0; j < columns; j += 16) {
            const float *from = x + i * x_stride;
            float *to = y + i * y_stride + j;
            v16 sum = {0};
            if (accumulate) load_some(to, columns - j, 0, &sum);
            long k = 0;
            for (; k + 2 <= depth; k += 2) {
                u16 both = LOAD_BITS(panel + k / 2 * MK_PANEL + j);
                sum = FMA((v16){0} + from[k], (v16)(both << 16), sum);
                sum = FMA((v16){0} + from[k + 1], (v16)(both & 0xffff0000), sum);
            }
            if (k < depth) sum = FMA((v16){0} + from[k], (v16)(LOAD_BITS(panel + k / 2 * MK_PANEL + j) << 16), sum);
            if (columns - j >= 16) STORE(to, sum);
            else store_some(&sum, columns - j, to);
        }
}

// Rows of floats rounded to bf16 (ties to even, NaN stays NaN): n of them, zeros up to `padded`.
static void round_pairs(const float *from, long n, long padded, uint16_t *to) {
    long i = 0;
    for (; i + 16 <= n; i += 16) {
        u16 bits = LOAD_BITS(from + i);
        u16 rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16, quiet = bits >> 16 | 0x40;
        u16 nan = (u16)((bits & 0x7fffffff) > 0x7f800000);
        *(h16u *)(to + i) = __builtin_convertvector((quiet & nan) | (rounded & ~nan), h16);
    }
    for (; i < padded; i++) {
        uint32_t bits = 0;
        if (i < n) __builtin_memcpy(&bits, from + i, 4);
        to[i] = (bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    }
}

// A block of pairs, 16 pairs of inputs x 32 outputs, as 16 pairs of outputs x 32 inputs.
static void transpose_pairs(const uint32_t *from, uint32_t *to) {
    uint32_t turned[32 * 16] __attribute__((aligned(64)));
    for (int o = 0; o < 32; o += 16) transpose16((const float *)from + o, MK_PANEL, (float *)turned + o * 16, 16);
    for (int p = 0; p < 16; p++) {
        u16 even = LOAD_BITS(turned + 2 * p * 16), odd = LOAD_BITS(turned + (2 * p + 1) * 16);
        u16 a = (even & 0xffff) | odd << 16, b = even >> 16 | (odd & 0xffff0000);
        STORE_BITS(to + p * MK_PANEL, __builtin_shufflevector(
            a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
        STORE_BITS(to + p * MK_PANEL + 16, __builtin_shufflevector(
            a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    }
}
