#define _GNU_SOURCE
#include <stdatomic.h>
#include <stddef.h>

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

#include "table.h"

static _Atomic(const mk_table *) found;        // the best of this processor
static _Thread_local const mk_table *chosen; // of this thread, instead of it

#if defined(__x86_64__)
// Whether the processor has tiles for bf16 and the system lets this process use them.
static int has_tiles(void) {
    unsigned a, b, c, d;
    const unsigned tile = 1u << 24, bf16 = 1u << 22;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & tile) || !(d & bf16)) return 0;
#if defined(__linux__) && defined(SYS_arch_prctl)
    enum { REQUEST = 0x1023, TILE_DATA = 18 }; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
#else
    return 0;
#endif
}
#endif

static int detected_isa(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma")) {
        if (!__builtin_cpu_supports("avx512vnni")) return MK_AVX512;
        if (!__builtin_cpu_supports("avx512bf16")) return MK_AVX512_VNNI;
        if (has_tiles()) return MK_AMX;
        // Intel's instruction for pairs starts every other cycle, its float instruction twice a cycle: widened numbers
        // are multiplied faster.
        return __builtin_cpu_is("intel") ? MK_AVX512_VNNI : MK_AVX512_BF16;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
        return MK_AVX2;
#elif defined(__aarch64__) && defined(__linux__)
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? MK_NEON_DOT : MK_NEON;
#elif defined(__aarch64__)
    return MK_NEON;
#endif
    return MK_PORTABLE;
}

int mk_best_isa(void) {
    static atomic_int best = -1;
    int isa = atomic_load_explicit(&best, memory_order_relaxed);
    if (isa < 0) {
        // Two threads may both come here: they find the same.
        isa = detected_isa();
        atomic_store_explicit(&best, isa, memory_order_relaxed);
    }
    return isa;
}

static const mk_table *table_of(int isa) {
#if defined(__x86_64__)
    if (isa == MK_AMX) return &mk_table_amx;
    if (isa == MK_AVX512_BF16) return &mk_table_bf16;
    if (isa == MK_AVX512_VNNI) return &mk_table_vnni;
    if (isa == MK_AVX512) return &mk_table_avx512;
    if (isa == MK_AVX2) return &mk_table_avx2;
#elif defined(__aarch64__)
    if (isa == MK_NEON_DOT) return &mk_table_neon_dot;
    if (isa == MK_NEON) return &mk_table_neon;
#endif
    (void)isa;
    return &mk_table_portable;
}

void mk_select_isa(int isa) {
    int best = mk_best_isa();
    chosen = table_of(isa > best ? best : isa);
}

// Every kernel asks once, on the thread that calls it, and takes the answer along to the pool.
const mk_table *mk_kernels(void) {
    if (chosen != NULL) return chosen;
    const mk_table *table = atomic_load_explicit(&found, memory_order_acquire);
    if (table == NULL) {
        // Two threads may both come here: they store the same pointer.
        table = table_of(mk_best_isa());
        atomic_store_explicit(&found, table, memory_order_release);
    }
    return table;
}

int mk_current_isa(void) {
    const mk_table *table = mk_kernels();
    for (int isa = mk_best_isa(); isa > MK_PORTABLE; isa--)
        if (table == table_of(isa)) return isa;
    return MK_PORTABLE;
}
