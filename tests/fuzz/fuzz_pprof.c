/* Input: a saved profile, packed or not. What is read is whole: every index is in its array, sums are sums, and it can be reported and saved;
 * what was saved reads back, and saved again it is the same bytes. With the first byte 'S' the rest is a script that writes the fields of
 * a profile.proto: most of what random bytes are is no message at all. */
#include "tests/fuzz/fuzz_input.h"

#include "profiler/collector/profile_read.h"
#include "profiler/collector/proto_out.h"
#include "profiler/collector/report_json.h"
#include "profiler/collector/report_pprof.h"
#include "profiler/collector/report_text.h"
#include "profiler/collector/text_out.h"

enum { FIELDS_MAX = 300, DEPTH_MAX = 2 };

static void check_cells(const struct profile *profile, const struct profile_cell *cells, uint32_t count, uint64_t total_ns)
{
    uint64_t sum_ns = 0;
    for (uint32_t i = 0; i < count; i++) {
        REQUIRE(cells[i].node < profile->node_count && cells[i].tag_set < profile->tag_set_count && cells[i].thread < profile->thread_count);
        REQUIRE(cells[i].span == 0 || cells[i].span < profile->span_count);
        sum_ns += cells[i].cpu_ns;
    }
    REQUIRE(sum_ns == total_ns);
}

static void check_profile(const struct profile *profile)
{
    check_cells(profile, profile->cells, profile->cell_count, profile->cpu_ns_total);
    check_cells(profile, profile->wait_cells, profile->wait_cell_count, profile->wait_ns_total);
    for (uint32_t i = 1; i < profile->node_count; i++) {
        REQUIRE(profile->nodes[i].parent < i && profile->nodes[i].frame < profile->frame_count);
    }
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        REQUIRE(frame->function < profile->function_count && frame->module < profile->module_count);
        REQUIRE(frame->file == PROFILE_NONE || frame->file < profile->file_count);
    }
    for (uint32_t i = 0; i < profile->function_count; i++) {
        REQUIRE(profile->functions[i].name && profile->functions[i].module < profile->module_count);
    }
    for (uint32_t i = 0; i < profile->lock_count; i++) {
        REQUIRE(profile->locks[i].node < profile->node_count);
    }
    REQUIRE(profile->bucket_ns > 0 && profile->program && profile->command_line && profile->host && profile->thread_count > 0);
}

static bool drop_text(void *context, const char *bytes, size_t count)
{
    (void)context;
    REQUIRE(!memchr(bytes, '\0', count));
    return true;
}

static void write_texts(const struct profile *profile)
{
    struct text_out out;
    struct summary *summary = summary_create(profile, NULL);
    REQUIRE(summary);
    text_out_init(&out, drop_text, NULL);
    report_json_text(&out, summary);
    report_text_text(&out, summary);
    REQUIRE(text_out_flush(&out));
    text_out_deinit(&out);
    summary_destroy(summary);
}

static struct text_out save(const struct profile *profile)
{
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    report_pprof_bytes(&out, profile);
    REQUIRE(!out.failed);
    return out;
}

static void read_and_save(const uint8_t *bytes, size_t count)
{
    char error[256] = "";
    struct profile *profile = profile_read_bytes(bytes, count, error, sizeof error);
    if (!profile) {
        REQUIRE(error[0] != '\0' && !strchr(error, '\n'));
        return;
    }
    check_profile(profile);
    write_texts(profile);
    struct text_out first = save(profile);
    profile_read_destroy(profile);
    profile = profile_read_bytes((const uint8_t *)first.bytes, first.count, error, sizeof error);
    REQUIRE(profile);
    check_profile(profile);
    struct text_out second = save(profile);
    profile_read_destroy(profile);
    profile = profile_read_bytes((const uint8_t *)second.bytes, second.count, error, sizeof error);
    REQUIRE(profile);
    struct text_out third = save(profile);
    REQUIRE(second.count == third.count && memcmp(second.bytes, third.bytes, second.count) == 0);
    profile_read_destroy(profile);
    text_out_deinit(&first);
    text_out_deinit(&second);
    text_out_deinit(&third);
}

/* Fields of a message, some of them messages. */
static void write_fields(struct script *script, struct text_out *out, unsigned depth, unsigned *fields_left)
{
    unsigned count = (unsigned)script_take(script, 1) % 12;
    for (unsigned i = 0; i < count && *fields_left > 0 && script->at < script->end; i++) {
        --*fields_left;
        unsigned choice = (unsigned)script_take(script, 1), field = choice % 16;
        field = depth == 0 && choice >= 240 ? 1000 : field;
        unsigned kind = (unsigned)script_take(script, 1) % 4;
        if (kind == 0 && depth > 0) {
            proto_out_number(out, field, script_take(script, 1) % 6);
        } else if (kind == 1) {
            proto_out_number(out, field, script_take(script, 8));
        } else if (kind == 2 || depth == DEPTH_MAX) {
            size_t bytes = script_take(script, 1) % 40, left = (size_t)(script->end - script->at);
            bytes = bytes < left ? bytes : left;
            proto_out_bytes(out, field, (const char *)script->at, bytes);
            script->at += bytes;
        } else {
            struct text_out part;
            text_out_init(&part, NULL, NULL);
            write_fields(script, &part, depth + 1, fields_left);
            proto_out_part(out, field, &part);
            text_out_deinit(&part);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0 || bytes[0] != 'S') {
        read_and_save(bytes, length);
        return 0;
    }
    struct script script = {bytes + 1, bytes + length};
    struct text_out out;
    unsigned fields_left = FIELDS_MAX;
    text_out_init(&out, NULL, NULL);
    while (script.at < script.end && fields_left > 0) {
        write_fields(&script, &out, 0, &fields_left);
        fields_left -= fields_left > 0;
    }
    read_and_save(out.bytes ? (const uint8_t *)out.bytes : bytes, out.count);
    text_out_deinit(&out);
    return 0;
}
