#include "table.h"

// Four-lane registers, sixteen of them, no fused multiply-add.
#pragma clang fp contract(off)
#define TILE_ROWS 2
#define TILE_VECTORS 1
#define BLOCK_ROWS 2
#define DOT_BYTES(sum, w, four)                                                                                        \
    ((sum) += ((w) & 255) * (int32_t)(int8_t)(four) + ((w) >> 8 & 255) * (int32_t)(int8_t)((four) >> 8) +              \
              ((w) >> 16 & 255) * (int32_t)(int8_t)((four) >> 16) + ((w) >> 24 & 255) * (int32_t)((four) >> 24))
#define TABLE mk_table_portable
#include "template_table.h"
