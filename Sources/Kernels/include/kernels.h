#ifndef MYVLM_KERNELS_H
#define MYVLM_KERNELS_H

// Sizes are `long` so that they import as Swift `Int`.

/// Dot product of two float vectors of length n.
float mk_dot_f32(const float *a, const float *b, long n);

#endif
