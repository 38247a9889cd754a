/* See wait_summary.h. */
#include "profiler/collector/wait_summary.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/require_memory.h"

struct row_key {
    uint32_t line, function;
};
struct lock_key {
    uint64_t address;
    int64_t pid;
};

/* Who decides for a node: its leaf's function, and the line of the innermost own frame. */
static struct wait_row place_of(const struct wait_summary *waits, uint32_t node)
{
    const struct profile *profile = &waits->profile;
    struct wait_row row = {.line = PROFILE_NONE, .function = PROFILE_NONE};
    if (node != 0) {
        row.function = profile->frames[profile->nodes[node].frame].function;
    }
    for (; node != 0; node = profile->nodes[node].parent) {
        uint32_t frame = profile->nodes[node].frame;
        if (profile->frames[frame].own) {
            row.line = waits->summary->frame_line[frame];
            break;
        }
    }
    return row;
}

void wait_call_name(const char *function, char ret[WAIT_CALL_BYTES])
{
    static const char *const prefixes[] = {"_", "libc_", "new_"};
    static const char suffix[] = "64";
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
            size_t bytes = strlen(prefixes[i]);
            if (strncmp(function, prefixes[i], bytes) == 0 && function[bytes] != '\0') {
                function += bytes;
                again = true;
            }
        }
    }
    size_t bytes = strlen(function);
    if (bytes > strlen(suffix) && strcmp(function + bytes - strlen(suffix), suffix) == 0) {
        bytes -= strlen(suffix);
    }
    bytes = bytes < WAIT_CALL_BYTES ? bytes : WAIT_CALL_BYTES - 1;
    memcpy(ret, function, bytes);
    ret[bytes] = '\0';
}

static void add(struct summary_share *to, uint64_t ns, uint64_t samples)
{
    to->cpu_ns += ns;
    to->samples += samples;
}

static int compare_shares(struct summary_share a, struct summary_share b)
{
    return a.cpu_ns != b.cpu_ns ? (a.cpu_ns > b.cpu_ns ? -1 : 1) : 0;
}

static int compare_rows(const void *left, const void *right)
{
    const struct wait_row *a = left, *b = right;
    int order = compare_shares(a->share, b->share);
    return order ? order : a->line != b->line ? (a->line < b->line ? -1 : 1) : a->function < b->function ? -1 : a->function > b->function;
}

static int compare_locks(const void *left, const void *right)
{
    const struct wait_lock *a = left, *b = right;
    int order = compare_shares(a->share, b->share);
    return order ? order : a->address < b->address ? -1 : a->address > b->address;
}

static void make_rows(struct wait_summary *waits)
{
    const struct profile *profile = &waits->profile;
    struct key_table keys;
    size_t capacity = 0;
    key_table_init(&keys, sizeof(struct row_key));
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        const struct profile_cell *cell = &profile->cells[i];
        struct wait_row place = place_of(waits, cell->node);
        if (place.function == PROFILE_NONE) {
            continue;
        }
        struct row_key key = {.line = place.line, .function = place.function};
        bool is_new;
        uint32_t index = key_table_add(&keys, &key, &is_new);
        if (is_new) {
            waits->rows = require_room(waits->rows, &capacity, (size_t)index + 1, sizeof waits->rows[0]);
            waits->rows[index] = place;
        }
        add(&waits->rows[index].share, cell->cpu_ns, cell->samples);
    }
    waits->row_count = keys.count;
    key_table_deinit(&keys);
    if (waits->row_count) {
        qsort(waits->rows, waits->row_count, sizeof waits->rows[0], compare_rows);
    }
}

/* Conditions and barriers are waits for work or for others; these are waits for a turn. */
static bool is_lock(const char *function)
{
    static const char *const calls[] = {
        "pthread_mutex_lock",        "pthread_mutex_timedlock",   "pthread_mutex_clocklock",    "pthread_rwlock_rdlock",
        "pthread_rwlock_wrlock",     "pthread_rwlock_timedrdlock", "pthread_rwlock_timedwrlock", "pthread_rwlock_clockrdlock",
        "pthread_rwlock_clockwrlock", "mtx_lock",                 "mtx_timedlock",              "sem_wait",
        "sem_timedwait",             "sem_clockwait"};
    char called[WAIT_CALL_BYTES];
    wait_call_name(function, called);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(called, calls[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void make_locks(struct wait_summary *waits)
{
    const struct profile *profile = &waits->profile;
    struct key_table keys;
    size_t capacity = 0;
    key_table_init(&keys, sizeof(struct lock_key));
    for (uint32_t i = 0; i < profile->lock_count; i++) {
        const struct profile_lock *row = &profile->locks[i];
        struct wait_row place = place_of(waits, row->node);
        if (place.function == PROFILE_NONE || !is_lock(profile->functions[place.function].name)) {
            continue;
        }
        struct lock_key key = {.address = row->address, .pid = row->pid};
        bool is_new;
        uint32_t index = key_table_add(&keys, &key, &is_new);
        if (is_new) {
            waits->locks = require_room(waits->locks, &capacity, (size_t)index + 1, sizeof waits->locks[0]);
            place.share = (struct summary_share){row->waited_ns, row->samples}; /* rows come longest first */
            waits->locks[index] = (struct wait_lock){.pid = row->pid, .address = row->address, .name = row->name, .worst = place};
        }
        add(&waits->locks[index].share, row->waited_ns, row->samples);
        waits->locks[index].places++;
    }
    waits->lock_count = keys.count;
    key_table_deinit(&keys);
    if (waits->lock_count) {
        qsort(waits->locks, waits->lock_count, sizeof waits->locks[0], compare_locks);
    }
}

struct wait_summary *wait_summary_create(const struct profile *profile)
{
    if (!profile->wall) {
        return NULL;
    }
    struct wait_summary *waits = require_array(1, sizeof *waits);
    waits->profile = *profile;
    waits->profile.cells = profile->wait_cells;
    waits->profile.cell_count = profile->wait_cell_count;
    waits->profile.cpu_ns_total = profile->wait_ns_total;
    waits->profile.scope.cpu_percent_threshold = 0;
    waits->summary = summary_create(&waits->profile, NULL);
    if (!waits->summary) {
        free(waits);
        return NULL;
    }
    make_rows(waits);
    make_locks(waits);
    return waits;
}

void wait_summary_destroy(struct wait_summary *waits)
{
    if (waits) {
        summary_destroy(waits->summary);
        free(waits->rows);
        free(waits->locks);
        free(waits);
    }
}
