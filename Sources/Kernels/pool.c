#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "kernels.h"

// A job lives on its caller's stack: the caller takes it off the list and waits until no worker is inside it.
typedef struct job {
    void (*body)(void *context, long lower, long upper);
    void *context;
    long count, grain, threads;
    atomic_long next;  // first index nobody has taken
    atomic_long inside; // workers in the job; raised under the mutex only while the job is listed
    long room;         // workers that may still join; under the mutex
    struct job *after; // under the mutex
} job;

enum { MOST = 64, SPINS = 4000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static job *first;            // under the mutex
static atomic_long listed;    // jobs with room on the list: what spinning workers watch
static long sleeping, started; // under the mutex
static atomic_long threads;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void run(job *j) {
    // Large chunks first, smaller ones towards the end: what a thread reads lies together, as the processor's prefetching
    // wants it (weights come up to half as fast again as in equal small chunks), and all threads end at about the same time.
    long lower = atomic_load_explicit(&j->next, memory_order_relaxed);
    while (lower < j->count) {
        long size = (j->count - lower) * 2 / (3 * j->threads) / j->grain * j->grain;
        if (size < j->grain) size = j->grain;
        if (size > j->count - lower) size = j->count - lower;
        if (!atomic_compare_exchange_weak_explicit(
                &j->next, &lower, lower + size, memory_order_relaxed, memory_order_relaxed))
            continue;
        j->body(j->context, lower, lower + size);
        lower = atomic_load_explicit(&j->next, memory_order_relaxed);
    }
}

static void unlist(job *j) {
    for (job **p = &first; *p != NULL; p = &(*p)->after)
        if (*p == j) {
            *p = j->after;
            atomic_fetch_sub(&listed, 1);
            return;
        }
}

static void *worker(void *unused) {
    (void)unused;
    for (;;) {
        // A decoding step hands out hundreds of jobs some microseconds apart: look for the next before sleeping.
        for (int i = 0; i < SPINS && atomic_load_explicit(&listed, memory_order_relaxed) == 0; i++) pause_briefly();
        pthread_mutex_lock(&mutex);
        while (first == NULL) {
            sleeping++;
            pthread_cond_wait(&work, &mutex);
            sleeping--;
        }
        job *j = first;
        atomic_fetch_add(&j->inside, 1);
        if (--j->room == 0) unlist(j);
        pthread_mutex_unlock(&mutex);
        run(j);
        pthread_mutex_lock(&mutex);
        // No chunk is left: nobody else needs to come.
        unlist(j);
        pthread_mutex_unlock(&mutex);
        atomic_fetch_sub_explicit(&j->inside, 1, memory_order_release);
    }
    return NULL;
}

long mk_threads(void) {
    long n = atomic_load(&threads);
    if (n == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        n = online < 1 ? 1 : online > MOST ? MOST : online;
        atomic_store(&threads, n);
    }
    return n;
}

void mk_set_threads(long count) { atomic_store(&threads, count < 1 ? 1 : count > MOST ? MOST : count); }

void mk_parallel(void (*body)(void *context, long lower, long upper), void *context, long count, long grain) {
    if (count <= 0) return;
    if (grain < 1) grain = 1;
    long helpers = mk_threads() - 1, chunks = (count + grain - 1) / grain;
    if (helpers > chunks - 1) helpers = chunks - 1;
    if (helpers < 1) {
        body(context, 0, count);
        return;
    }
    job j = {.body = body, .context = context, .count = count, .grain = grain, .threads = helpers + 1, .room = helpers};
    atomic_init(&j.next, 0);
    atomic_init(&j.inside, 0);
    pthread_mutex_lock(&mutex);
    while (started < helpers) {
        pthread_t thread;
        // Without a thread the work is done by those there are.
        if (pthread_create(&thread, NULL, worker, NULL) != 0) break;
        pthread_detach(thread);
        started++;
    }
    j.after = first;
    first = &j;
    atomic_fetch_add(&listed, 1);
    int wake = sleeping > 0;
    pthread_mutex_unlock(&mutex);
    if (wake) {
        if (helpers > 1) pthread_cond_broadcast(&work); else pthread_cond_signal(&work);
    }
    run(&j);
    pthread_mutex_lock(&mutex);
    unlist(&j);
    pthread_mutex_unlock(&mutex);
    // Workers finish the chunk they hold. One may have been put aside by the system: then give it the processor.
    for (long i = 0; atomic_load_explicit(&j.inside, memory_order_acquire) != 0; i++) {
        if (i < SPINS) pause_briefly(); else sched_yield();
    }
}
