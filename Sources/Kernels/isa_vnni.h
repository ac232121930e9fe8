// What the tables of AVX-512 with byte products share: the shapes of isa_avx512.c, and an instruction for four bytes.
#define FMA(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define TILE_ROWS 12
#define TILE_VECTORS 2
#define BLOCK_ROWS 4
#define DOT_BYTES(sum, w, four) \
    ((sum) = (i16)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(w), _mm512_set1_epi32(four)))
