#include "table.h"

#if defined(__x86_64__)
#include <immintrin.h>
// AVX-512 that multiplies bytes (Ice Lake, Cooper Lake).
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#include "isa_vnni.h"
#define TABLE mk_table_vnni
#include "template_table.h"
#pragma clang attribute pop
#endif
