#include "table.h"

#if defined(__x86_64__)
#include <immintrin.h>
// AVX-512 that multiplies bytes (Ice Lake, Cooper Lake).
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#define FMA(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define TILE_ROWS 12
#define TILE_VECTORS 2
#define BLOCK_ROWS 4
#define DOT_BYTES(sum, w, four) \
    ((sum) = (i16)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(w), _mm512_set1_epi32(four)))
#define TABLE mk_table_vnni
#include "template_table.h"
#pragma clang attribute pop
#endif
