// Products of bf16 pairs in AMX tiles: a tile holds 16 rows of 64 bytes. Tiles 0 to 3 are sums, 16 rows x 16 outputs: 0 and
// 1 of the upper rows, 2 and 3 of the lower; 4 and 5 hold 16 pairs of inputs of those rows, 6 and 7 16 pairs of 16 outputs
// each, which is how panels lie in memory. Each output is one chain over the pairs, whatever the number of rows.

typedef struct {
    uint8_t palette, start_row, unused[14];
    uint16_t bytes[16]; // of a row of each tile
    uint8_t rows[16];
} tile_shapes;

INLINE void shape_tiles(long upper, long lower) {
    tile_shapes shapes = {.palette = 1};
    for (int t = 0; t < 8; t++) {
        long rows = t >= 6 ? 16 : t == 2 || t == 3 || t == 5 ? lower : upper;
        shapes.rows[t] = (uint8_t)rows;
        shapes.bytes[t] = rows > 0 ? 64 : 0;
    }
    _tile_loadconfig(&shapes);
}

// 16 pairs of x, whose rows are padded with zeros to whole tiles, and of a panel.
INLINE void tile_step(const uint16_t *x, long x_stride, const uint32_t *w, const int below) {
    _tile_loadd(6, w, MK_PANEL * 4);
    _tile_loadd(7, w + 16, MK_PANEL * 4);
    _tile_loadd(4, x, x_stride * 2);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    if (!below) return;
    _tile_loadd(5, x + 16 * x_stride, x_stride * 2);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

// What a step reads of a panel, asked for some steps ahead: the first rows meet it in memory.
enum { AHEAD = 4096 };
INLINE void fetch_step(const uint32_t *w) {
    UNROLL for (int line = 0; line < 32; line++) __builtin_prefetch((const char *)w + AHEAD + 64 * line);
}

// Up to 32 rows; y holds whole rows of 32 outputs, and tiles have the shape of the rows.
INLINE void rows_in_tiles(
    const uint16_t *x, long x_stride, const int below, const int first, const uint32_t *panel, const uint32_t *last,
    long pairs, float *y, long y_stride, int accumulate) {
    float *under = y + 16 * y_stride;
    if (accumulate) {
        _tile_loadd(0, y, y_stride * 4);
        _tile_loadd(1, y + 16, y_stride * 4);
    } else {
        _tile_zero(0);
        _tile_zero(1);
    }
    if (below && accumulate) {
        _tile_loadd(2, under, y_stride * 4);
        _tile_loadd(3, under + 16, y_stride * 4);
    } else if (below) {
        _tile_zero(2);
        _tile_zero(3);
    }
    long k = 0;
    for (; k + 16 <= pairs; k += 16) {
        if (first) fetch_step(panel + k * MK_PANEL);
        tile_step(x + 2 * k, x_stride, panel + k * MK_PANEL, below);
    }
    if (k < pairs) tile_step(x + 2 * k, x_stride, last, below);
    _tile_stored(0, y, y_stride * 4);
    _tile_stored(1, y + 16, y_stride * 4);
    if (!below) return;
    _tile_stored(2, under, y_stride * 4);
    _tile_stored(3, under + 16, y_stride * 4);
}

static void some_rows(
    const uint16_t *x, long x_stride, int below, int first, const uint32_t *panel, const uint32_t *last, long pairs,
    float *y, long y_stride, int accumulate) {
    if (below && first) rows_in_tiles(x, x_stride, 1, 1, panel, last, pairs, y, y_stride, accumulate);
    else if (below) rows_in_tiles(x, x_stride, 1, 0, panel, last, pairs, y, y_stride, accumulate);
    else if (first) rows_in_tiles(x, x_stride, 0, 1, panel, last, pairs, y, y_stride, accumulate);
    else rows_in_tiles(x, x_stride, 0, 0, panel, last, pairs, y, y_stride, accumulate);
}

static void panel_pairs(
    const uint16_t *x, long x_stride, long rows, const uint32_t *panel, long pairs, float *y, long y_stride,
    long columns, int accumulate) {
    // What ends within a tile goes through copies: the panel's last pairs, and outputs of a panel that is not whole.
    uint32_t last[16 * MK_PANEL] __attribute__((aligned(64))) = {0};
    float part[32 * MK_PANEL] __attribute__((aligned(64)));
    if (pairs % 16 > 0)
        memcpy(last, panel + pairs / 16 * 16 * MK_PANEL, (size_t)(pairs % 16 * MK_PANEL) * sizeof *last);
    long shaped = 0;
    for (long i = 0; i < rows; i += 32) {
        long some = rows - i < 32 ? rows - i : 32, below = some - 16;
        if (some != shaped) shape_tiles(some < 16 ? some : 16, below > 0 ? below : 0);
        shaped = some;
        float *to = y + i * y_stride;
        if (columns >= MK_PANEL) {
            some_rows(x + i * x_stride, x_stride, below > 0, i == 0, panel, last, pairs, to, y_stride, accumulate);
            continue;
        }
        size_t bytes = (size_t)columns * sizeof *part;
        if (accumulate) memset(part, 0, sizeof part);
        for (long r = 0; accumulate && r < some; r++) memcpy(part + r * MK_PANEL, to + r * y_stride, bytes);
        some_rows(x + i * x_stride, x_stride, below > 0, i == 0, panel, last, pairs, part, MK_PANEL, accumulate);
        for (long r = 0; r < some; r++) memcpy(to + r * y_stride, part + r * MK_PANEL, bytes);
    }
    _tile_release();
}

// Multiply-adds of `rounds` products of full tiles in four independent chains.
static double peak_tiles(long rounds, float *result) {
    uint32_t pairs[16 * 16] __attribute__((aligned(64)));
    float sums[16 * 16] __attribute__((aligned(64)));
    for (int i = 0; i < 16 * 16; i++) pairs[i] = 0x3f003f00;
    shape_tiles(16, 16);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_loadd(4, pairs, 64);
    _tile_loadd(5, pairs, 64);
    _tile_loadd(6, pairs, 64);
    _tile_loadd(7, pairs, 64);
    for (long r = 0; r < rounds; r++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, sums, 64);
    *result += sums[0];
    _tile_stored(3, sums, 64);
    *result += sums[0];
    _tile_release();
    return 4 * 16 * 16 * 32 * (double)rounds;
}
