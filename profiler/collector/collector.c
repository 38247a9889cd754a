/* See collector.h. Two threads besides the caller's:
 *
 *   drain   every 1..200 ms: processes, rings -> aggregation          holds `lock` while it changes it
 *   report  every interval and on request: snapshot -> profile -> files   holds `lock` only to copy */
#include "profiler/collector/collector.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "profiler/collector/cgroup_throttle.h"
#include "profiler/collector/drain_sleep.h"
#include "profiler/collector/engine.h"
#include "profiler/collector/fault_guard.h"
#include "profiler/collector/output_name.h"
#include "profiler/collector/profile_build.h"
#include "profiler/collector/report_text.h"
#include "profiler/collector/report_write.h"
#include "profiler/collector/require_memory.h"
#include "profiler/collector/snapshot.h"
#include "profiler/collector/thread_watch.h"

enum {
    FIRST_BUCKET_NS = 100000000,
    WAIT_PERIOD_NS = 2000000, /* of blocked time: longer waits are all recorded */
    FIRST_DRAIN_MS = 1,
    FASTEST_DRAIN_MS = 5,
    USUAL_DRAIN_MS = 50,
    SLOWEST_DRAIN_MS = 200,
    HURRY_NS = 200000000
};

struct collector {
    const struct collector_options *options;
    struct session_owner owner;
    struct modules modules;
    struct processes processes;
    struct thread_table threads;
    struct aggregate aggregate;
    struct drain drain;
    struct profile_builder *builder;

    pthread_mutex_t lock;    /* everything above that the drain thread changes, and the fields below */
    pthread_mutex_t writing; /* one report at a time */
    pthread_cond_t wake_report, dumped;
    pthread_t drain_thread, report_thread;
    bool started;
    bool drain_stop, report_stop;
    uint32_t dumps_wanted, dumps_done;
    char dump_error[512];
    bool dump_failed;

    pid_t pid;
    enum profile_ended ended;
    int ended_code;
    bool has_usage;
    double usage_user_s, usage_system_s;
    uint32_t unjoined;

    uint64_t started_ns;
    int64_t started_unix_ns;
    uint64_t started_tsc;
    double started_throttled_s; /* of the control group; < 0: no limit then */
    uint64_t last_update_ns, on_ns;
    bool on, was_off;
    uint64_t off_at_ns; /* the end of a window; 0: none */
    uint32_t switch_seen, dump_seen;
};

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t read_tsc(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return now_ns(CLOCK_MONOTONIC);
#endif
}

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct collector *collector_create(const struct collector_options *options, char *error, size_t error_bytes)
{
    struct collector *collector = require_array(1, sizeof *collector);
    collector->options = options;
    uint64_t period_ns = engine_period_ns(options->engine, 1 / options->sampling_period_s);
    if (!session_create(&collector->owner, options->engine, period_ns, !options->start_off)) {
        snprintf(error, error_bytes, "the session's memory cannot be made: %s", strerror(errno));
        free(collector);
        return NULL;
    }
    collector->owner.session->header.wait_period_ns = options->wall ? WAIT_PERIOD_NS : 0;
    if (!aggregate_init(&collector->aggregate, FIRST_BUCKET_NS)) {
        snprintf(error, error_bytes, "out of memory");
        session_destroy(&collector->owner);
        free(collector);
        return NULL;
    }
    modules_init(&collector->modules);
    processes_init(&collector->processes);
    thread_table_init(&collector->threads);
    collector->builder = profile_builder_create(options);
    pthread_mutex_init(&collector->lock, NULL);
    pthread_mutex_init(&collector->writing, NULL);
    init_condition(&collector->wake_report);
    init_condition(&collector->dumped);
    collector->on = !options->start_off;
    collector->was_off = options->start_off;
    collector->started_ns = collector->last_update_ns = now_ns(CLOCK_MONOTONIC);
    collector->started_unix_ns = (int64_t)now_ns(CLOCK_REALTIME);
    collector->started_tsc = read_tsc();
    collector->started_throttled_s = cgroup_throttle_seconds();
    if (!drain_init(&collector->drain, &collector->owner, &collector->modules, &collector->processes, &collector->threads,
                    &collector->aggregate, collector->started_ns, options->slower_than_ns)) {
        snprintf(error, error_bytes, "out of memory");
        collector_destroy(collector);
        return NULL;
    }
    return collector;
}

static void stop_threads(struct collector *collector)
{
    pthread_mutex_lock(&collector->lock);
    collector->drain_stop = collector->report_stop = true;
    drain_sleep_end(collector->owner.session);
    pthread_cond_signal(&collector->wake_report);
    pthread_mutex_unlock(&collector->lock);
    if (collector->started) {
        pthread_join(collector->drain_thread, NULL);
        pthread_join(collector->report_thread, NULL);
        collector->started = false;
    }
}

void collector_destroy(struct collector *collector)
{
    if (!collector) {
        return;
    }
    stop_threads(collector); /* never finished: the program could not be started */
    profile_builder_destroy(collector->builder);
    drain_deinit(&collector->drain);
    aggregate_deinit(&collector->aggregate);
    thread_table_deinit(&collector->threads);
    processes_deinit(&collector->processes);
    modules_deinit(&collector->modules);
    session_destroy(&collector->owner);
    free(collector);
}

const char *collector_environment(const struct collector *collector)
{
    return collector->owner.environment;
}

/* -- the drain thread
 * -------------------------------------------------------------------------------------------------------------- */

static void set_switch(struct collector *collector, bool on)
{
    if (atomic_load(&collector->owner.session->header.on) != SESSION_CLOSED) {
        atomic_store(&collector->owner.session->header.on, on ? SESSION_ON : SESSION_OFF);
        collector->on = on;
        collector->was_off |= !on;
    }
}

static void end_window(struct collector *collector)
{
    if (collector->off_at_ns && collector->last_update_ns >= collector->off_at_ns) {
        collector->off_at_ns = 0;
        set_switch(collector, false);
        collector->dumps_wanted++;
        pthread_cond_signal(&collector->wake_report);
    }
}

/* hotline_on(), _off() and _dump() of a program. */
static void obey_program(struct collector *collector)
{
    struct session_header *header = &collector->owner.session->header;
    uint32_t wanted = atomic_load(&header->switch_requests);
    uint32_t dumps = atomic_load(&header->dump_requests);
    if (wanted != collector->switch_seen) {
        collector->switch_seen = wanted;
        set_switch(collector, wanted & 1);
    }
    if (dumps != collector->dump_seen) {
        collector->dump_seen = dumps;
        collector->dumps_wanted++;
        pthread_cond_signal(&collector->wake_report);
    }
}

/* With `lock` held. */
static void update(struct collector *collector, bool final)
{
    uint64_t now = now_ns(CLOCK_MONOTONIC);
    collector->on_ns += collector->on ? now - collector->last_update_ns : 0;
    collector->last_update_ns = now;
    processes_update(&collector->processes, &collector->owner, &collector->modules, collector->on);
    drain_pass(&collector->drain, now, final);
    thread_watch(&collector->drain, now);
}

/* Often while rings fill or tables are missing, rarely while nothing happens. */
static unsigned next_wait_ms(const struct drain *drain, unsigned last_ms)
{
    /* A program that is just starting: its tables should be there before its first sample. */
    if (drain->processes->joined == 0 && last_ms < FASTEST_DRAIN_MS) {
        return FIRST_DRAIN_MS;
    }
    if (drain->deferred_seen || drain->busiest_bytes > SESSION_RING_BYTES / 4) {
        return FASTEST_DRAIN_MS;
    }
    if (drain->busiest_bytes > SESSION_RING_BYTES / 8) {
        return last_ms > 2 * FASTEST_DRAIN_MS ? last_ms / 2 : last_ms;
    }
    unsigned most = drain->busiest_bytes ? USUAL_DRAIN_MS : SLOWEST_DRAIN_MS;
    return last_ms * 2 < most ? last_ms * 2 : most;
}

static void wait_ms(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(milliseconds / 1000);
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(condition, lock, &until);
}

/* On a machine whose processors are all busy the drain thread must not wait for its turn until rings run full. A short
 * slice brings its turn nearer and takes nothing from anybody (Linux 6.12; without effect before). */
static void ask_for_short_slices(void)
{
    struct {
        uint32_t bytes, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t slice_ns, deadline_ns, period_ns;
    } scheduling;
    if (syscall(SYS_sched_getattr, 0, &scheduling, sizeof scheduling, 0) == 0 && scheduling.policy == SCHED_OTHER) {
        scheduling.slice_ns = 100000;
        (void)syscall(SYS_sched_setattr, 0, &scheduling, 0);
    }
}

static void *drain_main(void *argument)
{
    struct collector *collector = argument;
    ask_for_short_slices();
    unsigned ms = FIRST_DRAIN_MS;
    uint64_t hurry_until_ns = now_ns(CLOCK_MONOTONIC) + HURRY_NS;
    pthread_mutex_lock(&collector->lock);
    while (!collector->drain_stop) {
        obey_program(collector);
        update(collector, false);
        end_window(collector);
        ms = next_wait_ms(&collector->drain, ms);
        ms = ms == FIRST_DRAIN_MS && now_ns(CLOCK_MONOTONIC) > hurry_until_ns ? FASTEST_DRAIN_MS : ms;
        drain_sleep(collector->owner.session, &collector->lock, ms);
    }
    pthread_mutex_unlock(&collector->lock);
    return NULL;
}

/* -- snapshots and reports
 * ---------------------------------------------------------------------------------------------------------- */

/* With `lock` held. */
static bool take_snapshot(struct collector *collector, struct snapshot *ret)
{
    if (!snapshot_copy(ret, &collector->drain)) {
        return false;
    }
    ret->unjoined = collector->unjoined;
    ret->on_ns = collector->on_ns;
    ret->elapsed_ns = collector->last_update_ns - collector->started_ns;
    ret->was_off = collector->was_off;
    ret->collector_cpu_s = (double)now_ns(CLOCK_PROCESS_CPUTIME_ID) * 1e-9;
    double elapsed = (double)(now_ns(CLOCK_MONOTONIC) - collector->started_ns);
    ret->cycles_per_ns = elapsed > 0 ? (double)(read_tsc() - collector->started_tsc) / elapsed : 1.0;
    ret->ended = collector->ended;
    ret->ended_code = collector->ended_code;
    ret->pid = collector->pid;
    ret->started_unix_ns = collector->started_unix_ns;
    ret->user_s = collector->usage_user_s;
    ret->system_s = collector->usage_system_s;
    if (!collector->has_usage) {
        snapshot_read_split(ret);
    }
    double throttled_s = cgroup_throttle_seconds();
    double before_s = collector->started_throttled_s > 0 ? collector->started_throttled_s : 0;
    ret->throttled_s = throttled_s < 0 ? -1 : throttled_s - before_s;
    return true;
}

/* Write every output. ret_lines: the hottest lines in words, malloc'ed; may be NULL. */
static bool write_all(struct collector *collector, char **ret_lines, char *error, size_t error_bytes)
{
    struct snapshot snapshot;
    pthread_mutex_lock(&collector->writing);
    pthread_mutex_lock(&collector->lock);
    bool good = take_snapshot(collector, &snapshot);
    pthread_mutex_unlock(&collector->lock);
    if (!good) {
        pthread_mutex_unlock(&collector->writing);
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    struct profile *profile = profile_build(collector->builder, &snapshot);
    for (unsigned i = 0; i < collector->options->output_count; i++) {
        char *path = output_name_expand(collector->options->outputs[i].path, snapshot.pid);
        char reason[512] = "out of memory";
        if (!path || !report_write(profile, collector->options->outputs[i].format, path, reason, sizeof reason)) {
            snprintf(error, error_bytes, "%s", reason);
            good = false;
        }
        free(path);
    }
    if (ret_lines) {
        *ret_lines = report_text_last_lines(profile);
    }
    profile_release(profile);
    snapshot_deinit(&snapshot);
    pthread_mutex_unlock(&collector->writing);
    return good;
}

static void *report_main(void *argument)
{
    struct collector *collector = argument;
    double interval_s = collector->options->profile_interval_s;
    uint64_t interval_ms = interval_s > 0 && interval_s < 1e6 ? (uint64_t)(interval_s * 1000.0) : 1000000000;
    pthread_mutex_lock(&collector->lock);
    uint64_t next_ns = now_ns(CLOCK_MONOTONIC) + interval_ms * 1000000;
    while (!collector->report_stop) {
        uint64_t now = now_ns(CLOCK_MONOTONIC);
        uint32_t wanted = collector->dumps_wanted;
        if (wanted == collector->dumps_done && now < next_ns) {
            wait_ms(&collector->wake_report, &collector->lock, (next_ns - now) / 1000000 + 1);
            continue;
        }
        pthread_mutex_unlock(&collector->lock);
        char error[sizeof collector->dump_error] = "";
        bool good = write_all(collector, NULL, error, sizeof error);
        pthread_mutex_lock(&collector->lock);
        collector->dump_failed = !good;
        memcpy(collector->dump_error, error, sizeof error);
        collector->dumps_done = wanted;
        next_ns = now_ns(CLOCK_MONOTONIC) + interval_ms * 1000000;
        pthread_cond_broadcast(&collector->dumped);
    }
    pthread_cond_broadcast(&collector->dumped);
    pthread_mutex_unlock(&collector->lock);
    return NULL;
}

/* -- what the wrapper calls
 * --------------------------------------------------------------------------------------------------------- */

/* A descriptor for each process of the tree; the program was forked with the limit that hotline was started with. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

bool collector_start(struct collector *collector)
{
    raise_descriptor_limit();
    fault_guard_install();
    sigset_t all, before;
    sigfillset(&all); /* signals are the wrapper's main thread's business */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    collector->started = pthread_create(&collector->drain_thread, NULL, drain_main, collector) == 0;
    if (collector->started && pthread_create(&collector->report_thread, NULL, report_main, collector) != 0) {
        pthread_mutex_lock(&collector->lock);
        collector->drain_stop = true;
        drain_sleep_end(collector->owner.session);
        pthread_mutex_unlock(&collector->lock);
        pthread_join(collector->drain_thread, NULL);
        collector->started = false;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return collector->started;
}

void collector_program_started(struct collector *collector, pid_t pid)
{
    pthread_mutex_lock(&collector->lock);
    collector->pid = pid;
    atomic_store(&collector->owner.session->header.only_pid, collector->options->no_children ? pid : 0);
    pthread_mutex_unlock(&collector->lock);
}

void collector_program_ended(struct collector *collector, enum profile_ended ended, int code,
                             const struct rusage *usage)
{
    pthread_mutex_lock(&collector->lock);
    update(collector, false); /* while it is not reaped, its CPU clock can still be read */
    collector->ended = ended;
    collector->ended_code = code;
    if (usage) {
        collector->has_usage = true;
        collector->usage_user_s = (double)usage->ru_utime.tv_sec + (double)usage->ru_utime.tv_usec * 1e-6;
        collector->usage_system_s = (double)usage->ru_stime.tv_sec + (double)usage->ru_stime.tv_usec * 1e-6;
    }
    pthread_mutex_unlock(&collector->lock);
}

void collector_switch(struct collector *collector, bool on, unsigned for_ms)
{
    pthread_mutex_lock(&collector->lock);
    update(collector, false); /* what was used so far counts for the old state */
    set_switch(collector, on);
    collector->off_at_ns = on && for_ms ? collector->last_update_ns + for_ms * UINT64_C(1000000) : 0;
    pthread_mutex_unlock(&collector->lock);
}

bool collector_is_on(const struct collector *collector)
{
    return atomic_load(&collector->owner.session->header.on) == SESSION_ON;
}

bool collector_dump(struct collector *collector, bool wait, char *error, size_t error_bytes)
{
    bool good = true;
    pthread_mutex_lock(&collector->lock);
    uint32_t mine = ++collector->dumps_wanted;
    pthread_cond_signal(&collector->wake_report);
    while (wait && (int32_t)(collector->dumps_done - mine) < 0 && !collector->report_stop) {
        pthread_cond_wait(&collector->dumped, &collector->lock);
    }
    if (wait && collector->dump_failed) {
        snprintf(error, error_bytes, "%s", collector->dump_error);
        good = false;
    }
    pthread_mutex_unlock(&collector->lock);
    return good;
}

void collector_status(struct collector *collector, char *ret, size_t ret_bytes)
{
    pthread_mutex_lock(&collector->lock);
    const struct collector_options *options = collector->options;
    int written =
        snprintf(ret, ret_bytes, "pid %d, %s, %s, %llu samples, %llu dropped, %u processes", (int)collector->pid,
                 options->argv[0], collector->on ? "on" : "off", (unsigned long long)collector->drain.counts.samples,
                 (unsigned long long)snapshot_drops(collector->owner.session), processes_live(&collector->processes));
    for (unsigned i = 0; i < options->output_count && written > 0 && (size_t)written < ret_bytes; i++) {
        char *path = output_name_expand(options->outputs[i].path, collector->pid);
        written += snprintf(ret + written, ret_bytes - (size_t)written, ", %s", path ? path : options->outputs[i].path);
        free(path);
    }
    pthread_mutex_unlock(&collector->lock);
}

void collector_count_unjoined(struct collector *collector, pid_t pid, const char *why)
{
    (void)pid;
    (void)why;
    pthread_mutex_lock(&collector->lock);
    collector->unjoined++;
    pthread_mutex_unlock(&collector->lock);
}

/* The last lines on stderr. */
static char *make_summary(const struct collector *collector, bool good, const char *error, const char *lines)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out) {
        return NULL;
    }
    if (!good) {
        fprintf(out, "hotline: the report could not be written: %s\n", error);
    }
    for (unsigned i = 0; good && i < collector->options->output_count; i++) {
        char *path = output_name_expand(collector->options->outputs[i].path, collector->pid);
        fprintf(out, "hotline: the report is %s\n", path ? path : collector->options->outputs[i].path);
        free(path);
    }
    if (lines && *lines) {
        fprintf(out, "%s%s", lines, lines[strlen(lines) - 1] == '\n' ? "" : "\n");
    }
    fclose(out);
    return text;
}

bool collector_finish(struct collector *collector, char **ret_summary)
{
    stop_threads(collector);
    pthread_mutex_lock(&collector->lock);
    atomic_store(&collector->owner.session->header.on, SESSION_CLOSED);
    update(collector, true);
    pthread_mutex_unlock(&collector->lock);
    char error[512] = "", *lines = NULL;
    bool good = write_all(collector, &lines, error, sizeof error);
    *ret_summary = make_summary(collector, good, error, lines);
    free(lines);
    return good;
}
