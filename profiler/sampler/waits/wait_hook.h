/* The body of every interposed function that may block: the C library's own function, timed. */
#ifndef HOTLINE_WAIT_HOOK_H
#define HOTLINE_WAIT_HOOK_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

/* In libhotline.so (sampler/wait.c), which is preloaded before this library. */
extern uint64_t hotline_api_wait_begin(void) __attribute__((weak));
extern void hotline_api_wait_end(uint64_t begin, const void *function, const void *object) __attribute__((weak));

/* The C library's function of this name. `version`: that of its default symbol where there is an older one, too; NULL: there is none.
 * Looked up by this library's constructor, or at the first call where that comes before it. */
static inline void *wait_hook_find(void **kept, const char *name, const char *version)
{
    void *function = __atomic_load_n(kept, __ATOMIC_ACQUIRE);
    if (!function) {
        function = version ? dlvsym(RTLD_NEXT, name, version) : NULL;
        function = function ? function : dlsym(RTLD_NEXT, name);
        __atomic_store_n(kept, function, __ATOMIC_RELEASE);
    }
    return function;
}

/* Every interposed function's entry, for wait_hooks.c, which looks them all up before the program begins. */
struct wait_hook {
    void **kept;
    const char *name, *version;
};

/* `real` is the variable that holds the function below. The entries are pointers, which leave no gaps between them. */
#define REAL(function, its_version)                                                                                                            \
    static void *kept;                                                                                                                        \
    static const struct wait_hook hook = {&kept, #function, its_version};                                                                      \
    static const struct wait_hook *const entry __attribute__((section("wait_hooks"), used)) = &hook;                                           \
    __typeof__(&function) real = (__typeof__(&function))wait_hook_find(&kept, #function, its_version)

/* Call it with `arguments`; `object` is what is waited for, where that has an address. Blocked time is what lies between two looks at the
 * clock: a call that does not block adds nanoseconds. */
#define TIMED(type, arguments, object)                                                                                                         \
    uint64_t begin = hotline_api_wait_begin ? hotline_api_wait_begin() : 0;                                                                    \
    type result = real arguments;                                                                                                              \
    if (begin) {                                                                                                                               \
        hotline_api_wait_end(begin, (const void *)(uintptr_t)real, object);                                                                    \
    }                                                                                                                                          \
    return result

/* The default version of symbols that exist in two. */
#if defined(__x86_64__)
#define CONDITION_VERSION "GLIBC_2.3.2"
#else
#define CONDITION_VERSION "GLIBC_2.17"
#endif

#endif
