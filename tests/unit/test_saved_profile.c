/* struct profile -> pprof -> struct profile: nothing of it is lost, whatever things are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_read.h"
#include "profiler/collector/report_json.h"
#include "profiler/collector/report_pprof.h"
#include "profiler/collector/text_out.h"
#include "tests/unit/made_profile.h"

#define TEST(name) static void name(void **state)

static struct text_out save(const struct profile *profile)
{
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    report_pprof_bytes(&out, profile);
    assert_false(out.failed);
    return out;
}

static struct profile *read_again(const struct text_out *saved)
{
    char error[256] = "";
    struct profile *profile = profile_read_bytes((const uint8_t *)saved->bytes, saved->count, error, sizeof error);
    assert_string_equal(error, "");
    assert_non_null(profile);
    return profile;
}

static char *json_of(const struct profile *profile)
{
    struct text_out out;
    struct summary *summary = summary_create(profile, NULL);
    text_out_init(&out, NULL, NULL);
    report_json_text(&out, summary);
    summary_destroy(summary);
    char *text = text_out_take(&out);
    assert_non_null(text);
    return text;
}

/* The same JSON; the same bytes when it is saved again. ret: what was read. */
static struct profile *assert_comes_back(const struct profile *profile)
{
    struct text_out saved = save(profile);
    struct profile *read = read_again(&saved);
    struct text_out again = save(read);
    char *before = json_of(profile), *after = json_of(read);
    assert_string_equal(before, after);
    assert_int_equal(saved.count, again.count);
    assert_memory_equal(saved.bytes, again.bytes, saved.count);
    free(before);
    free(after);
    text_out_deinit(&saved);
    text_out_deinit(&again);
    return read;
}

/* main -> work -> helper, inlined into work; a libc function; two threads that look the same. */
static uint32_t make_code(struct made *made, const char *name)
{
    uint32_t outside = made_module(made, "[code outside every module]", false);
    uint32_t program = made_module(made, "/srv/app/image-service", true), library = made_module(made, "/lib/libc.so.6", false);
    strcpy(made->modules[program].build_id, "0123456789abcdef0123456789abcdef01234567");
    made->modules[library].problem = "it has no lines: install libc6-dbg, 100 % of them";
    uint32_t file = made_file(made, "/srv/src/main.c", true, NULL);
    uint32_t work = made_function(made, name, file, 10, program), helper = made_function(made, "helper", file, 5, program);
    uint32_t copy = made_function(made, "memcpy", PROFILE_NONE, 0, library);
    (void)made_function(made, "nobody's", PROFILE_NONE, 0, outside);
    uint32_t outer = made_call(made, 0, work, file, 12);
    uint32_t inner = made_node(made, outer, made_frame(made, helper, file, 6, true));
    uint32_t leaf = made_call(made, inner, copy, PROFILE_NONE, 0);
    made_thread(made, 1, "worker");
    made_thread(made, 1, "worker");
    made_cell(made, leaf, 0, 0, 0, 3, false);
    made_cell(made, inner, 0, 1, 7, 2, true);
    made_cell(made, outer, 0, 1, 7, 1, false);
    return leaf;
}

TEST(a_profile_comes_back)
{
    struct made made;
    (void)state;
    made_init(&made);
    make_code(&made, "work");
    struct profile *read = assert_comes_back(&made.profile);
    assert_int_equal(read->frame_count, 3);
    assert_true(read->frames[2].inlined); /* numbered from the leaf */
    assert_string_equal(read->modules[1].build_id, "0123456789abcdef0123456789abcdef01234567");
    assert_string_equal(read->modules[2].problem, "it has no lines: install libc6-dbg, 100 % of them");
    assert_int_equal(read->cells[1].thread, 1);
    assert_true(read->cells[1].in_kernel);
    assert_int_equal(read->cells[1].bucket, 7);
    profile_read_destroy(read);
    made_deinit(&made);
}

/* Keys that are labels of hotline's own, or of the whole profile, with the same value or another. */
TEST(tags_do_not_take_each_others_place)
{
    static const struct profile_tag fixed[] = {{"region", "fra"}, {"tid", "static"}};
    static const struct profile_tag first[] = {{"region", "fra"}, {"tag.x", "1"}, {"thread", "2"}, {"tid", "3"}}, second[] = {{"kernel", "no"}, {"region", "oregon"}};
    struct made made;
    (void)state;
    made_init(&made);
    uint32_t leaf = make_code(&made, "work");
    made.profile.static_tags = fixed;
    made.profile.static_tag_count = 2;
    made_cell(&made, leaf, made_tag_set(&made, first, 4), 0, 1, 5, false);
    made_cell(&made, leaf, made_tag_set(&made, second, 2), 1, 1, 6, false);
    struct profile *read = assert_comes_back(&made.profile);
    assert_int_equal(read->tag_set_count, 3);
    assert_int_equal(read->cells[3].tag_set, 1);
    assert_int_equal(read->cells[4].tag_set, 2);
    profile_read_destroy(read);
    made_deinit(&made);
}

TEST(spans_waits_and_locks_come_back)
{
    static const struct profile_span spans[] = {{.name = ""},
                                                {.id = 0xfedcba9876543210, .name = "POST /process", .method = "POST", .path = "/process?a=b c%20d",
                                                 .request_id = "-", .thread = 1, .begin_ns = 5, .wall_ns = 1000000},
                                                {.id = 2, .name = "job", .begin_ns = 6, .wall_ns = 9, .running = true}};
    static const struct profile_latency latencies[] = {{"job", 0, 3, 4}, {"job", 0, 9, 1}, {"POST /process", 0, 9, 100}};
    struct made made;
    (void)state;
    made_init(&made);
    uint32_t leaf = make_code(&made, "work");
    struct profile_cell waits[] = {{.node = leaf, .thread = 1, .span = 1, .bucket = 2, .samples = 4, .cpu_ns = 123}};
    struct profile_lock locks[] = {{.pid = 4242, .address = 0xffffffffffffffff, .name = "big_lock", .node = leaf, .samples = 2, .waited_ns = 77},
                                   {.pid = 4242, .address = 16, .node = leaf, .samples = 1, .waited_ns = 7}};
    made.cells[0].span = 2;
    made.profile.spans = spans;
    made.profile.span_count = 3;
    made.profile.spans_ended = 105;
    made.profile.spans_lost = 7;
    made.profile.spans_cut_ns = 8000000;
    made.profile.latencies = latencies;
    made.profile.latency_count = 3;
    made.profile.wall = true;
    made.profile.wait_cells = waits;
    made.profile.wait_cell_count = 1;
    made.profile.wait_ns_total = 123;
    made.profile.locks = locks;
    made.profile.lock_count = 2;
    struct profile *read = assert_comes_back(&made.profile);
    assert_int_equal(read->span_count, 3);
    assert_true(read->spans[1].id == 0xfedcba9876543210);
    assert_string_equal(read->spans[1].path, "/process?a=b c%20d");
    assert_string_equal(read->spans[1].request_id, "-");
    assert_null(read->spans[2].method);
    assert_int_equal(read->cells[0].span, 2);
    assert_int_equal(read->wait_cells[0].span, 1);
    assert_int_equal(read->latency_count, 3);
    assert_int_equal(read->latencies[1].step, 9);
    assert_int_equal(read->lock_count, 2);
    assert_true(read->locks[0].address == UINT64_MAX);
    assert_null(read->locks[1].name);
    profile_read_destroy(read);
    made_deinit(&made);
}

/* Readers refuse a profile with strings that are not UTF-8; and a name may hold whatever separates things elsewhere. */
TEST(hostile_names_are_names)
{
    static const struct profile_tag tags[] = {{"new\nline", "</script> = %\x01"}};
    struct made made;
    (void)state;
    made_init(&made);
    uint32_t leaf = make_code(&made, "</script><img onerror=x>\xff\xfe\n\tmodule=1 x y z");
    made.profile.command_line = "a b\nprogram=evil \xc3\x28";
    made.threads[0].name = "a b\xff";
    made_cell(&made, leaf, made_tag_set(&made, tags, 1), 0, 1, 5, false);
    struct text_out saved = save(&made.profile);
    const char *text = saved.bytes;
    for (size_t i = 0; i < saved.count; i++) {
        assert_false((unsigned char)text[i] == 0xfe); /* nowhere in UTF-8; no varint of this profile has it */
    }
    struct profile *read = read_again(&saved);
    char *before = json_of(&made.profile), *after = json_of(read);
    assert_string_equal(before, after);
    assert_string_equal(read->tag_sets[1].tags[0].value, "</script> = %\x01");
    assert_string_equal(read->program, "/srv/app/image-service");
    free(before);
    free(after);
    profile_read_destroy(read);
    text_out_deinit(&saved);
    made_deinit(&made);
}

TEST(what_is_no_profile_is_refused_in_words)
{
    static const struct {
        const char *bytes;
        size_t count;
        const char *error;
    } cases[] = {
        {"hello, world", 12, "it is damaged, or no profile"},
        {"\x0a\x7f", 2, "it is damaged, or no profile"},
        {"\x32\x00", 2, "it does not say what its values are"},
        {"\x0a\x02\x08\x09\x32\x00", 6, "it names a string that it does not have"},
        {"\x0a\x00\x32\x00\x12\x00", 6, "it has a sample with too few values"},
        {"\x0a\x00\x32\x00\x12\x05\x0a\x01\x07\x10\x01", 11, "it names something that it does not have"},
        {"\x0a\x00\x32\x00\x12\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 17, "it has negative values: it is a difference of profiles, not a profile"},
        {"\x0a\x00\x32\x00\x22\x02\x08\x01\x22\x02\x08\x01", 12, "it has an id twice"},
        {"\x0a\x00\x32\x00\xc2\x3e\x06pid=x1", 13, "it has a note of hotline's that makes no sense"},
        {"\x0a\x00\x32\x00\xc2\x3e\x0b" "bucket_ns=0", 18, "it has a duration or rate that makes no sense"},
        {"\x1f\x8b\x08\x00", 4, "it cannot be unpacked: it ends in the middle"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char error[256] = "";
        assert_null(profile_read_bytes((const uint8_t *)cases[i].bytes, cases[i].count, error, sizeof error));
        assert_string_equal(error, cases[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_comes_back),    cmocka_unit_test(tags_do_not_take_each_others_place),
        cmocka_unit_test(spans_waits_and_locks_come_back), cmocka_unit_test(hostile_names_are_names),
        cmocka_unit_test(what_is_no_profile_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
