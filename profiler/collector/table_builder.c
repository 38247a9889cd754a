/* ELF image -> functions' call frame information, sorted -> rows -> the blob that unwind_table.h describes. */
#include "profiler/collector/table_builder.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/row_builder.h"

enum {
    START_BYTES_MAX = 256, /* ld.so's _start and _dl_start_user together take 61 */
    SPAN_FREE = 1 << 20,   /* code may be spread over so much more than SPAN_FACTOR times the file: bounds the bucket index */
    SPAN_FACTOR = 4,
};

struct function_list {
    struct cfi_fde *functions;
    size_t count, space;
};

bool table_builder_code(const struct module_image *image, struct unwind_code *ret)
{
    struct elf_image elf;
    const char *why;
    Elf64_Phdr segment;
    bool found = false;
    if (!elf_image_open(image, &elf, &why))
        return false;
    for (unsigned i = 0; i < elf.header.e_phnum; i++) {
        if (!elf_image_segment(&elf, i, &segment) || segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) || segment.p_filesz == 0)
            continue;
        struct unwind_code code = {segment.p_vaddr, segment.p_vaddr + segment.p_filesz, elf.bytes + segment.p_offset};
        if (!found)
            *ret = code;
        else if (code.first == ret->last && code.bytes == ret->bytes + (ret->last - ret->first))
            ret->last = code.last; /* adjacent in the file and in memory: one range, without a hole */
        else if (code.last - code.first > ret->last - ret->first)
            *ret = code;
        found = true;
    }
    return found;
}

/* The addresses between which rows may lie. */
static bool code_span(const struct elf_image *elf, uint64_t *ret_first, uint64_t *ret_last)
{
    Elf64_Phdr segment;
    *ret_first = UINT64_MAX;
    *ret_last = 0;
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        if (!elf_image_segment(elf, i, &segment) || segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) || segment.p_filesz == 0)
            continue;
        if (segment.p_vaddr < *ret_first)
            *ret_first = segment.p_vaddr;
        if (segment.p_vaddr + segment.p_filesz > *ret_last)
            *ret_last = segment.p_vaddr + segment.p_filesz;
    }
    return *ret_first < *ret_last && *ret_last < UINT32_MAX && (*ret_last - *ret_first) / SPAN_FACTOR <= elf->length + SPAN_FREE;
}

static int by_begin(const void *left, const void *right)
{
    const struct cfi_fde *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

/* All functions inside [first, last), sorted. false when memory is out. */
static bool collect(struct cfi_reader *reader, uint64_t first, uint64_t last, struct function_list *list)
{
    struct cfi_fde function;
    bool sorted = true;
    while (cfi_reader_next(reader, &function)) {
        if (function.begin < first || function.begin >= last || function.end <= function.begin)
            continue;
        if (function.end > last)
            function.end = last;
        if (list->count == list->space) {
            size_t space = list->space ? 2 * list->space : 1024;
            void *bigger = reallocarray(list->functions, space, sizeof function);
            if (!bigger)
                return false;
            list->functions = bigger;
            list->space = space;
        }
        sorted &= list->count == 0 || list->functions[list->count - 1].begin <= function.begin;
        list->functions[list->count++] = function;
    }
    if (!sorted)
        qsort(list->functions, list->count, sizeof function, by_begin);
    return true;
}

/* The state that the functions of one CIE begin with, kept for the next function. */
struct beginning {
    uint64_t cie;
    bool filled, good;
    struct cfi_state initial;
};

struct telling {
    struct row_builder *rows;
    bool signal_frame;
};

static void tell_rows(void *context, uint64_t begin, uint64_t end, const struct cfi_state *state)
{
    const struct telling *telling = context;
    row_builder_state(telling->rows, begin, end, state, telling->signal_frame);
}

/* The rows of one function; from an instruction that is not understood to its end: UNWIND_BAD. */
static void build_function(struct cfi_reader *reader, const struct cfi_fde *function, struct beginning *beginning,
                           struct row_builder *rows)
{
    uint64_t stopped_at = function->begin;
    const struct cfi_cie *cie = cfi_reader_cie(reader, function->cie);
    rows->statistics.functions++;
    if (cie && (!beginning->filled || beginning->cie != function->cie)) {
        *beginning = (struct beginning){.cie = function->cie, .filled = true};
        beginning->good = cfi_program_begin(reader, cie, &beginning->initial);
    }
    if (cie && beginning->good) {
        struct telling telling = {rows, cie->signal_frame};
        if (cfi_program_run(reader, cie, function, &beginning->initial, tell_rows, &telling, &stopped_at))
            return;
    }
    rows->statistics.bad++;
    row_builder_kind(rows, stopped_at, function->end, UNWIND_BAD);
}

/* Where a program begins without call frame information (ld.so does), everything up to the next function is an end of the stack.
 * Libraries carry meaningless entry points: one counts only if its code begins as ld.so's, `mov %rsp,%rdi`. */
static bool bare_start(const struct elf_image *elf, uint64_t *ret_begin)
{
    static const uint8_t start[] = {0x48, 0x89, 0xe7};
    Elf64_Phdr segment;
    struct elf_part code;
    bool program = elf->header.e_type == ET_EXEC;
    for (unsigned i = 0; i < elf->header.e_phnum; i++)
        program |= elf_image_segment(elf, i, &segment) && segment.p_type == PT_INTERP;
    *ret_begin = elf->header.e_entry;
    if (*ret_begin == 0 || !elf_image_at(elf, *ret_begin, &code))
        return false;
    return program || (code.length >= sizeof start && memcmp(code.bytes, start, sizeof start) == 0);
}

static void build_rows(const struct elf_image *elf, struct cfi_reader *reader, const struct function_list *list, uint64_t last,
                       struct row_builder *rows)
{
    struct beginning beginning = {.filled = false};
    uint64_t start;
    bool start_waits = bare_start(elf, &start);
    for (size_t i = 0; i <= list->count; i++) {
        uint64_t next = i < list->count ? list->functions[i].begin : last;
        if (start_waits && start < next) {
            start_waits = false;
            if (start >= rows->told) { /* else a function holds it, and says itself whether it is an end */
                uint64_t end = next - start < START_BYTES_MAX ? next : start + START_BYTES_MAX;
                row_builder_kind(rows, start, end, UNWIND_END);
                rows->statistics.ends++;
            }
        }
        if (i < list->count)
            build_function(reader, &list->functions[i], &beginning, rows);
    }
}

/* The rows of one line: the index of the first, which holds at the line's first byte or, in line 0, comes later; and how many. */
struct line_span {
    size_t first, count;
};

/* `from`: the first of the line before. */
static struct line_span span_of_line(const struct row_builder *rows, uint64_t line_pc, size_t from)
{
    uint64_t next_pc = line_pc + (1u << UNWIND_LINE_BITS);
    struct line_span span = {from, 0};
    while (span.first + 1 < rows->row_count && rows->rows[span.first + 1].pc <= line_pc)
        span.first++;
    while (span.first + span.count < rows->row_count && rows->rows[span.first + span.count].pc < next_pc)
        span.count++;
    return span;
}

/* Line 0 has to say that nothing holds before the first row. */
static bool begins_late(const struct row_builder *rows, const struct line_span *span, uint64_t line_pc)
{
    return rows->rows[span->first].pc > line_pc;
}

static void fill_line(const struct row_builder *rows, const struct line_span *span, uint64_t line_pc, struct unwind_line *line)
{
    uint16_t at = begins_late(rows, span, line_pc); /* a zero row is UNWIND_NONE */
    for (size_t i = 0; i < span->count; i++, at++) {
        const struct unwind_row *row = &rows->rows[span->first + i];
        line->begins[at] = row->pc > line_pc ? (uint8_t)(row->pc - line_pc) : 0;
        memcpy(&line->rows[at], (const uint8_t *)row + sizeof row->pc, sizeof line->rows[at]);
    }
    line->count = at;
}

/* ret: how many rows stand in `more`. lines NULL: only counted. */
static size_t lay_out(const struct row_builder *rows, uint32_t first_pc, uint32_t line_count, struct unwind_line *lines,
                      struct unwind_row *more)
{
    struct line_span span = {0, 0};
    size_t more_count = 0;
    for (uint32_t i = 0; i < line_count; i++) {
        uint64_t line_pc = first_pc + ((uint64_t)i << UNWIND_LINE_BITS);
        span = span_of_line(rows, line_pc, span.first);
        bool late = begins_late(rows, &span, line_pc);
        if (span.count + late <= UNWIND_LINE_ROWS) {
            if (lines)
                fill_line(rows, &span, line_pc, &lines[i]);
            continue;
        }
        if (lines) {
            lines[i].count = (uint16_t)(span.count + late);
            lines[i].first_more = (uint32_t)more_count;
            more[more_count] = (struct unwind_row){.pc = (uint32_t)line_pc, .kind = UNWIND_NONE};
            memcpy(more + more_count + late, rows->rows + span.first, span.count * sizeof more[0]);
        }
        more_count += span.count + late;
    }
    return more_count;
}

/* Rows that end with UNWIND_NONE -> blob. NULL when memory is out. */
static void *make_blob(const struct row_builder *rows, const struct unwind_code *code, size_t *ret_bytes)
{
    struct unwind_table_header header = {.magic = UNWIND_TABLE_MAGIC};
    header.first_pc = rows->rows[0].pc >> UNWIND_LINE_BITS << UNWIND_LINE_BITS;
    header.extra_count = (uint32_t)rows->extra_count;
    header.code_first = (uint32_t)code->first; /* inside the span, which fits */
    header.code_last = (uint32_t)code->last;
    header.line_count = ((rows->rows[rows->row_count - 1].pc - header.first_pc) >> UNWIND_LINE_BITS) + 1;
    size_t more_count = lay_out(rows, header.first_pc, header.line_count, NULL, NULL);
    size_t lines_bytes = header.line_count * sizeof(struct unwind_line), more_bytes = more_count * sizeof(struct unwind_row);
    size_t extras_bytes = rows->extra_count * sizeof *rows->extras;
    size_t total = sizeof header + lines_bytes + more_bytes + extras_bytes;
    uint8_t *blob = total <= UINT32_MAX ? calloc(1, total) : NULL;
    if (!blob)
        return NULL;
    header.total_bytes = (uint32_t)total;
    header.more_count = (uint32_t)more_count;
    header.lines = sizeof header;
    header.more = (uint32_t)(header.lines + lines_bytes);
    header.extras = (uint32_t)(header.more + more_bytes);
    memcpy(blob, &header, sizeof header);
    lay_out(rows, header.first_pc, header.line_count, (void *)(blob + header.lines), (void *)(blob + header.more));
    if (extras_bytes)
        memcpy(blob + header.extras, rows->extras, extras_bytes);
    *ret_bytes = total;
    return blob;
}

/* What is wrong, or NULL: then `rows` is complete. */
static const char *build(const struct module_image *image, struct function_list *list, struct row_builder *rows)
{
    struct elf_image elf;
    struct cfi_reader reader;
    uint64_t first, last;
    const char *why;
    if (!elf_image_open(image, &elf, &why))
        return why;
    if (elf.header.e_machine != EM_X86_64)
        return "tables are made for x86-64 only";
    if (!code_span(&elf, &first, &last))
        return "no code, or spread too far";
    bool has_information = cfi_reader_open(&elf, &reader);
    if (has_information && !collect(&reader, first, last, list))
        return "out of memory";
    build_rows(&elf, &reader, list, last, rows);
    rows->statistics.bad += has_information ? reader.bad_records : 0;
    if (rows->row_count == 0)
        return rows->out_of_memory ? "out of memory" : "no call frame information";
    row_builder_kind(rows, rows->told, rows->told + 1, UNWIND_NONE); /* nothing holds behind the last function */
    return rows->out_of_memory ? "out of memory" : NULL;
}

bool table_builder_build(const struct module_image *image, void **ret_blob, size_t *ret_bytes, struct table_statistics *ret_statistics,
                         const char **ret_why)
{
    struct function_list list = {NULL, 0, 0};
    struct row_builder rows;
    row_builder_init(&rows);
    const char *why = build(image, &list, &rows);
    struct unwind_code code = {0, 0, NULL};
    table_builder_code(image, &code);
    *ret_blob = why ? NULL : make_blob(&rows, &code, ret_bytes);
    if (!why && !*ret_blob)
        why = "out of memory";
    rows.statistics.rows = (uint32_t)rows.row_count;
    rows.statistics.extras = (uint32_t)rows.extra_count;
    if (ret_statistics)
        *ret_statistics = rows.statistics;
    if (why)
        *ret_why = why;
    free(list.functions);
    row_builder_deinit(&rows);
    return !why;
}
