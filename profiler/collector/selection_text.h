/* What is selected, in words and as JSON: the outputs of a selection say that they are of one. */
#ifndef HOTLINE_SELECTION_TEXT_H
#define HOTLINE_SELECTION_TEXT_H

#include "profiler/collector/profile.h"

struct text_out;

/* "A selection: from 10 to 20 s, operation = blur or edge, thread worker-1, 12 % of the CPU time (3.10 of 24.80 s). Every percentage is
 * of the selection", plain text. Nothing for a profile of everything. */
void selection_text(struct text_out *out, const struct profile *profile);

/* {"from_s":10,"to_s":20,"tags":[{"key":"operation","value":"blur"}],"threads":[],"spans":["00000000000000a1"],"cpu_percent":12.5}, null for a profile
 * of everything; to_s null: until the end. */
void selection_json(struct text_out *out, const struct profile *profile);

#endif
