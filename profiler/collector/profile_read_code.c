/* Mappings, functions and locations of a pprof file -> modules, functions, files and frames. See profile_read.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_read_parts.h"
#include "profiler/collector/string_pool.h"

struct code_key {
    uint32_t function; /* of the file */
    uint32_t module;
};

static uint32_t add_module(struct reading *reading, const char *path, const char *build_id, bool own)
{
    struct read_profile *read = reading->read;
    uint32_t index = read->profile.module_count;
    struct profile_module *module = READ_APPEND(read, modules, module_room, read->profile.module_count);
    *module = (struct profile_module){.path = path, .own = own};
    snprintf(module->build_id, sizeof module->build_id, "%s", build_id);
    return index;
}

/* The module that the notes list for a mapping: the first not `taken` of that path and build id. PROFILE_NONE: they do not. */
static uint32_t find_noted(const struct reading *reading, const char *path, const char *build_id, bool *taken)
{
    for (uint32_t i = 0; i < reading->read->noted_modules; i++) {
        const struct profile_module *module = &reading->read->modules[i];
        if (!taken[i] && module->path == path && strncmp(module->build_id, build_id, sizeof module->build_id - 1) == 0) {
            taken[i] = true;
            return i;
        }
    }
    return PROFILE_NONE;
}

static void find_modules(struct reading *reading)
{
    const struct pprof_file *file = reading->file;
    bool *taken = require_array(reading->read->noted_modules + (size_t)1, sizeof *taken);
    reading->mapping_modules = require_array(file->mapping_count + (size_t)1, sizeof(uint32_t));
    if ((uint64_t)file->mapping_count * reading->read->noted_modules > PPROF_MAX_ITEMS * UINT64_C(16)) {
        profile_read_fail(reading, "has more modules than hotline reads");
    }
    for (uint32_t i = 0; i < file->mapping_count && !reading->read->why; i++) {
        const char *path = profile_read_intern(reading, file->mappings[i].file), *build_id = profile_read_intern(reading, file->mappings[i].build_id);
        uint32_t module = find_noted(reading, path, build_id, taken);
        reading->mapping_modules[i] = module != PROFILE_NONE ? module : add_module(reading, path, build_id, i == 0 && !reading->read->has_notes);
    }
    free(taken);
    /* Code without a mapping: all there is, in the files of some; else what is in no module. */
    uint32_t outside = PROFILE_NONE;
    for (uint32_t i = 0; i < file->location_count && outside == PROFILE_NONE; i++) {
        outside = file->locations[i].mapping == UINT32_MAX ? 0 : PROFILE_NONE;
    }
    if (outside == 0 || reading->read->profile.module_count == 0) {
        reading->mapping_modules[file->mapping_count] = add_module(reading, "[code outside every module]", "", file->mapping_count == 0);
    }
}

static uint32_t module_of(const struct reading *reading, const struct pprof_location *location)
{
    return reading->mapping_modules[location->mapping != UINT32_MAX ? location->mapping : reading->file->mapping_count];
}

/* A name for code that has none. */
static const char *name_address(struct reading *reading, const struct pprof_location *location)
{
    const char *path = reading->read->modules[module_of(reading, location)].path, *slash = strrchr(path, '/');
    uint64_t start = location->mapping != UINT32_MAX ? reading->file->mappings[location->mapping].start - reading->file->mappings[location->mapping].offset : 0;
    return string_pool_format(reading->read->texts, "%s+0x%" PRIx64, slash ? slash + 1 : path, location->address - start);
}

static uint32_t add_file(struct read_profile *read, struct key_table *files, const char *path)
{
    bool is_new;
    uint32_t index = key_table_add(files, &path, &is_new);
    if (is_new) {
        READ_APPEND(read, files, file_room, read->profile.file_count)->path = path;
    }
    return index;
}

/* Functions in the file's order, each in the module of its first location; in further modules, and those without a name, behind them. */
static void number_functions(struct reading *reading, struct key_table *functions)
{
    const struct pprof_file *file = reading->file;
    uint32_t *modules = require_array(file->function_count + (size_t)1, sizeof *modules);
    for (uint32_t i = 0; i < file->location_count; i++) {
        const struct pprof_location *location = &file->locations[i];
        for (uint32_t line = 0; line < location->line_count; line++) {
            uint32_t *module = &modules[file->lines[location->first + line].function];
            *module = *module ? *module : module_of(reading, location) + 1;
        }
    }
    for (uint32_t i = 0; i < file->function_count; i++) {
        if (modules[i]) {
            key_table_add(functions, &(struct code_key){i, modules[i] - 1}, NULL);
        }
    }
    free(modules);
    for (uint32_t i = 0; i < file->location_count; i++) {
        const struct pprof_location *location = &file->locations[i];
        for (uint32_t line = 0; line < location->line_count; line++) {
            key_table_add(functions, &(struct code_key){file->lines[location->first + line].function, module_of(reading, location)}, NULL);
        }
    }
}

static void make_functions(struct reading *reading, const struct key_table *functions, uint32_t nameless)
{
    struct read_profile *read = reading->read;
    struct key_table files;
    key_table_init(&files, sizeof(const char *));
    read->functions = require_array((size_t)functions->count + nameless + 1, sizeof read->functions[0]);
    for (uint32_t i = 0; i < functions->count; i++) {
        const struct code_key *key = key_table_at(functions, i);
        const struct pprof_function *from = &reading->file->functions[key->function];
        struct profile_function *to = &read->functions[i];
        *to = (struct profile_function){.name = profile_read_intern(reading, from->name), .line = from->line, .module = key->module};
        to->file = from->file.count > 0 ? profile_read_intern(reading, from->file) : NULL;
        if (to->file) {
            add_file(read, &files, to->file);
        }
    }
    read->profile.function_count = functions->count;
    key_table_deinit(&files);
}

static uint32_t add_frame(struct reading *reading, uint32_t function, uint32_t line, bool inlined)
{
    struct frame_key key = {function, line, inlined};
    return key_table_add(&reading->frame_keys, &key, NULL);
}

/* Location by location: its frames, outermost first. */
static void make_locations(struct reading *reading, const struct key_table *functions)
{
    const struct pprof_file *file = reading->file;
    struct read_profile *read = reading->read;
    struct location_frames *stacks = &reading->stacks;
    uint32_t filled = 0;
    stacks->first = require_array(file->location_count + (size_t)1, sizeof(uint32_t));
    stacks->frames = require_array(file->line_count + (size_t)1, sizeof(uint32_t));
    for (uint32_t i = 0; i < file->location_count; i++) {
        const struct pprof_location *location = &file->locations[i];
        stacks->first[i] = filled;
        for (uint32_t line = location->line_count; line-- > 0;) {
            const struct pprof_line *from = &file->lines[location->first + line];
            struct code_key key = {from->function, module_of(reading, location)};
            stacks->frames[filled++] = add_frame(reading, key_table_find(functions, &key, UINT32_MAX), from->line, line + 1 < location->line_count);
        }
        if (location->line_count == 0) {
            uint32_t function = read->profile.function_count++;
            read->functions[function] = (struct profile_function){.name = name_address(reading, location), .module = module_of(reading, location)};
            stacks->frames[filled++] = add_frame(reading, function, 0, false);
        }
    }
    stacks->first[file->location_count] = filled;
}

static void make_frames(struct reading *reading)
{
    struct read_profile *read = reading->read;
    struct key_table paths;
    key_table_init(&paths, sizeof(const char *));
    for (uint32_t i = 0; i < read->profile.file_count; i++) {
        key_table_add(&paths, &read->files[i].path, NULL);
    }
    read->profile.frame_count = reading->frame_keys.count;
    read->frames = require_array(read->profile.frame_count + (size_t)1, sizeof read->frames[0]);
    for (uint32_t i = 0; i < read->profile.frame_count; i++) {
        const struct frame_key *key = key_table_at(&reading->frame_keys, i);
        const struct profile_function *function = &read->functions[key->function];
        read->frames[i] = (struct profile_frame){.function = key->function,
                                                 .file = function->file ? key_table_find(&paths, &function->file, UINT32_MAX) : PROFILE_NONE,
                                                 .line = function->file ? key->line : 0,
                                                 .module = function->module,
                                                 .inlined = key->inlined != 0};
    }
    key_table_deinit(&paths);
}

void profile_read_code(struct reading *reading)
{
    struct key_table functions;
    uint32_t nameless = 0;
    find_modules(reading);
    if (reading->read->why) {
        return;
    }
    key_table_init(&functions, sizeof(struct code_key));
    for (uint32_t i = 0; i < reading->file->location_count; i++) {
        nameless += reading->file->locations[i].line_count == 0;
    }
    number_functions(reading, &functions);
    make_functions(reading, &functions, nameless);
    make_locations(reading, &functions);
    make_frames(reading);
    key_table_deinit(&functions);
}
