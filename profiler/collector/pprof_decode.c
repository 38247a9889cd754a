/* See pprof_decode.h. Two passes: the first counts and finds the strings, which may stand last; the second reads what uses them. */
#include "profiler/collector/pprof_decode.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/pprof_format.h"
#include "profiler/collector/require_memory.h"

static const char DAMAGED[] = "is damaged, or no profile", TOO_MUCH[] = "has more in it than hotline reads", BAD_STRING[] = "names a string that it does not have",
                  BAD_ID[] = "names something that it does not have", TWICE[] = "has an id twice";

struct decoder {
    struct pprof_file *file;
    struct key_table mapping_ids, location_ids, function_ids; /* uint64_t */
    const char *why;
};

static void fail(struct decoder *decoder, const char *why)
{
    decoder->why = decoder->why ? decoder->why : why;
}

bool pprof_decode_is(struct pprof_text text, const char *word)
{
    return text.count == strlen(word) && memcmp(text.bytes, word, text.count) == 0;
}

static const char *find_string(const struct pprof_file *file, uint64_t index, struct pprof_text *ret)
{
    if (index >= file->string_count) {
        return index == 0 ? NULL : BAD_STRING;
    }
    *ret = file->strings[index];
    return NULL;
}

static void take_string(struct decoder *decoder, uint64_t index, struct pprof_text *ret)
{
    const char *why = find_string(decoder->file, index, ret);
    if (why) {
        fail(decoder, why);
    }
}

static void end_message(struct decoder *decoder, const struct proto_in *in)
{
    if (in->failed) {
        fail(decoder, DAMAGED);
    }
}

/* Give `id` its number, which is that of its item. */
static void add_id(struct decoder *decoder, struct key_table *ids, uint64_t id)
{
    bool is_new;
    key_table_add(ids, &id, &is_new);
    if (!is_new) {
        fail(decoder, TWICE);
    }
}

static bool find_id(const struct key_table *ids, uint64_t id, uint32_t *ret)
{
    uint32_t number = key_table_find(ids, &id, UINT32_MAX);
    *ret = number;
    return number != UINT32_MAX;
}

/* -- the first pass */

static uint32_t *counter_of(struct pprof_file *file, uint32_t field)
{
    switch (field) {
    case PPROF_SAMPLE_TYPE:
        return &file->type_count;
    case PPROF_SAMPLE:
        return &file->sample_count;
    case PPROF_MAPPING:
        return &file->mapping_count;
    case PPROF_LOCATION:
        return &file->location_count;
    case PPROF_FUNCTION:
        return &file->function_count;
    case PPROF_STRING:
        return &file->string_count;
    case PPROF_NOTE:
        return &file->note_count;
    default:
        return NULL;
    }
}

static void count_lines(struct decoder *decoder, struct proto_in location)
{
    struct proto_field field;
    uint32_t count = 0;
    while (proto_in_next(&location, &field)) {
        count += field.number == PPROF_LOCATION_LINE;
    }
    if (count > PPROF_MAX_LINES || decoder->file->line_count > PPROF_MAX_ITEMS) {
        fail(decoder, TOO_MUCH);
    }
    decoder->file->line_count += count > 0 ? count : 1; /* one without is given one */
}

static void count_items(struct decoder *decoder, struct proto_in in)
{
    struct pprof_file *file = decoder->file;
    struct proto_field field;
    while (!decoder->why && proto_in_next(&in, &field)) {
        uint32_t *counter = counter_of(file, field.number);
        if (!counter) {
            continue;
        }
        uint32_t most = field.number == PPROF_SAMPLE_TYPE ? PPROF_MAX_TYPES : PPROF_MAX_ITEMS;
        if (!field.is_bytes) {
            fail(decoder, DAMAGED);
        } else if (*counter == most) {
            fail(decoder, TOO_MUCH);
        } else if (field.number == PPROF_LOCATION) {
            count_lines(decoder, field.bytes);
        }
        ++*counter;
    }
    end_message(decoder, &in);
}

static void allocate(struct pprof_file *file)
{
    file->strings = require_array(file->string_count + (size_t)1, sizeof *file->strings);
    file->samples = require_array(file->sample_count + (size_t)1, sizeof *file->samples);
    file->notes = require_array(file->note_count + (size_t)1, sizeof *file->notes);
    file->mappings = require_array(file->mapping_count + (size_t)1, sizeof *file->mappings);
    file->locations = require_array(file->location_count + (size_t)1, sizeof *file->locations);
    file->functions = require_array(file->function_count + (size_t)1, sizeof *file->functions);
    file->lines = require_array(file->line_count + (size_t)1, sizeof *file->lines);
}

static void find_strings(struct pprof_file *file, struct proto_in in)
{
    struct proto_field field;
    for (uint32_t count = 0; proto_in_next(&in, &field);) {
        if (field.number == PPROF_STRING) {
            file->strings[count++] = (struct pprof_text){(const char *)field.bytes.pos, proto_in_left(&field.bytes)};
        }
    }
}

/* -- the second pass */

static void read_type(struct decoder *decoder, struct proto_in in, struct pprof_type *ret)
{
    struct proto_field field;
    while (proto_in_next(&in, &field)) {
        if (field.number == PPROF_TYPE_TYPE) {
            take_string(decoder, field.value, &ret->type);
        } else if (field.number == PPROF_TYPE_UNIT) {
            take_string(decoder, field.value, &ret->unit);
        }
    }
    end_message(decoder, &in);
}

static void read_mapping(struct decoder *decoder, struct proto_in in, struct pprof_mapping *ret)
{
    struct proto_field field;
    while (proto_in_next(&in, &field)) {
        switch (field.number) {
        case PPROF_MAPPING_ID:
            ret->id = field.value;
            break;
        case PPROF_MAPPING_START:
            ret->start = field.value;
            break;
        case PPROF_MAPPING_LIMIT:
            ret->limit = field.value;
            break;
        case PPROF_MAPPING_OFFSET:
            ret->offset = field.value;
            break;
        case PPROF_MAPPING_FILE:
            take_string(decoder, field.value, &ret->file);
            break;
        case PPROF_MAPPING_BUILD_ID:
            take_string(decoder, field.value, &ret->build_id);
            break;
        default:
            break;
        }
    }
    end_message(decoder, &in);
    add_id(decoder, &decoder->mapping_ids, ret->id);
}

static uint32_t line_number(uint64_t value)
{
    return value <= INT32_MAX ? (uint32_t)value : 0;
}

static void read_function(struct decoder *decoder, struct proto_in in, struct pprof_function *ret)
{
    struct proto_field field;
    struct pprof_text system_name = {0};
    while (proto_in_next(&in, &field)) {
        switch (field.number) {
        case PPROF_FUNCTION_ID:
            ret->id = field.value;
            break;
        case PPROF_FUNCTION_NAME:
            take_string(decoder, field.value, &ret->name);
            break;
        case PPROF_FUNCTION_SYSTEM_NAME:
            take_string(decoder, field.value, &system_name);
            break;
        case PPROF_FUNCTION_FILE:
            take_string(decoder, field.value, &ret->file);
            break;
        case PPROF_FUNCTION_LINE:
            ret->line = line_number(field.value);
            break;
        default:
            break;
        }
    }
    ret->name = ret->name.count > 0 ? ret->name : system_name;
    end_message(decoder, &in);
    add_id(decoder, &decoder->function_ids, ret->id);
}

static void read_line(struct decoder *decoder, struct proto_in in, struct pprof_line *ret)
{
    struct proto_field field;
    uint64_t function = 0;
    while (proto_in_next(&in, &field)) {
        if (field.number == PPROF_LINE_FUNCTION) {
            function = field.value;
        } else if (field.number == PPROF_LINE_LINE) {
            ret->line = line_number(field.value);
        }
    }
    end_message(decoder, &in);
    if (!find_id(&decoder->function_ids, function, &ret->function)) {
        fail(decoder, BAD_ID);
    }
}

static void read_location(struct decoder *decoder, struct proto_in in, struct pprof_location *ret, uint32_t *used_lines)
{
    struct proto_field field;
    uint64_t mapping = 0;
    ret->first = *used_lines;
    while (proto_in_next(&in, &field)) {
        if (field.number == PPROF_LOCATION_ID) {
            ret->id = field.value;
        } else if (field.number == PPROF_LOCATION_MAPPING) {
            mapping = field.value;
        } else if (field.number == PPROF_LOCATION_ADDRESS) {
            ret->address = field.value;
        } else if (field.number == PPROF_LOCATION_LINE) {
            read_line(decoder, field.bytes, &decoder->file->lines[(*used_lines)++]);
            ret->line_count++;
        }
    }
    end_message(decoder, &in);
    add_id(decoder, &decoder->location_ids, ret->id);
    if (!find_id(&decoder->mapping_ids, mapping, &ret->mapping) && mapping != 0) {
        fail(decoder, BAD_ID);
    }
    *used_lines += ret->line_count == 0;
}

static void read_number(struct decoder *decoder, const struct proto_field *field)
{
    struct pprof_file *file = decoder->file;
    switch (field->number) {
    case PPROF_TIME_NANOS:
        file->time_ns = (int64_t)field->value;
        break;
    case PPROF_DURATION_NANOS:
        file->duration_ns = (int64_t)field->value;
        break;
    case PPROF_PERIOD:
        file->period = (int64_t)field->value;
        break;
    case PPROF_DEFAULT_SAMPLE_TYPE:
        take_string(decoder, field->value, &file->default_type);
        break;
    default:
        break;
    }
}

/* Functions and mappings first: locations name them. */
static void read_named(struct decoder *decoder, struct proto_in in)
{
    struct pprof_file *file = decoder->file;
    struct proto_field field;
    uint32_t types = 0, samples = 0, mappings = 0, functions = 0, notes = 0;
    while (!decoder->why && proto_in_next(&in, &field)) {
        if (field.number == PPROF_SAMPLE_TYPE) {
            read_type(decoder, field.bytes, &file->types[types++]);
        } else if (field.number == PPROF_SAMPLE) {
            file->samples[samples++] = field.bytes;
        } else if (field.number == PPROF_NOTE) {
            file->notes[notes++] = field.bytes;
        } else if (field.number == PPROF_MAPPING) {
            read_mapping(decoder, field.bytes, &file->mappings[mappings++]);
        } else if (field.number == PPROF_FUNCTION) {
            read_function(decoder, field.bytes, &file->functions[functions++]);
        } else if (field.number == PPROF_PERIOD_TYPE) {
            read_type(decoder, field.bytes, &file->period_type);
        } else {
            read_number(decoder, &field);
        }
    }
}

static void read_locations(struct decoder *decoder, struct proto_in in)
{
    struct proto_field field;
    uint32_t locations = 0, lines = 0;
    while (!decoder->why && proto_in_next(&in, &field)) {
        if (field.number == PPROF_LOCATION) {
            read_location(decoder, field.bytes, &decoder->file->locations[locations++], &lines);
        }
    }
}

struct pprof_file *pprof_decode_create(const uint8_t *bytes, size_t count, const char **ret_why)
{
    struct decoder decoder = {.file = require_array(1, sizeof *decoder.file)};
    struct proto_in in = proto_in_over(bytes, count);
    decoder.file->location_ids = require_array(1, sizeof *decoder.file->location_ids);
    key_table_init(&decoder.mapping_ids, sizeof(uint64_t));
    key_table_init(&decoder.location_ids, sizeof(uint64_t));
    key_table_init(&decoder.function_ids, sizeof(uint64_t));
    count_items(&decoder, in);
    if (!decoder.why) {
        allocate(decoder.file);
        find_strings(decoder.file, in);
        read_named(&decoder, in);
        read_locations(&decoder, in);
    }
    *decoder.file->location_ids = decoder.location_ids;
    key_table_deinit(&decoder.mapping_ids);
    key_table_deinit(&decoder.function_ids);
    if (!decoder.why && decoder.file->type_count == 0) {
        fail(&decoder, "does not say what its values are");
    }
    if (decoder.why) {
        pprof_decode_destroy(decoder.file);
        *ret_why = decoder.why;
        return NULL;
    }
    return decoder.file;
}

void pprof_decode_destroy(struct pprof_file *file)
{
    if (!file) {
        return;
    }
    key_table_deinit(file->location_ids);
    free(file->location_ids);
    free(file->strings);
    free(file->samples);
    free(file->notes);
    free(file->mappings);
    free(file->locations);
    free(file->functions);
    free(file->lines);
    free(file);
}

/* -- samples */

/* Numbers come packed or one by one. ret: NULL or what is wrong. */
static const char *add_locations(const struct pprof_file *file, const struct proto_field *field, struct pprof_sample *sample)
{
    struct proto_in in = field->bytes;
    uint64_t id = field->value;
    while (!field->is_bytes || in.pos != in.end) {
        id = field->is_bytes ? proto_in_varint(&in) : id;
        if (sample->location_count == PPROF_MAX_STACK) {
            return TOO_MUCH;
        }
        if (in.failed || !find_id(file->location_ids, id, &sample->locations[sample->location_count++])) {
            return in.failed ? DAMAGED : BAD_ID;
        }
        if (!field->is_bytes) {
            break;
        }
    }
    return NULL;
}

static const char *add_values(const struct pprof_file *file, const struct proto_field *field, struct pprof_sample *sample, uint32_t *count)
{
    struct proto_in in = field->bytes;
    while (!field->is_bytes || in.pos != in.end) {
        uint64_t value = field->is_bytes ? proto_in_varint(&in) : field->value;
        if (in.failed || *count == file->type_count) {
            return in.failed ? DAMAGED : "has a sample with too many values";
        }
        sample->values[(*count)++] = (int64_t)value;
        if (!field->is_bytes) {
            break;
        }
    }
    return NULL;
}

static const char *add_label(const struct pprof_file *file, struct proto_in in, struct pprof_sample *sample)
{
    struct proto_field field;
    const char *why = NULL;
    if (sample->label_count == PPROF_MAX_LABELS) {
        return TOO_MUCH;
    }
    struct pprof_label *label = &sample->labels[sample->label_count++];
    *label = (struct pprof_label){0};
    while (!why && proto_in_next(&in, &field)) {
        if (field.number == PPROF_LABEL_KEY) {
            why = find_string(file, field.value, &label->key);
        } else if (field.number == PPROF_LABEL_STRING) {
            why = find_string(file, field.value, &label->text);
        } else if (field.number == PPROF_LABEL_NUMBER) {
            label->number = (int64_t)field.value;
        }
    }
    return why ? why : in.failed ? DAMAGED : NULL;
}

const char *pprof_decode_sample(const struct pprof_file *file, uint32_t index, struct pprof_sample *sample)
{
    struct proto_in in = file->samples[index];
    struct proto_field field;
    const char *why = NULL;
    uint32_t values = 0;
    sample->location_count = sample->label_count = 0;
    while (!why && proto_in_next(&in, &field)) {
        if (field.number == PPROF_SAMPLE_LOCATION) {
            why = add_locations(file, &field, sample);
        } else if (field.number == PPROF_SAMPLE_VALUE) {
            why = add_values(file, &field, sample, &values);
        } else if (field.number == PPROF_SAMPLE_LABEL) {
            why = add_label(file, field.bytes, sample);
        }
    }
    if (!why && (in.failed || values != file->type_count)) {
        why = in.failed ? DAMAGED : "has a sample with too few values";
    }
    return why;
}
