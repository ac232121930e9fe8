#include <stddef.h>
#include <string.h>

#include "table.h"

// Rows of x one task works through while its panel is in the second-level cache; a multiple of every tile height.
enum { ROW_BLOCK = 240 };
// Reduction steps of a transposed product whose transposed panel stays in that cache.
enum { DEPTH_BLOCK = 2048 };
// From this many rows on, 16-bit panels are widened once instead of in the inner loop (same bits).
enum { WIDEN_ROWS = 13 };
// From this many rows on quantised products go by parts: panels of a task, blocks of 32 inputs at a time.
enum { MANY_ROWS = 24, PANEL_GROUP = 4, PART_BLOCKS = 16 };
// Scratch buffers: those of a task, and those of the caller that its tasks read.
enum { PANEL_SLOT = 0, TURNED_SLOT = 1, BLOCK_SLOT = 2, NUMBERS_SLOT = 4, SCALES_SLOT = 5, SUMS_SLOT = 6 };

static long ceil_div(long a, long b) { return (a + b - 1) / b; }

typedef struct {
    const mk_table *table;
    const mk_weight *w;
    const float *a, *b;
    float *c;
    long m, n, k, blocks; // c is [m, n], the reduction has k steps; blocks of rows
    long group;           // panels of one task
    int accumulate;
    // a as the weight's storage wants it.
    uint16_t *pairs; // [m][pair_stride(k)]
    float *rounded;  // [m][k]
    int8_t *numbers;
    float *scales;
    int32_t *sums;
} product;

// Tasks are panels, and blocks of rows within a panel. Enough tasks to share out, few enough to be worth taking.
static void share(product *p, void (*body)(void *, long, long)) {
    long panels = ceil_div(p->n, MK_PANEL), groups = ceil_div(panels, p->group > 1 ? p->group : 1);
    p->blocks = ceil_div(p->m, ROW_BLOCK);
    long tasks = groups * p->blocks, grain = tasks / (16 * mk_threads());
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

// MARK: rows of the left side

static long even(long k) { return (k + 1) / 2 * 2; }

// Rows of pairs begin on a line of the cache and hold whole tiles; a power of two apart they would fall on the same lines.
static long pair_stride(long k) {
    long stride = ceil_div(k, 32) * 32;
    return stride % 512 == 0 ? stride + 32 : stride;
}

static void round_rows(void *context, long lower, long upper) {
    const product *p = context;
    for (long i = lower; i < upper; i++) {
        uint16_t *to = p->pairs + i * pair_stride(p->k);
        p->table->round_pairs(p->a + i * p->k, p->k, ceil_div(p->k, 32) * 32, to);
    }
}

static void round_floats(void *context, long lower, long upper) {
    const product *p = context;
    uint16_t *half = mk_scratch(PANEL_SLOT, even(p->k) * 2);
    for (long i = lower; i < upper; i++) {
        p->table->round_pairs(p->a + i * p->k, p->k, even(p->k), half);
        uint32_t *to = (uint32_t *)(p->rounded + i * p->k);
        for (long k = 0; k < p->k; k++) to[k] = (uint32_t)half[k] << 16;
    }
}

// Rows a power of two apart would fall on the same lines of the cache.
static long block_stride(long k) {
    long blocks = ceil_div(k, 32);
    return blocks % 16 == 0 ? blocks + 2 : blocks;
}

static void quantize_rows(void *context, long lower, long upper) {
    const product *p = context;
    long blocks = block_stride(p->k);
    for (long i = lower; i < upper; i++)
        p->table->quantize(
            p->a + i * p->k, p->k, p->numbers + i * blocks * 32, p->scales + i * blocks, p->sums + i * blocks);
}

// Rounds the left side once for all tasks. The buffers are the caller's: products do not nest within a task.
static void prepare(product *p, int storage) {
    long grain = 1 + 16384 / (p->k + 1);
    p->table = mk_kernels();
    if (storage == MK_BF16 && p->table->panel_pairs != NULL) {
        p->pairs = mk_scratch(NUMBERS_SLOT, p->m * pair_stride(p->k) * 2);
        mk_parallel(round_rows, p, p->m, grain);
    } else if (storage == MK_BF16) {
        p->rounded = mk_scratch(NUMBERS_SLOT, p->m * p->k * 4);
        mk_parallel(round_floats, p, p->m, grain);
        p->a = p->rounded;
    } else if (storage >= MK_Q8_0) {
        long blocks = block_stride(p->k);
        p->numbers = mk_scratch(NUMBERS_SLOT, p->m * blocks * 32);
        p->scales = mk_scratch(SCALES_SLOT, p->m * blocks * 4);
        p->sums = mk_scratch(SUMS_SLOT, p->m * blocks * 4);
        mk_parallel(quantize_rows, p, p->m, grain);
    }
}

// MARK: products with packed weights

static void packed(void *context, long lower, long upper) {
    const product *p = context;
    const mk_table *table = p->table;
    long bytes = mk_panel_bytes(p->k, p->w->storage);
    for (long t = lower; t < upper; t++) {
        long panel = t / p->blocks, row = t % p->blocks * ROW_BLOCK, rows = row_count(p, t % p->blocks);
        long columns = column_count(p, panel);
        const void *w = (const uint8_t *)p->w->panels + panel * bytes;
        const float *x = p->a + row * p->k;
        float *y = p->c + row * p->n + panel * MK_PANEL;
        switch (p->w->storage) {
            case MK_F32: table->panel_f32(x, p->k, rows, w, MK_PANEL, p->k, y, p->n, columns, p->accumulate); break;
            case MK_F16:
                if (rows < WIDEN_ROWS) {
                    table->panel_f16(x, p->k, rows, w, MK_PANEL, p->k, y, p->n, columns, p->accumulate);
                } else {
                    float *wide = mk_scratch(PANEL_SLOT, MK_PANEL * p->k * 4);
                    table->expand_f16(w, MK_PANEL * p->k, wide);
                    table->panel_f32(x, p->k, rows, wide, MK_PANEL, p->k, y, p->n, columns, p->accumulate);
                }
                break;
            case MK_BF16:
                if (p->pairs != NULL) {
                    const uint16_t *pairs = p->pairs + row * pair_stride(p->k);
                    // A long panel by parts that stay in the second-level cache; the chain of sums goes on through y.
                    for (long k = 0; k < even(p->k) / 2; k += DEPTH_BLOCK) {
                        long depth = even(p->k) / 2 - k < DEPTH_BLOCK ? even(p->k) / 2 - k : DEPTH_BLOCK;
                        table->panel_pairs(
                            pairs + 2 * k, pair_stride(p->k), rows, (const uint32_t *)w + k * MK_PANEL, depth, y, p->n,
                            columns, p->accumulate || k > 0);
                    }
                } else if (rows < WIDEN_ROWS) {
                    table->panel_widened(x, p->k, rows, w, p->k, y, p->n, columns, p->accumulate);
                } else {
                    float *wide = mk_scratch(PANEL_SLOT, MK_PANEL * even(p->k) * 4);
                    table->expand_pairs(w, even(p->k) / 2, wide);
                    table->panel_f32(x, p->k, rows, wide, MK_PANEL, p->k, y, p->n, columns, p->accumulate);
                }
                break;
        }
    }
}

// Blocks of numbers: a part of a panel that stays in the first-level cache meets all rows, and the same part of the rows,
// in the second-level cache, meets several panels. The chains of sums go on through y.
static void packed_blocks(void *context, long lower, long upper) {
    const product *p = context;
    const mk_table *table = p->table;
    int storage = p->w->storage;
    long bytes = mk_panel_bytes(p->k, storage), panels = ceil_div(p->n, MK_PANEL);
    mk_quantized q = {
        .numbers = p->numbers, .scales = p->scales, .sums = p->sums, .blocks = ceil_div(p->k, 32),
        .stride = block_stride(p->k)};
    long part = p->m < MANY_ROWS || q.blocks < 3 * PART_BLOCKS ? q.blocks : PART_BLOCKS;
    for (long t = lower; t < upper; t++) {
        long first = t / p->blocks * p->group, last = first + p->group < panels ? first + p->group : panels;
        long row = t % p->blocks * ROW_BLOCK, rows = row_count(p, t % p->blocks);
        for (long b = 0; b < q.blocks; b += part)
            for (long panel = first; panel < last; panel++) {
                const uint8_t *w = (const uint8_t *)p->w->panels + panel * bytes + b * mk_block_bytes(storage);
                long end = b + part < q.blocks ? b + part : q.blocks, columns = column_count(p, panel);
                float *y = p->c + row * p->n + panel * MK_PANEL;
                int accumulate = p->accumulate || b > 0;
                if (storage == MK_Q8_0) table->panel_q8_0(&q, row, rows, w, b, end, y, p->n, columns, accumulate);
                else if (storage == MK_Q4_0) table->panel_q4_0(&q, row, rows, w, b, end, y, p->n, columns, accumulate);
                else table->panel_q4_1(&q, row, rows, w, b, end, y, p->n, columns, accumulate);
            }
    }
}

void mk_gemm_packed(const mk_weight *w, const float *x, long rows, float *y, int accumulate) {
    product p = {.w = w, .a = x, .c = y, .m = rows, .n = w->outputs, .k = w->inputs, .accumulate = accumulate};
    prepare(&p, w->storage);
    p.group = w->storage >= MK_Q8_0 && rows >= MANY_ROWS ? PANEL_GROUP : 1;
    share(&p, w->storage >= MK_Q8_0 ? packed_blocks : packed);
}

// Here the columns are the weight's inputs and the reduction runs over its outputs: a panel [outputs][32 inputs] is made
// by transposing 32 x 32 blocks, which costs little beside rows * 32 * outputs multiply-adds.
static void packed_transposed(void *context, long lower, long upper) {
    const product *p = context;
    const mk_weight *w = p->w;
    float *panel = mk_scratch(TURNED_SLOT, DEPTH_BLOCK * MK_PANEL * 4);
    float *wide = mk_scratch(BLOCK_SLOT, MK_PANEL * MK_PANEL * 4);
    for (long t = lower; t < upper; t++) {
        long column = t / p->blocks * MK_PANEL, columns = column_count(p, t / p->blocks);
        long row = t % p->blocks * ROW_BLOCK, rows = row_count(p, t % p->blocks);
        for (long start = 0; start < p->k; start += DEPTH_BLOCK) {
            long depth = p->k - start < DEPTH_BLOCK ? p->k - start : DEPTH_BLOCK;
            for (long output = 0; output < depth; output += MK_PANEL) {
                const float *block = wide;
                if (w->storage == MK_F32 && columns == MK_PANEL)
                    block = (const float *)w->panels + (start + output) * w->inputs + column * MK_PANEL;
                else
                    mk_expand_block(p->table, w, (start + output) / MK_PANEL, column, wide);
                p->table->transpose32(block, MK_PANEL, panel + output * MK_PANEL, MK_PANEL);
            }
            p->table->panel_f32(
                p->a + row * p->k + start, p->k, rows, panel, MK_PANEL, depth, p->c + row * p->n + column, p->n,
                columns, p->accumulate || start > 0);
        }
    }
}

// The same with pairs of outputs.
static void packed_transposed_pairs(void *context, long lower, long upper) {
    const product *p = context;
    const mk_weight *w = p->w;
    uint32_t *panel = mk_scratch(TURNED_SLOT, DEPTH_BLOCK * MK_PANEL * 4);
    uint32_t *padded = mk_scratch(BLOCK_SLOT, MK_PANEL * MK_PANEL * 4);
    long stride = pair_stride(p->k), reduction = even(p->k), panel_bytes = mk_panel_bytes(w->inputs, MK_BF16);
    for (long t = lower; t < upper; t++) {
        long column = t / p->blocks * MK_PANEL, columns = column_count(p, t / p->blocks);
        long row = t % p->blocks * ROW_BLOCK, rows = row_count(p, t % p->blocks), pairs = even(columns) / 2;
        for (long start = 0; start < reduction; start += 2 * DEPTH_BLOCK) {
            long depth = reduction - start < 2 * DEPTH_BLOCK ? reduction - start : 2 * DEPTH_BLOCK;
            for (long output = 0; output < depth; output += MK_PANEL) {
                const uint8_t *from = (const uint8_t *)w->panels + (start + output) / MK_PANEL * panel_bytes;
                const uint32_t *block = (const uint32_t *)from + column / 2 * MK_PANEL;
                // The next block lies a panel away, where the processor does not look by itself.
                const char *next = (const char *)block + panel_bytes;
                for (long line = 0; line < pairs * MK_PANEL * 4; line += 64) __builtin_prefetch(next + line);
                if (pairs < MK_PANEL / 2) {
                    memcpy(padded, block, (size_t)(pairs * MK_PANEL * 4));
                    memset(padded + pairs * MK_PANEL, 0, (size_t)((MK_PANEL / 2 - pairs) * MK_PANEL * 4));
                    block = padded;
                }
                p->table->transpose_pairs(block, panel + output / 2 * MK_PANEL);
            }
            p->table->panel_pairs(
                p->pairs + row * stride + start, stride, rows, panel, depth / 2, p->c + row * p->n + column, p->n,
                columns, p->accumulate || start > 0);
        }
    }
}

void mk_gemm_packed_transposed(const mk_weight *w, const float *dy, long rows, float *dx, int accumulate) {
    product p = {.w = w, .a = dy, .c = dx, .m = rows, .n = w->inputs, .k = w->outputs, .accumulate = accumulate};
    prepare(&p, w->storage == MK_BF16 ? MK_BF16 : MK_F32);
    share(&p, p.pairs != NULL ? packed_transposed_pairs : packed_transposed);
}

// MARK: plain products

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
    prepare(&p, MK_F32);
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
    prepare(&p, MK_F32);
    share(&p, plain_transposed);
}
