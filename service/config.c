/* One row per setting: name, unit, default, range, where it goes. The flag is the name in lower case with dashes. */
#include "service/config.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Units: plain counts; bytes, with K, M or G for powers of 1024; seconds, with decimals, kept in milliseconds. A token
 * is a text that is never printed; its length has a range. */
enum setting_kind { KIND_COUNT, KIND_BYTES, KIND_SECONDS, KIND_LOG, KIND_SWITCH, KIND_TEXT, KIND_TOKEN };

enum default_from { FROM_TABLE, FROM_CPUS, FROM_MEMORY, FROM_REPORT_FILE };

/* Where the hotline line of render.yaml writes its report. */
static const char REPORT_FILE[] = "/tmp/profile.html";

struct setting {
    const char *name;
    enum setting_kind kind;
    size_t offset;
    uint64_t fallback; /* milliseconds for seconds */
    uint64_t minimum;
    uint64_t maximum;
    enum default_from from;
    const char *help;
};

#define MIB        (UINT64_C(1) << 20)
#define GIB        (UINT64_C(1) << 30)
#define AT(member) offsetof(struct config, member)

enum { HOUR_MS = 3600 * 1000 };

static const struct setting SETTINGS[] = {
    {"PORT", KIND_COUNT, AT(port), 8080, 0, 65535, FROM_TABLE, "port to listen on; 0 takes a free one"},
    {"WORKERS", KIND_COUNT, AT(workers), 0, 1, 1024, FROM_CPUS,
     "pictures processed at once; default: the CPUs it may use"},
    {"QUEUE", KIND_COUNT, AT(queue), 32, 1, 100000, FROM_TABLE, "pictures that may wait; one more is answered 503"},
    {"MAX_BODY_BYTES", KIND_BYTES, AT(max_body_bytes), 20 * MIB, 1024, GIB, FROM_TABLE, "largest upload"},
    {"MAX_PIXELS", KIND_COUNT, AT(max_pixels), 40000000, 1, 4000000000, FROM_TABLE, "largest picture in"},
    {"MAX_OUTPUT_PIXELS", KIND_COUNT, AT(max_output_pixels), 64000000, 1, 4000000000, FROM_TABLE,
     "largest picture out"},
    {"MAX_SIDE", KIND_COUNT, AT(max_side_px), 16384, 1, 65535, FROM_TABLE, "longest side of either, in pixels"},
    {"MEMORY_BUDGET", KIND_BYTES, AT(memory_budget_bytes), GIB, MIB, UINT64_C(1) << 50, FROM_MEMORY,
     "pixel memory in flight; default: half of the container's limit"},
    {"MAX_CONNECTIONS", KIND_COUNT, AT(max_connections), 1024, 2, 1000000, FROM_TABLE, "open connections"},
    {"JOB_TIMEOUT", KIND_SECONDS, AT(job_timeout_ms), 10000, 1, HOUR_MS, FROM_TABLE, "processing time of one picture"},
    {"HEADER_TIMEOUT", KIND_SECONDS, AT(header_timeout_ms), 10000, 1, HOUR_MS, FROM_TABLE,
     "until the headers are complete"},
    {"BODY_TIMEOUT", KIND_SECONDS, AT(body_timeout_ms), 30000, 1, HOUR_MS, FROM_TABLE, "until the upload is complete"},
    {"REPLY_TIMEOUT", KIND_SECONDS, AT(reply_timeout_ms), 30000, 1, HOUR_MS, FROM_TABLE,
     "until the client has taken the reply"},
    {"KEEPALIVE_TIMEOUT", KIND_SECONDS, AT(keepalive_timeout_ms), 15000, 1, HOUR_MS, FROM_TABLE,
     "idle time of an open connection"},
    {"DRAIN_TIMEOUT", KIND_SECONDS, AT(drain_timeout_ms), 50000, 1, HOUR_MS, FROM_TABLE,
     "for requests in flight after SIGTERM"},
    {"LOG", KIND_LOG, AT(log), CONFIG_LOG_TEXT, 0, 0, FROM_TABLE, "one line per request on stdout: text, json, off"},
    {"NO_KEEPALIVE", KIND_SWITCH, AT(no_keepalive), 0, 0, 0, FROM_TABLE, "close the connection after each reply"},
    {"ALLOW_CROSS_SITE", KIND_SWITCH, AT(allow_cross_site), 0, 0, 0, FROM_TABLE,
     "take uploads from other sites' pages"},
    {"IMAGE_SIMD", KIND_TEXT, AT(image_simd), 0, 0, 0, FROM_TABLE,
     "kernels: scalar, v2, v3, v4; default: the best this processor has"},
    {"PROFILE", KIND_TEXT, AT(profile), 0, 0, 0, FROM_TABLE,
     "run under the hotline beside this program, report to this file"},
    {"PROFILE_TOKEN", KIND_TOKEN, AT(profile_token), 0, 16, 256, FROM_TABLE,
     "GET /profile gives the report to who has this token (16 characters or more); unset: 404"},
    {"PROFILE_FILE", KIND_TEXT, AT(profile_file), 0, 0, 0, FROM_REPORT_FILE, "that report: the --outfile of hotline"},
};
enum { SETTINGS_COUNT = sizeof SETTINGS / sizeof SETTINGS[0], NAME_BYTES = 32, COLUMNS = 110 };

static const char *const LOG_NAMES[] = {"text", "json", "off"};
enum { LOG_COUNT = sizeof LOG_NAMES / sizeof LOG_NAMES[0] };

static void flag_name(const struct setting *setting, char ret[NAME_BYTES])
{
    size_t i = 0;
    for (; setting->name[i]; i++) {
        ret[i] = setting->name[i] == '_' ? '-' : (char)tolower((unsigned char)setting->name[i]);
    }
    assert(i < NAME_BYTES);
    ret[i] = '\0';
}

static uint64_t *number_at(struct config *config, const struct setting *setting)
{
    return (uint64_t *)(void *)((char *)config + setting->offset);
}

static const char **text_at(struct config *config, const struct setting *setting)
{
    return (const char **)(void *)((char *)config + setting->offset);
}

static bool read_decimal(const char *text, double *ret, const char **ret_end)
{
    char *end;
    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    *ret = strtod(text, &end);
    *ret_end = end;
    return isfinite(*ret) && end > text;
}

/* "20M", "20MiB", "20m", "1.5G", "4096": powers of 1024. */
static double byte_unit(const char *suffix)
{
    static const char UNITS[] = "KMG";
    if (suffix[0] == '\0') {
        return 1;
    }
    const char *unit = strchr(UNITS, toupper((unsigned char)suffix[0]));
    bool rest_is_known = suffix[1] == '\0' || strcmp(suffix + 1, "B") == 0 || strcmp(suffix + 1, "iB") == 0;
    return unit && rest_is_known ? ldexp(1, 10 * (int)(unit - UNITS + 1)) : 0;
}

static bool read_quantity(const struct setting *setting, const char *text, uint64_t *ret)
{
    double value;
    const char *end;
    if (!read_decimal(text, &value, &end)) {
        return false;
    }
    double unit = 1;
    if (setting->kind == KIND_BYTES) {
        unit = byte_unit(end);
    } else if (setting->kind == KIND_SECONDS) {
        unit = strcmp(end, "") == 0 || strcmp(end, "s") == 0 ? 1000 : 0;
    } else if (*end != '\0' || floor(value) < value) {
        unit = 0;
    }
    double result = value * unit;
    if (unit <= 0 || result < (double)setting->minimum || result > (double)setting->maximum) {
        return false;
    }
    *ret = (uint64_t)result;
    return true;
}

static bool read_word(const char *text, const char *const words[], uint64_t count, uint64_t *ret)
{
    for (uint64_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static void print_quantity(const struct setting *setting, uint64_t value, char *ret, size_t size)
{
    if (setting->kind == KIND_BYTES) {
        bool whole = value % MIB == 0;
        snprintf(ret, size, whole ? "%lluMiB" : "%lluB", (unsigned long long)(whole ? value / MIB : value));
    } else if (setting->kind == KIND_SECONDS) {
        snprintf(ret, size, "%gs", (double)value / 1000);
    } else if (setting->kind == KIND_LOG) {
        snprintf(ret, size, "%s", LOG_NAMES[value < LOG_COUNT ? value : 0]);
    } else {
        snprintf(ret, size, "%llu", (unsigned long long)value);
    }
}

static bool is_text(const struct setting *setting)
{
    return setting->kind == KIND_TEXT || setting->kind == KIND_TOKEN;
}

/* What a Bearer header may carry (RFC 6750), which is what password generators and base64 give: no character that an
 * address, a shell or a header would change. */
static bool is_token_text(const struct setting *setting, const char *text)
{
    static const char ALLOWED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    size_t length = strlen(text);
    return length >= setting->minimum && length <= setting->maximum && strspn(text, ALLOWED) == length;
}

static bool set(struct config *config, const struct setting *setting, const char *text, const char *shown_name,
                char error[CONFIG_ERROR_BYTES])
{
    static const char *const OFF_ON[] = {"0", "1"};
    uint64_t *number = number_at(config, setting);
    switch (setting->kind) {
    case KIND_TEXT:
        *text_at(config, setting) = text;
        return true;
    case KIND_TOKEN:
        *text_at(config, setting) = text;
        if (is_token_text(setting, text)) {
            return true;
        }
        snprintf(error, CONFIG_ERROR_BYTES, "%s must have %u to %u characters, letters, digits or any of -._~+/= only",
                 shown_name, (unsigned)setting->minimum, (unsigned)setting->maximum);
        return false;
    case KIND_LOG:
        if (read_word(text, LOG_NAMES, LOG_COUNT, number)) {
            return true;
        }
        snprintf(error, CONFIG_ERROR_BYTES, "%s must be text, json or off, not \"%.60s\"", shown_name, text);
        return false;
    case KIND_SWITCH:
        if (read_word(text, OFF_ON, 2, number)) {
            return true;
        }
        snprintf(error, CONFIG_ERROR_BYTES, "%s must be 0 or 1, not \"%.60s\"", shown_name, text);
        return false;
    case KIND_COUNT:
    case KIND_BYTES:
    case KIND_SECONDS:
        break;
    }
    if (read_quantity(setting, text, number)) {
        return true;
    }
    char low[32];
    char high[32];
    print_quantity(setting, setting->minimum, low, sizeof low);
    print_quantity(setting, setting->maximum, high, sizeof high);
    snprintf(error, CONFIG_ERROR_BYTES, "%s must be from %s to %s, not \"%.60s\"", shown_name, low, high, text);
    return false;
}

static void set_defaults(struct config *config, const struct config_machine *machine)
{
    memset(config, 0, sizeof *config);
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        const struct setting *setting = &SETTINGS[i];
        if (is_text(setting)) {
            *text_at(config, setting) = setting->from == FROM_REPORT_FILE ? REPORT_FILE : NULL;
            continue;
        }
        uint64_t value = setting->fallback;
        if (setting->from == FROM_CPUS) {
            value = machine->cpus;
        } else if (setting->from == FROM_MEMORY && machine->memory_bytes > 0) {
            value = machine->memory_bytes / 2 > setting->minimum ? machine->memory_bytes / 2 : setting->minimum;
        }
        *number_at(config, setting) = value;
    }
}

static bool read_environment(struct config *config, char *(*environment)(const char *name),
                             char error[CONFIG_ERROR_BYTES])
{
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        const char *text = environment(SETTINGS[i].name);
        if (text && text[0] != '\0' && !set(config, &SETTINGS[i], text, SETTINGS[i].name, error)) {
            return false;
        }
    }
    return true;
}

static const struct setting *find_flag(const char *name, size_t length)
{
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        char flag[NAME_BYTES];
        flag_name(&SETTINGS[i], flag);
        if (strlen(flag) == length && strncmp(flag, name, length) == 0) {
            return &SETTINGS[i];
        }
    }
    return NULL;
}

static bool read_flags(struct config *config, int argc, char **argv, char error[CONFIG_ERROR_BYTES])
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            config->help = true;
            continue;
        }
        size_t length = strcspn(argv[i], "=");
        const struct setting *setting =
            strncmp(argv[i], "--", 2) == 0 && length > 2 ? find_flag(argv[i] + 2, length - 2) : NULL;
        if (!setting) {
            snprintf(error, CONFIG_ERROR_BYTES, "unknown argument \"%.80s\", see --help", argv[i]);
            return false;
        }
        char shown[NAME_BYTES + 2];
        snprintf(shown, sizeof shown, "%.*s", (int)length, argv[i]);
        const char *value = argv[i][length] == '=' ? argv[i] + length + 1 : NULL;
        if (!value && setting->kind == KIND_SWITCH) {
            value = "1";
        } else if (!value && ++i < argc) {
            value = argv[i];
        }
        if (!value || (is_text(setting) && value[0] == '\0')) {
            snprintf(error, CONFIG_ERROR_BYTES, "%s needs a value", shown);
            return false;
        }
        if (!set(config, setting, value, shown, error)) {
            return false;
        }
    }
    return true;
}

bool config_read(int argc, char **argv, char *(*environment)(const char *name), const struct config_machine *machine,
                 struct config *ret, char ret_error[CONFIG_ERROR_BYTES])
{
    struct config config;
    set_defaults(&config, machine);
    if (!read_environment(&config, environment, ret_error) || !read_flags(&config, argc, argv, ret_error)) {
        return false;
    }
    *ret = config;
    return true;
}

void config_print(const struct config *config, FILE *out)
{
    struct config copy = *config;
    int column = 0;
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        char name[NAME_BYTES];
        char value[256];
        flag_name(&SETTINGS[i], name);
        if (is_text(&SETTINGS[i])) {
            const char *text = *text_at(&copy, &SETTINGS[i]);
            bool hidden = text && SETTINGS[i].kind == KIND_TOKEN;
            snprintf(value, sizeof value, "%s", hidden ? "(set)" : text ? text : "-");
        } else {
            print_quantity(&SETTINGS[i], *number_at(&copy, &SETTINGS[i]), value, sizeof value);
        }
        int width = (int)(strlen(name) + strlen(value) + 2);
        if (column > 0 && column + width > COLUMNS) {
            fputc('\n', out);
            column = 0;
        }
        column += fprintf(out, "%s%s=%s", column == 0 ? "  " : " ", name, value);
    }
    fputc('\n', out);
}

void config_print_help(FILE *out)
{
    fputs("image-service [--name=value ...]   serves a page at GET /, POST /process, GET /health, GET /openapi.json\n\n"
          "Each setting is a flag or an environment variable; a flag goes before. Sizes take K, M, G (powers of 1024), "
          "times are in\n"
          "seconds.\n\n",
          out);
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        char name[NAME_BYTES];
        char value[64] = "";
        flag_name(&SETTINGS[i], name);
        if (!is_text(&SETTINGS[i]) && SETTINGS[i].kind != KIND_SWITCH && SETTINGS[i].from == FROM_TABLE) {
            print_quantity(&SETTINGS[i], SETTINGS[i].fallback, value, sizeof value);
        }
        fprintf(out, "  --%-18s %-18s %-9s %s\n", name, SETTINGS[i].name, value, SETTINGS[i].help);
    }
    fputs("  --help\n\nSIGTERM or SIGINT: no new connections, requests in flight are finished, exit status 0.\n", out);
}
