/* Several saved profiles -> the same, each with the tag file = its name, where nothing else would tell two runs apart: so that their
 * samples can be selected and compared after merging. */
#ifndef HOTLINE_FILE_LABELS_H
#define HOTLINE_FILE_LABELS_H

#include "wrapper/saved.h"

struct file_labels {
    const struct profile *shown[OPTIONS_MAX_LIST]; /* as many as options->profiles: labelled, or as they were read */
    struct profile labelled[OPTIONS_MAX_LIST];
    struct profile_tag *tags[OPTIONS_MAX_LIST];
};

/* ret: zeroed; file_labels_deinit() it. `saved` must outlive it. */
void file_labels_init(struct file_labels *ret, const struct saved *saved);
void file_labels_deinit(struct file_labels *labels);

#endif
