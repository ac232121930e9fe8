#include "table.h"

#if defined(__x86_64__)
#include <immintrin.h>
// AVX-512 that multiplies bytes and bf16 pairs (Zen 4; Intel has the instructions too, but see mk_best_isa).
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c"))), \
    apply_to = function)
#include "isa_vnni.h"
#define DOT_PAIRS(sum, w, pair) \
    ((sum) = (v16)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(w), (__m512bh)_mm512_set1_epi32((int)(pair))))
#define TABLE mk_table_bf16
#include "template_table.h"
#pragma clang attribute pop
#endif
