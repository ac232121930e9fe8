#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernels.h"

enum { HUGE = 2 << 20, LINE = 64 };

void *mk_alloc(long bytes) {
    void *memory = NULL;
    size_t size = bytes > 0 ? (size_t)bytes : 1;
    if (posix_memalign(&memory, size >= HUGE ? HUGE : LINE, size) != 0) return NULL;
#ifdef MADV_HUGEPAGE
    // An optimisation only: a refusal leaves ordinary pages.
    if (size >= HUGE) (void)madvise(memory, size, MADV_HUGEPAGE);
#endif
    memset(memory, 0, size);
    return memory;
}

void mk_free(void *memory) { free(memory); }

enum { SLOTS = 8 };
typedef struct {
    void *memory[SLOTS];
    long bytes[SLOTS];
} scratch;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *value) {
    scratch *own = value;
    for (int i = 0; i < SLOTS; i++) free(own->memory[i]);
    free(own);
}

static void make_key(void) {
    if (pthread_key_create(&key, release) != 0) abort();
}

// Memory for a kernel's inner buffers has no sensible failure path: like Swift's own allocations it aborts.
void *mk_scratch(int slot, long bytes) {
    pthread_once(&once, make_key);
    scratch *own = pthread_getspecific(key);
    if (own == NULL) {
        own = calloc(1, sizeof *own);
        if (own == NULL || pthread_setspecific(key, own) != 0) abort();
    }
    if (own->bytes[slot] < bytes) {
        free(own->memory[slot]);
        if (posix_memalign(&own->memory[slot], LINE, (size_t)bytes) != 0) abort();
        own->bytes[slot] = bytes;
    }
    return own->memory[slot];
}
