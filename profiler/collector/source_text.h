/* A source file's path as the debug info has it -> its text, for the report to show beside the numbers.
 *
 * The path is looked for where the first --source-map that fits has it; as recorded; then below --source-root, with the
 * longest end of the path that exists there (DIR/home/ci/app/src/main.c, DIR/ci/app/src/main.c, ... DIR/main.c).
 *
 * The path comes from a file that the profiled program's user may have written, and hotline may run as root: only
 * regular files with the name of a source file are read, also when a symbolic link led there. Nobody's keys end up in a
 * report. */
#ifndef HOTLINE_SOURCE_TEXT_H
#define HOTLINE_SOURCE_TEXT_H

#include "profiler/collector/collector.h"

struct source_texts;

/* source_root: NULL or --source-root; it and the maps are borrowed. Never NULL. Threads: one at a time. */
struct source_texts *source_texts_create(const char *source_root, const struct source_map *maps, unsigned map_count);
void source_texts_destroy(struct source_texts *texts);

/* Set file->text, text_bytes and open_path for file->path, or file->missing: why not, with the cure, in one sentence. A
 * file is read once; what is set lives as long as `texts`. */
void source_texts_find(struct source_texts *texts, struct profile_file *file);

#endif
