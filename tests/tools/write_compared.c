/* Writes two saved profiles of a program that was changed in between, and a fleet's: write_compared FOLDER -> before.pb.gz, after.pb.gz,
 * fleet.pb.gz. Seeded random numbers: the same files every time. After, denoise_row() takes twice as much, a function is new, one is gone, a
 * rare one has too few samples for a verdict, and one is called as if to break out of the page. */
#include <stdio.h>

#include "profiler/collector/report_pprof.h"
#include "tests/tools/made_fleet.h"
#include "tests/unit/made_profile.h"

enum { SECONDS = 40, BUCKETS_A_SECOND = 10, SAMPLES_A_BUCKET = 10, SIDES = 2 };

static const char HOSTILE[] = "</script><img src=x onerror=alert(1)>";

/* What a sample is in: chances in 1000 before and after, whether in the kernel, the tag. */
static const struct work {
    const char *name, *file;
    uint32_t line;
    unsigned chance[SIDES];
    bool kernel;
    const char *operation;
} WORK[] = {
    {"denoise_row", "/build/service/operate/dct.c", 66, {180, 360}, false, "noise_reduction"},
    {"denoise_row", "/build/service/operate/dct.c", 65, {60, 60}, false, "noise_reduction"},
    {"transform_row", "/build/service/operate/dct.c", 28, {150, 140}, false, "noise_reduction"},
    {"box_row", "/build/service/operate/blur.c", 8, {200, 140}, false, "blur"},
    {"box_row_old", "/build/service/operate/blur.c", 30, {120, 0}, false, "blur"},
    {"box_row_fast", "/build/service/operate/blur.c", 50, {0, 60}, false, "blur"},
    {HOSTILE, "/build/service/<b onclick=alert(1)>.c", 7, {120, 100}, false, HOSTILE},
    {"decode_jpeg", "/build/service/decode/decode_jpeg.c", 88, {90, 80}, true, "blur"},
    {"log_rarely", "/build/service/work/log.c", 12, {1, 1}, false, "blur"},
};
enum { WORKS = sizeof WORK / sizeof *WORK };

static uint64_t random_state = 11;

/* splitmix64, 0..999 */
static unsigned next_random(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ z >> 31) % 1000);
}

static unsigned pick(unsigned side)
{
    unsigned at = next_random(), i = 0;
    for (; i < WORKS && at >= WORK[i].chance[side]; i++) {
        at -= WORK[i].chance[side];
    }
    return i < WORKS ? i : 2; /* the rest */
}

static void make_run(struct made *m, unsigned side)
{
    static struct profile_tag tags[SIDES][WORKS][1];
    uint32_t nodes[WORKS], sets[WORKS];
    made_init(m);
    m->profile.bucket_ns = 1000000000 / BUCKETS_A_SECOND;
    uint32_t app = made_module(m, "/app/image-service", true), worker = made_file(m, "/build/service/work/worker.c", true, NULL);
    uint32_t run = made_call(m, 0, made_function(m, "worker_run", worker, 40, app), worker, 52);
    for (unsigned i = 0; i < WORKS; i++) {
        bool again = i > 0 && WORK[i].name == WORK[i - 1].name;
        static uint32_t function, file;
        file = i > 0 && WORK[i].file == WORK[i - 1].file ? file : made_file(m, WORK[i].file, true, NULL);
        function = again ? function : made_function(m, WORK[i].name, file, WORK[i].line - 2, app);
        nodes[i] = made_call(m, run, function, file, WORK[i].line);
        tags[side][i][0] = (struct profile_tag){"operation", WORK[i].operation};
        sets[i] = made_tag_set(m, tags[side][i], 1);
    }
    made_thread(m, 4243, "worker-0");
    made_thread(m, 4244, "worker-1");
    for (uint32_t bucket = 0; bucket < SECONDS * BUCKETS_A_SECOND; bucket++) {
        for (unsigned i = 0; i < SAMPLES_A_BUCKET; i++) {
            unsigned what = pick(side);
            made_cell(m, nodes[what], sets[what], bucket % 2, bucket, 1, WORK[what].kernel);
        }
    }
    m->profile.duration_s = m->profile.seconds_on = SECONDS;
    m->profile.started_unix_ns += side * 60 * INT64_C(1000000000); /* another run */
    m->profile.pid += (int32_t)side;
}

static bool write(struct made *m, const char *folder, const char *name)
{
    char path[4096], error[300] = "";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    bool written = report_pprof_write(&m->profile, path, error, sizeof error);
    if (!written) {
        fprintf(stderr, "%s\n", error);
    }
    made_deinit(m);
    return written;
}

int main(int argc, char **argv)
{
    struct made made;
    bool written = argc == 2;
    for (unsigned side = 0; written && side < SIDES; side++) {
        make_run(&made, side);
        written = write(&made, argv[1], side == 0 ? "before.pb.gz" : "after.pb.gz");
    }
    if (written) {
        made_init(&made);
        make_fleet(&made);
        written = write(&made, argv[1], "fleet.pb.gz");
    }
    return written ? 0 : 1;
}
