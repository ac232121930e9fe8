#include "conv.h"

#include <string.h>

// The loops below vectorise over channels; one clone is compiled for each instruction set and chosen at load.
#if defined(__x86_64__)
#define MK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MK_CLONES
#endif

static long same_padding(long size, long kernel, long stride) {
    long out = (size + stride - 1) / stride;
    long total = (out - 1) * stride + kernel - size;
    return total > 0 ? total / 2 : 0;
}

MK_CLONES
void mk_depthwise_relu6(
    const float *x, long height, long width, long channels, long kernel, long stride, const float *weight,
    const float *bias, float *y) {
    long top = same_padding(height, kernel, stride), left = same_padding(width, kernel, stride);
    long out_height = (height + stride - 1) / stride, out_width = (width + stride - 1) / stride;
    for (long oy = 0; oy < out_height; oy++) {
        for (long ox = 0; ox < out_width; ox++) {
            float *out = y + (oy * out_width + ox) * channels;
            memcpy(out, bias, sizeof(float) * (unsigned long)channels);
            for (long ky = 0; ky < kernel; ky++) {
                long iy = oy * stride + ky - top;
                if (iy < 0 || iy >= height) continue;
                for (long kx = 0; kx < kernel; kx++) {
                    long ix = ox * stride + kx - left;
                    if (ix < 0 || ix >= width) continue;
                    const float *in = x + (iy * width + ix) * channels;
                    const float *w = weight + (ky * kernel + kx) * channels;
                    for (long c = 0; c < channels; c++) out[c] += in[c] * w[c];
                }
            }
            for (long c = 0; c < channels; c++) {
                float value = out[c] < 0 ? 0 : out[c];
                out[c] = value > 6 ? 6 : value;
            }
        }
    }
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

MK_CLONES
void mk_bias_relu6(float *y, long rows, long n, const float *bias, int clip) {
    for (long row = 0; row < rows; row++, y += n) {
        for (long i = 0; i < n; i++) y[i] += bias[i];
        if (!clip) continue;
        for (long i = 0; i < n; i++) {
            float value = y[i] < 0 ? 0 : y[i];
            y[i] = value > 6 ? 6 : value;
        }
    }
}

void mk_row_mean(const float *x, long rows, long n, float *mean) {
    for (long i = 0; i < n; i++) {
        double sum = 0;
        for (long row = 0; row < rows; row++) sum += x[row * n + i];
        mean[i] = (float)(sum / (double)rows);
    }
}
