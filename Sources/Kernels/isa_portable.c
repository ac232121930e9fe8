#include "table.h"

// Four-lane registers, sixteen of them, no fused multiply-add.
#pragma clang fp contract(off)
#define TILE_ROWS 2
#define TILE_VECTORS 1
#define TABLE mk_table_portable
#include "template_table.h"
