/* Flags, environment, defaults -> struct config. The table in config.c is the only place that names a setting. */
#ifndef SERVICE_CONFIG_H
#define SERVICE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum config_log { CONFIG_LOG_TEXT, CONFIG_LOG_JSON, CONFIG_LOG_OFF };

struct config {
    uint64_t port; /* 0: any free one */
    uint64_t workers;
    uint64_t queue;
    uint64_t max_body_bytes;
    uint64_t max_pixels;
    uint64_t max_output_pixels;
    uint64_t max_side_px;
    uint64_t memory_budget_bytes;
    uint64_t max_connections;
    uint64_t job_timeout_ms;
    uint64_t header_timeout_ms;
    uint64_t body_timeout_ms;
    uint64_t reply_timeout_ms;
    uint64_t keepalive_timeout_ms;
    uint64_t drain_timeout_ms;
    uint64_t log; /* enum config_log */
    uint64_t no_keepalive;
    uint64_t allow_cross_site;
    const char *image_simd;    /* NULL: the best one */
    const char *profile;       /* NULL: run without the profiler */
    const char *profile_token; /* NULL: no GET /profile. Not to be printed. */
    const char *profile_file;  /* what GET /profile serves */
    bool help;
};

/* What the machine allows, for the defaults that depend on it. */
struct config_machine {
    uint32_t cpus;
    uint64_t memory_bytes; /* 0: no limit */
};

enum { CONFIG_ERROR_BYTES = 256 };

/* Read flags (`--name=value`, `--name value`), then the environment through `environment` (getenv), then the defaults.
 * ret: false and one sentence in ret_error. Strings in `ret` are those of argv and the environment. */
bool config_read(int argc, char **argv, char *(*environment)(const char *name), const struct config_machine *machine,
                 struct config *ret, char ret_error[CONFIG_ERROR_BYTES]);

/* All settings as name=value with units, wrapped at about 110 columns. */
void config_print(const struct config *config, FILE *out);

/* The text of --help. */
void config_print_help(FILE *out);

#endif
