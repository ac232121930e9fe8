#include "table.h"

#if defined(__aarch64__)
#include <arm_neon.h>
// Four-lane registers, thirty-two of them: 5 x 16 uses twenty as accumulators.
#define FMA(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define TILE_ROWS 5
#define TILE_VECTORS 1
#define BLOCK_ROWS 2
// Bytes at even and odd places as 16-bit pairs would need two widenings; the products of 32-bit lanes are as fast.
#define DOT_BYTES(sum, w, four)                                                                                        \
    ((sum) += ((w) & 255) * (int32_t)(int8_t)(four) + ((w) >> 8 & 255) * (int32_t)(int8_t)((four) >> 8) +              \
              ((w) >> 16 & 255) * (int32_t)(int8_t)((four) >> 16) + ((w) >> 24 & 255) * (int32_t)((four) >> 24))
#define TABLE mk_table_neon
#include "template_table.h"
#endif
