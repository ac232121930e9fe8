#include "conv.h"

#include <string.h>

#include "table.h"

static long same_padding(long size, long kernel, long stride) {
    long out = (size + stride - 1) / stride;
    long total = (out - 1) * stride + kernel - size;
    return total > 0 ? total / 2 : 0;
}

// A map and what is done to it.
typedef struct {
    const mk_table *table;
    const float *x, *weight, *bias;
    float *y;
    long height, width, channels, kernel, stride, out_width, n;
    int clip;
} map;

// Where the taps of a kernel that begins at place `start` of a side lie inside it.
static long first_inside(long start) { return start < 0 ? -start : 0; }
static long last_inside(long start, long kernel, long side) { return side - start < kernel ? side - start : kernel; }

static void depthwise_rows(void *context, long lower, long upper) {
    const map *m = context;
    long top = same_padding(m->height, m->kernel, m->stride), left = same_padding(m->width, m->kernel, m->stride);
    mk_taps taps = {.kernel = m->kernel, .width = m->width};
    for (long oy = lower; oy < upper; oy++) {
        long y = oy * m->stride - top, first_row = first_inside(y);
        taps.rows = last_inside(y, m->kernel, m->height) - first_row;
        for (long ox = 0; ox < m->out_width; ox++) {
            long x = ox * m->stride - left, first_column = first_inside(x);
            taps.columns = last_inside(x, m->kernel, m->width) - first_column;
            m->table->depthwise(
                m->x + ((y + first_row) * m->width + x + first_column) * m->channels,
                m->weight + (first_row * m->kernel + first_column) * m->channels, m->bias, &taps, m->channels,
                m->y + (oy * m->out_width + ox) * m->channels);
        }
    }
}

void mk_depthwise_relu6(
    const float *x, long height, long width, long channels, long kernel, long stride, const float *weight,
    const float *bias, float *y) {
    map m = {
        .table = mk_kernels(), .x = x, .weight = weight, .bias = bias, .y = y, .height = height, .width = width,
        .channels = channels, .kernel = kernel, .stride = stride, .out_width = (width + stride - 1) / stride};
    mk_parallel(depthwise_rows, &m, (height + stride - 1) / stride, 1);
}

void mk_patches(const float *x, long height, long width, long channels, long kernel, long stride, float *y) {
    long top = same_padding(height, kernel, stride), left = same_padding(width, kernel, stride);
    long out_height = (height + stride - 1) / stride, out_width = (width + stride - 1) / stride;
    for (long oy = 0; oy < out_height; oy++)
        for (long ox = 0; ox < out_width; ox++)
            for (long ky = 0; ky < kernel; ky++)
                for (long kx = 0; kx < kernel; kx++, y += channels) {
                    long iy = oy * stride + ky - top, ix = ox * stride + kx - left;
                    int inside = iy >= 0 && iy < height && ix >= 0 && ix < width;
                    if (inside)
                        memcpy(y, x + (iy * width + ix) * channels, sizeof(float) * (unsigned long)channels);
                    else
                        memset(y, 0, sizeof(float) * (unsigned long)channels);
                }
}

static void clipped_rows(void *context, long lower, long upper) {
    const map *m = context;
    for (long row = lower; row < upper; row++) m->table->bias_relu6(m->y + row * m->n, m->bias, m->clip, m->n);
}

void mk_bias_relu6(float *y, long rows, long n, const float *bias, int clip) {
    map m = {.table = mk_kernels(), .y = y, .bias = bias, .clip = clip, .n = n};
    mk_parallel(clipped_rows, &m, rows, 1 + 16384 / (n + 1));
}

void mk_row_mean(const float *x, long rows, long n, float *mean) {
    for (long i = 0; i < n; i++) {
        double sum = 0;
        for (long row = 0; row < rows; row++) sum += x[row * n + i];
        mean[i] = (float)(sum / (double)rows);
    }
}
