/* A merged profile with two labels -> the rows of struct profile_diff, judged by the rules of profile_diff.h. */
#ifndef HOTLINE_DIFF_ROWS_H
#define HOTLINE_DIFF_ROWS_H

#include "profiler/collector/profile_diff.h"

/* The values of the label. */
extern const char *const DIFF_SIDE_NAMES[DIFF_SIDES];

/* Fill the totals, the rows and why there are no verdicts, from merged, summary, label_key and normalized. */
void diff_rows_fill(struct profile_diff *diff);

#endif
