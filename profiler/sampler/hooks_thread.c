/* Interposed thread creation: every thread starts in our function, which arms its timer and calls the program's.
 * pthread_create covers std::thread; thrd_create reaches the C library's own function past an interposed
 * pthread_create. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <threads.h>

#include "profiler/sampler/sampler.h"

#define EXPORT __attribute__((visibility("default")))

typedef void *(*pthread_routine)(void *);

static struct {
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, pthread_routine, void *);
    int (*thrd_create)(thrd_t *, thrd_start_t, void *);
} real;

/* What a new thread is to run, by its slot. Private memory: the session is shared with processes that may not be
 * trusted with code addresses. Untouched pages cost nothing. */
static struct start {
    pthread_routine pthread_function;
    thrd_start_t thrd_function;
    void *argument;
    uint64_t stack_bytes;
} starts[SESSION_SLOTS];

static pthread_key_t end_key;
static bool has_end_key;

/* Runs among the thread-specific destructors, also after pthread_exit and cancellation; puts itself last by asking for
 * another round. */
static void on_thread_end(void *round)
{
    uintptr_t n = (uintptr_t)round;
    if (n < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(end_key, (const void *)(n + 1));
    } else {
        thread_end();
    }
}

void hooks_resolve_thread(void);
void hooks_resolve_thread(void)
{
    real.pthread_create =
        (int (*)(pthread_t *, const pthread_attr_t *, pthread_routine, void *))dlsym(RTLD_NEXT, "pthread_create");
    real.thrd_create = (int (*)(thrd_t *, thrd_start_t, void *))dlsym(RTLD_NEXT, "thrd_create");
    has_end_key = pthread_key_create(&end_key, on_thread_end) == 0;
}

static void begin(int slot, uint64_t stack_bytes)
{
    /* glibc keeps a thread's descriptor at the top of its stack: everything up to it can be read. */
    uint64_t high = (uint64_t)(uintptr_t)pthread_self();
    thread_begin(slot, 0, high - stack_bytes, high);
    pthread_setspecific(end_key, (const void *)1);
}

static void *start_pthread(void *index)
{
    int slot = (int)(intptr_t)index;
    struct start start = starts[slot];
    begin(slot, start.stack_bytes);
    return start.pthread_function(start.argument);
}

static int start_thrd(void *index)
{
    int slot = (int)(intptr_t)index;
    struct start start = starts[slot];
    begin(slot, start.stack_bytes);
    return start.thrd_function(start.argument);
}

static uint64_t stack_size(const pthread_attr_t *attributes)
{
    size_t bytes = 0;
    pthread_attr_t defaults;
    if (attributes && pthread_attr_getstacksize(attributes, &bytes) == 0 && bytes) {
        return bytes;
    }
    if (pthread_getattr_default_np(&defaults) == 0) {
        pthread_attr_getstacksize(&defaults, &bytes);
        pthread_attr_destroy(&defaults);
    }
    return bytes ? bytes : UINT64_C(8) << 20;
}

/* A slot for the thread to come; a forked child takes its block now, because it starts a thread. */
static int prepare(void)
{
    if (!sampler.session || atomic_load(&sampler.withdrawn) || !has_end_key || thread_state.generation != process_generation()) {
        return NO_INDEX;
    }
    if (atomic_load(&sampler.process) == NO_INDEX && !process_claim_block()) {
        return NO_INDEX;
    }
    return thread_claim_slot();
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, pthread_routine function, void *argument)
{
    hooks_resolve();
    int slot = prepare();
    if (slot == NO_INDEX) {
        return real.pthread_create(thread, attributes, function, argument);
    }
    starts[slot] =
        (struct start){.pthread_function = function, .argument = argument, .stack_bytes = stack_size(attributes)};
    int error = real.pthread_create(thread, attributes, start_pthread, (void *)(intptr_t)slot);
    if (error) {
        thread_release_slot(slot);
    }
    return error;
}

EXPORT int thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
    hooks_resolve();
    int slot = prepare();
    if (slot == NO_INDEX) {
        return real.thrd_create(thread, function, argument);
    }
    starts[slot] = (struct start){.thrd_function = function, .argument = argument, .stack_bytes = stack_size(NULL)};
    int result = real.thrd_create(thread, start_thrd, (void *)(intptr_t)slot);
    if (result != thrd_success) {
        thread_release_slot(slot);
    }
    return result;
}
