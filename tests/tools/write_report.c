/* Writes reports of made-up profiles: write_report KIND FILE.html|FILE.pb.gz FILE.json [--range=A..B] [KEY=VALUE...]
 *
 * FILE.pb.gz is the saved profile, for `hotline view`.
 * The JSON is of the selection (values of one key are alternatives, keys must all match; KEY= is "without that key"),
 * so that it tells what the HTML must show when the same tags and the same seconds are chosen in it. Kinds: service (an image service),
 * scoped (the same, parts of it left out), empty, few, flat, hostile (names that try to break out), large (200,000
 * nodes, 2,000 files), huge (made_huge.h), fleet (made_fleet.h: three regions, a deploy, requests, waiting),
 * answers (made_answers.h: what findings look for). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "profiler/collector/output_file.h"
#include "profiler/collector/profile_select.h"
#include "profiler/collector/report_html.h"
#include "profiler/collector/report_json.h"
#include "profiler/collector/report_pprof.h"
#include "profiler/collector/text_out.h"
#include "tests/tools/kept_text.h"
#include "tests/tools/made_answers.h"
#include "tests/tools/made_fleet.h"
#include "tests/tools/made_huge.h"
#include "tests/unit/made_profile.h"

static const char DCT_C[] =
    "/* Two-step DCT denoising: threshold in the transform domain, then average overlapping blocks. */\n"
    "#include \"service/operate/dct.h\"\n"
    "\n"
    "#include <math.h>\n"
    "\n"
    "#include \"service/image/image.h\"\n"
    "#include \"service/work/bands.h\"\n"
    "\n"
    "enum { BLOCK = 8, STEP = 2 };\n"
    "\n"
    "struct plane {\n"
    "    float *values;\n"
    "    float *weights;\n"
    "    unsigned width_px, height_px;\n"
    "};\n"
    "\n"
    "/* One row of the 8-point DCT-II, factored as in Loeffler 1989. */\n"
    "static inline void transform_row(const float *restrict in, float *restrict out)\n"
    "{\n"
    "    float sum07 = in[0] + in[7], difference07 = in[0] - in[7];\n"
    "    float sum16 = in[1] + in[6], difference16 = in[1] - in[6];\n"
    "    float sum25 = in[2] + in[5], difference25 = in[2] - in[5];\n"
    "    float sum34 = in[3] + in[4], difference34 = in[3] - in[4];\n"
    "    out[0] = (sum07 + sum34) + (sum16 + sum25);\n"
    "    out[4] = (sum07 + sum34) - (sum16 + sum25);\n"
    "    out[2] = (sum07 - sum34) * 1.30656296f + (sum16 - sum25) * 0.54119610f;\n"
    "    out[6] = (sum07 - sum34) * 0.54119610f - (sum16 - sum25) * 1.30656296f;\n"
    "    out[1] = difference07 * 1.38703985f + difference16 * 1.17587560f + difference25 * 0.78569496f + difference34 "
    "* 0.27589938f;\n"
    "    out[3] = difference07 * 1.17587560f - difference16 * 0.27589938f - difference25 * 1.38703985f - difference34 "
    "* 0.78569496f;\n"
    "    out[5] = difference07 * 0.78569496f - difference16 * 1.38703985f + difference25 * 0.27589938f + difference34 "
    "* 1.17587560f;\n"
    "    out[7] = difference07 * 0.27589938f - difference16 * 0.78569496f + difference25 * 1.17587560f - difference34 "
    "* 1.38703985f;\n"
    "}\n"
    "\n"
    "static unsigned threshold(float block[BLOCK][BLOCK], float limit)\n"
    "{\n"
    "    unsigned kept = 0;\n"
    "    for (unsigned y = 0; y < BLOCK; y++) {\n"
    "        for (unsigned x = 0; x < BLOCK; x++) {\n"
    "            if (fabsf(block[y][x]) < limit && x + y > 0) {\n"
    "                block[y][x] = 0;\n"
    "            } else {\n"
    "                kept++;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "    return kept;\n"
    "}\n"
    "\n"
    "static void denoise_row(const struct plane *plane, unsigned y_px, float limit, struct plane *ret)\n"
    "{\n"
    "    float block[BLOCK][BLOCK], turned[BLOCK][BLOCK];\n"
    "    for (unsigned x_px = 0; x_px + BLOCK <= plane->width_px; x_px += STEP) {\n"
    "        const float *from = plane->values + (size_t)y_px * plane->width_px + x_px;\n"
    "        for (unsigned i = 0; i < BLOCK; i++) {\n"
    "            transform_row(from + (size_t)i * plane->width_px, block[i]);\n"
    "        }\n"
    "        transpose(block, turned);\n"
    "        for (unsigned i = 0; i < BLOCK; i++) {\n"
    "            transform_row(turned[i], block[i]);\n"
    "        }\n"
    "        float weight = 1.0f / (float)threshold(block, limit);\n"
    "        restore(block, turned);\n"
    "        for (unsigned i = 0; i < BLOCK; i++) {\n"
    "            float *to = ret->values + (size_t)(y_px + i) * plane->width_px + x_px;\n"
    "            for (unsigned j = 0; j < BLOCK; j++) {\n"
    "                to[j] += weight * turned[i][j];\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "}\n"
    "\n"
    "enum status denoise_image(const struct image *src, float sigma, struct image *ret)\n"
    "{\n"
    "    struct plane planes[4];\n"
    "    for (unsigned y_px = 0; y_px + BLOCK <= src->height_px; y_px += STEP) {\n"
    "        denoise_row(&planes[0], y_px, 2.7f * sigma, &planes[1]);\n"
    "    }\n"
    "    return STATUS_OK;\n"
    "}\n";

static const char BLUR_C[] =
    "/* Gaussian blur by three extended boxes. */\n"
    "#include \"service/operate/blur.h\"\n"
    "\n"
    "static void box_row(const uint8_t *from, uint8_t *to, unsigned width_px, unsigned radius_px)\n"
    "{\n"
    "    uint32_t sum = 0;\n"
    "    for (unsigned x_px = 0; x_px < width_px; x_px++) {\n"
    "        sum += from[x_px + radius_px] - from[x_px];\n"
    "        to[x_px] = (uint8_t)(sum / (2 * radius_px + 1));\n"
    "    }\n"
    "}\n"
    "\n"
    "enum status blur_image(const struct image *src, float radius_px, struct image *ret)\n"
    "{\n"
    "    for (unsigned pass = 0; pass < 3; pass++) {\n"
    "        box_row(src->bytes, ret->bytes, src->width_px, (unsigned)radius_px);\n"
    "    }\n"
    "    return STATUS_OK;\n"
    "}\n";

static const struct profile_tag DENOISE[] = {{"format", "jpeg"}, {"operation", "noise_reduction"}};
static const struct profile_tag DENOISE_PNG[] = {{"format", "png"}, {"operation", "noise_reduction"}};
static const struct profile_tag BLUR[] = {{"format", "jpeg"}, {"operation", "blur"}};
static const struct profile_tag HEALTH[] = {{"route", "/health"}};
static const struct profile_tag STATIC[] = {{"region", "oregon"}, {"service", "image-service"}};

/* `copies`: times the same distribution. */
static void make_service(struct made *m, uint32_t scale)
{
    uint32_t app = made_module(m, "/app/image-service", true);
    uint32_t jpeg = made_module(m, "/usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0", false);
    uint32_t libc = made_module(m, "/usr/lib/x86_64-linux-gnu/libc.so.6", false);
    m->modules[jpeg].problem = "/usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0 has no debug info here: install the "
                               "-dbgsym package of its package to see lines";
    uint32_t dct = made_file(m, "/build/service/operate/dct.c", true, DCT_C);
    uint32_t blur = made_file(m, "/build/service/operate/blur.c", true, BLUR_C);
    uint32_t decode = made_file(m, "/build/service/decode/decode_jpeg.c", true, NULL);
    uint32_t worker = made_file(m, "/build/service/work/worker.c", true, NULL);
    m->files[decode].missing = m->files[worker].missing =
        "Keep the sources at that path, or say where they are: --source-root=DIR.";
    uint32_t start = made_function(m, "start_thread", PROFILE_NONE, 0, libc);
    uint32_t run = made_function(m, "worker_run", worker, 40, app);
    uint32_t denoise = made_function(m, "denoise_image", dct, 73, app),
             row = made_function(m, "denoise_row", dct, 49, app);
    uint32_t transform = made_function(m, "transform_row", dct, 18, app),
             limit = made_function(m, "threshold", dct, 34, app);
    uint32_t blur_image = made_function(m, "blur_image", blur, 13, app),
             box = made_function(m, "box_row", blur, 4, app);
    uint32_t decode_jpeg = made_function(m, "decode_jpeg", decode, 61, app);
    uint32_t idct = made_function(m, "jsimd_idct_islow_avx2", PROFILE_NONE, 0, jpeg),
             huffman = made_function(m, "decode_mcu", PROFILE_NONE, 0, jpeg);
    uint32_t write_f = made_function(m, "write", PROFILE_NONE, 0, libc),
             poll_f = made_function(m, "epoll_wait", PROFILE_NONE, 0, libc);

    uint32_t thread = made_call(m, 0, start, PROFILE_NONE, 0);
    uint32_t base = made_call(m, thread, run, worker, 52);
    uint32_t n_denoise = made_call(m, base, denoise, dct, 77);
    uint32_t n_store = made_call(m, n_denoise, row, dct, 66), n_loop = made_call(m, n_denoise, row, dct, 65);
    uint32_t n_rows = made_call(m, n_denoise, row, dct, 55), n_columns = made_call(m, n_denoise, row, dct, 59);
    uint32_t n_limit = made_call(m, n_denoise, row, dct, 61);
    uint32_t n_inlined[4];
    for (uint32_t i = 0; i < 4; i++) {
        n_inlined[i] = made_node(m, i & 1 ? n_columns : n_rows, made_frame(m, transform, dct, 28 + i, true));
    }
    uint32_t n_threshold = made_node(m, n_limit, made_frame(m, limit, dct, 39, true));
    uint32_t n_blur = made_call(m, base, blur_image, blur, 16);
    uint32_t n_sum = made_call(m, n_blur, box, blur, 8), n_divide = made_call(m, n_blur, box, blur, 9);
    uint32_t n_decode = made_call(m, base, decode_jpeg, decode, 88);
    uint32_t n_idct = made_call(m, n_decode, idct, PROFILE_NONE, 0),
             n_huffman = made_call(m, n_decode, huffman, PROFILE_NONE, 0);
    uint32_t n_reply = made_call(m, base, run, worker, 71), n_write = made_call(m, n_reply, write_f, PROFILE_NONE, 0);
    uint32_t n_poll = made_call(m, thread, poll_f, PROFILE_NONE, 0);

    uint32_t set_denoise = made_tag_set(m, DENOISE, 2), set_png = made_tag_set(m, DENOISE_PNG, 2),
             set_blur = made_tag_set(m, BLUR, 2);
    uint32_t set_health = made_tag_set(m, HEALTH, 1);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"worker-0", "worker-1", "http"};
        made_thread(m, 4243 + i, names[i]);
    }
    struct row {
        uint32_t node, samples, set;
        bool kernel;
    } rows[] = {
        {n_store, 421, set_denoise, false},
        {n_store, 97, set_png, false},
        {n_loop, 88, set_denoise, false},
        {n_inlined[0], 61, set_denoise, false},
        {n_inlined[1], 42, set_denoise, false},
        {n_inlined[2], 12, set_png, false},
        {n_inlined[3], 7, set_denoise, false},
        {n_threshold, 39, set_denoise, false},
        {n_rows, 3, set_png, false},
        {n_sum, 77, set_blur, false},
        {n_divide, 21, set_blur, false},
        {n_idct, 64, set_denoise, false},
        {n_idct, 31, set_blur, false},
        {n_huffman, 45, set_blur, false},
        {n_huffman, 52, set_denoise, false},
        {n_write, 18, set_blur, true},
        {n_write, 22, set_png, true},
        {n_poll, 11, 0, true},
        {n_reply, 2, set_health, false},
    };
    for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t left = rows[i].samples * scale;
        for (uint32_t bucket = 0; left > 0; bucket++) {
            uint32_t now = left < 20 ? left : 20;
            made_cell(m, rows[i].node, rows[i].set, i % 3, bucket, now, rows[i].kernel);
            left -= now;
        }
    }
    m->profile.static_tags = STATIC;
    m->profile.static_tag_count = 2;
    m->profile.ended = PROFILE_EXITED;
    m->profile.cpu_s_measured = (double)m->profile.cpu_ns_total / 1e9 * 1.01;
    m->profile.user_s = m->profile.cpu_s_measured * 0.95;
    m->profile.system_s = m->profile.cpu_s_measured * 0.05;
    for (uint32_t i = 0; i < m->profile.thread_count; i++) {
        m->threads[i].cpu_s_measured = m->threads[i].cpu_s_sampled * 1.01;
    }
}

/* The service with everything that can be left out, left out: blur.c by name, small things by the threshold, text
 * around samples. */
static void make_scoped(struct made *m)
{
    static const char *const exclude[] = {"blur.c"};
    make_service(m, 1);
    for (uint32_t i = 0; i < m->profile.file_count; i++) {
        m->files[i].left_out = strstr(m->files[i].path, exclude[0]) != NULL;
    }
    for (uint32_t i = 0; i < m->profile.function_count; i++) {
        m->functions[i].left_out = m->functions[i].file && strstr(m->functions[i].file, exclude[0]);
    }
    for (uint32_t i = 0; i < m->profile.frame_count; i++) {
        m->frames[i].own &= !m->functions[m->frames[i].function].left_out;
    }
    m->profile.scope =
        (struct profile_scope){.exclude = exclude, .exclude_count = 1, .cpu_percent_threshold = 4, .reduced = true};
}

static void make_few(struct made *m)
{
    make_service(m, 1);
    m->profile.samples = m->profile.complete_stacks = m->profile.cpu_ns_total = 0;
    m->profile.cell_count = 0;
    free(m->cells);
    m->cells = NULL;
    for (uint32_t i = 3; i < 20; i++) {
        made_cell(m, i, i % 3, 0, 0, 1 + i % 5, false);
    }
    m->profile.cpu_s_measured = (double)m->profile.cpu_ns_total / 1e9;
    m->profile.ended = PROFILE_SIGNALLED;
    m->profile.ended_code = 9;
}

/* 200 lines that cost the same. */
static void make_flat(struct made *m)
{
    uint32_t app = made_module(m, "/app/flat", true), file = made_file(m, "/build/flat.c", true, DCT_C);
    made_thread(m, 1, "main");
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t function = made_function(m, make_text("step_%u", i), file, i + 1, app);
        made_cell(m, made_call(m, 0, function, file, i + 1), 0, 0, 0, 20, false);
    }
}

static void make_hostile(struct made *m)
{
    static const char *const evil[] = {
        "</script><img src=x onerror=alert(1)>",
        "<!--<script>",
        "\"'><b onclick=alert(1)>&amp;&lt;",
        "\x01\x07\x1b[31m\x7f\xc2\x85",
        "\xff\xfe\xc0\xaf\xed\xa0\x80 bad utf-8",
        "]]>{{constructor}}${alert(1)}`",
        "\xe2\x80\xaegnp.exe",
        "__proto__",
        "constructor",
        "",
    };
    enum { COUNT = sizeof evil / sizeof *evil };
    static struct profile_tag tags[COUNT][1];
    uint32_t modules[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        modules[i] = made_module(m, evil[i], i % 2 == 0);
        made_thread(m, 10 + (int32_t)i, evil[i]);
        m->modules[i].problem = i % 2 == 0 ? evil[i] : NULL;
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        char *path = make_text("/src/%s.c", evil[i]);
        char *text = make_text("first\r\n%s\n</code></td><script>alert(2)</script>\n%s", evil[i], evil[(i + 1) % COUNT]);
        uint32_t file = made_file(m, path, true, i == 3 ? NULL : text);
        m->files[file].missing = evil[0];
        uint32_t function = made_function(m, evil[i], file, 1, modules[i]);
        tags[i][0] = (struct profile_tag){evil[(i + 1) % COUNT][0] ? evil[(i + 1) % COUNT] : "key", evil[i]};
        uint32_t set = made_tag_set(m, tags[i], 1);
        made_cell(m, made_call(m, 0, function, file, 2), set, i, i, 40 + i, i % 3 == 0);
        made_cell(m, made_call(m, 0, function, file, 999), set, i, i, 3, false);
    }
    m->profile.program = m->profile.command_line = m->profile.host = m->profile.engine_why = evil[0];
    m->profile.static_tags = tags[0];
    m->profile.static_tag_count = 1;
}

static void make_large(struct made *m)
{
    enum { FILES = 2000, FUNCTIONS = 8000, FRAMES = 60000, NODES = 200000, CELLS = 250000, FILE_LINES = 400 };
    static struct profile_tag tags[40][1];
    uint32_t app = made_module(m, "/app/large", true), library = made_module(m, "/usr/lib/liblarge.so", false);
    struct text_out text;
    text_out_init(&text, NULL, NULL);
    for (uint32_t i = 0; i < FILE_LINES; i++) {
        text_out_format(&text, "    state->field_%u = combine(state->field_%u, values[%u]); /* step %u */\n", i,
                        i * 7 % FILE_LINES, i, i * i);
    }
    static char *source; /* borrowed by the profile to the end */
    source = text_out_take(&text);
    for (uint32_t i = 0; i < FILES; i++) {
        made_file(m, make_text("/build/large/part_%u/file_%u.c", i / 50, i), true, i < 1500 ? source : NULL);
    }
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        made_function(m, make_text("namespace_%u::compute_part_%u(state&, int)", i % 30, i), i % FILES, 1 + i % FILE_LINES, i % 4 ? app : library);
    }
    uint32_t random = 7;
    for (uint32_t i = 0; i < FRAMES; i++) {
        random = random * 1664525 + 1013904223;
        uint32_t function = (random >> 8) % FUNCTIONS;
        made_frame(m, function, function % FILES, 1 + (random >> 4) % FILE_LINES, false);
    }
    for (uint32_t i = 1; i < NODES; i++) {
        random = random * 1664525 + 1013904223;
        uint32_t back = 1 + (random >> 8) % 30;
        made_node(m, i < 60 ? i - 1 : i - back - (i % 40 == 0 ? i / 2 : 0), (random >> 6) % FRAMES);
    }
    for (uint32_t i = 0; i < 40; i++) {
        tags[i][0] = (struct profile_tag){"customer", make_text("customer-%u", i)};
        made_tag_set(m, tags[i], 1);
        made_thread(m, 100 + (int32_t)i, "worker");
    }
    for (uint32_t i = 0; i < CELLS; i++) {
        random = random * 1664525 + 1013904223;
        made_cell(m, 1 + (random >> 8) % (NODES - 1), i % 41, i % 40, i / 1000, 4, i % 9 == 0);
    }
}

/* Same key: one of the values; different keys: all. */
static bool matches(const struct profile_tag_set *set, char **wanted, int count)
{
    for (int i = 0; i < count; i++) {
        size_t key_bytes = strcspn(wanted[i], "=");
        bool matched = false;
        for (int j = 0; j < count && !matched; j++) {
            if (strncmp(wanted[i], wanted[j], key_bytes + 1) != 0) {
                continue;
            }
            bool present = false;
            for (uint32_t k = 0; k < set->count; k++) {
                if (strncmp(set->tags[k].key, wanted[j], key_bytes) == 0 && set->tags[k].key[key_bytes] == '\0') {
                    present = true;
                    matched |= strcmp(set->tags[k].value, wanted[j] + key_bytes + 1) == 0;
                }
            }
            matched |= !present && wanted[j][key_bytes + 1] == '\0';
        }
        if (!matched) {
            return false;
        }
    }
    return true;
}

/* "--range=A..B": seconds since the start. */
static bool read_range(const char *text, struct profile_selection *ret)
{
    static const char option[] = "--range=";
    const char *dots = strstr(text, "..");
    char from[32] = "";
    if (strncmp(text, option, sizeof option - 1) != 0 || !dots || (size_t)(dots - text) >= sizeof option - 1 + sizeof from) {
        return false;
    }
    memcpy(from, text + sizeof option - 1, (size_t)(dots - text) - (sizeof option - 1));
    ret->from_s = strtod(from, NULL);
    ret->to_s = strtod(dots + 2, NULL);
    return true;
}

/* The tags of the command line; a test's few. */
static void read_tags(char **wanted, int count, struct profile_selection *ret)
{
    static struct profile_tag tags[8 + 1];
    for (int i = 0; i < count && i < 8; i++) {
        size_t key_bytes = strcspn(wanted[i], "=");
        tags[i] = (struct profile_tag){strndup(wanted[i], key_bytes), wanted[i] + key_bytes + 1};
        ret->tag_count++;
    }
    ret->tags = tags;
}

static void write_json(struct text_out *out, const void *context)
{
    report_json_text(out, context);
}

static bool is_saved_profile(const char *path)
{
    static const char suffix[] = ".pb.gz";
    size_t bytes = strlen(path);
    return bytes >= sizeof suffix && strcmp(path + bytes - (sizeof suffix - 1), suffix) == 0;
}

int main(int argc, char **argv)
{
    struct made made;
    made_init(&made);
    const char *kind = argc > 3 ? argv[1] : "";
    if (strcmp(kind, "service") == 0) {
        make_service(&made, 1);
    } else if (strcmp(kind, "scoped") == 0) {
        make_scoped(&made);
    } else if (strcmp(kind, "few") == 0) {
        make_few(&made);
    } else if (strcmp(kind, "flat") == 0) {
        make_flat(&made);
    } else if (strcmp(kind, "hostile") == 0) {
        make_hostile(&made);
    } else if (strcmp(kind, "large") == 0) {
        make_large(&made);
    } else if (strcmp(kind, "huge") == 0) {
        make_huge(&made);
    } else if (strcmp(kind, "answers") == 0) {
        make_service(&made, 1);
        make_answers(&made);
    } else if (strcmp(kind, "fleet") == 0) {
        make_fleet(&made);
    } else if (strcmp(kind, "empty") != 0) {
        fputs("usage: write_report service|scoped|empty|few|flat|hostile|large|huge|fleet|answers FILE.html|FILE.pb.gz FILE.json [--range=A..B] [KEY=VALUE...]\n",
              stderr);
        return 2;
    }
    struct profile_selection wanted = {0};
    int first_tag = argc > 4 && read_range(argv[4], &wanted) ? 5 : 4;
    read_tags(argv + first_tag, argc - first_tag, &wanted);
    bool *chosen = calloc(made.profile.tag_set_count, sizeof *chosen);
    for (uint32_t i = 0; chosen && i < made.profile.tag_set_count; i++) {
        chosen[i] = matches(&made.tag_sets[i], argv + first_tag, argc - first_tag);
    }
    struct summary_selection selection = {chosen};
    char error[300] = "";
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    bool (*write)(const struct profile *, const char *, char *, size_t) = is_saved_profile(argv[2]) ? report_pprof_write : report_html_write;
    bool written = write(&made.profile, argv[2], error, sizeof error);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    fprintf(stderr, "html %.1f ms CPU\n",
            (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6);
    /* As `hotline view` does; a selection without samples, which it refuses, is a summary of nothing in its time. */
    struct profile *part = argc > 4 ? profile_select(&made.profile, &wanted, error, sizeof error) : NULL;
    wanted.tag_count = part ? wanted.tag_count : 0;
    part = part || argc <= 4 ? part : profile_select(&made.profile, &wanted, error, sizeof error);
    struct summary *summary = summary_create(part ? part : &made.profile, &selection);
    written = written && summary && output_file_write(argv[3], write_json, summary, error, sizeof error);
    if (!written) {
        fprintf(stderr, "%s\n", error);
    }
    summary_destroy(summary);
    profile_select_release(part);
    for (const struct profile_tag *tag = wanted.tags; tag->key; tag++) {
        free((void *)(uintptr_t)tag->key);
    }
    free(chosen);
    made_deinit(&made);
    return written ? 0 : 1;
}
