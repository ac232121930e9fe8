#ifndef MYVLM_CONV_H
#define MYVLM_CONV_H

// Convolution pieces over maps with the channels innermost: [height, width, channels].
// "Same" padding as TensorFlow pads: the odd row or column goes to the bottom or right.

/// Depthwise convolution, bias, ReLU6. weight [kernel * kernel, channels], output ceil(size / stride) on each side.
void mk_depthwise_relu6(
    const float *x, long height, long width, long channels, long kernel, long stride, const float *weight,
    const float *bias, float *y);

/// Patches of a same-padded convolution: y [out_height * out_width, kernel * kernel * channels].
void mk_patches(const float *x, long height, long width, long channels, long kernel, long stride, float *y);

/// y += bias for each of `rows` rows of n; then, when `clip` is not 0, limited to 0...6.
void mk_bias_relu6(float *y, long rows, long n, const float *bias, int clip);

/// Mean of `rows` rows of n, summed in double precision.
void mk_row_mean(const float *x, long rows, long n, float *mean);

#endif
