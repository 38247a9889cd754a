/* (module, address) -> frames: asks the debug info first, the symbol tables next, and says module+0xoffset
 * when neither knows: see name_by_place(). */
#include "profiler/collector/symbolize.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/debug_file.h"
#include "profiler/collector/elf_symbols.h"
#include "profiler/collector/function_names.h"
#include "profiler/collector/function_starts.h"
#include "profiler/collector/mini_debug_file.h"
#include "profiler/collector/require_memory.h"
#include "profiler/collector/string_pool.h"
#include "profiler/collector/symbol_file.h"
#include "profiler/collector/symbol_problem.h"
#include "profiler/collector/unit_index.h"
#include "profiler/collector/variable_names.h"

enum { EXPECTED_BUILD_ID_BYTES = 20 };

struct symbol_module {
    struct symbol_module *next;
    struct string_pool *pool;
    const char *path, *open_path, *base_name;
    uint8_t build_id[EXPECTED_BUILD_ID_BYTES];
    unsigned build_id_bytes;
    bool usable; /* `file` is open and the right one */
    bool loaded; /* what follows `file` is set */
    struct symbol_file file;
    struct symbol_file debug; /* what it was stripped of: a separate file, or what it carries along; .elf NULL: none */
    struct function_starts starts; /* read when the first function without a name is met: */
    bool has_starts;
    struct elf_symbols symbols;
    struct function_names names;
    struct unit_index units;
    bool has_units;
    enum symbol_quality quality;
    const char *problem;
};

struct symbolizer {
    struct string_pool *pool;
    struct symbol_module *modules; /* a list: tens of them, and the caller keeps the pointers */
};

struct symbolizer *symbolizer_create(void)
{
    struct symbolizer *symbolizer = require_array(1, sizeof *symbolizer);
    symbolizer->pool = string_pool_create();
    return symbolizer;
}

static void module_destroy(struct symbol_module *module)
{
    if (module->loaded) {
        unit_index_deinit(&module->units);
        function_names_deinit(&module->names);
        elf_symbols_deinit(&module->symbols);
        function_starts_deinit(&module->starts);
        symbol_file_close(&module->debug);
    }
    if (module->usable)
        symbol_file_close(&module->file);
    free(module);
}

void symbolizer_destroy(struct symbolizer *symbolizer)
{
    if (!symbolizer)
        return;
    for (struct symbol_module *module = symbolizer->modules, *next; module; module = next) {
        next = module->next;
        module_destroy(module);
    }
    string_pool_destroy(symbolizer->pool);
    free(symbolizer);
}

/* A file with a longer build-id than the session records is compared by what was recorded. */
static bool has_build_id(const struct symbol_file *file, const uint8_t *expected, unsigned bytes)
{
    bool length_fits = file->build_id_bytes == bytes || (bytes == EXPECTED_BUILD_ID_BYTES && file->build_id_bytes > bytes);
    return bytes == 0 || (length_fits && memcmp(file->build_id, expected, bytes) == 0);
}

static void module_open(struct symbol_module *module)
{
    const char *why = NULL;
    bool vdso = strcmp(module->path, "[vdso]") == 0;
    if (!(vdso ? symbol_file_open_vdso(&module->file, &why) : symbol_file_open(&module->file, module->open_path, &why))) {
        module->problem = symbol_problem_unreadable(module->pool, module->path, why);
    } else if (!has_build_id(&module->file, module->build_id, module->build_id_bytes)) {
        module->problem = symbol_problem_replaced(module->pool, module->path);
        symbol_file_close(&module->file);
    } else
        module->usable = true;
}

struct symbol_module *symbolizer_module(struct symbolizer *symbolizer, const char *path, const char *open_path, const uint8_t *build_id,
                                        unsigned build_id_bytes)
{
    if (build_id_bytes > EXPECTED_BUILD_ID_BYTES)
        build_id_bytes = EXPECTED_BUILD_ID_BYTES;
    for (struct symbol_module *module = symbolizer->modules; module; module = module->next) {
        if (strcmp(module->path, path) == 0 && module->build_id_bytes == build_id_bytes &&
            (build_id_bytes == 0 || memcmp(module->build_id, build_id, build_id_bytes) == 0))
            return module;
    }
    struct symbol_module *module = require_array(1, sizeof *module);
    module->pool = symbolizer->pool;
    module->path = string_pool_intern(symbolizer->pool, path);
    module->open_path = string_pool_intern(symbolizer->pool, open_path ? open_path : path);
    const char *slash = strrchr(module->path, '/');
    const char *base_name = slash && slash[1] ? slash + 1 : module->path;
    /* It stands in the name of every address without a symbol, and the program says what it is. */
    module->base_name = string_pool_intern_bytes(symbolizer->pool, base_name, strnlen(base_name, NAME_MAX));
    module->build_id_bytes = build_id_bytes;
    if (build_id_bytes)
        memcpy(module->build_id, build_id, build_id_bytes);
    module_open(module);
    module->next = symbolizer->modules;
    return symbolizer->modules = module;
}

static void module_load(struct symbol_module *module)
{
    if (module->loaded || !module->usable)
        return;
    module->loaded = true;
    module->debug = (struct symbol_file){.fd = -1};
    Dwarf *dwarf = symbol_file_dwarf(&module->file);
    if (!dwarf && module->file.fd >= 0 && debug_file_open(&module->debug, &module->file, module->path, module->open_path))
        dwarf = symbol_file_dwarf(&module->debug);
    if (!dwarf && !module->debug.elf)
        (void)mini_debug_file_open(&module->debug, &module->file);
    elf_symbols_init(&module->symbols, &module->file, module->debug.elf ? &module->debug : NULL, module->pool);
    function_names_init(&module->names, module->pool, &module->symbols);
    if (dwarf)
        unit_index_init(&module->units, dwarf, &module->file, &module->names, module->pool);
    module->has_units = module->units.map.count > 0;
    if (module->has_units)
        module->quality = SYMBOLS_LINES;
    else if (module->symbols.full)
        module->quality = SYMBOLS_FULL;
    else if (module->symbols.count)
        module->quality = SYMBOLS_DYNAMIC;
    if (!module->has_units)
        module->problem = symbol_problem_no_lines(module->pool, module->path, &module->file, module->quality);
}

/* The code around `address` in which nobody knows where a function begins. */
static bool find_gap(struct symbol_module *module, uint64_t address, uint64_t *begin, uint64_t *end)
{
    if (!module->usable || !symbol_file_code_around(&module->file, address, begin, end) ||
        !function_starts_gap(&module->starts, address, begin, end))
        return false;
    elf_symbols_narrow(&module->symbols, address, begin, end);
    return true;
}

/* "module+0xoffset" of the function that holds `address`, where that is known; "module+0xbegin..0xend" of the code around it that holds
 * several, perhaps. A row for each instruction of it would say no more, and their shares change from run to run: which of two
 * neighbours a sample finds is the processor's whim. */
static const char *name_by_place(struct symbol_module *module, uint64_t address)
{
    if (module->usable && !module->has_starts) {
        module->has_starts = true;
        function_starts_init(&module->starts, &module->file);
    }
    uint64_t begin, end;
    if (find_gap(module, address, &begin, &end))
        return string_pool_format(module->pool, "%s+0x%llx..0x%llx", module->base_name, (unsigned long long)begin, (unsigned long long)end);
    function_starts_find(&module->starts, address, &address);
    return string_pool_format(module->pool, "%s+0x%llx", module->base_name, (unsigned long long)address);
}

/* The name of the code at `address` when the debug info has none for it. */
static void name_by_symbol(struct symbol_module *module, uint64_t address, struct symbol_frame *frame)
{
    const struct elf_symbol *symbol = module->usable ? elf_symbols_find(&module->symbols, address) : NULL;
    frame->function = symbol ? symbol->name : name_by_place(module, address);
    frame->guessed = !symbol;
}

unsigned symbol_module_find(struct symbol_module *module, uint64_t address, struct symbol_frame ret[SYMBOL_MAX_FRAMES])
{
    module_load(module);
    struct unit *unit = module->has_units ? unit_index_find(&module->units, address) : NULL;
    struct symbol_frame frame = {0};
    unsigned count = 0;
    if (unit) {
        unit_index_line(&module->units, unit, address, &frame.file, &frame.line);
        const struct scope *scope = unit_index_scope(&module->units, unit, address);
        for (const struct scope *outer; scope; scope = outer) {
            outer = unit_index_outer(&module->units, unit, scope);
            frame.function = scope->name;
            frame.function_line = scope->name_line;
            frame.inlined = outer != NULL;
            if (!frame.function)
                name_by_symbol(module, address, &frame);
            if (count == SYMBOL_MAX_FRAMES) /* the outermost so far gives way to the next outer one */
                count--;
            ret[count++] = frame;
            frame = (struct symbol_frame){.file = scope->call_file, .line = scope->call_line};
        }
    }
    if (count == 0) {
        name_by_symbol(module, address, &frame);
        ret[count++] = frame;
    }
    return count;
}

bool symbol_module_after_syscall(struct symbol_module *module, uint64_t address)
{
    uint8_t before[2];
    return module->usable && address >= sizeof before &&
           symbol_file_read_code(&module->file, address - sizeof before, before, sizeof before) && before[0] == 0x0f && before[1] == 0x05;
}

const char *symbol_module_variable(struct symbol_module *module, uint64_t address)
{
    module_load(module);
    if (!module->usable)
        return NULL;
    const char *name = variable_name_find(&module->file, address, module->pool);
    return name || !module->debug.elf ? name : variable_name_find(&module->debug, address, module->pool);
}

enum symbol_quality symbol_module_quality(struct symbol_module *module)
{
    module_load(module);
    return module->quality;
}

const char *symbol_module_problem(struct symbol_module *module)
{
    module_load(module);
    return module->problem;
}
