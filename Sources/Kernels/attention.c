#include <string.h>

#include "table.h"

// One attention for decoders, encoders, towers and cross-attention: rows of queries over a first stretch of keys (a prefix
// that others share, a picture) and a second one (what stands behind it).

typedef struct {
    const mk_table *table;
    mk_attention_shape shape;
    float scale;
    const mk_attention_job *jobs;
    long count;
    double *penalties; // of each task
} attention;

// Rows of one task: their scores fit the second-level cache with any context, and no more of them are ever kept.
enum { ROWS = 48 };
// Scratch buffers of a task, and the one of the caller that its tasks write.
enum { SCORES_SLOT = 0, PANELS_SLOT = 1, PACKED_SLOT = 2, PENALTIES_SLOT = 3 };

static long least(long a, long b) { return a < b ? a : b; }

static long whole_panels(long count) { return (count + MK_PANEL - 1) / MK_PANEL * MK_PANEL; }

static long keys_of(const mk_attention_job *job) { return job->first.count + job->second.count; }

// Keys that a row sees.
static long seen_by(const mk_attention_job *job, long row) { return least(keys_of(job), job->visible + row); }

// MARK: new rows

typedef struct {
    const mk_table *table;
    mk_attention_shape shape;
    const mk_new_rows *sequences;
    const float *cosine, *sine;
    float sign;
} placing;

static long width(mk_attention_shape shape) { return (shape.query_heads + 2 * shape.key_heads) * shape.size; }

static void place(void *context, long lower, long upper) {
    const placing *p = context;
    mk_attention_shape shape = p->shape;
    long size = shape.size, half = size / 2;
    const mk_new_rows *s = p->sequences;
    // `lower` counts rows through all sequences; i is the row within its sequence.
    for (long r = lower, i = lower; r < upper; r++, i++) {
        for (; i >= s->count; s++) i -= s->count;
        float *q = s->rows + i * width(shape), *k = q + shape.query_heads * size;
        if (p->cosine != NULL) {
            long position = (s->position + i) * half;
            p->table->rotate(
                q, shape.query_heads + shape.key_heads, size, p->cosine + position, p->sine + position, p->sign);
        }
        if (s->keys == NULL) continue;
        const float *v = k + shape.key_heads * size;
        for (long h = 0; h < shape.key_heads; h++) {
            long to = i * s->stride + h * s->head;
            memcpy(s->keys + to, k + h * size, (size_t)size * 4);
            memcpy(s->values + to, v + h * size, (size_t)size * 4);
        }
    }
}

void mk_place_rows(
    mk_attention_shape shape, const mk_new_rows *sequences, long count, const float *cosine, const float *sine,
    float sign) {
    placing p = {
        .table = mk_kernels(), .shape = shape, .sequences = sequences, .cosine = cosine, .sine = sine, .sign = sign};
    long rows = 0, stored = 0;
    for (long s = 0; s < count; s++) {
        rows += sequences[s].count;
        stored += sequences[s].keys != NULL;
    }
    if (cosine != NULL || stored > 0) mk_parallel(place, &p, rows, 16);
}

// MARK: keys and values as panels

// Vectors [count][size] as panels [count / 32][size][32], the last one padded with zeros.
static void turn(const mk_table *table, const float *from, long stride, long count, long size, float *to) {
    for (long j = 0; j < count; j += MK_PANEL, to += MK_PANEL * size) {
        long e = 0;
        if (j + MK_PANEL <= count)
            for (; e + 32 <= size; e += 32) table->transpose32(from + j * stride + e, stride, to + e * MK_PANEL, MK_PANEL);
        for (; e < size; e++)
            for (long i = 0; i < MK_PANEL; i++) to[e * MK_PANEL + i] = j + i < count ? from[(j + i) * stride + e] : 0;
    }
}

// Keys that rows before `last` see of each stretch.
typedef struct {
    long first, second;
} reach;

static reach reach_of(const mk_attention_job *job, long last) {
    long seen = seen_by(job, last - 1), first = least(seen, job->first.count);
    return (reach){first, seen - first};
}

static long turned_bytes(reach r, long size) { return (whole_panels(r.first) + whole_panels(r.second)) * size * 4; }

// A stretch's keys (or values) of one head.
static const float *keys_in(const mk_keys *stretch, long head) { return stretch->keys + head * stretch->head; }
static const float *values_in(const mk_keys *stretch, long head) { return stretch->values + head * stretch->head; }

// x . v of rows with turned vectors: each is one chain over the head's numbers, so it does not matter where a key stands
// in its panel or how many rows there are.
static void products(
    const attention *a, const float *x, long x_stride, long rows, const float *panels, reach r, float *to, long stride,
    long second) {
    long size = a->shape.size;
    for (long j = 0; j < r.first; j += MK_PANEL)
        a->table->panel_f32(
            x, x_stride, rows, panels + j * size, MK_PANEL, size, to + j, stride, least(MK_PANEL, r.first - j), 0);
    panels += whole_panels(r.first) * size;
    for (long j = 0; j < r.second; j += MK_PANEL)
        a->table->panel_f32(
            x, x_stride, rows, panels + j * size, MK_PANEL, size, to + second + j, stride,
            least(MK_PANEL, r.second - j), 0);
}

// Vectors of a head as the sums below read them: as they lie, or, where they lie far apart or end within a panel, as rows of
// whole panels.
typedef struct {
    const float *rows;
    long stride;
} vectors;

static vectors packed(const float *from, long stride, long count, long size, float **room) {
    if (stride == size && size % MK_PANEL == 0) return (vectors){from, stride};
    long padded = whole_panels(size);
    float *to = *room;
    *room += count * padded;
    for (long j = 0; j < count; j++) {
        memcpy(to + j * padded, from + j * stride, (size_t)size * 4);
        memset(to + j * padded + size, 0, (size_t)(padded - size) * 4);
    }
    return (vectors){to, padded};
}

static float *packing_room(reach r, long size) {
    return mk_scratch(PACKED_SLOT, (r.first + r.second) * whole_panels(size) * 4);
}

// out (+)= p vectors, one chain over the keys.
static void blend(
    const attention *a, const float *p, long p_stride, long rows, vectors of, long keys, float *out, long out_stride,
    int accumulate) {
    if (keys == 0) return;
    for (long e = 0; e < a->shape.size; e += MK_PANEL)
        a->table->panel_f32(
            p, p_stride, rows, of.rows + e, of.stride, keys, out + e, out_stride, least(MK_PANEL, a->shape.size - e),
            accumulate);
}

// MARK: forward

static long blocks_of(const mk_attention_job *job) { return (job->rows + ROWS - 1) / ROWS; }

static void attend_head(
    const attention *a, const mk_attention_job *job, long head, long h, long first, long rows, reach r,
    const float *panels, vectors near, vectors far) {
    long size = a->shape.size, all = keys_of(job), seen = r.first + r.second;
    long stride = job->probabilities != NULL ? all : seen;
    float *p = job->probabilities != NULL ? job->probabilities + (h * job->rows + first) * all
                                          : mk_scratch(SCORES_SLOT, rows * seen * 4);
    products(a, job->queries + first * job->query_stride + h * size, job->query_stride, rows, panels, r, p, stride, r.first);
    for (long i = 0; i < rows; i++) {
        long keys = seen_by(job, first + i);
        float *row = p + i * stride;
        for (long j = 0; j < keys; j++) row[j] *= a->scale;
        if (job->bias != NULL) {
            const float *bias = job->bias + h * job->bias_head + (first + i) * job->bias_row;
            for (long j = 0; j < keys; j++) row[j] += bias[j];
        }
        a->table->softmax(row, keys);
        memset(row + keys, 0, (size_t)(stride - keys) * 4);
    }
    float *out = job->out + first * job->out_stride + h * size;
    blend(a, p, stride, rows, near, r.first, out, job->out_stride, 0);
    blend(a, p + r.first, stride, rows, far, r.second, out, job->out_stride, r.first > 0);
}

// A task is some rows of a job and the query heads that share a key head.
static void forward(void *context, long lower, long upper) {
    const attention *a = context;
    long size = a->shape.size, key_heads = a->shape.key_heads, group = a->shape.query_heads / key_heads;
    for (long t = lower; t < upper; t++) {
        const mk_attention_job *job = a->jobs;
        long task = t;
        for (; task >= blocks_of(job) * key_heads; job++) task -= blocks_of(job) * key_heads;
        long head = task % key_heads, first = task / key_heads * ROWS, rows = least(job->rows - first, ROWS);
        reach r = reach_of(job, first + rows);
        float *panels = mk_scratch(PANELS_SLOT, turned_bytes(r, size)), *room = packing_room(r, size);
        turn(a->table, keys_in(&job->first, head), job->first.stride, r.first, size, panels);
        turn(
            a->table, keys_in(&job->second, head), job->second.stride, r.second, size,
            panels + whole_panels(r.first) * size);
        vectors near = packed(values_in(&job->first, head), job->first.stride, r.first, size, &room);
        vectors far = packed(values_in(&job->second, head), job->second.stride, r.second, size, &room);
        for (long h = head * group; h < (head + 1) * group; h++)
            attend_head(a, job, head, h, first, rows, r, panels, near, far);
    }
}

void mk_attention(mk_attention_shape shape, float scale, const mk_attention_job *jobs, long count) {
    attention a = {.table = mk_kernels(), .shape = shape, .scale = scale, .jobs = jobs, .count = count};
    long tasks = 0;
    for (long j = 0; j < count; j++) tasks += blocks_of(jobs + j) * shape.key_heads;
    mk_parallel(forward, &a, tasks, 1);
}

// MARK: backward

// The derivative of the penalty joins that of the probabilities of row i; returns the sum of their squares.
static double penalise(const mk_attention_job *job, long i, long seen, const float *p, float *dp) {
    mk_attention_penalty penalty = job->penalty;
    if (penalty.weight == 0) return 0;
    long first = 0, last = 0; // keys whose probability in this row counts
    switch (penalty.of) {
    case MK_PENALTY_OF_ROWS:
        if (i < penalty.marked) last = seen;
        break;
    case MK_PENALTY_OF_LATER_ROWS:
        first = job->first.count;
        last = least(seen, first + least(i, penalty.marked));
        break;
    case MK_PENALTY_OF_ALL_ROWS:
        first = job->first.count;
        last = least(seen, first + penalty.marked);
        break;
    }
    double sum = 0;
    for (long j = first; j < last; j++) {
        sum += (double)p[j] * p[j];
        dp[j] += (float)(2 * penalty.weight) * p[j];
    }
    return sum;
}

static void spread_gradients(
    const attention *a, const mk_keys *to, long head, const float *p, const float *ds, const float *q, const float *dout,
    long count) {
    if (count <= 0) return;
    long from = head * to->gradient_head;
    if (to->value_gradient != NULL)
        a->table->spread(p, 1, dout, count, a->shape.size, to->value_gradient + from, to->gradient_stride);
    if (to->key_gradient != NULL)
        a->table->spread(ds, a->scale, q, count, a->shape.size, to->key_gradient + from, to->gradient_stride);
}

static double backward_rows(
    const attention *a, const mk_attention_job *job, long head, long h, long first, long rows, const float *panels,
    vectors near, vectors far) {
    long size = a->shape.size, all = keys_of(job);
    reach r = {job->first.count, job->second.count};
    const float *douts = job->out_gradient + first * job->out_stride + h * size;
    float *dps = mk_scratch(SCORES_SLOT, rows * all * 4);
    products(a, douts, job->out_stride, rows, panels, r, dps, all, r.first);
    double squares = 0;
    for (long i = 0; i < rows; i++) {
        long seen = seen_by(job, first + i), before = least(seen, job->first.count);
        const float *p = job->probabilities + (h * job->rows + first + i) * all;
        const float *q = job->queries + (first + i) * job->query_stride + h * size, *dout = douts + i * job->out_stride;
        float *ds = dps + i * all;
        squares += penalise(job, first + i, seen, p, ds);
        a->table->softmax_backward(p, ds, seen, ds);
        memset(ds + seen, 0, (size_t)(all - seen) * 4);
        spread_gradients(a, &job->first, head, p, ds, q, dout, before);
        spread_gradients(a, &job->second, head, p + before, ds + before, q, dout, seen - before);
    }
    float *dq = job->query_gradient + first * job->query_gradient_stride + h * size;
    blend(a, dps, all, rows, near, r.first, dq, job->query_gradient_stride, 0);
    blend(a, dps + r.first, all, rows, far, r.second, dq, job->query_gradient_stride, r.first > 0);
    for (long i = 0; i < rows; i++, dq += job->query_gradient_stride)
        for (long e = 0; e < size; e++) dq[e] *= a->scale;
    return squares;
}

// A task is a job and the query heads that share a key head: nobody else adds to that head's gradients.
static void backward(void *context, long lower, long upper) {
    const attention *a = context;
    long size = a->shape.size, key_heads = a->shape.key_heads, group = a->shape.query_heads / key_heads;
    for (long t = lower; t < upper; t++) {
        const mk_attention_job *job = a->jobs + t / key_heads;
        long head = t % key_heads;
        reach r = {job->first.count, job->second.count};
        float *panels = mk_scratch(PANELS_SLOT, turned_bytes(r, size)), *room = packing_room(r, size);
        turn(a->table, values_in(&job->first, head), job->first.stride, r.first, size, panels);
        turn(
            a->table, values_in(&job->second, head), job->second.stride, r.second, size,
            panels + whole_panels(r.first) * size);
        vectors near = packed(keys_in(&job->first, head), job->first.stride, r.first, size, &room);
        vectors far = packed(keys_in(&job->second, head), job->second.stride, r.second, size, &room);
        double squares = 0;
        for (long h = head * group; h < (head + 1) * group; h++)
            for (long first = 0; first < job->rows; first += ROWS)
                squares += backward_rows(a, job, head, h, first, least(job->rows - first, ROWS), panels, near, far);
        a->penalties[t] = squares * job->penalty.weight;
    }
}

void mk_attention_backward(
    mk_attention_shape shape, float scale, const mk_attention_job *jobs, long count, double *penalties) {
    long tasks = count * shape.key_heads;
    attention a = {
        .table = mk_kernels(), .shape = shape, .scale = scale, .jobs = jobs, .count = count,
        .penalties = mk_scratch(PENALTIES_SLOT, tasks * 8)};
    mk_parallel(backward, &a, tasks, 1);
    // In task order, so that the sums do not depend on the threads.
    for (long t = 0; t < tasks; t++) penalties[t / shape.key_heads] += a.penalties[t];
}
