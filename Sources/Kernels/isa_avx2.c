#include "table.h"

#if defined(__x86_64__)
#include <immintrin.h>
// Eight-lane registers, sixteen of them: 6 x 16 uses twelve as accumulators.
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define FMA(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define BLOCK_ROWS 2
// Without VNNI: bytes at even and odd places as 16-bit pairs, two products each.
#define DOT_BYTES(sum, w, four)                                                                                        \
    do {                                                                                                               \
        __m256i pairs = _mm256_set1_epi32(four), even = _mm256_srai_epi16(_mm256_slli_epi16(pairs, 8), 8);             \
        __m256i odd = _mm256_srai_epi16(pairs, 8), halves[2], sums[2];                                                 \
        __builtin_memcpy(halves, &(w), 64);                                                                            \
        __builtin_memcpy(sums, &(sum), 64);                                                                            \
        UNROLL for (int half = 0; half < 2; half++) {                                                                  \
            __m256i low = _mm256_and_si256(halves[half], _mm256_set1_epi16(255));                                      \
            __m256i high = _mm256_srli_epi16(halves[half], 8);                                                         \
            sums[half] = _mm256_add_epi32(sums[half], _mm256_madd_epi16(low, even));                                   \
            sums[half] = _mm256_add_epi32(sums[half], _mm256_madd_epi16(high, odd));                                   \
        }                                                                                                              \
        __builtin_memcpy(&(sum), sums, 64);                                                                            \
    } while (0)
#define TABLE mk_table_avx2
#include "template_table.h"
#pragma clang attribute pop
#endif
