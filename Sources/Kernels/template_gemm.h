// The matrix kernel: TILE_ROWS rows of x times TILE_VECTORS * 16 columns of a panel, accumulators in registers.
// Each output is one chain of multiply-adds over the depth, started from y when accumulating: splitting the depth or
// the rows changes no bit.

#define TILE(NAME, TYPE, WIDE)                                                                                         \
    INLINE void NAME(                                                                                                  \
        const float *x, long x_stride, const int rows, const TYPE *panel, long stride, long depth, float *y,           \
        long y_stride, long columns, int accumulate) {                                                                 \
        v16 sum[TILE_ROWS][TILE_VECTORS];                                                                              \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++)                                              \
            _Pragma("clang loop unroll(full)") for (int c = 0; c < TILE_VECTORS; c++) sum[i][c] = (v16){0};            \
        const int whole = columns >= 16 * TILE_VECTORS;                                                                \
        if (accumulate) {                                                                                              \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++)                                          \
                _Pragma("clang loop unroll(full)") for (int c = 0; c < TILE_VECTORS; c++) {                            \
                if (whole)                                                                                             \
                    sum[i][c] = LOAD(y + i * y_stride + 16 * c);                                                       \
                else                                                                                                   \
                    load_some(y + i * y_stride + 16 * c, columns - 16 * c, 0, &sum[i][c]);                             \
            }                                                                                                          \
        }                                                                                                              \
        for (long k = 0; k < depth; k++) {                                                                             \
            v16 w[TILE_VECTORS];                                                                                       \
            _Pragma("clang loop unroll(full)") for (int c = 0; c < TILE_VECTORS; c++) w[c] =                           \
                WIDE(panel + k * stride + 16 * c);                                                                     \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) {                                        \
                v16 factor = (v16){0} + x[i * x_stride + k];                                                           \
                _Pragma("clang loop unroll(full)") for (int c = 0; c < TILE_VECTORS; c++) sum[i][c] =                  \
                    FMA(factor, w[c], sum[i][c]);                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++)                                              \
            _Pragma("clang loop unroll(full)") for (int c = 0; c < TILE_VECTORS; c++) {                                \
            if (whole)                                                                                                 \
                STORE(y + i * y_stride + 16 * c, sum[i][c]);                                                           \
            else                                                                                                       \
                store_some(&sum[i][c], columns - 16 * c < 16 ? columns - 16 * c : 16, y + i * y_stride + 16 * c);      \
        }                                                                                                              \
    }

TILE(tile_f32, float, LOAD)
TILE(tile_f16, uint16_t, HALVES)

#define TILE_CASE(NAME, N)                                                                                             \
    case N:                                                                                                            \
        if (N <= TILE_ROWS)                                                                                            \
            NAME(x + i * x_stride, x_stride, N <= TILE_ROWS ? N : 1, panel + j, stride, depth, y + i * y_stride + j,   \
                 y_stride, columns - j, accumulate);                                                                   \
        break;

#define PANEL(NAME, TYPE, TILE_NAME)                                                                                   \
    static void NAME(                                                                                                  \
        const float *x, long x_stride, long rows, const TYPE *panel, long stride, long depth, float *y, long y_stride, \
        long columns, int accumulate) {                                                                                \
        for (long j = 0; j < columns; j += 16 * TILE_VECTORS)                                                          \
            for (long i = 0; i < rows;) {                                                                              \
                /* Even tiles: 13 rows as 7 + 6, not 12 + 1, which would read the panel for a single row. */           \
                long left = rows - i, tiles = (left + TILE_ROWS - 1) / TILE_ROWS, n = (left + tiles - 1) / tiles;      \
                switch (n) {                                                                                           \
                    TILE_CASE(TILE_NAME, 1)                                                                            \
                    TILE_CASE(TILE_NAME, 2)                                                                            \
                    TILE_CASE(TILE_NAME, 3)                                                                            \
                    TILE_CASE(TILE_NAME, 4)                                                                            \
                    TILE_CASE(TILE_NAME, 5)                                                                            \
                    TILE_CASE(TILE_NAME, 6)                                                                            \
                    TILE_CASE(TILE_NAME, 7)                                                                            \
                    TILE_CASE(TILE_NAME, 8)                                                                            \
                    TILE_CASE(TILE_NAME, 9)                                                                            \
                    TILE_CASE(TILE_NAME, 10)                                                                           \
                    TILE_CASE(TILE_NAME, 11)                                                                           \
                    TILE_CASE(TILE_NAME, 12)                                                                           \
                }                                                                                                      \
                i += n;                                                                                                \
            }                                                                                                          \
    }

PANEL(panel_f32, float, tile_f32)
PANEL(panel_f16, uint16_t, tile_f16)

static void expand_f16(const uint16_t *from, long count, float *to) {
    for (long i = 0; i < count; i += 16) STORE(to + i, HALVES(from + i));
}

// Four perfect shuffles of sixteen rows are a transposition.
INLINE void transpose16(const float *from, long from_stride, float *to, long to_stride) {
    v16 a[16], b[16];
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) a[i] = LOAD(from + i * from_stride);
    _Pragma("clang loop unroll(full)") for (int stage = 0; stage < 4; stage++) {
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++) {
            b[2 * i] = __builtin_shufflevector(
                a[i], a[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            b[2 * i + 1] = __builtin_shufflevector(
                a[i], a[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) a[i] = b[i];
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) STORE(to + i * to_stride, a[i]);
}

static void transpose32(const float *from, long from_stride, float *to, long to_stride) {
    for (int i = 0; i < 32; i += 16)
        for (int j = 0; j < 32; j += 16)
            transpose16(from + i * from_stride + j, from_stride, to + j * to_stride + i, to_stride);
}
