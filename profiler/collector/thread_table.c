/* See thread_table.h. */
#include "profiler/collector/thread_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void thread_table_init(struct thread_table *ret)
{
    memset(ret, 0, sizeof *ret);
}

void thread_table_deinit(struct thread_table *table)
{
    free(table->rows);
    table->rows = NULL;
}

static void copy_name(char ret[16], const char name[16])
{
    memcpy(ret, name, 15);
    ret[15] = '\0';
}

static bool read_task_file(int32_t pid, int32_t tid, const char *name, char *ret, int ret_bytes)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, name);
    FILE *file = fopen(path, "re");
    if (!file) {
        return false;
    }
    bool read = fgets(ret, ret_bytes, file) != NULL;
    fclose(file);
    return read;
}

/* As the kernel has it now; a name that is there already stays if the thread is gone. */
static void read_name(struct thread_row *row)
{
    char text[64];
    if (read_task_file(row->pid, row->tid, "comm", text, sizeof text)) {
        text[strcspn(text, "\n")] = '\0';
        snprintf(row->name, sizeof row->name, "%.15s", text);
    }
}

/* ret: index + 1, 0 when memory is out. */
static uint32_t add(struct thread_table *table, const struct thread_row *row)
{
    if (table->count == table->capacity) {
        uint32_t capacity = table->capacity ? table->capacity * 2 : 32;
        struct thread_row *rows = realloc(table->rows, capacity * sizeof rows[0]);
        if (!rows) {
            return 0;
        }
        table->rows = rows;
        table->capacity = capacity;
    }
    table->rows[table->count] = *row;
    return ++table->count;
}

static uint32_t shared_row(struct thread_table *table, int32_t pid, uint64_t joined_ns)
{
    for (uint32_t i = table->count; i-- > 0;) {
        if (table->rows[i].tid == 0 && table->rows[i].joined_ns == joined_ns) {
            return i + 1;
        }
    }
    struct thread_row row = {.pid = pid, .joined_ns = joined_ns, .ended = true, .name = "(many)"};
    if (table->count < 2 * THREAD_TABLE_MAX) {
        return add(table, &row);
    }
    if (!table->overflow) {
        struct thread_row rest = {.ended = true, .name = "(the rest)"};
        table->overflow = add(table, &rest);
    }
    return table->overflow;
}

bool thread_table_knows(const struct thread_table *table, uint32_t slot_index, uint32_t serial, uint64_t joined_ns)
{
    return table->by_slot[slot_index].row && table->by_slot[slot_index].serial == serial &&
           table->by_slot[slot_index].joined_ns == joined_ns;
}

uint32_t thread_table_find(struct thread_table *table, uint32_t slot_index, uint32_t serial,
                           const struct thread_slot *slot, int32_t pid, uint64_t joined_ns)
{
    if (thread_table_knows(table, slot_index, serial, joined_ns)) {
        return table->by_slot[slot_index].row - 1;
    }
    uint32_t row;
    if (table->count < THREAD_TABLE_MAX) {
        struct thread_row new_row = {
            .pid = pid, .tid = slot->tid, .joined_ns = joined_ns, .started_cpu_ns = slot->started_cpu_ns};
        copy_name(new_row.name, slot->name);
        if (!new_row.name[0]) { /* its slot has none before its first sample */
            read_name(&new_row);
        }
        row = add(table, &new_row);
    } else {
        row = shared_row(table, pid, joined_ns);
    }
    table->by_slot[slot_index].row = row;
    table->by_slot[slot_index].serial = serial;
    table->by_slot[slot_index].joined_ns = joined_ns;
    return row ? row - 1 : 0;
}

uint32_t thread_table_find_gone(struct thread_table *table, int32_t tid, int32_t pid, uint64_t joined_ns)
{
    for (uint32_t i = table->count; i-- > 0;) {
        if (table->rows[i].tid == tid && table->rows[i].joined_ns == joined_ns) {
            return i;
        }
    }
    struct thread_row gone = {.pid = pid, .tid = tid, .joined_ns = joined_ns, .ended = true};
    read_name(&gone);
    uint32_t row = table->count < THREAD_TABLE_MAX && tid > 0 ? add(table, &gone) : shared_row(table, pid, joined_ns);
    return row ? row - 1 : 0;
}

void thread_table_measured(struct thread_row *row, uint64_t cpu_ns)
{
    row->measured_ns = cpu_ns > row->started_cpu_ns ? cpu_ns - row->started_cpu_ns : 0;
    row->measured_at_ns = row->sampled_ns;
}

void thread_table_ended(struct thread_table *table, uint32_t slot_index, const struct thread_slot *slot)
{
    uint32_t index = table->by_slot[slot_index].row;
    uint64_t cpu_ns = atomic_load(&slot->cpu_ns);
    table->by_slot[slot_index].row = 0;
    if (index == 0 || index > table->count || table->by_slot[slot_index].serial != atomic_load(&slot->serial)) {
        return;
    }
    struct thread_row *row = &table->rows[index - 1];
    if (row->tid == slot->tid && cpu_ns > row->started_cpu_ns) {
        copy_name(row->name, slot->name);
        thread_table_measured(row, cpu_ns);
        row->ended = true;
    }
}

void thread_table_process_ended(struct thread_table *table, int32_t pid, uint64_t joined_ns)
{
    for (uint32_t i = 0; i < table->count; i++) {
        table->rows[i].ended |= table->rows[i].pid == pid && table->rows[i].joined_ns == joined_ns;
    }
}

bool thread_table_read_cpu(int32_t pid, int32_t tid, uint64_t *ret_ns)
{
    char text[128];
    if (!read_task_file(pid, tid, "schedstat", text, sizeof text)) {
        return false;
    }
    *ret_ns = strtoull(text, NULL, 10);
    return true;
}

void thread_table_refresh(struct thread_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct thread_row *row = &table->rows[i];
        uint64_t cpu_ns;
        if (row->ended || !thread_table_read_cpu(row->pid, row->tid, &cpu_ns)) {
            continue; /* it may have died just now: its slot says what it used */
        }
        thread_table_measured(row, cpu_ns);
        read_name(row);
    }
}
