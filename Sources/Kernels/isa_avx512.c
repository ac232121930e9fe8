#include "table.h"

#if defined(__x86_64__)
// Sixteen-lane registers, thirty-two of them: 12 x 32 uses twenty-four as accumulators.
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#define FMA(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define TILE_ROWS 12
#define TILE_VECTORS 2
#define TABLE mk_table_avx512
#include "template_table.h"
#pragma clang attribute pop
#endif
