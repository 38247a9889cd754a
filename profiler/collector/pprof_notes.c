/* struct profile -> notes. See pprof_format.h. */
#include "profiler/collector/pprof_notes.h"

#include <inttypes.h>
#include <string.h>

#include "profiler/collector/code_scope.h"
#include "profiler/collector/pprof_facts.h"
#include "profiler/collector/text_out.h"

static void begin(struct text_out *out, const char *key)
{
    text_out_string(out, key);
    text_out_char(out, '=');
}

static void end(struct text_out *out)
{
    text_out_char(out, '\0');
}

/* One field of a list. */
static void put_word(struct text_out *out, const char *word)
{
    if (!word || strcmp(word, "-") == 0) {
        text_out_string(out, word ? "%2D" : "-");
        return;
    }
    for (const char *at = word; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte <= ' ' || byte == '%' || byte == 0x7f) {
            text_out_format(out, "%%%02X", byte);
        } else {
            text_out_char(out, *at);
        }
    }
}

static void put_next_word(struct text_out *out, const char *word)
{
    text_out_char(out, ' ');
    put_word(out, word);
}

static void put_next_number(struct text_out *out, uint64_t number)
{
    text_out_char(out, ' ');
    text_out_unsigned(out, number);
}

static void put_numbers(struct text_out *out, const char *key, const uint64_t *numbers, size_t count)
{
    begin(out, key);
    for (size_t i = 0; i < count; i++) {
        text_out_string(out, i > 0 ? " " : "");
        text_out_unsigned(out, numbers[i]);
    }
    end(out);
}

static void put_scalars(struct text_out *out, const struct profile *profile)
{
    uint64_t left_out[LEFT_OUT_REASONS];
    for (unsigned i = 0; pprof_facts_write(out, profile, i); i++) {
        end(out);
    }
    put_numbers(out, "stops", profile->stops, sizeof profile->stops / sizeof profile->stops[0]);
    for (unsigned i = 0; i < LEFT_OUT_REASONS; i++) {
        left_out[i] = profile->left_out[i];
    }
    put_numbers(out, "left_out", left_out, LEFT_OUT_REASONS);
}

static void put_texts(struct text_out *out, const char *key, const char *const *texts, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        begin(out, key);
        text_out_string(out, texts[i]);
        end(out);
    }
}

static void put_scope(struct text_out *out, const struct profile *profile)
{
    put_texts(out, "profile_only", profile->scope.only, profile->scope.only_count);
    put_texts(out, "profile_exclude", profile->scope.exclude, profile->scope.exclude_count);
    if (code_scope_owns_toolchain(profile)) {
        begin(out, "own_toolchain");
        text_out_char(out, '1');
        end(out);
    }
}

static void put_modules(struct text_out *out, const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->module_count; i++) {
        const struct profile_module *module = &profile->modules[i];
        begin(out, "module");
        text_out_char(out, module->own ? '1' : '0');
        put_next_word(out, module->build_id);
        put_next_word(out, module->path);
        put_next_word(out, module->problem);
        end(out);
    }
}

static void put_threads(struct text_out *out, const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        begin(out, "thread");
        text_out_format(out, "%d %d ", (int)thread->pid, (int)thread->tid);
        pprof_facts_put_real(out, thread->cpu_s_sampled);
        text_out_char(out, ' ');
        pprof_facts_put_real(out, thread->cpu_s_measured);
        put_next_word(out, thread->name);
        end(out);
    }
}

static void put_tags(struct text_out *out, const char *key, const struct profile_tag *tags, uint32_t count)
{
    begin(out, key);
    for (uint32_t i = 0; i < count; i++) {
        text_out_string(out, i > 0 ? " " : "");
        put_word(out, tags[i].key);
        put_next_word(out, tags[i].value);
    }
    end(out);
}

static void put_all_tags(struct text_out *out, const struct profile *profile)
{
    for (uint32_t i = 1; i < profile->tag_set_count; i++) {
        put_tags(out, "tag_set", profile->tag_sets[i].tags, profile->tag_sets[i].count);
    }
    for (uint32_t i = 0; i < profile->static_tag_count; i++) {
        put_tags(out, "static_tag", &profile->static_tags[i], 1);
    }
}

static void put_spans(struct text_out *out, const struct profile *profile)
{
    for (uint32_t i = 1; i < profile->span_count; i++) {
        const struct profile_span *span = &profile->spans[i];
        begin(out, "span");
        text_out_format(out, "%016" PRIx64, span->id);
        put_next_word(out, span->name);
        put_next_word(out, span->method);
        put_next_word(out, span->path);
        put_next_word(out, span->request_id);
        put_next_number(out, span->tag_set);
        put_next_number(out, span->thread);
        put_next_number(out, span->begin_ns);
        put_next_number(out, span->wall_ns);
        put_next_number(out, span->running);
        end(out);
    }
}

/* Neighbours of the same name and tag set share a note. */
static void put_latencies(struct text_out *out, const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->latency_count;) {
        const struct profile_latency *first = &profile->latencies[i];
        begin(out, "latency");
        put_word(out, first->name);
        put_next_number(out, first->tag_set);
        for (; i < profile->latency_count && profile->latencies[i].tag_set == first->tag_set &&
               strcmp(profile->latencies[i].name, first->name) == 0;
             i++) {
            put_next_number(out, profile->latencies[i].step);
            put_next_number(out, profile->latencies[i].count);
        }
        end(out);
    }
}

void pprof_notes_write(struct text_out *out, const struct profile *profile)
{
    put_scalars(out, profile);
    put_scope(out, profile);
    put_modules(out, profile);
    put_threads(out, profile);
    put_all_tags(out, profile);
    put_spans(out, profile);
    put_latencies(out, profile);
}
