/* A made-up fleet over one minute, as several profiles merged have it: three regions of which one is busy every other ten seconds, a deploy
 * after 36 s, requests on the threads that began them, waiting, a second process, and a burst 300 ms into every second. */
#ifndef HOTLINE_MADE_FLEET_H
#define HOTLINE_MADE_FLEET_H

#include <stdio.h>
#include <string.h>

#include "profiler/collector/latency_scale.h"
#include "tests/unit/made_profile.h"

enum {
    FLEET_BUCKETS = 600,
    FLEET_DEPLOY_BUCKET = 360,
    FLEET_THREADS = 17,
    FLEET_SPANS = 121,
    FLEET_REGIONS = 3,
    FLEET_COMMITS = 2,
    FLEET_SECOND_PID = 4343,
    FLEET_FAST = 40,
};

static const char *const FLEET_REGION[FLEET_REGIONS] = {"us-east", "eu-north", "ap-south</script><img src=x onerror=alert(1)>"};
static const char *const FLEET_COMMIT[FLEET_COMMITS] = {"1f3c2a9e", "b07d55aa"};

/* Span i began in thread 1 + i % 3, which serves one after the other, or in thread 0, which has several at a time. */
static void make_fleet_spans(struct made *m, const uint32_t *sets, struct profile_span *ret)
{
    static const char *const paths[] = {"/rides", "/riders/:id", "/drivers", "/<b onclick=alert(1)>"};
    for (uint32_t i = 1; i < FLEET_SPANS; i++) {
        uint64_t begin_ms = (uint64_t)i * 490;
        ret[i] = (struct profile_span){.id = 0xa000 + i,
                                       .name = "request",
                                       .method = i % 5 ? "GET" : "POST",
                                       .path = paths[i % 4],
                                       .request_id = i % 7 ? NULL : "req-</script>",
                                       .tag_set = sets[i % FLEET_REGIONS * FLEET_COMMITS + (begin_ms / 100 >= FLEET_DEPLOY_BUCKET)],
                                       .thread = i % 4,
                                       .begin_ns = begin_ms * 1000000,
                                       .wall_ns = (i % 4 == 0 ? 3000 : 400 + i % 7 * 200) * UINT64_C(1000000),
                                       .running = i == FLEET_SPANS - 1};
    }
    m->profile.spans = ret;
    m->profile.span_count = FLEET_SPANS;
}

/* Those of the spans that ended, and of far more that were too fast to be kept: from a millisecond, each a tenth slower than the one before. */
static void make_fleet_latencies(struct made *m, const struct profile_span *spans, const uint32_t *sets)
{
    enum { SETS = FLEET_REGIONS * FLEET_COMMITS };
    static struct profile_latency latencies[FLEET_SPANS + SETS * FLEET_FAST];
    uint32_t count = 0;
    for (uint32_t i = 1; i < FLEET_SPANS - 1; i++) {
        latencies[count++] = (struct profile_latency){spans[i].name, spans[i].tag_set, latency_step(spans[i].wall_ns), 1};
    }
    for (uint32_t set = 0; set < SETS; set++) {
        double ns = 1e6 * (1 + set);
        for (uint32_t i = 0; i < FLEET_FAST; i++, ns *= 1.1) {
            uint32_t near_middle = i < FLEET_FAST / 2 ? i : FLEET_FAST - i;
            latencies[count++] = (struct profile_latency){"request", sets[set], latency_step((uint64_t)ns), 1 + near_middle * near_middle * (1 + set % 3)};
        }
    }
    m->profile.latencies = latencies;
    m->profile.latency_count = count;
    m->profile.spans_ended = 0;
    for (uint32_t i = 0; i < count; i++) {
        m->profile.spans_ended += latencies[i].count;
    }
}

static void make_fleet(struct made *m)
{
    static struct profile_tag tags[FLEET_REGIONS * FLEET_COMMITS][2];
    static struct profile_span spans[FLEET_SPANS];
    static struct profile_cell waits[FLEET_BUCKETS];
    static char names[FLEET_THREADS][16];
    uint32_t sets[FLEET_REGIONS * FLEET_COMMITS];
    uint32_t app = made_module(m, "/app/rideshare", true), file = made_file(m, "/build/rideshare.c", true, NULL);
    m->files[file].missing = "Keep the sources at that path.";
    uint32_t serve = made_call(m, 0, made_function(m, "serve", file, 10, app), file, 12);
    uint32_t find = made_call(m, serve, made_function(m, "find_nearest_driver", file, 30, app), file, 33);
    uint32_t flush = made_call(m, serve, made_function(m, "flush_log", file, 50, app), file, 55);
    m->profile.bucket_ns = 100000000;
    for (uint32_t i = 0; i < FLEET_THREADS; i++) {
        snprintf(names[i], sizeof names[i], i == 0 ? "http" : i < 14 ? "worker-%u" : "idle", i);
        made_thread(m, 5000 + (int32_t)i, names[i]);
    }
    m->threads[13].pid = FLEET_SECOND_PID;
    for (uint32_t region = 0; region < FLEET_REGIONS; region++) {
        for (uint32_t commit = 0; commit < FLEET_COMMITS; commit++) {
            struct profile_tag *set = tags[region * FLEET_COMMITS + commit];
            set[0] = (struct profile_tag){"commit", FLEET_COMMIT[commit]};
            set[1] = (struct profile_tag){"region", FLEET_REGION[region]};
            sets[region * FLEET_COMMITS + commit] = made_tag_set(m, set, 2);
        }
    }
    make_fleet_spans(m, sets, spans);
    make_fleet_latencies(m, spans, sets);
    for (uint32_t bucket = 0; bucket < FLEET_BUCKETS; bucket++) {
        uint32_t commit = bucket >= FLEET_DEPLOY_BUCKET;
        for (uint32_t region = 0; region < FLEET_REGIONS; region++) {
            uint32_t set = sets[region * FLEET_COMMITS + commit];
            uint32_t busy = region == 1 ? bucket / 100 % 2 * 9 : 2 + (bucket * 7 + region) % 3;
            if (busy > 0) {
                made_cell(m, find, set, 1 + (bucket + region) % 13, bucket, busy, false);
            }
        }
        if (bucket % 10 == 3) {
            made_cell(m, flush, sets[commit], 1, bucket, 8, true);
        }
        if (bucket % 50 == 0) {
            made_cell(m, serve, sets[commit], 0, bucket, 1, false);
        }
        waits[bucket] = (struct profile_cell){
            .node = serve, .tag_set = sets[commit], .thread = 1 + bucket % 2, .bucket = bucket, .samples = 3, .cpu_ns = 60000000};
        waits[bucket].span = bucket % 5 == 0 ? 1 + bucket / 5 : 0;
    }
    for (uint32_t i = 1; i < FLEET_SPANS; i++) {
        for (uint32_t part = 0; part < 4; part++) {
            uint32_t bucket = (uint32_t)(spans[i].begin_ns / m->profile.bucket_ns) + part;
            if (bucket < FLEET_BUCKETS) {
                made_cell(m, find, spans[i].tag_set, spans[i].thread, bucket, 1 + i % 3, false);
                m->cells[m->profile.cell_count - 1].span = i;
            }
            if (bucket < FLEET_BUCKETS && i % 6 == 0) { /* a helper's band */
                made_cell(m, find, spans[i].tag_set, 4 + (i + part) % 3, bucket, 1, false);
                m->cells[m->profile.cell_count - 1].span = i;
            }
        }
    }
    m->profile.wait_cells = waits;
    m->profile.wait_cell_count = FLEET_BUCKETS;
    m->profile.wait_ns_total = FLEET_BUCKETS * UINT64_C(60000000);
    m->profile.wall = true;
    m->profile.duration_s = m->profile.seconds_on = FLEET_BUCKETS * 0.1;
}

#endif
