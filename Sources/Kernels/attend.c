#include <string.h>

#include "table.h"

// Attention between any rows: queries over a first stretch of keys (a cache, the rows themselves, a picture) and a second one
// (concept rows behind a picture), with a bias where the model has one.

typedef struct {
    const mk_table *table;
    const mk_attend_job *jobs;
    long heads, size;
    float scale;
    double *penalties; // of each task
} attend;

// From so many rows on keys are turned into panels first: sums across lanes cost more than the turning.
enum { MANY_ROWS = 4 };

static long least(long a, long b) { return a < b ? a : b; }

static long seen_by(const mk_attend_job *job, long row, long all) { return least(all, job->visible + row); }

// to[i * stride + j] = scale * x_i . key_j for all rows and the keys of a stretch.
static void products(
    const attend *a, const float *x, long x_stride, long rows, const float *keys, const mk_keys *from, long head,
    float scale, float *to, long stride) {
    long size = a->size, count = from->count;
    if (count == 0) return;
    keys += head * from->head;
    if (rows < MANY_ROWS) {
        for (long i = 0; i < rows; i++)
            a->table->scores(x + i * x_stride, keys, from->stride, count, size, scale, to + i * stride);
        return;
    }
    float *panels = mk_scratch(2, (count + MK_PANEL) * size * 4);
    mk_turn_keys(a->table, keys, from->stride, count, size, panels);
    for (long j = 0; j < count; j += MK_PANEL)
        a->table->panel_f32(
            x, x_stride, rows, panels + j * size, MK_PANEL, size, to + j, stride, least(MK_PANEL, count - j), 0);
    if (scale == 1) return;
    for (long i = 0; i < rows; i++)
        for (long j = 0; j < count; j++) to[i * stride + j] *= scale;
}

static void forward(void *context, long lower, long upper) {
    const attend *a = context;
    long size = a->size;
    for (long task = lower; task < upper; task++) {
        const mk_attend_job *job = a->jobs + task / a->heads;
        long head = task % a->heads, all = job->first.count + job->second.count;
        const float *queries = job->queries + head * size;
        float *out = job->out + head * size;
        float *p = job->probabilities != NULL ? job->probabilities + head * job->rows * all
                                              : mk_scratch(0, job->rows * all * 4);
        products(a, queries, job->query_stride, job->rows, job->first.keys, &job->first, head, a->scale, p, all);
        products(
            a, queries, job->query_stride, job->rows, job->second.keys, &job->second, head, a->scale,
            p + job->first.count, all);
        for (long i = 0; i < job->rows; i++) {
            long seen = seen_by(job, i, all), near = least(seen, job->first.count);
            float *row = p + i * all, *to = out + i * job->out_stride;
            if (job->bias != NULL) {
                const float *bias = job->bias + head * job->bias_head + i * job->bias_row;
                for (long j = 0; j < seen; j++) row[j] += bias[j];
            }
            a->table->softmax(row, seen);
            memset(row + seen, 0, (size_t)(all - seen) * 4);
            memset(to, 0, (size_t)size * 4);
            a->table->mix(row, job->first.values + head * job->first.head, job->first.stride, near, size, to);
            if (seen > near)
                a->table->mix(
                    row + near, job->second.values + head * job->second.head, job->second.stride, seen - near, size, to);
        }
    }
}

void mk_attend(const mk_attend_job *jobs, long count, long heads, long size, float scale) {
    attend a = {.table = mk_kernels(), .jobs = jobs, .heads = heads, .size = size, .scale = scale};
    mk_parallel(forward, &a, count * heads, 1);
}

static void add_gradients(
    const attend *a, const mk_keys *to, long head, const float *p, const float *ds, const float *q, const float *dout,
    long count) {
    if (count <= 0) return;
    if (to->value_gradient != NULL)
        a->table->spread(
            p, 1, dout, count, a->size, to->value_gradient + head * to->gradient_head, to->gradient_stride);
    if (to->key_gradient != NULL)
        a->table->spread(
            ds, a->scale, q, count, a->size, to->key_gradient + head * to->gradient_head, to->gradient_stride);
}

static void backward(void *context, long lower, long upper) {
    const attend *a = context;
    long size = a->size;
    for (long task = lower; task < upper; task++) {
        const mk_attend_job *job = a->jobs + task / a->heads;
        const mk_keys *first = &job->first, *second = &job->second;
        long head = task % a->heads, all = first->count + second->count;
        const float *douts = job->out_gradient + head * size;
        float *dp = mk_scratch(0, job->rows * all * 4);
        products(a, douts, job->out_stride, job->rows, first->values, first, head, 1, dp, all);
        products(a, douts, job->out_stride, job->rows, second->values, second, head, 1, dp + first->count, all);
        double penalty = 0;
        for (long i = 0; i < job->rows; i++) {
            long seen = seen_by(job, i, all), near = least(seen, first->count);
            const float *p = job->probabilities + (head * job->rows + i) * all;
            const float *q = job->queries + i * job->query_stride + head * size, *dout = douts + i * job->out_stride;
            float *ds = dp + i * all, *dq = job->query_gradient + i * job->query_gradient_stride + head * size;
            for (long j = near; j < seen && job->penalty != 0; j++) {
                penalty += (double)p[j] * p[j];
                ds[j] += 2 * job->penalty * p[j];
            }
            a->table->softmax_backward(p, ds, seen, ds);
            add_gradients(a, first, head, p, ds, q, dout, near);
            add_gradients(a, second, head, p + near, ds + near, q, dout, seen - near);
            memset(dq, 0, (size_t)size * 4);
            a->table->mix(ds, first->keys + head * first->head, first->stride, near, size, dq);
            if (seen > near)
                a->table->mix(ds + near, second->keys + head * second->head, second->stride, seen - near, size, dq);
            for (long e = 0; e < size; e++) dq[e] *= a->scale;
        }
        a->penalties[task] = penalty * job->penalty;
    }
}

double mk_attend_backward(const mk_attend_job *jobs, long count, long heads, long size, float scale) {
    double *penalties = mk_scratch(3, count * heads * 8);
    attend a = {
        .table = mk_kernels(), .jobs = jobs, .heads = heads, .size = size, .scale = scale, .penalties = penalties};
    mk_parallel(backward, &a, count * heads, 1);
    // In task order, so that the sum does not depend on the threads.
    double sum = 0;
    for (long task = 0; task < count * heads; task++) sum += penalties[task];
    return sum;
}
