#include <stdatomic.h>
#include <stddef.h>

#include "table.h"

static _Atomic(const mk_table *) current;

int mk_best_isa(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma"))
        return MK_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return MK_AVX2;
#endif
    return MK_PORTABLE;
}

void mk_select_isa(int isa) {
    const mk_table *table = &mk_table_portable;
#if defined(__x86_64__)
    int best = mk_best_isa();
    if (isa > best) isa = best;
    if (isa == MK_AVX512) table = &mk_table_avx512;
    if (isa == MK_AVX2) table = &mk_table_avx2;
#endif
    atomic_store(&current, table);
}

const mk_table *mk_kernels(void) {
    const mk_table *table = atomic_load_explicit(&current, memory_order_acquire);
    if (table == NULL) {
        // Two threads may both come here: they store the same pointer.
        mk_select_isa(mk_best_isa());
        table = atomic_load(&current);
    }
    return table;
}

int mk_current_isa(void) {
    const mk_table *table = mk_kernels();
#if defined(__x86_64__)
    if (table == &mk_table_avx512) return MK_AVX512;
    if (table == &mk_table_avx2) return MK_AVX2;
#endif
    (void)table;
    return MK_PORTABLE;
}
