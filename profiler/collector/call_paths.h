/* struct summary -> the heaviest call paths: nodes of one function below one caller are one frame, whatever line the
 * call stands on. What the flame graph draws whole, chosen down to what a reader can take in as a table. A frame weighs
 * at most what its caller does, so the heaviest frames always hang together. */
#ifndef HOTLINE_CALL_PATHS_H
#define HOTLINE_CALL_PATHS_H

#include "profiler/collector/summarize.h"

struct call_path {
    uint32_t function;
    uint32_t depth; /* 1: called by nobody */
    struct summary_share total, self;
};

struct call_paths {
    struct call_path *paths; /* each after its caller, the heaviest callee first */
    uint32_t count;
};

/* At most `most` frames with samples. The whole profile. false: out of memory, nothing to deinit. */
bool call_paths_init(struct call_paths *paths, const struct summary *summary, uint32_t most);
void call_paths_deinit(struct call_paths *paths);

#endif
