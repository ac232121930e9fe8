#include "kernels.h"

// Sixteen explicit lanes: a plain float reduction may not be reordered, so the compiler would leave it scalar.
float mk_dot_f32(const float *a, const float *b, long n) {
    float lane[16] = {0};
    long i = 0;
    for (; i + 16 <= n; i += 16)
        for (int l = 0; l < 16; l++) lane[l] += a[i + l] * b[i + l];
    for (int l = 8; l > 0; l /= 2)
        for (int k = 0; k < l; k++) lane[k] += lane[k + l];
    float sum = lane[0];
    for (; i < n; i++) sum += a[i] * b[i];
    return sum;
}
