#include <stdatomic.h>

#include "table.h"

typedef struct {
    const mk_table *table;
    int storage;
    const float *x;
    long n, rounds;
    _Atomic(double) operations;
    _Atomic(float) result; // keeps the compiler from leaving the work out
} ceiling;

static void add(_Atomic(double) *to, double value) {
    double seen = atomic_load(to);
    while (!atomic_compare_exchange_weak(to, &seen, seen + value)) {}
}

static void compute(void *context, long lower, long upper) {
    ceiling *c = context;
    float result = 0;
    for (long i = lower; i < upper; i++) add(&c->operations, 2 * c->table->peak(c->storage, c->rounds, &result));
    atomic_store(&c->result, result);
}

double mk_peak_operations(int storage, long chunks) {
    ceiling c = {.table = mk_kernels(), .storage = storage, .rounds = 20000};
    mk_parallel(compute, &c, chunks, 1);
    return atomic_load(&c.operations);
}

enum { READ_CHUNK = 1 << 16 };

static void read_chunks(void *context, long lower, long upper) {
    ceiling *c = context;
    float sum = 0;
    for (long i = lower; i < upper; i++) {
        long left = c->n - i * READ_CHUNK;
        sum += c->table->read_all(c->x + i * READ_CHUNK, left < READ_CHUNK ? left : READ_CHUNK);
    }
    atomic_store(&c->result, sum);
}

float mk_read(const float *x, long n) {
    ceiling c = {.table = mk_kernels(), .x = x, .n = n};
    mk_parallel(read_chunks, &c, (n + READ_CHUNK - 1) / READ_CHUNK, 4);
    return atomic_load(&c.result);
}
