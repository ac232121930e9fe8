#include <math.h>
#include <string.h>

#include "table.h"

typedef struct {
    const mk_table *table;
    mk_attention_shape shape;
    long block, count;
    const mk_sequence *sequences;
    float *qkv, *out;
    const float *dout, *cosine, *sine;
    mk_attention_penalty penalty;
    double *penalties; // of each task
} attention;

static long width(mk_attention_shape shape) { return (shape.query_heads + 2 * shape.key_heads) * shape.size; }

// Keys and values of one head, as a prefix of contiguous rows and a tail of strided ones.
typedef struct {
    long prefix, stride;
    const float *prefix_keys, *prefix_values;
    float *tail_keys, *tail_values;
} cache;

static cache cache_of(const attention *a, const mk_sequence *s, long head) {
    long from = a->block * s->prefix_block + head * s->prefix * a->shape.size;
    long tail = a->block * s->tail_block + head * s->tail_head;
    return (cache){
        .prefix = s->prefix, .stride = s->tail_row,
        .prefix_keys = s->prefix > 0 ? s->prefix_keys + from : NULL,
        .prefix_values = s->prefix > 0 ? s->prefix_values + from : NULL,
        .tail_keys = s->tail_keys + tail, .tail_values = s->tail_values + tail,
    };
}

// MARK: rotation and caches

static void prepare(void *context, long lower, long upper) {
    const attention *a = context;
    mk_attention_shape shape = a->shape;
    long size = shape.size, half = size / 2;
    const mk_sequence *s = a->sequences;
    // `lower` counts rows through all sequences; i is the row within its sequence.
    for (long r = lower, i = lower; r < upper; r++, i++) {
        for (; i >= s->count; s++) i -= s->count;
        float *q = a->qkv + (s->row + i) * width(shape), *k = q + shape.query_heads * size;
        const float *v = k + shape.key_heads * size;
        long position = s->prefix + s->tail_start + i;
        mk_rope(q, shape.query_heads + shape.key_heads, size, a->cosine + position * half, a->sine + position * half, 1);
        long to = a->block * s->tail_block + (s->tail_start + i) * s->tail_row;
        for (long h = 0; h < shape.key_heads; h++) {
            float *key = s->tail_keys + to + h * s->tail_head, *value = s->tail_values + to + h * s->tail_head;
            if (key != k + h * size) memcpy(key, k + h * size, (size_t)size * 4);
            if (value != v + h * size) memcpy(value, v + h * size, (size_t)size * 4);
        }
    }
}

void mk_attention_prepare(
    mk_attention_shape shape, long block, const mk_sequence *sequences, long count, float *qkv, const float *cosine,
    const float *sine) {
    attention a = {.shape = shape, .block = block, .sequences = sequences, .qkv = qkv, .cosine = cosine, .sine = sine};
    long rows = 0;
    for (long s = 0; s < count; s++) rows += sequences[s].count;
    mk_parallel(prepare, &a, rows, 16);
}

// MARK: forward

// Rows of one task: their scores fit the second-level cache with any context, and no more of them are ever kept.
enum { ROWS = 48 };

void mk_turn_keys(const mk_table *table, const float *keys, long stride, long count, long size, float *to) {
    for (long j = 0; j < count; j += MK_PANEL, to += MK_PANEL * size) {
        long e = 0;
        if (j + MK_PANEL <= count)
            for (; e + 32 <= size; e += 32) table->transpose32(keys + j * stride + e, stride, to + e * MK_PANEL, MK_PANEL);
        for (; e < size; e++)
            for (long i = 0; i < MK_PANEL; i++) to[e * MK_PANEL + i] = j + i < count ? keys[(j + i) * stride + e] : 0;
    }
}

// Scores of `rows` queries with panels of keys: each is one chain over the head's numbers, so it does not matter where a
// key stands in its panel or how many queries there are.
static void score(
    const attention *a, const float *q, long rows, const float *panels, long keys, float *scores, long stride) {
    long size = a->shape.size;
    for (long j = 0; j < keys; j += MK_PANEL)
        a->table->panel_f32(
            q, width(a->shape), rows, panels + j * size, MK_PANEL, size, scores + j, stride,
            keys - j < MK_PANEL ? keys - j : MK_PANEL, 0);
}

// out (+)= p values, one chain over the keys.
static void blend(
    const attention *a, const float *p, long p_stride, long rows, const float *values, long stride, long keys, float *out,
    int accumulate) {
    long size = a->shape.size, out_stride = a->shape.query_heads * size;
    if (keys == 0) return;
    if (size % MK_PANEL == 0) {
        for (long e = 0; e < size; e += MK_PANEL)
            a->table->panel_f32(p, p_stride, rows, values + e, stride, keys, out + e, out_stride, MK_PANEL, accumulate);
        return;
    }
    // A panel of half the width would be read beyond the last value.
    for (long i = 0; i < rows; i++) {
        if (!accumulate) memset(out + i * out_stride, 0, (size_t)size * 4);
        a->table->mix(p + i * p_stride, values, stride, keys, size, out + i * out_stride);
    }
}

static long blocks_of(const mk_sequence *s) { return (s->count + ROWS - 1) / ROWS; }

// A task is some rows of a sequence and the query heads that share a key head.
static void forward(void *context, long lower, long upper) {
    const attention *a = context;
    mk_attention_shape shape = a->shape;
    long size = shape.size, group = shape.query_heads / shape.key_heads;
    float scale = 1 / sqrtf((float)size);
    for (long t = lower; t < upper; t++) {
        const mk_sequence *s = a->sequences;
        long task = t;
        for (; task >= blocks_of(s) * shape.key_heads; s++) task -= blocks_of(s) * shape.key_heads;
        long head = task % shape.key_heads, first = task / shape.key_heads * ROWS;
        long rows = s->count - first < ROWS ? s->count - first : ROWS, all = s->prefix + s->tail_start + s->count;
        // Keys that any of the rows sees.
        long tail = s->tail_start + first + rows, seen = s->prefix + tail;
        cache c = cache_of(a, s, head);
        long prefix_panels = (s->prefix + MK_PANEL - 1) / MK_PANEL * MK_PANEL;
        float *panels = mk_scratch(1, (prefix_panels + tail + MK_PANEL) * size * 4);
        mk_turn_keys(a->table, c.prefix_keys, size, s->prefix, size, panels);
        mk_turn_keys(a->table, c.tail_keys, c.stride, tail, size, panels + prefix_panels * size);
        for (long h = head * group; h < (head + 1) * group; h++) {
            const float *q = a->qkv + (s->row + first) * width(shape) + h * size;
            float *out = a->out + ((s->row + first) * shape.query_heads + h) * size, *p;
            long stride = s->probabilities != NULL ? all : seen;
            if (s->probabilities != NULL)
                p = s->probabilities + ((a->block * shape.query_heads + h) * s->count + first) * all;
            else
                p = mk_scratch(0, rows * seen * 4);
            score(a, q, rows, panels, s->prefix, p, stride);
            score(a, q, rows, panels + prefix_panels * size, tail, p + s->prefix, stride);
            for (long i = 0; i < rows; i++) {
                long keys = s->prefix + s->tail_start + first + i + 1;
                float *row = p + i * stride;
                for (long j = 0; j < keys; j++) row[j] *= scale;
                a->table->softmax(row, keys);
                memset(row + keys, 0, (size_t)(stride - keys) * 4);
            }
            blend(a, p, stride, rows, c.prefix_values, size, s->prefix, out, 0);
            blend(a, p + s->prefix, stride, rows, c.tail_values, c.stride, tail, out, s->prefix > 0);
        }
    }
}

void mk_attention(
    mk_attention_shape shape, long block, const mk_sequence *sequences, long count, const float *qkv, float *out) {
    attention a = {
        .table = mk_kernels(), .shape = shape, .block = block, .sequences = sequences, .qkv = (float *)qkv, .out = out};
    long tasks = 0;
    for (long s = 0; s < count; s++) tasks += blocks_of(sequences + s) * shape.key_heads;
    mk_parallel(forward, &a, tasks, 1);
}

// MARK: backward

// The derivative of the penalty joins that of the probabilities: d(lambda / (heads * all) * p^2) = 2 lambda p / (...).
// Row i, keys 0..<keys. Returns the part of the penalty.
static double penalise(
    const attention *a, const mk_sequence *s, long i, const float *p, long keys, long all, float *dp) {
    mk_attention_penalty penalty = a->penalty;
    if (penalty.weight == 0) return 0;
    long first = 0, last = 0; // keys whose probability in this row counts
    if (!penalty.column) {
        if (i < penalty.marked) last = keys;
    } else {
        first = s->prefix;
        last = s->prefix + (i < penalty.marked ? i : penalty.marked);
    }
    double sum = 0, unit = (double)penalty.weight / ((double)a->shape.query_heads * (double)all);
    for (long j = first; j < last; j++) {
        sum += (double)p[j] * p[j];
        dp[j] += (float)(2 * unit) * p[j];
    }
    return unit * sum;
}

static void backward(void *context, long lower, long upper) {
    const attention *a = context;
    mk_attention_shape shape = a->shape;
    long size = shape.size, half = size / 2, group = shape.query_heads / shape.key_heads, row = width(shape);
    float scale = 1 / sqrtf((float)size);
    for (long t = lower; t < upper; t++) {
        const mk_sequence *s = a->sequences + t / shape.key_heads;
        long head = t % shape.key_heads, all = s->prefix + s->count;
        cache c = cache_of(a, s, head);
        float *dp = mk_scratch(0, all * 4);
        float *dk = a->out + s->row * row + (shape.query_heads + head) * size, *dv = dk + shape.key_heads * size;
        double penalty = 0;
        for (long i = 0; i < s->count; i++) {
            memset(dk + i * row, 0, (size_t)size * 4);
            memset(dv + i * row, 0, (size_t)size * 4);
        }
        for (long h = head * group; h < (head + 1) * group; h++)
            for (long i = 0; i < s->count; i++) {
                const float *p = s->probabilities + ((a->block * shape.query_heads + h) * s->count + i) * all;
                const float *dout = a->dout + ((s->row + i) * shape.query_heads + h) * size;
                const float *q = a->qkv + (s->row + i) * row + h * size;
                float *dq = a->out + (s->row + i) * row + h * size;
                long tail = i + 1, keys = s->prefix + tail;
                a->table->scores(dout, c.prefix_values, size, s->prefix, size, 1, dp);
                a->table->scores(dout, c.tail_values, c.stride, tail, size, 1, dp + s->prefix);
                a->table->spread(p + s->prefix, 1, dout, tail, size, dv, row);
                penalty += penalise(a, s, i, p, keys, all, dp);
                a->table->softmax_backward(p, dp, keys, dp);
                a->table->spread(dp + s->prefix, scale, q, tail, size, dk, row);
                memset(dq, 0, (size_t)size * 4);
                a->table->mix(dp, c.prefix_keys, size, s->prefix, size, dq);
                a->table->mix(dp + s->prefix, c.tail_keys, c.stride, tail, size, dq);
                for (long e = 0; e < size; e++) dq[e] *= scale;
                long position = s->prefix + i;
                mk_rope(dq, 1, size, a->cosine + position * half, a->sine + position * half, -1);
            }
        for (long i = 0; i < s->count; i++) {
            long position = s->prefix + i;
            mk_rope(dk + i * row, 1, size, a->cosine + position * half, a->sine + position * half, -1);
        }
        a->penalties[t] = penalty;
    }
}

double mk_attention_backward(
    mk_attention_shape shape, long block, const mk_sequence *sequences, long count, const float *qkv,
    const float *dout, mk_attention_penalty penalty, const float *cosine, const float *sine, float *dqkv) {
    long tasks = count * shape.key_heads;
    double *penalties = mk_scratch(3, tasks * 8);
    attention a = {
        .table = mk_kernels(), .shape = shape, .block = block, .sequences = sequences, .qkv = (float *)qkv,
        .dout = dout, .penalty = penalty, .cosine = cosine, .sine = sine, .out = dqkv, .penalties = penalties};
    mk_parallel(backward, &a, tasks, 1);
    // In task order, so that the sum does not depend on the threads.
    double sum = 0;
    for (long t = 0; t < tasks; t++) sum += penalties[t];
    return sum;
}
