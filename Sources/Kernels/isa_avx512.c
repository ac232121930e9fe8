#include "table.h"

#if defined(__x86_64__)
#include <immintrin.h>
// Sixteen-lane registers, thirty-two of them: 12 x 32 uses twenty-four as accumulators.
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#define FMA(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define TILE_ROWS 12
#define TILE_VECTORS 2
#define BLOCK_ROWS 4
// Without VNNI: bytes at even and odd places as 16-bit pairs, two products each.
#define DOT_BYTES(sum, w, four)                                                                                        \
    do {                                                                                                               \
        __m512i pairs = _mm512_set1_epi32(four), even = _mm512_srai_epi16(_mm512_slli_epi16(pairs, 8), 8);             \
        __m512i odd = _mm512_srai_epi16(pairs, 8);                                                                     \
        sum += (i16)_mm512_madd_epi16(_mm512_and_si512((__m512i)(w), _mm512_set1_epi16(255)), even);                   \
        sum += (i16)_mm512_madd_epi16(_mm512_srli_epi16((__m512i)(w), 8), odd);                                        \
    } while (0)
#define TABLE mk_table_avx512
#include "template_table.h"
#pragma clang attribute pop
#endif
