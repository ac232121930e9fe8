#include <stddef.h>
#include <string.h>

#include "table.h"

// Rows of x one task works through while its panel is in the second-level cache; a multiple of every tile height.
enum { ROW_BLOCK = 240 };
// Reduction steps of a transposed product whose transposed panel stays in that cache.
enum { DEPTH_BLOCK = 2048 };
// From this many rows on, bf16 panels are widened once instead of in the inner loop (same bits).
enum { WIDEN_ROWS = 13 };

static long ceil_div(long a, long b) { return (a + b - 1) / b; }

long mk_packed_bytes(long outputs, long inputs, int storage) {
    return ceil_div(outputs, MK_PANEL) * MK_PANEL * inputs * (storage == MK_BF16 ? 2 : 4);
}

// Round to nearest, ties to even; NaN stays NaN.
static uint16_t to_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float from_bf16(uint16_t value) {
    uint32_t bits = (uint32_t)value << 16;
    float result;
    memcpy(&result, &bits, 4);
    return result;
}

void mk_pack(const float *w, long first, long rows, long inputs, int storage, void *panels) {
    for (long r = 0; r < rows; r++) {
        long output = first + r, base = output / MK_PANEL * MK_PANEL * inputs + output % MK_PANEL;
        const float *from = w + r * inputs;
        if (storage == MK_BF16)
            for (long k = 0; k < inputs; k++) ((uint16_t *)panels)[base + k * MK_PANEL] = to_bf16(from[k]);
        else
            for (long k = 0; k < inputs; k++) ((float *)panels)[base + k * MK_PANEL] = from[k];
    }
}

void mk_unpack_row(const mk_weight *w, long row, float *out) {
    long base = row / MK_PANEL * MK_PANEL * w->inputs + row % MK_PANEL;
    if (w->storage == MK_BF16)
        for (long k = 0; k < w->inputs; k++) out[k] = from_bf16(((const uint16_t *)w->panels)[base + k * MK_PANEL]);
    else
        for (long k = 0; k < w->inputs; k++) out[k] = ((const float *)w->panels)[base + k * MK_PANEL];
}

typedef struct {
    const mk_table *table;
    const mk_weight *w;
    const float *a, *b;
    float *c;
    long m, n, k, blocks; // c is [m, n], the reduction has k steps; blocks of rows
    int accumulate;
} product;

// Tasks are panels, and blocks of rows within a panel. Enough tasks to share out, few enough to be worth taking.
static void share(product *p, void (*body)(void *, long, long)) {
    long panels = ceil_div(p->n, MK_PANEL);
    p->table = mk_kernels();
    p->blocks = ceil_div(p->m, ROW_BLOCK);
    long tasks = panels * p->blocks, grain = tasks / (16 * mk_threads());
    mk_parallel(body, p, tasks, grain < 1 ? 1 : grain > 16 ? 16 : grain);
}

static long row_count(const product *p, long block) {
    long left = p->m - block * ROW_BLOCK;
    return left < ROW_BLOCK ? left : ROW_BLOCK;
}

static long column_count(const product *p, long panel) {
    long left = p->n - panel * MK_PANEL;
    return left < MK_PANEL ? left : MK_PANEL;
}

static void packed(void *context, long lower, long upper) {
    const product *p = context;
    for (long t = lower; t < upper; t++) {
        long panel = t / p->blocks, row = t % p->blocks * ROW_BLOCK, rows = row_count(p, t % p->blocks);
        long columns = column_count(p, panel), from = panel * MK_PANEL * p->k;
        const float *x = p->a + row * p->k;
        float *y = p->c + row * p->n + panel * MK_PANEL;
        if (p->w->storage == MK_F32) {
            const float *w = (const float *)p->w->panels + from;
            p->table->panel_f32(x, p->k, rows, w, MK_PANEL, p->k, y, p->n, columns, p->accumulate);
        } else if (rows < WIDEN_ROWS) {
            const uint16_t *w = (const uint16_t *)p->w->panels + from;
            p->table->panel_bf16(x, p->k, rows, w, MK_PANEL, p->k, y, p->n, columns, p->accumulate);
        } else {
            float *wide = mk_scratch(0, MK_PANEL * p->k * 4);
            p->table->expand_bf16((const uint16_t *)p->w->panels + from, MK_PANEL * p->k, wide);
            p->table->panel_f32(x, p->k, rows, wide, MK_PANEL, p->k, y, p->n, columns, p->accumulate);
        }
    }
}

void mk_gemm_packed(const mk_weight *w, const float *x, long rows, float *y, int accumulate) {
    product p = {.w = w, .a = x, .c = y, .m = rows, .n = w->outputs, .k = w->inputs, .accumulate = accumulate};
    share(&p, packed);
}

// Here the columns are the weight's inputs and the reduction runs over its outputs: a panel [outputs][32 inputs] is made
// by transposing 32 x 32 blocks, which costs little beside rows * 32 * outputs multiply-adds.
static void packed_transposed(void *context, long lower, long upper) {
    const product *p = context;
    const mk_weight *w = p->w;
    float *panel = mk_scratch(1, DEPTH_BLOCK * MK_PANEL * 4), *wide = mk_scratch(2, MK_PANEL * MK_PANEL * 4);
    for (long t = lower; t < upper; t++) {
        long column = t / p->blocks * MK_PANEL, columns = column_count(p, t / p->blocks);
        long row = t % p->blocks * ROW_BLOCK, rows = row_count(p, t % p->blocks);
        for (long start = 0; start < p->k; start += DEPTH_BLOCK) {
            long depth = p->k - start < DEPTH_BLOCK ? p->k - start : DEPTH_BLOCK;
            for (long output = 0; output < depth; output += MK_PANEL) {
                // Rows `column`... of the weight's panel; the last block of inputs may be short.
                long from = (start + output) * w->inputs + column * MK_PANEL;
                const float *block;
                if (w->storage == MK_BF16)
                    p->table->expand_bf16((const uint16_t *)w->panels + from, columns * MK_PANEL, wide);
                if (columns < MK_PANEL) {
                    if (w->storage == MK_F32)
                        memcpy(wide, (const float *)w->panels + from, (size_t)(columns * MK_PANEL * 4));
                    memset(wide + columns * MK_PANEL, 0, (size_t)((MK_PANEL - columns) * MK_PANEL * 4));
                }
                block = w->storage == MK_F32 && columns == MK_PANEL ? (const float *)w->panels + from : wide;
                p->table->transpose32(block, MK_PANEL, panel + output * MK_PANEL, MK_PANEL);
            }
            p->table->panel_f32(
                p->a + row * p->k + start, p->k, rows, panel, MK_PANEL, depth, p->c + row * p->n + column, p->n,
                columns, p->accumulate || start > 0);
        }
    }
}

void mk_gemm_packed_transposed(const mk_weight *w, const float *dy, long rows, float *dx, int accumulate) {
    product p = {.w = w, .a = dy, .c = dx, .m = rows, .n = w->inputs, .k = w->outputs, .accumulate = accumulate};
    share(&p, packed_transposed);
}

static void plain(void *context, long lower, long upper) {
    const product *p = context;
    for (long t = lower; t < upper; t++) {
        long column = t / p->blocks * MK_PANEL, columns = column_count(p, t / p->blocks);
        long row = t % p->blocks * ROW_BLOCK, rows = row_count(p, t % p->blocks);
        const float *panel = p->b + column;
        long stride = p->n;
        if (columns < MK_PANEL) {
            float *copy = mk_scratch(0, MK_PANEL * p->k * 4);
            for (long k = 0; k < p->k; k++)
                for (long j = 0; j < MK_PANEL; j++) copy[k * MK_PANEL + j] = j < columns ? panel[k * stride + j] : 0;
            panel = copy;
            stride = MK_PANEL;
        }
        p->table->panel_f32(
            p->a + row * p->k, p->k, rows, panel, stride, p->k, p->c + row * p->n + column, p->n, columns,
            p->accumulate);
    }
}

void mk_gemm_plain(const float *a, const float *b, float *c, long m, long n, long k, int accumulate) {
    product p = {.a = a, .b = b, .c = c, .m = m, .n = n, .k = k, .accumulate = accumulate};
    share(&p, plain);
}

static void plain_transposed(void *context, long lower, long upper) {
    const product *p = context;
    for (long t = lower; t < upper; t++) {
        long column = t / p->blocks * MK_PANEL, columns = column_count(p, t / p->blocks);
        long row = t % p->blocks * ROW_BLOCK, rows = row_count(p, t % p->blocks), k = 0;
        float *panel = mk_scratch(0, MK_PANEL * p->k * 4);
        if (columns == MK_PANEL)
            for (; k + MK_PANEL <= p->k; k += MK_PANEL)
                p->table->transpose32(p->b + column * p->k + k, p->k, panel + k * MK_PANEL, MK_PANEL);
        for (; k < p->k; k++)
            for (long j = 0; j < MK_PANEL; j++)
                panel[k * MK_PANEL + j] = j < columns ? p->b[(column + j) * p->k + k] : 0;
        p->table->panel_f32(
            p->a + row * p->k, p->k, rows, panel, MK_PANEL, p->k, p->c + row * p->n + column, p->n, columns,
            p->accumulate);
    }
}

void mk_gemm_plain_transposed(const float *a, const float *b, float *c, long m, long n, long k, int accumulate) {
    product p = {.a = a, .b = b, .c = c, .m = m, .n = n, .k = k, .accumulate = accumulate};
    share(&p, plain_transposed);
}
