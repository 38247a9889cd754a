/* The profile that the report's scale is judged by: 1,000,000 samples of 64 threads under 50 tag sets in 500 seconds, 200,000 nodes of the
 * call tree, 2,000 files with text.
 *
 * Made as a run makes one: a thread works on requests, each of an operation that has its place in the program; of its samples most hit the
 * few stacks in which the operation spends its time, the others go wherever its calls lead. A function calls few others, the first of them
 * most of the time. When the tree is full a stack ends where it stops being known, as in the collector. */
#ifndef HOTLINE_MADE_HUGE_H
#define HOTLINE_MADE_HUGE_H

#include "profiler/collector/key_table.h"
#include "profiler/collector/text_out.h"
#include "tests/tools/kept_text.h"
#include "tests/unit/made_profile.h"

enum {
    HUGE_SAMPLES = 1000000,
    HUGE_NODES = 200000,
    HUGE_FILES = 2000,
    HUGE_FUNCTIONS = 8000,
    HUGE_CALLS = 8,  /* of a function to others */
    HUGE_LEAVES = 5, /* of its lines where samples are */
    HUGE_THREADS = 64,
    HUGE_TAG_SETS = 50, /* with that of no tags */
    HUGE_BUCKETS = 500,
    HUGE_SPANS = 1000,       /* as many as the collector keeps */
    HUGE_OPERATIONS = 300,   /* places in the program where requests are worked on */
    HUGE_HOT_STACKS = 12,    /* of an operation */
    HUGE_REQUEST_SAMPLES = 40,
    HUGE_DEEPEST = 120,
};

struct huge_function {
    uint32_t id, file;
    uint32_t callees[HUGE_CALLS]; /* indexes of functions */
    uint32_t frames[HUGE_CALLS + HUGE_LEAVES]; /* at its calls, at its own lines; 0: not met yet, else frame + 1 */
    uint32_t lines[HUGE_CALLS + HUGE_LEAVES];
};

struct huge {
    struct made *made;
    struct huge_function *functions;
    struct key_table nodes, cells;
    uint64_t random;
};

static inline uint32_t huge_random(struct huge *huge, uint32_t below)
{
    huge->random = huge->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((huge->random >> 33) % below);
}

/* Small numbers mostly: each is chosen with `percent`, else the next. */
static inline uint32_t huge_skewed(struct huge *huge, uint32_t below, uint32_t percent)
{
    uint32_t choice = 0;
    while (choice + 1 < below && huge_random(huge, 100) >= percent) {
        choice++;
    }
    return choice;
}

static inline char *huge_source(struct huge *huge, uint32_t lines)
{
    static const char *const words[] = {
        "state", "value", "index", "count", "buffer", "width", "height", "offset", "length", "result", "error", "source", "target", "row", "column", "entry",
        "table", "block", "weight", "limit", "cache", "queue", "worker", "request", "reply", "header", "status", "token", "node", "parent", "child", "frame",
        "sample", "time", "start", "end", "first", "last", "next", "previous", "left", "right", "top", "bottom", "scale", "factor", "kernel", "image",
        "pixel", "plane", "stride", "depth", "level", "total", "part", "name", "key", "flags", "mask", "shift", "carry", "sum", "mean", "window"};
    enum { WORDS = sizeof words / sizeof *words };
#define WORD words[huge_random(huge, WORDS)]
    struct text_out text;
    text_out_init(&text, NULL, NULL);
    for (uint32_t i = 0; i < lines; i++) {
        switch (huge_random(huge, 8)) {
        case 0:
            text_out_format(&text, "static int %s_%s(struct %s *%s, size_t %s)\n{\n", WORD, WORD, WORD, WORD, WORD);
            i++;
            break;
        case 1:
            text_out_format(&text, "    if (%s->%s < %s_%s) {\n        return %s;\n    }\n", WORD, WORD, WORD, WORD, WORD);
            i += 2;
            break;
        case 2: text_out_string(&text, "}\n"); break;
        case 3: text_out_format(&text, "    /* The %s of the %s, %u %ss at a time. */\n", WORD, WORD, huge_random(huge, 1000), WORD); break;
        case 4: text_out_format(&text, "    for (size_t i = 0; i < %s->%s; i++) {\n", WORD, WORD); break;
        default: text_out_format(&text, "    %s->%s_%s[%s] += %s_%s(%s, %u);\n", WORD, WORD, WORD, WORD, WORD, WORD, WORD, huge_random(huge, 256)); break;
        }
    }
#undef WORD
    return keep_text(text_out_take(&text));
}

static inline void huge_code(struct huge *huge)
{
    struct made *m = huge->made;
    uint32_t app = made_module(m, "/app/bin/huge", true), library = made_module(m, "/usr/lib/x86_64-linux-gnu/libhuge.so.1", false);
    uint32_t lines[HUGE_FILES];
    for (uint32_t i = 0; i < HUGE_FILES; i++) {
        lines[i] = 150 + huge_random(huge, 600);
        made_file(m, make_text("/build/huge/component_%u/module_%u/source_file_%u.cc", i / 200, i / 20, i), true, huge_source(huge, lines[i]));
    }
    huge->functions = calloc(HUGE_FUNCTIONS, sizeof *huge->functions);
    if (!huge->functions) {
        abort();
    }
    for (uint32_t i = 0; i < HUGE_FUNCTIONS; i++) {
        struct huge_function *function = &huge->functions[i];
        function->file = huge_random(huge, HUGE_FILES);
        uint32_t line = 1 + huge_random(huge, lines[function->file]);
        function->id = made_function(m, make_text("component_%u::module_%u::Worker<%u>::compute_part_%u(State&, unsigned long)", function->file / 200,
                                                  function->file / 20, i % 7, i),
                                     function->file, line, i % 4 ? app : library);
        for (uint32_t j = 0; j < HUGE_CALLS; j++) {
            function->callees[j] = huge_random(huge, HUGE_FUNCTIONS);
        }
        for (uint32_t j = 0; j < HUGE_CALLS + HUGE_LEAVES; j++) {
            function->lines[j] = line + huge_random(huge, 40);
        }
    }
}

/* The node of a function below `parent`, at a place of it; PROFILE_NONE: the tree is full. */
static inline uint32_t huge_node(struct huge *huge, uint32_t parent, uint32_t function, uint32_t place)
{
    struct huge_function *known = &huge->functions[function];
    struct {
        uint32_t parent, function, place;
    } key = {parent, function, place};
    uint32_t found = key_table_find(&huge->nodes, &key, PROFILE_NONE);
    if (found != PROFILE_NONE) {
        return found + 1; /* node 0 is the root */
    }
    if (huge->made->profile.node_count >= HUGE_NODES) {
        return PROFILE_NONE;
    }
    if (!known->frames[place]) {
        known->frames[place] = 1 + made_frame(huge->made, known->id, known->file, known->lines[place], place % 5 == 3);
    }
    key_table_add(&huge->nodes, &key, NULL);
    return made_node(huge->made, parent, known->frames[place] - 1);
}

struct huge_place {
    uint32_t node, function, depth;
};

/* From a place in the program to wherever its calls lead. ret: the leaf's node. */
static inline uint32_t huge_walk(struct huge *huge, struct huge_place at, uint32_t more)
{
    for (; at.depth < HUGE_DEEPEST && more > 0; at.depth++, more--) {
        uint32_t call = huge_skewed(huge, HUGE_CALLS, 75), node = huge_node(huge, at.node, at.function, call);
        if (node == PROFILE_NONE) {
            return at.node;
        }
        at = (struct huge_place){node, huge->functions[at.function].callees[call], at.depth};
    }
    uint32_t leaf = huge_node(huge, at.node, at.function, HUGE_CALLS + huge_skewed(huge, HUGE_LEAVES, 40));
    return leaf == PROFILE_NONE ? at.node : leaf;
}

struct huge_operation {
    struct huge_place place;
    uint32_t hot[HUGE_HOT_STACKS];
};

static inline struct huge_operation huge_operation(struct huge *huge)
{
    struct huge_operation operation = {.place = {.function = huge_skewed(huge, 3, 70)}};
    for (uint32_t depth = 6 + huge_random(huge, 20); operation.place.depth < depth; operation.place.depth++) {
        uint32_t call = huge_skewed(huge, HUGE_CALLS, 60);
        operation.place.node = huge_node(huge, operation.place.node, operation.place.function, call);
        operation.place.function = huge->functions[operation.place.function].callees[call];
    }
    for (uint32_t i = 0; i < HUGE_HOT_STACKS; i++) {
        operation.hot[i] = huge_walk(huge, operation.place, 2 + huge_random(huge, 12));
    }
    return operation;
}

static inline void huge_cell(struct huge *huge, const struct profile_cell *key, uint32_t samples)
{
    struct {
        uint32_t node, tag_set, span, thread, bucket, kernel;
    } name = {key->node, key->tag_set, key->span, key->thread, key->bucket, key->in_kernel};
    bool is_new;
    uint32_t number = key_table_add(&huge->cells, &name, &is_new);
    if (is_new) {
        made_cell(huge->made, key->node, key->tag_set, key->thread, key->bucket, 0, key->in_kernel);
        huge->made->cells[number].span = key->span;
    }
    huge->made->cells[number].samples += samples;
    huge->made->cells[number].cpu_ns += samples * MADE_PERIOD_NS;
    huge->made->threads[key->thread].cpu_s_sampled += samples * (double)MADE_PERIOD_NS / 1e9;
}

static inline void huge_labels(struct huge *huge)
{
    static struct profile_tag tags[HUGE_TAG_SETS][2];
    static struct profile_span spans[HUGE_SPANS + 1];
    static const char *const operations[] = {"search", "checkout", "login", "browse", "report"};
    struct made *m = huge->made;
    for (uint32_t i = 1; i < HUGE_TAG_SETS; i++) {
        tags[i][0] = (struct profile_tag){"customer", make_text("customer-%u", i % 10)};
        tags[i][1] = (struct profile_tag){"operation", operations[i % 5]};
        made_tag_set(m, tags[i], 2);
    }
    for (uint32_t i = 0; i < HUGE_THREADS; i++) {
        made_thread(m, 4300 + (int32_t)i, make_text("worker-%u", i));
    }
    for (uint32_t i = 1; i <= HUGE_SPANS; i++) {
        spans[i] = (struct profile_span){.id = (uint64_t)huge_random(huge, 1U << 31) << 32 | i, .name = "request", .method = "GET",
                                         .path = make_text("/v1/%s", operations[i % 5]), .request_id = make_text("%08x-%08x", huge_random(huge, 1U << 31), huge_random(huge, 1U << 31)),
                                         .tag_set = 1 + i % (HUGE_TAG_SETS - 1), .thread = i % HUGE_THREADS};
    }
    m->profile.spans = spans;
    m->profile.span_count = HUGE_SPANS + 1;
}

/* A request from its begin to its end on a thread, which has been at work for `worked` of its samples. */
static inline void huge_request(struct huge *huge, const struct huge_operation *operation, uint32_t thread, uint32_t worked, uint32_t samples, uint32_t span)
{
    enum { SAMPLES_PER_BUCKET = HUGE_SAMPLES / HUGE_THREADS / HUGE_BUCKETS + 1 };
    struct profile_cell cell = {.tag_set = span ? huge->made->profile.spans[span].tag_set : huge_skewed(huge, HUGE_TAG_SETS, 8), .span = span, .thread = thread};
    for (uint32_t i = 0; i < samples; i++) {
        cell.bucket = (worked + i) / SAMPLES_PER_BUCKET;
        cell.node = huge_random(huge, 100) < 70 ? operation->hot[huge_skewed(huge, HUGE_HOT_STACKS, 50)] : huge_walk(huge, operation->place, 1 + huge_random(huge, 25));
        cell.in_kernel = huge_random(huge, 12) == 0;
        huge_cell(huge, &cell, 1);
    }
}

static inline void make_huge(struct made *m)
{
    struct huge huge = {.made = m, .random = 7};
    static struct huge_operation operations[HUGE_OPERATIONS];
    static uint32_t worked[HUGE_THREADS];
    key_table_init(&huge.nodes, 3 * sizeof(uint32_t));
    key_table_init(&huge.cells, 6 * sizeof(uint32_t));
    huge_code(&huge);
    huge_labels(&huge);
    for (uint32_t i = 0; i < HUGE_OPERATIONS; i++) {
        operations[i] = huge_operation(&huge);
    }
    uint32_t request = 0;
    for (uint32_t samples = 0; samples < HUGE_SAMPLES; request++) {
        uint32_t thread = request % HUGE_THREADS, now = 1 + huge_random(&huge, 2 * HUGE_REQUEST_SAMPLES);
        now = now < HUGE_SAMPLES - samples ? now : HUGE_SAMPLES - samples;
        uint32_t span = request % 20 == 0 && request / 20 < HUGE_SPANS ? 1 + request / 20 : 0;
        huge_request(&huge, &operations[huge_skewed(&huge, HUGE_OPERATIONS, 2)], thread, worked[thread], now, span);
        worked[thread] += now;
        samples += now;
    }
    m->profile.samples = m->profile.complete_stacks = HUGE_SAMPLES;
    m->profile.cpu_ns_total = HUGE_SAMPLES * MADE_PERIOD_NS;
    m->profile.cpu_s_measured = (double)m->profile.cpu_ns_total / 1e9;
    m->profile.duration_s = m->profile.seconds_on = HUGE_BUCKETS;
    key_table_deinit(&huge.nodes);
    key_table_deinit(&huge.cells);
    free(huge.functions);
}

#endif
