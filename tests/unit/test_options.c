/* The command line: what each flag sets, what is refused and with which words; and what becomes of the outputs, the
 * tags, LD_PRELOAD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wrapper/fetch_hint.h"
#include "wrapper/options.h"
#include "wrapper/output_plan.h"
#include "wrapper/preload.h"
#include "wrapper/report_scope.h"
#include "wrapper/static_tags.h"

#define TEST(name) static void name(void **state)
#define WORDS(...) ((char *[]){(char *)(uintptr_t) "hotline", __VA_ARGS__, NULL})
#define W(word)    ((char *)(uintptr_t)(word))

enum { NOW = 1700000000 };

static bool parse_words(char *const *words, struct options *ret, char error[512])
{
    int count = 0;
    while (words[count] != NULL) {
        count++;
    }
    error[0] = '\0';
    return options_parse(count, words, ret, error, 512);
}

#define PARSE(...)                                                                                                     \
    struct options options;                                                                                            \
    char error[512];                                                                                                   \
    bool fine = parse_words(WORDS(__VA_ARGS__), &options, error);                                                      \
    (void)state;                                                                                                       \
    assert_string_equal(error, "");                                                                                    \
    assert_true(fine)

static void assert_refused(char *const *words, const char *reason)
{
    struct options options;
    char error[512];
    assert_false(parse_words(words, &options, error));
    assert_string_equal(error, reason);
    assert_null(strchr(error, '\n'));
}

TEST(defaults)
{
    PARSE(W("prog"));
    assert_int_equal(options.verb, VERB_RUN);
    assert_true(options.sampling_period_s == 0.01 && options.profile_interval_s == 15);
    assert_false(options.off || options.force || options.profile_all || options.reduced_profile);
    assert_true(options.cpu_percent_threshold == 0 && options.source == PROFILE_SOURCE_ALL);
    assert_int_equal(options.outfiles.count + options.tags.count, 0);
    assert_string_equal(options.program[0], "prog");
    assert_null(options.program[1]);
}

TEST(every_run_flag_sets_its_field)
{
    PARSE(W("--cpu"), W("--html"), W("--json"), W("--text"), W("--outfile=a.html"), W("-o"), W("b.json"), W("-oc.txt"),
          W("--profile-interval"), W("2.5"), W("--cpu-sampling-rate=0.02"), W("--tag=a=b"), W("--tag"), W("c=d"),
          W("--profile-only=a,b"), W("--profile-exclude"), W("c"), W("--cpu-percent-threshold=2.5"),
          W("--reduced-profile"), W("--source=project"), W("--source-map=/a=/b"), W("--source-map"), W("/c=/d"),
          W("--off"), W("--slower-than=12.5"), W("--program-path=/x"), W("--profile-all"), W("--source-root=/y"), W("--force"), W("prog"),
          W("--json"), W("-h"));
    assert_true(options.cpu && options.formats[OUTPUT_HTML] && options.formats[OUTPUT_JSON] &&
                options.formats[OUTPUT_TEXT]);
    assert_int_equal(options.outfiles.count, 3);
    assert_string_equal(options.outfiles.values[0], "a.html");
    assert_string_equal(options.outfiles.values[1], "b.json");
    assert_string_equal(options.outfiles.values[2], "c.txt");
    assert_true(options.profile_interval_s == 2.5 && options.sampling_period_s == 0.02);
    assert_int_equal(options.tags.count, 2);
    assert_string_equal(options.tags.values[1], "c=d");
    assert_true(options.slower_than_ms == 12.5);
    assert_true(options.off && options.profile_all && options.force);
    assert_string_equal(options.program_path, "/x");
    assert_string_equal(options.source_root, "/y");
    assert_int_equal(options.profile_only.count, 1);
    assert_string_equal(options.profile_exclude.values[0], "c");
    assert_true(options.reduced_profile && options.cpu_percent_threshold == 2.5);
    assert_int_equal(options.source, PROFILE_SOURCE_PROJECT);
    assert_int_equal(options.source_maps.count, 2);
    assert_string_equal(options.source_maps.values[1], "/c=/d");
    assert_int_equal(options.verb, VERB_RUN);
    assert_string_equal(options.program[1], "--json"); /* the program's own words stay its own */
    assert_string_equal(options.program[2], "-h");
}

TEST(frequency_is_the_inverse_of_the_rate)
{
    PARSE(W("-F250"), W("prog"));
    assert_true(options.sampling_period_s == 1 / 250.0);
    assert_true(parse_words(WORDS(W("--frequency"), W("1000"), W("prog")), &options, error));
    assert_true(options.sampling_period_s == 0.001);
}

TEST(the_engine_is_the_timer_unless_perf_is_asked_for)
{
    PARSE(W("prog"));
    assert_int_equal(options.engine, SESSION_ENGINE_TIMER);
    assert_true(parse_words(WORDS(W("--engine=perf"), W("prog")), &options, error));
    assert_int_equal(options.engine, SESSION_ENGINE_PERF);
    assert_true(parse_words(WORDS(W("--engine"), W("timer"), W("prog")), &options, error));
    assert_int_equal(options.engine, SESSION_ENGINE_TIMER);
    assert_false(parse_words(WORDS(W("--engine=hardware"), W("prog")), &options, error));
    assert_string_equal(error, "--engine=hardware: not one of timer, perf");
}

TEST(two_dashes_end_the_options)
{
    PARSE(W("--html"), W("--"), W("--json"), W("x"));
    assert_string_equal(options.program[0], "--json");
    assert_false(options.formats[OUTPUT_JSON]);
}

TEST(view_takes_profiles_and_what_concerns_reports)
{
    struct options options;
    char error[512];
    (void)state;
    assert_true(parse_words(WORDS(W("--json"), W("view"), W("a.pb.gz"), W("-o"), W("x.json"), W("--source=none"), W("b.pb.gz"), W("--"), W("-c")),
                            &options, error));
    assert_int_equal(options.verb, VERB_VIEW);
    assert_int_equal(options.profiles.count, 3);
    assert_string_equal(options.profiles.values[1], "b.pb.gz");
    assert_string_equal(options.profiles.values[2], "-c");
    assert_true(options.formats[OUTPUT_JSON] && options_given(&options, "source") && !options_given(&options, "profile-only"));
    assert_refused(WORDS(W("view")), "which profile? Usage: hotline view PROFILE [options] (hotline --help)");
    assert_refused(WORDS(W("view"), W("a"), W("--wall")), "--wall means nothing with view");
    assert_refused(WORDS(W("-F"), W("99"), W("view"), W("a")), "--frequency means nothing with view");
    assert_true(parse_words(WORDS(W("--"), W("view"), W("file")), &options, error)); /* a program of that name */
    assert_int_equal(options.verb, VERB_RUN);
}

TEST(verbs)
{
    static const struct {
        char *word;
        double seconds;
    } times[] = {
        {W("--for=30s"), 30}, {W("--for=5m"), 300}, {W("--for=500ms"), 0.5}, {W("--for=2"), 2}, {W("--for=1h"), 3600}};
    for (unsigned i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct options window;
        char reason[512];
        assert_true(parse_words(WORDS(W("--on"), times[i].word, W("--pid=12")), &window, reason));
        assert_true(window.for_s == times[i].seconds);
    }
    PARSE(W("--off"), W("--pid=12"));
    assert_int_equal(options.verb, VERB_OFF);
    assert_int_equal(options.pid, 12);
    assert_true(parse_words(WORDS(W("--pid"), W("7"), W("--on")), &options, error));
    assert_int_equal(options.verb, VERB_ON);
    assert_true(parse_words(WORDS(W("--dump"), W("--pid=7")), &options, error));
    assert_int_equal(options.verb, VERB_DUMP);
    assert_true(parse_words(WORDS(W("--status")), &options, error));
    assert_int_equal(options.verb, VERB_STATUS);
    assert_true(parse_words(WORDS(W("-h"), W("--nonsense")), &options, error));
    assert_int_equal(options.verb, VERB_HELP);
    assert_true(parse_words(WORDS(W("-V")), &options, error));
    assert_int_equal(options.verb, VERB_VERSION);
}

TEST(what_is_refused)
{
    (void)state;
    assert_refused(WORDS(W("--cpux"), W("prog")), "there is no option --cpux (hotline --help lists them)");
    assert_refused(WORDS(W("--cp"), W("prog")),
                   "there is no option --cp (hotline --help lists them)"); /* no abbreviations */
    assert_refused(WORDS(W("--memory=yes"), W("prog")), "there is no option --memory (hotline --help lists them)");
    assert_refused(WORDS(W("-x"), W("prog")), "there is no option -x (hotline --help lists them)");
    assert_refused(WORDS(W("--html=yes"), W("prog")), "--html takes no value (--html=yes)");
    assert_refused(WORDS(W("--outfile")), "--outfile wants a value: --outfile=FILE");
    assert_refused(WORDS(W("--outfile="), W("prog")), "--outfile: FILE is empty");
    assert_refused(WORDS(W("--source=some"), W("prog")), "--source=some: not one of all, project, none");
    assert_refused(WORDS(W("--reduced-profile=1"), W("prog")),
                   "--reduced-profile takes no value (--reduced-profile=1)");
    assert_refused(WORDS(W("--cpu-percent-threshold=101"), W("prog")),
                   "--cpu-percent-threshold=101: not a percentage from 0 to 100");
    assert_refused(WORDS(W("--html")), "which program? Usage: hotline [options] program [arguments] (hotline --help)");
    assert_refused(WORDS(W("--on"), W("--off"), W("--pid=1")), "only one of --on, --off, --dump, --status at a time");
    assert_refused(WORDS(W("--for=30s"), W("--off"), W("--pid=1")),
                   "--for wants --on with it: hotline --on --for=30s --pid=PID");
    assert_refused(WORDS(W("--on"), W("--for=30x"), W("--pid=1")), "--for=30x: not a time like 30s, 5m or 500ms");
    assert_refused(WORDS(W("--on"), W("--for=0s"), W("--pid=1")), "--for=0s: not a time like 30s, 5m or 500ms");
    assert_refused(WORDS(W("--pid=1")), "--pid wants one of --on, --off, --dump, --status with it");
    assert_refused(WORDS(W("--on"), W("prog")), "--on talks to a running session: it starts no program (prog)");
    assert_refused(WORDS(W("--off"), W("--pid=1"), W("prog")),
                   "--off with --pid talks to a running session: it starts no program (prog)");
    assert_refused(WORDS(W("--off")), "--off: which session? Give --pid=PID, or a program to start without sampling "
                                      "(hotline --status lists the sessions)");
    assert_refused(WORDS(W("--status"), W("--html")), "--html means nothing with --status");
}

TEST(numbers_are_checked)
{
    static const char *const wrong[] = {"--profile-interval=x",
                                        "--slower-than=-1",
                                        "--slower-than=1s",
                                        "--profile-interval=-1",
                                        "--profile-interval=1s",
                                        "--profile-interval=nan",
                                        "--profile-interval=inf",
                                        "--profile-interval=",
                                        "--frequency=0",
                                        "--frequency=1e9",
                                        "--cpu-sampling-rate=0",
                                        "--pid=0",
                                        "--pid=-1",
                                        "--pid=1x",
                                        "--pid=99999999999",
                                        "--max-nodes=999",
                                        "--max-nodes=many"};
    struct options options;
    char error[512];
    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(parse_words(WORDS(W(wrong[i]), W("prog")), &options, error));
        assert_int_equal(strncmp(error, wrong[i], strcspn(wrong[i], "=")), 0);
    }
    assert_true(parse_words(WORDS(W("--profile-interval=0"), W("prog")), &options, error));
}

TEST(a_list_is_bounded)
{
    char *words[OPTIONS_MAX_LIST + 4] = {W("hotline")};
    struct options options;
    char error[512];
    (void)state;
    for (int i = 0; i < OPTIONS_MAX_LIST; i++) {
        words[1 + i] = W("--tag=a=b");
    }
    words[1 + OPTIONS_MAX_LIST] = W("prog");
    assert_true(parse_words(words, &options, error));
    words[1 + OPTIONS_MAX_LIST] = W("--tag=a=b");
    words[2 + OPTIONS_MAX_LIST] = W("prog");
    assert_false(parse_words(words, &options, error));
}

TEST(ranges_and_what_they_are_for)
{
    struct options options;
    char error[512];
    (void)state;
    assert_true(parse_words(WORDS(W("view"), W("a.pb.gz"), W("--range=1.5..20")), &options, error));
    assert_int_equal(options.verb, VERB_VIEW);
    assert_true(options.range.from_s == 1.5 && options.range.to_s == 20);
    assert_true(parse_words(WORDS(W("diff"), W("--range=..3"), W("a"), W("b"), W("--fail-above=5"), W("--normalize")), &options, error));
    assert_int_equal(options.verb, VERB_DIFF);
    assert_true(options.range.from_s == 0 && options.range.to_s == 3 && options.fail_above_percent == 5 && options.normalize);
    assert_true(parse_words(WORDS(W("view"), W("a"), W("--range=10..")), &options, error));
    assert_true(options.range.from_s == 10 && options.range.to_s == 0);
    static const char *const wrong[] = {"--range=..", "--range=3", "--range=5..4", "--range=a..b", "--range=-1..4", "--range=1..2x", "--range=inf.."};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char word[32];
        snprintf(word, sizeof word, "%s", wrong[i]);
        assert_false(parse_words(WORDS(W("view"), W("a"), word), &options, error));
        assert_non_null(strstr(error, "not a range of seconds like 10..20"));
    }
    assert_false(parse_words(WORDS(W("--range=1..2"), W("program")), &options, error));
    assert_non_null(strstr(error, "--range is for saved profiles"));
    assert_false(parse_words(WORDS(W("view"), W("a"), W("--normalize")), &options, error));
    assert_string_equal(error, "--normalize means nothing with view");
    assert_false(parse_words(WORDS(W("diff"), W("a")), &options, error));
    assert_non_null(strstr(error, "which two profiles?"));
}

TEST(the_help_names_every_option_once)
{
    static const char *const names[] = {"--cpu ",
                                        "--wall ",
                                        "--html",
                                        "--json ",
                                        "--text ",
                                        "--outfile=FILE",
                                        "--profile-interval=S",
                                        "--cpu-sampling-rate=S",
                                        "--frequency=HZ",
                                        "--engine=WHICH",
                                        "--tag=KEY=VALUE",
                                        "--off ",
                                        "--on ",
                                        "--dump ",
                                        "--status ",
                                        "--pid=PID",
                                        "--program-path=DIR",
                                        "--profile-all",
                                        "--source-root=DIR",
                                        "--source-map=OLD=NEW",
                                        "--source=WHICH",
                                        "--profile-only=A,B",
                                        "--profile-exclude=A,B",
                                        "--cpu-percent-threshold=N",
                                        "--reduced-profile ",
                                        "--max-nodes=N",
                                        "--force",
                                        "--wait-children ",
                                        "--range=A..B",
                                        "--thread=NAME|TID",
                                        "--span=ID",
                                        "--normalize ",
                                        "--fail-above=PERCENT",
                                        "--help",
                                        "--version"};
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    (void)state;
    assert_non_null(out);
    options_print_help(out);
    fclose(out);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_non_null(strstr(text, names[i]));
    }
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        assert_true(strcspn(line, "\n") <= 120);
    }
    free(text);
}

static bool make_scope(char *const *words, struct report_scope *ret, char error[512])
{
    struct options options;
    assert_true(parse_words(words, &options, error));
    return report_scope_init(ret, &options, error, 512);
}

TEST(lists_end_at_commas_and_maps_at_the_equals_sign)
{
    struct report_scope scope;
    char error[512];
    (void)state;
    assert_true(make_scope(WORDS(W("--profile-only=src/,,lib"), W("--profile-only=x"), W("--profile-exclude=,vendor,"),
                                 W("--source-map=/old/a=/usr"), W("--source-map=/old=b=/"), W("--reduced-profile"),
                                 W("--source=none"), W("--cpu-percent-threshold"), W("0.5"), W("prog")),
                           &scope, error) == false);
    assert_non_null(strstr(error, "--source-map=/old=b=/: b=/: No such file or directory"));
    assert_true(make_scope(WORDS(W("--profile-only=src/,,lib"), W("--profile-only=x"), W("--profile-exclude=,vendor,"),
                                 W("--source-map=/old/a=/usr/../usr"), W("--source-map=/b=/"), W("--reduced-profile"),
                                 W("--source=none"), W("--cpu-percent-threshold"), W("0.5"), W("prog")),
                           &scope, error));
    assert_int_equal(scope.scope.only_count, 3);
    assert_string_equal(scope.scope.only[0], "src/");
    assert_string_equal(scope.scope.only[1], "lib");
    assert_string_equal(scope.scope.only[2], "x");
    assert_int_equal(scope.scope.exclude_count, 1);
    assert_string_equal(scope.scope.exclude[0], "vendor");
    assert_int_equal(scope.map_count, 2);
    assert_string_equal(scope.maps[0].from, "/old/a");
    assert_string_equal(scope.maps[0].to, "/usr");
    assert_string_equal(scope.maps[1].to, ""); /* what follows begins with its slash */
    assert_true(scope.scope.reduced && scope.scope.cpu_percent_threshold == 0.5);
    assert_int_equal(scope.scope.source, PROFILE_SOURCE_NONE);
    report_scope_deinit(&scope);
    assert_false(make_scope(WORDS(W("--profile-only=,"), W("prog")), &scope, error));
    assert_string_equal(error, "--profile-only: no name in it");
    assert_false(make_scope(WORDS(W("--profile-only=a"), W("--profile-exclude=,"), W("prog")), &scope, error));
    assert_string_equal(error, "--profile-exclude: no name in it");
    static const char *const maps[] = {"--source-map=/a", "--source-map==/usr", "--source-map=/a="};
    for (unsigned i = 0; i < 3; i++) {
        assert_false(make_scope(WORDS(W(maps[i]), W("prog")), &scope, error));
        assert_non_null(strstr(error, ": not OLD=NEW"));
    }
    assert_false(make_scope(WORDS(W("--source-map=/a=/etc/passwd"), W("prog")), &scope, error));
    assert_non_null(strstr(error, "/etc/passwd: Not a directory"));
}

/* The formats and base names of the outputs of a command line, "html:report.html json:x.json", or "!reason". */
static void plan_text(char *const *words, char ret[1024])
{
    static const char *const names[] = {[OUTPUT_HTML] = "html", [OUTPUT_JSON] = "json", [OUTPUT_TEXT] = "text", [OUTPUT_PPROF] = "pprof"};
    struct options options;
    struct output_plan plan;
    char error[512];
    ret[0] = '\0';
    assert_true(parse_words(words, &options, error));
    if (!output_plan_init(&plan, &options, NOW, error, sizeof error)) {
        snprintf(ret, 1024, "!%s", error);
        return;
    }
    for (unsigned i = 0; i < plan.count; i++) {
        assert_int_equal(plan.outputs[i].path[0], '/');
        sprintf(ret + strlen(ret), "%s%s:%s", i > 0 ? " " : "", names[plan.outputs[i].format],
                strrchr(plan.outputs[i].path, '/') + 1);
    }
    output_plan_deinit(&plan);
}

#define ASSERT_PLAN(expected, ...)                                                                                     \
    do {                                                                                                               \
        char planned[1024];                                                                                            \
        plan_text(WORDS(__VA_ARGS__, W("prog")), planned);                                                             \
        assert_string_equal(planned, expected);                                                                        \
    } while (0)

TEST(outputs_follow_flags_and_suffixes)
{
    (void)state;
    ASSERT_PLAN("html:profile.html", W("--cpu"));
    ASSERT_PLAN("html:profile.html", W("--html"));
    ASSERT_PLAN("json:profile.json", W("--json"));
    ASSERT_PLAN("html:profile.html json:profile.json text:profile.txt", W("--html"), W("--json"), W("--text"));
    ASSERT_PLAN("json:x.json", W("-ox.json"));
    ASSERT_PLAN("html:X.HTML", W("-oX.HTML"));
    ASSERT_PLAN("json:x.json text:y.txt", W("-ox.json"), W("-oy.txt"));
    ASSERT_PLAN("pprof:x.pb.gz html:x.html", W("--html"), W("-ox.pb.gz"));
    ASSERT_PLAN("html:x.html json:x.json", W("--html"), W("--json"), W("-ox.html"));
    ASSERT_PLAN("json:x.json html:x.html", W("--html"), W("-ox.json"));
    ASSERT_PLAN("html:report", W("--html"), W("-oreport"));
    ASSERT_PLAN("html:report.html json:report.json", W("--html"), W("--json"), W("-oreport"));
    ASSERT_PLAN("json:x.json html:report", W("--html"), W("--json"), W("-ox.json"), W("-oreport"));
    ASSERT_PLAN("!--outfile=report: which format? Give it a suffix (.html .json .txt .pb.gz), or one of --html --json --text",
                W("-oreport"));
    ASSERT_PLAN("!--outfile=b: which format? Give it a suffix (.html .json .txt .pb.gz)", W("--html"), W("-oa"), W("-ob"));
    ASSERT_PLAN("!--outfile=.html: which format? Give it a suffix (.html .json .txt .pb.gz), or one of --html --json --text",
                W("-o.html"));
    ASSERT_PLAN("!--outfile=-: the report is a file; give it a name (/dev/stdout is one)", W("--html"), W("-o-"));
    ASSERT_PLAN("!/a/x.json would be written twice: give each format a file of its own", W("-o/a/x.json"),
                W("-o/a/x.json"));
}

TEST(names_of_outputs_are_expanded)
{
    char host[256] = "", expected[512];
    (void)state;
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    gethostname(host, sizeof host - 1);
    snprintf(expected, sizeof expected, "html:%%p-%s-20231114-221320-%%x.html", host); /* the pid is not known yet */
    ASSERT_PLAN(expected, W("-o/tmp/%p-%h-%t-%x.html"));
}

TEST(an_unwritable_output_is_found_before_the_start)
{
    struct options options;
    struct output_plan plan;
    char error[512];
    (void)state;
    assert_true(parse_words(WORDS(W("-o/no/such/folder/%p.html"), W("prog")), &options, error));
    assert_true(output_plan_init(&plan, &options, NOW, error, sizeof error));
    assert_false(output_plan_probe(&plan, error, sizeof error));
    assert_non_null(strstr(error, "/no/such/folder/"));
    output_plan_deinit(&plan);
}

static void clear_environment(void)
{
    static const char *const names[] = {
        "HOTLINE_TAGS",      "RENDER_SERVICE_NAME", "RENDER_SERVICE_ID",        "RENDER_INSTANCE_ID",
        "RENDER_GIT_COMMIT", "RENDER_GIT_BRANCH",   "RENDER_EXTERNAL_HOSTNAME", "RENDER_CPU_COUNT"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        unsetenv(names[i]);
    }
}

TEST(later_sources_of_tags_win)
{
    struct static_tags tags;
    struct option_list given = {.values = {"service=mine", "who=me=you"}, .count = 2};
    char error[256];
    (void)state;
    clear_environment();
    setenv("RENDER_SERVICE_NAME", "image-service", 1);
    setenv("RENDER_GIT_COMMIT", "abc123", 1);
    setenv("RENDER_INSTANCE_ID", "srv-1-2", 1);
    setenv("HOTLINE_TAGS", "region=oregon,commit=local,", 1);
    assert_true(static_tags_init(&tags, &given, error, sizeof error));
    assert_int_equal(tags.count, 5);
    assert_string_equal(static_tags_find(&tags, "service"), "mine");
    assert_string_equal(static_tags_find(&tags, "commit"), "local");
    assert_string_equal(static_tags_find(&tags, "region"), "oregon");
    assert_string_equal(static_tags_find(&tags, "instance"), "srv-1-2");
    assert_string_equal(static_tags_find(&tags, "who"), "me=you");
    assert_null(static_tags_find(&tags, "branch"));
    static_tags_deinit(&tags);
    clear_environment();
}

TEST(a_wrong_tag_is_a_usage_error)
{
    static const char *const wrong[] = {"novalue", "=x", "key=", "k\n=v", "k=\033[31m"};
    struct static_tags tags;
    char error[256];
    (void)state;
    clear_environment();
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct option_list given = {.values = {wrong[i]}, .count = 1};
        assert_false(static_tags_init(&tags, &given, error, sizeof error));
    }
}

TEST(fetching_from_render)
{
    char *hint = fetch_hint("srv-abc", "oregon", "/tmp/profile.html");
    (void)state;
    assert_string_equal(hint, "scp -s srv-abc@ssh.oregon.render.com:/tmp/profile.html ./profile.html");
    free(hint);
    hint = fetch_hint("srv-abc", "oregon", "/tmp/it's mine.html");
    assert_string_equal(hint, "scp -s 'srv-abc@ssh.oregon.render.com:/tmp/it'\\''s mine.html' './it'\\''s mine.html'");
    free(hint);
    hint = fetch_hint("srv-abc", NULL, "/p.html");
    assert_non_null(strstr(hint, "scp -s srv-abc@ssh.REGION.render.com:/p.html ./p.html"));
    assert_non_null(strstr(hint, "HOTLINE_TAGS=region="));
    free(hint);
    assert_null(fetch_hint(NULL, "oregon", "/p.html"));
    assert_null(fetch_hint("srv;reboot", "oregon", "/p.html"));
    assert_null(fetch_hint("-oProxyCommand=x", "oregon", "/p.html"));
}

static void assert_preload(const char *sanitizer, const char *inherited, const char *expected)
{
    char *value = preload_value("/opt/libhotline.so", sanitizer, inherited);
    assert_string_equal(value, expected);
    free(value);
}

TEST(preload_order)
{
    (void)state;
    assert_preload("", NULL, "/opt/libhotline.so");
    assert_preload("", "", "/opt/libhotline.so");
    assert_preload("", "/a.so /b.so::c.so", "/opt/libhotline.so:/a.so:/b.so:c.so");
    assert_preload("libasan.so.8", "/a.so", "libasan.so.8::/opt/libhotline.so:/a.so");
    assert_preload("", "/x/libasan.so.8:/a.so", "/x/libasan.so.8:/opt/libhotline.so:/x/libasan.so.8:/a.so");
    assert_preload("", "/outer/libhotline.so:/a.so", "/opt/libhotline.so:/a.so");
}

TEST(only_two_variables_change)
{
    char *before[] = {W("A=1"), W("LD_PRELOAD=old"), W("LD_PRELOADX=keep"), W("B=2"), W("A=1"), NULL};
    char **after = preload_environment(before, "new", "1:2:3:4");
    (void)state;
    assert_string_equal(after[0], "A=1");
    assert_string_equal(after[1], "LD_PRELOAD=new");
    assert_string_equal(after[2], "LD_PRELOADX=keep");
    assert_string_equal(after[3], "B=2");
    assert_string_equal(after[4], "A=1");
    assert_string_equal(after[5], "HOTLINE_SESSION=1:2:3:4");
    assert_null(after[6]);
    free(after);
    char *nothing[] = {NULL};
    after = preload_environment(nothing, "new", "s");
    assert_string_equal(after[0], "LD_PRELOAD=new");
    assert_string_equal(after[1], "HOTLINE_SESSION=s");
    assert_null(after[2]);
    free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_run_flag_sets_its_field),
        cmocka_unit_test(frequency_is_the_inverse_of_the_rate),
        cmocka_unit_test(the_engine_is_the_timer_unless_perf_is_asked_for),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(view_takes_profiles_and_what_concerns_reports),
        cmocka_unit_test(verbs),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(numbers_are_checked),
        cmocka_unit_test(a_list_is_bounded),
        cmocka_unit_test(lists_end_at_commas_and_maps_at_the_equals_sign),
        cmocka_unit_test(ranges_and_what_they_are_for),
        cmocka_unit_test(the_help_names_every_option_once),
        cmocka_unit_test(outputs_follow_flags_and_suffixes),
        cmocka_unit_test(names_of_outputs_are_expanded),
        cmocka_unit_test(an_unwritable_output_is_found_before_the_start),
        cmocka_unit_test(later_sources_of_tags_win),
        cmocka_unit_test(a_wrong_tag_is_a_usage_error),
        cmocka_unit_test(fetching_from_render),
        cmocka_unit_test(preload_order),
        cmocka_unit_test(only_two_variables_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
