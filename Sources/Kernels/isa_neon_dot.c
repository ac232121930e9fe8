#include "table.h"

#if defined(__aarch64__)
#include <arm_neon.h>
// NEON that multiplies signed bytes (ARMv8.2 with dotprod).
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define FMA(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define TILE_ROWS 5
#define TILE_VECTORS 1
#define BLOCK_ROWS 2
// The weights are unsigned and the instruction is signed: w x = (w - 128) x + 128 x.
#define DOT_BYTES(sum, w, four)                                                                                        \
    do {                                                                                                               \
        int32x4_t parts[4];                                                                                            \
        int8x16_t bytes[4], x = vreinterpretq_s8_s32(vdupq_n_s32(four));                                               \
        __builtin_memcpy(parts, &(sum), 64);                                                                           \
        __builtin_memcpy(bytes, &(w), 64);                                                                             \
        int32x4_t shift = vshlq_n_s32(vdotq_s32(vdupq_n_s32(0), vdupq_n_s8(1), x), 7);                                 \
        UNROLL for (int part = 0; part < 4; part++)                                                                    \
            parts[part] = vaddq_s32(shift, vdotq_s32(parts[part], veorq_s8(bytes[part], vdupq_n_s8(-128)), x));        \
        __builtin_memcpy(&(sum), parts, 64);                                                                           \
    } while (0)
#define TABLE mk_table_neon_dot
#include "template_table.h"
#pragma clang attribute pop
#endif
