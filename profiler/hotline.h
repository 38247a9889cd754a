/* hotline.h: what a program may tell the profiler that runs it: tags for its samples, spans, the on/off switch.
 *
 * Header-only. Every symbol is weak and every call does nothing when the sampler is not loaded, so a program needs no library,
 * no build option and no second binary: it carries this header, and `hotline ./program` is the whole toggle. Works in C11 and
 * C++11, with gcc and clang, in pie, no-pie and static programs.
 *
 * The addresses are loaded from the global offset table, by hand on x86-64: an ordinary call or test of an absent weak function is
 * resolved by the linker, in a program without PIE, to "never there", whatever is preloaded later.
 *
 * Threads: every function may be called by any thread; contexts belong to the calling thread. Not from signal handlers. */
#ifndef HOTLINE_H
#define HOTLINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A tag set and a span in one word: what samples of a thread are labelled with. Zero is "no tags". Valid in every thread of the
 * process and in its forked children, so work handed to another thread carries it along. */
struct hotline_context {
    uint64_t word;
};

/* The entry points of libhotline.so. Programs use the functions further down. HOTLINE_FIND_: the address, NULL without a sampler. */
#if defined(__x86_64__)
#define HOTLINE_WEAK_
#define HOTLINE_FIND_(name, ret) __asm__(".weak " #name "\n\tmovq " #name "@GOTPCREL(%%rip), %0" : "=r"(ret))
#else
#define HOTLINE_WEAK_            __attribute__((weak))
#define HOTLINE_FIND_(name, ret) ((ret) = name)
#endif
extern uint64_t hotline_api_context_get(void) HOTLINE_WEAK_;
extern uint64_t hotline_api_context_set(uint64_t word) HOTLINE_WEAK_;
extern uint64_t hotline_api_tag(const char *key, const char *value) HOTLINE_WEAK_;
extern uint32_t hotline_api_span_begin(const char *name, const char *method, const char *path, const char *request_id) HOTLINE_WEAK_;
extern void hotline_api_span_end(uint32_t span, uint64_t before) HOTLINE_WEAK_;
extern int hotline_api_switch(int action) HOTLINE_WEAK_;

enum { HOTLINE_ACTION_OFF_ = 0, HOTLINE_ACTION_ON_ = 1, HOTLINE_ACTION_DUMP_ = 2, HOTLINE_ACTION_ASK_ = 3 };

/* The calling thread's context. One load. */
static inline struct hotline_context hotline_context_get(void)
{
    uint64_t (*call)(void);
    HOTLINE_FIND_(hotline_api_context_get, call);
    struct hotline_context context = {call ? call() : 0};
    return context;
}

/* Make `context` the calling thread's. ret: the context before. One store. */
static inline struct hotline_context hotline_context_set(struct hotline_context context)
{
    uint64_t (*call)(uint64_t);
    HOTLINE_FIND_(hotline_api_context_set, call);
    struct hotline_context before = {call ? call(context.word) : 0};
    return before;
}

/* Add key=value to the calling thread's tags (replacing the key's value if it has one; an empty value removes the key).
 * key: 1..63 bytes, value: 0..127 bytes of UTF-8, both copied; at most 8 tags and 490 bytes at a time, low cardinality (at most 4,000
 * different sets). What does not fit is left out and counted in the report. ret: the context before, for hotline_context_set(). */
static inline struct hotline_context hotline_tag(const char *key, const char *value)
{
    uint64_t (*call)(const char *, const char *);
    HOTLINE_FIND_(hotline_api_tag, call);
    struct hotline_context before = {call ? call(key, value) : 0};
    return before;
}

/* A span: one request, or one job, from begin to end. All of it is by value: keep it wherever the request is kept. */
struct hotline_span {
    struct hotline_context before; /* the beginning thread's */
    uint32_t id;                   /* 0: not recorded (no sampler, sampling is off, too many at once) */
};

/* Begin a span for a request and put the calling thread in it: its samples and waits are the span's, with those of every thread that
 * takes its context over (hotline_context_get() here, hotline_context_set() there). All texts are copied and cut: name to 63 bytes,
 * method 15, path 127, request_id 79; all but the name may be NULL. Few different names (they are counted by name); paths and ids may all differ.
 * Spans nest: while an inner one lasts, samples are the inner one's alone. At most 16,384 at once in all processes. */
static inline struct hotline_span hotline_span_request(const char *name, const char *method, const char *path, const char *request_id)
{
    uint32_t (*call)(const char *, const char *, const char *, const char *);
    HOTLINE_FIND_(hotline_api_span_begin, call);
    struct hotline_span span = {hotline_context_get(), 0};
    span.id = call ? call(name, method, path, request_id) : 0;
    return span;
}

static inline struct hotline_span hotline_span_begin(const char *name)
{
    return hotline_span_request(name, (const char *)0, (const char *)0, (const char *)0);
}

/* End it, in any thread of the process that began it; a second end does nothing. The span's tags are those of the calling thread now if it is
 * in the span, else those at its begin. A calling thread that is in the span gets the context from before the begin back. */
static inline void hotline_span_end(struct hotline_span span)
{
    void (*call)(uint32_t, uint64_t);
    HOTLINE_FIND_(hotline_api_span_end, call);
    if (call && span.id) {
        call(span.id, span.before.word);
    }
}

static inline int hotline_switch_(int action)
{
    int (*call)(int);
    HOTLINE_FIND_(hotline_api_switch, call);
    return call ? call(action) : 0;
}

/* Start or stop taking samples in every thread of the session (within 0.1 s of each thread's own CPU time); ask for a report now.
 * ret: 1 when a profiler is there, 0 when not. */
static inline int hotline_on(void) { return hotline_switch_(HOTLINE_ACTION_ON_); }
static inline int hotline_off(void) { return hotline_switch_(HOTLINE_ACTION_OFF_); }
static inline int hotline_dump(void) { return hotline_switch_(HOTLINE_ACTION_DUMP_); }

/* ret: 1 when samples are being taken. */
static inline int hotline_is_on(void) { return hotline_switch_(HOTLINE_ACTION_ASK_); }

static inline void hotline_scope_end_(struct hotline_context *before) { (void)hotline_context_set(*before); }

#define HOTLINE_JOIN_2_(a, b) a##b
#define HOTLINE_JOIN_(a, b)   HOTLINE_JOIN_2_(a, b)

/* HOTLINE_TAG("operation", "blur"); tags the rest of the enclosing block and restores the tags at its end, also when it is left by
 * return, break or a C++ exception. Scopes nest. */
#define HOTLINE_TAG(key, value)                                                                                                        \
    struct hotline_context HOTLINE_JOIN_(hotline_scope_, __LINE__) __attribute__((cleanup(hotline_scope_end_), unused)) =              \
        hotline_tag((key), (value))

static inline void hotline_span_end_(struct hotline_span *span) { hotline_span_end(*span); }

/* HOTLINE_PROFILED("resize"); makes the rest of the enclosing block a span. A HOTLINE_TAG before it in the block is among the span's tags; one
 * behind it is taken back before the span ends, and is not. */
#define HOTLINE_PROFILED(name)                                                                                                         \
    struct hotline_span HOTLINE_JOIN_(hotline_span_, __LINE__) __attribute__((cleanup(hotline_span_end_), unused)) =                   \
        hotline_span_begin((name))

#ifdef __cplusplus
}
#endif
#endif
