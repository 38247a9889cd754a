/* What the program's environment must be for the sampler to come in: LD_PRELOAD and the session's variable, nothing
 * else changed. */
#ifndef HOTLINE_PRELOAD_H
#define HOTLINE_PRELOAD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The path of libhotline.so: beside the hotline that runs, or in ../lib. false: the reason in `error`. */
bool preload_find(char ret[PATH_MAX], char *error, size_t error_bytes);

/* For --wall: ":" and the path of the library beside it that times blocking calls, appended to `library`. */
bool preload_add_waits(char library[PATH_MAX], char *error, size_t error_bytes);

/* The value of LD_PRELOAD: [sanitizer:]library[:inherited]. sanitizer: what the program's DT_NEEDED names, "" for none;
 * inherited: the value hotline itself found, NULL for none. ret: malloc'ed, caller frees; NULL: out of memory. */
char *preload_value(const char *library, const char *sanitizer, const char *inherited);

/* A copy of `environment` with LD_PRELOAD=preload and HOTLINE_SESSION=session, replaced in place or appended;
 * everything else, its order included, as it was. ret: one malloc'ed block, caller frees; NULL: out of memory. */
char **preload_environment(char *const *environment, const char *preload, const char *session);

#endif
