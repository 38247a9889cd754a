/* See span_table.h. */
#include "profiler/collector/span_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/latency_scale.h"

static_assert((int)SPAN_NUMBERS <= (int)AGGREGATE_MAX_SPANS, "numbers of spans");
static_assert(sizeof(struct span_group) == SPAN_NAME_BYTES + 4 && sizeof(struct span_latency) == 8, "keys without padding");

static bool make_room(void *user, uint32_t but_span);

bool span_table_init(struct span_table *ret, struct aggregate *aggregate, uint64_t slower_than_ns)
{
    memset(ret, 0, sizeof *ret);
    ret->spans = calloc(SPAN_NUMBERS, sizeof ret->spans[0]);
    ret->free_numbers = calloc(SPAN_NUMBERS, sizeof ret->free_numbers[0]);
    if (!ret->spans || !ret->free_numbers) {
        free(ret->spans);
        free(ret->free_numbers);
        return false;
    }
    for (uint32_t number = SPAN_NUMBERS; number-- > 1;) {
        ret->free_numbers[ret->free_count++] = number; /* the lowest on top: few pages are touched */
    }
    key_table_init(&ret->groups, sizeof(struct span_group));
    key_table_init(&ret->latencies, sizeof(struct span_latency));
    struct span_group rest = {.name = "(others)"};
    key_table_add(&ret->groups, &rest, NULL);
    ret->slower_than_ns = slower_than_ns;
    ret->changes = 1;
    ret->aggregate = aggregate;
    aggregate->make_room = make_room;
    aggregate->user = ret;
    return true;
}

void span_table_deinit(struct span_table *table)
{
    key_table_deinit(&table->groups);
    key_table_deinit(&table->latencies);
    free(table->spans);
    free(table->free_numbers);
    table->spans = NULL;
    table->free_numbers = NULL;
}

/* What was the number's is nobody's. */
static void give_back(struct span_table *table, uint32_t number)
{
    aggregate_forget_span(table->aggregate, number);
    table->free_numbers[table->free_count++] = number;
}

uint32_t span_table_number(const struct span_table *table, uint32_t row, uint32_t word)
{
    return table->rows[row].word == word ? table->rows[row].number : 0;
}

/* The row's number was of a span that nobody saw end: whatever it is, it is not there any more. */
static void leave_row(struct span_table *table, uint32_t row)
{
    uint32_t number = table->rows[row].number;
    if (number && !table->spans[number].is_kept) {
        give_back(table, number);
    }
    table->rows[row].word = table->rows[row].number = 0;
}

uint32_t span_table_meet(struct span_table *table, uint32_t row, uint32_t word)
{
    if (table->rows[row].word == word) {
        return table->rows[row].number;
    }
    leave_row(table, row);
    if (!table->free_count) {
        return 0;
    }
    table->rows[row].word = word;
    table->rows[row].number = table->free_numbers[--table->free_count];
    table->spans[table->rows[row].number].is_kept = false;
    return table->rows[row].number;
}

/* -- counting ------------------------------------------------------------------------------------------------------------- */

static uint32_t group_of(struct span_table *table, const struct span_facts *facts)
{
    struct span_group key = {.tag_set = facts->tag_set};
    memcpy(key.name, facts->text.name, strnlen(facts->text.name, sizeof key.name - 1));
    return table->groups.count < SPAN_GROUPS ? key_table_add(&table->groups, &key, NULL) : key_table_find(&table->groups, &key, 0);
}

static void count(struct span_table *table, uint32_t group, uint64_t wall_ns)
{
    struct span_latency key = {.group = group, .step = latency_step(wall_ns)};
    uint32_t index = UINT32_MAX;
    if (table->latencies.count < SPAN_LATENCIES - LATENCY_STEPS) {
        index = key_table_add(&table->latencies, &key, NULL);
    } else if ((index = key_table_find(&table->latencies, &key, UINT32_MAX)) == UINT32_MAX) {
        key.group = 0; /* whose steps have the rest of the room */
        index = key_table_add(&table->latencies, &key, NULL);
    }
    table->latency_counts[index]++;
    table->ended++;
}

/* -- keeping -------------------------------------------------------------------------------------------------------------- */

static void forget(struct span_table *table, uint32_t place)
{
    uint32_t number = table->kept[place].number;
    struct kept_span *span = &table->spans[number];
    table->group_state[table->kept[place].group].kept--;
    table->kept[place] = table->kept[--table->kept_count];
    table->changes++;
    if (table->rows[span->facts.row].number == number) {
        table->rows[span->facts.row].number = 0;
    }
    span->is_kept = false;
    give_back(table, number);
}

/* The place among the kept of the fastest whose group has more than `least` of them, counting one more for `group`; not `but_span`.
 * SPANS_KEPT: none. */
static uint32_t fastest(const struct span_table *table, uint32_t least, uint32_t group, uint32_t but_span)
{
    uint32_t found = SPANS_KEPT;
    uint64_t found_ns = UINT64_MAX;
    for (uint32_t i = 0; i < table->kept_count; i++) {
        uint32_t of_group = table->group_state[table->kept[i].group].kept + (table->kept[i].group == group);
        if (table->kept[i].wall_ns < found_ns && of_group > least && table->kept[i].number != but_span) {
            found = i;
            found_ns = table->kept[i].wall_ns;
        }
    }
    return found;
}

/* The aggregation is short of cells. */
static bool make_room(void *user, uint32_t but_span)
{
    struct span_table *table = user;
    uint32_t place = fastest(table, SPANS_KEPT_PER_GROUP, UINT32_MAX, but_span);
    place = place == SPANS_KEPT ? fastest(table, 0, UINT32_MAX, but_span) : place;
    if (place == SPANS_KEPT) {
        return false;
    }
    forget(table, place);
    return true;
}

/* A place for one more: free, or that of a faster one. */
static bool find_place(struct span_table *table, uint32_t group, uint64_t wall_ns)
{
    if (table->kept_count < SPANS_KEPT) {
        return true;
    }
    if (table->group_state[group].refused_at == table->changes && wall_ns <= table->group_state[group].refused_ns) {
        return false; /* the usual case, without a search */
    }
    bool is_rare = table->group_state[group].kept < SPANS_KEPT_PER_GROUP;
    uint32_t place = fastest(table, SPANS_KEPT_PER_GROUP, group, 0);
    if (place == SPANS_KEPT) { /* more groups than there is room for */
        is_rare = false;
        place = fastest(table, 0, group, 0);
    }
    if (is_rare || table->kept[place].wall_ns < wall_ns) {
        forget(table, place);
        return true;
    }
    table->group_state[group].refused_at = table->changes;
    table->group_state[group].refused_ns = wall_ns;
    return false;
}

uint32_t span_table_end(struct span_table *table, uint32_t word, const struct span_facts *facts)
{
    uint32_t group = group_of(table, facts);
    if (!facts->running) {
        count(table, group, facts->wall_ns);
    }
    bool keep = facts->wall_ns >= table->slower_than_ns && find_place(table, group, facts->wall_ns);
    uint32_t number = keep ? span_table_meet(table, facts->row, word) : 0;
    if (!number) {
        if (table->rows[facts->row].word == word) {
            leave_row(table, facts->row);
            table->rows[facts->row].word = word; /* what still comes for it is nobody's */
        }
        return 0;
    }
    table->spans[number] = (struct kept_span){.is_kept = true, .facts = *facts};
    table->kept[table->kept_count].wall_ns = facts->wall_ns;
    table->kept[table->kept_count].number = number;
    table->kept[table->kept_count++].group = group;
    table->group_state[group].kept++;
    table->changes++;
    return number;
}
