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
        int32x4_t sums_[4];                                                                                            \
        int8x16_t signed_[4], x_ = vreinterpretq_s8_s32(vdupq_n_s32(four));                                            \
        __builtin_memcpy(sums_, &(sum), 64);                                                                           \
        __builtin_memcpy(signed_, &(w), 64);                                                                           \
        int32x4_t shift_ = vshlq_n_s32(vdotq_s32(vdupq_n_s32(0), vdupq_n_s8(1), x_), 7);                               \
        UNROLL for (int part_ = 0; part_ < 4; part_++) {                                                               \
            int8x16_t four_ = veorq_s8(signed_[part_], vdupq_n_s8(-128));                                              \
            sums_[part_] = vaddq_s32(shift_, vdotq_s32(sums_[part_], four_, x_));                                      \
        }                                                                                                              \
        __builtin_memcpy(&(sum), sums_, 64);                                                                           \
    } while (0)
#define TABLE mk_table_neon_dot
#include "template_table.h"
#pragma clang attribute pop
#endif
