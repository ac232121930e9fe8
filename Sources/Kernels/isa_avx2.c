#include "table.h"

#if defined(__x86_64__)
// Eight-lane registers, sixteen of them: 6 x 16 uses twelve as accumulators.
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define FMA(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TABLE mk_table_avx2
#include "template_table.h"
#pragma clang attribute pop
#endif
