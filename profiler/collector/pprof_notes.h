/* The notes of a saved profile (pprof_format.h), written. */
#ifndef HOTLINE_PPROF_NOTES_H
#define HOTLINE_PPROF_NOTES_H

#include "profiler/collector/profile.h"

struct text_out;

/* Every note on `profile`, each with a NUL byte behind it. */
void pprof_notes_write(struct text_out *out, const struct profile *profile);

#endif
