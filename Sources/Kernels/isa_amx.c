#include "table.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
// AVX-512 with tiles that multiply bf16 (Sapphire Rapids and later, whose vector instruction for bf16 pairs does half of
// what its float instruction does). The rest is that of isa_bf16.c.
#pragma clang attribute push( \
    __attribute__((target( \
        "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c,amx-tile,amx-bf16"))), \
    apply_to = function)
#include "isa_vnni.h"
#define PAIR_TILES
#define TABLE mk_table_amx
#include "template_table.h"
#pragma clang attribute pop
#endif
