// Sixteen lanes whatever the registers are: the compiler splits them, so every instruction set sums in the same order.
typedef float v16 __attribute__((vector_size(64)));
typedef float v16u __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef uint32_t u16 __attribute__((vector_size(64)));
typedef uint32_t u16u __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t i16u __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t h16 __attribute__((vector_size(32)));
typedef uint16_t h16u __attribute__((vector_size(32), aligned(2), may_alias));
typedef int8_t b16 __attribute__((vector_size(16)));
typedef int8_t b16u __attribute__((vector_size(16), aligned(1), may_alias));
typedef _Float16 half16u __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint32_t u32a __attribute__((aligned(2), may_alias));
typedef int32_t i32a __attribute__((aligned(1), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define LOAD(pointer) (*(const v16u *)(pointer))
#define STORE(pointer, value) (*(v16u *)(pointer) = (value))
#define LOAD_BITS(pointer) (*(const u16u *)(pointer))
#define STORE_BITS(pointer, value) (*(u16u *)(pointer) = (value))
#define LOAD_INTS(pointer) (*(const i16u *)(pointer))
#define UNROLL _Pragma("clang loop unroll(full)")
#define HALVES(pointer) __builtin_convertvector(*(const half16u *)(pointer), v16)
#ifndef FMA
#define FMA(a, b, c) ((a) * (b) + (c))
#endif
#ifndef FMA1
#define FMA1(a, b, c) ((a) * (b) + (c))
#endif

// Vectors travel by pointer: by value they would have another calling convention in each instruction set.
INLINE float sum_lanes(const v16 *x) {
    typedef float v8 __attribute__((vector_size(32)));
    typedef float v4 __attribute__((vector_size(16)));
    v8 a = __builtin_shufflevector(*x, *x, 0, 1, 2, 3, 4, 5, 6, 7);
    v8 b = __builtin_shufflevector(*x, *x, 8, 9, 10, 11, 12, 13, 14, 15);
    a += b;
    v4 c = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    return (c[0] + c[2]) + (c[1] + c[3]);
}

INLINE float max_lanes(const v16 *x) {
    float top = (*x)[0];
    for (int l = 1; l < 16; l++) top = (*x)[l] > top ? (*x)[l] : top;
    return top;
}

// e^x within 2 units in the last place; 0 below -87.3, e^88.7 above 88.7, NaN stays NaN.
INLINE void exp_lanes(v16 *x) {
    const v16 zero = {0};
    v16 v = *x;
    i16 high = v > 88.7f, low = v < -87.3f;
    v = (v16)(((i16)(zero + 88.7f) & high) | ((i16)v & ~high));
    v = (v16)(((i16)(zero - 87.3f) & low) | ((i16)v & ~low));
    // Adding 1.5 * 2^23 rounds to the nearest integer. 88.7 would scale by 2^128: split the power in two.
    v16 n = FMA(v, zero + 1.44269504f, zero + 12582912.0f) - 12582912.0f;
    v16 r = FMA(n, zero - 0.693359375f, v);
    r = FMA(n, zero + 2.12194440e-4f, r);
    v16 p = FMA(r, zero + 1.9875691500e-4f, zero + 1.3981999507e-3f);
    p = FMA(p, r, zero + 8.3334519073e-3f);
    p = FMA(p, r, zero + 4.1665795894e-2f);
    p = FMA(p, r, zero + 1.6666665459e-1f);
    p = FMA(p, r, zero + 5.0000001201e-1f);
    p = FMA(p, r * r, r + 1.0f);
    i16 power = __builtin_convertvector(n, i16);
    i16 half = power >> 1;
    p *= (v16)((half + 127) << 23);
    p *= (v16)((power - half + 127) << 23);
    *x = (v16)((i16)p & ~low);
}

// The first `count` < 16 floats, zeros after them.
INLINE void load_some(const float *from, long count, float fill, v16 *to) {
    for (int l = 0; l < 16; l++) (*to)[l] = l < count ? from[l] : fill;
}

INLINE void store_some(const v16 *from, long count, float *to) {
    for (long l = 0; l < count; l++) to[l] = (*from)[l];
}
