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

// Weights of a small model are smaller than a huge page each: they share slabs, one behind the other, and a slab goes when
// the last of them does.
typedef struct {
    char *memory;
    long used, live; // under the mutex
} slab;

enum { SLAB = 32 << 20, SHARED = SLAB / 4 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static slab *open_slab; // under the mutex; counts as one of its own pieces

static void release_slab(slab *s) {
    if (--s->live > 0) return;
    free(s->memory);
    free(s);
}

static slab *new_slab(long bytes) {
    slab *s = malloc(sizeof *s);
    if (s == NULL) return NULL;
    *s = (slab){.memory = mk_alloc(bytes), .live = 1};
    if (s->memory != NULL) return s;
    free(s);
    return NULL;
}

// A piece is preceded by a line that tells its slab.
void *mk_alloc_lasting(long bytes) {
    long size = LINE + (bytes + LINE - 1) / LINE * LINE;
    pthread_mutex_lock(&mutex);
    slab *s = open_slab;
    if (size > SHARED) {
        s = new_slab(size);
    } else if (s == NULL || s->used + size > SLAB) {
        s = new_slab(SLAB);
        if (s != NULL && open_slab != NULL) release_slab(open_slab);
        if (s != NULL) open_slab = s;
    }
    char *piece = NULL;
    if (s != NULL) {
        piece = s->memory + s->used + LINE;
        s->used += size;
        // A slab for one piece is that piece's alone.
        if (s == open_slab) s->live++;
        memcpy(piece - LINE, &s, sizeof s);
    }
    pthread_mutex_unlock(&mutex);
    return piece;
}

void mk_free_lasting(void *memory) {
    if (memory == NULL) return;
    slab *s;
    memcpy(&s, (char *)memory - LINE, sizeof s);
    pthread_mutex_lock(&mutex);
    release_slab(s);
    pthread_mutex_unlock(&mutex);
}

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
