/* The scalars of struct profile as words "KEY=VALUE" and back: one table for both directions. See pprof_format.h. */
#ifndef HOTLINE_PPROF_FACTS_H
#define HOTLINE_PPROF_FACTS_H

#include "profiler/collector/profile.h"

struct text_out;

enum { PPROF_FACTS_MAX = 64 };

/* Write fact `index` of `profile` as KEY=VALUE. ret: false: there is no such fact, they have all been written. */
bool pprof_facts_write(struct text_out *out, const struct profile *profile, unsigned index);

enum pprof_fact_result { PPROF_FACT_TAKEN, PPROF_FACT_UNKNOWN, PPROF_FACT_WRONG };

/* Set the field that `key` names. The text fields of `profile` point into `value` afterwards. */
enum pprof_fact_result pprof_facts_read(struct profile *profile, const char *key, const char *value);

/* A number in decimal that reads back as the same double. */
void pprof_facts_put_real(struct text_out *out, double value);

/* The whole of `text` as a number within [low, high]; *ret only if so. */
bool pprof_facts_integer(const char *text, int64_t low, int64_t high, int64_t *ret);
bool pprof_facts_unsigned(const char *text, uint64_t high, uint64_t *ret);
bool pprof_facts_real(const char *text, double *ret);

#endif
