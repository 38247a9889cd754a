/* Input: what a hostile program does to the session, step by step (enum step below), and when the collector looks: update, drain, report.
 * Whatever stands there, also while it changes under the collector's hands (RACE: a second thread scribbles), the collector's own
 * state stays whole and bounded, and reports can be written.
 *
 * Everything happens in a few places of the session (`regions`), so that inputs meet themselves and a reset is cheap. */
#include "tests/fuzz/fuzz_input.h"

#include <pthread.h>
#include <semaphore.h>

#include "profiler/collector/profile_build.h"
#include "profiler/collector/report_html.h"
#include "profiler/collector/report_json.h"
#include "profiler/collector/report_text.h"
#include "profiler/collector/text_out.h"
#include "profiler/session/stack_pack.h"
#include "profiler/session/session_state.h"
#include "tests/unit/made_module.h"

enum {
    RACE = 0x07, REPORT = 0xf0, /* bits of the first byte, all of them: they cost most of a run's time */
    STEPS_MAX = 120, LOOKS_MAX = 8,
    STORES_MAX = 2000, /* of one race: about as long as a look takes */
    PLACES = 3,     /* of each kind: the first ones, and the last one of the session */
    ROWS = 16,      /* of a process block */
    REGION_MAX = 48,
    STRING_BYTES = 512,
    RING_START = 8192, RING_END = 4096, /* the parts of a ring's data that are used */
};
static const uint64_t START_NS = UINT64_C(1000000000000), BASE = UINT64_C(0x7f0000000000);

struct region {
    uint8_t *bytes;
    size_t length;
};

static struct session_owner owner;
static struct region regions[REGION_MAX];
static unsigned region_count;
static char module_path[64];

static struct modules modules;
static struct processes processes;
static struct thread_table threads;
static struct aggregate aggregate;
static struct drain drain;

static uint32_t place(uint64_t choice, uint32_t count) { return choice % PLACES == PLACES - 1 ? count - 1 : (uint32_t)(choice % PLACES); }

static void add_region(void *bytes, size_t length)
{
    REQUIRE(region_count < REGION_MAX);
    regions[region_count++] = (struct region){bytes, length};
}

static void add_regions(struct session *session)
{
    add_region(&session->header, sizeof session->header);
    for (unsigned i = 0; i < PLACES; i++) {
        struct process_block *block = &session->processes[place(i, SESSION_PROCESSES)];
        struct ring_chunk *chunk = &session->chunks[place(i, SESSION_CHUNKS)];
        add_region(&session->tag_sets[1 + place(i, SESSION_TAG_SETS - 1)], sizeof(struct tag_set));
        add_region(&session->slots[place(i, SESSION_SLOTS)], sizeof(struct thread_slot));
        add_region(block, 128);
        add_region(block->modules, ROWS * sizeof block->modules[0]);
        add_region(block->strings, STRING_BYTES);
        add_region(block->strings + sizeof block->strings - 64, 64);
        add_region(chunk, offsetof(struct ring_chunk, data) + RING_START);
        add_region(chunk->data + SESSION_RING_BYTES - RING_END, RING_END);
    }
    for (unsigned i = 0; i < PLACES; i++) {
        add_region(&session->span_states[place(i, SESSION_SPANS) & ~1u], 8);
        add_region(&session->spans[place(i, SESSION_SPANS)], sizeof(struct span_row));
    }
}

/* A small module with call frame information of several kinds, at module_path; `unreadable` kinds of paths are texts. */
static void make_module(void)
{
    static struct made_module made;
    made_begin(&made);
    size_t cie = made_cie(&made);
    made_fde(&made, cie, 0, 0x40, (const uint8_t[]){0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6}, 8);
    made_fde(&made, cie, 0x40, 0x40, (const uint8_t[]){0x44, 0x0e, 0x20}, 3);
    made_fde(&made, cie, 0x80, 0x40, (const uint8_t[]){0x07, 16}, 2);
    made_fde(&made, cie, 0xc0, 0x40, (const uint8_t[]){0x0f, 5, 0x76, 0x78, 0x06, 0x23, 8}, 7);
    for (unsigned at = 0x100; at < 0x400; at += 5) /* call */
        made.bytes[MADE_CODE + at] = 0xe8;
    fuzz_file(1, made.bytes, MADE_BYTES, module_path);
}

/* -- the second thread: stores that race with the collector's loads */

static sem_t race_begin, race_done;
static _Atomic uint32_t race_seed, race_stop;

#ifdef __clang__
__attribute__((no_sanitize("coverage")))
#endif
static void *scribble(void *argument)
{
    (void)argument;
    for (;;) {
        while (sem_wait(&race_begin) != 0)
            ;
        uint32_t seed = atomic_load(&race_seed);
        for (unsigned stores = 0; stores < STORES_MAX && !atomic_load_explicit(&race_stop, memory_order_relaxed); stores++) {
            const struct region *region = &regions[1 + fuzz_noise(&seed) % (region_count - 1)];
            uint64_t number = fuzz_hostile_number(&seed);
            size_t at = fuzz_noise(&seed) % (region->length < 256 ? region->length : 256) & ~(size_t)7;
            if (fuzz_noise(&seed) % 2)
                __atomic_store_n((uint64_t *)(void *)(region->bytes + at), number, __ATOMIC_RELAXED);
            else
                __atomic_store_n((uint32_t *)(void *)(region->bytes + at), (uint32_t)number, __ATOMIC_RELAXED);
            /* Tables and indexes that the collector published. */
            at = 64 + fuzz_noise(&seed) % 4096 * 4;
            if (fuzz_noise(&seed) % 4 == 0 && at < 4096)
                __atomic_store_n((uint32_t *)(void *)(owner.session->arena + at), (uint32_t)number, __ATOMIC_RELAXED);
        }
        sem_post(&race_done);
    }
    return NULL;
}

static void race(bool begin, uint32_t seed)
{
    if (begin) {
        atomic_store(&race_seed, seed);
        atomic_store(&race_stop, 0);
        sem_post(&race_begin);
    } else {
        atomic_store(&race_stop, 1);
        while (sem_wait(&race_done) != 0)
            ;
    }
}

/* -- what the collector does */

static void check_state(void)
{
    uint64_t weight_ns = aggregate.pruned_ns;
    REQUIRE(aggregate.node_count >= 1 && aggregate.node_count <= AGGREGATE_MAX_NODES && aggregate.cell_count <= AGGREGATE_MAX_CELLS);
    for (uint32_t i = 1; i < aggregate.node_count; i++) {
        const struct raw_node *node = &aggregate.nodes[i];
        REQUIRE(node->parent < i && (node->module == NO_MODULE || node->module < modules.count));
    }
    for (uint32_t i = 0; i < aggregate.cell_count; i++) {
        const struct raw_cell *cell = &aggregate.cells[i];
        const struct raw_place *place = &cell->place;
        REQUIRE(place->node < aggregate.node_count && place->tag_set < SESSION_TAG_SETS && place->span < SPAN_NUMBERS);
        REQUIRE(place->thread < threads.count || cell->samples == 0);
        weight_ns += cell->weight_ns;
    }
    REQUIRE(weight_ns == drain.counts.sampled_ns + drain.counts.waited_ns + aggregate.pruned_ns);
    REQUIRE(drain.counts.complete <= drain.counts.samples && drain.counts.deferred <= drain.counts.samples + drain.counts.waits);
    REQUIRE(threads.count <= 2 * THREAD_TABLE_MAX + 1 && modules.count <= MODULES_MAX && owner.arena_used <= SESSION_ARENA_BYTES);
    REQUIRE(processes.high <= SESSION_PROCESSES && drain.spans.table.kept_count <= SPANS_KEPT);
    for (uint32_t i = 0; i < processes.high; i++) {
        const struct process_view *view = &processes.views[i];
        REQUIRE(view->module_count <= SESSION_MODULES && view->rows_seen <= SESSION_MODULES);
        for (uint32_t k = 0; k < view->module_count; k++) {
            REQUIRE(view->modules[k].start < view->modules[k].end && (k == 0 || view->modules[k - 1].end <= view->modules[k].start));
            REQUIRE(view->modules[k].table < SESSION_ARENA_BYTES && (view->module_ids[k] == NO_MODULE || view->module_ids[k] < modules.count));
        }
    }
}

static void look(uint64_t now_ns, bool final)
{
    processes_update(&processes, &owner, &modules, true);
    drain_pass(&drain, now_ns, final);
}

static bool drop_text(void *context, const char *bytes, size_t count)
{
    (void)context;
    REQUIRE(!memchr(bytes, '\0', count));
    return true;
}

static void write_text(const struct profile *profile, void (*write)(struct text_out *, const struct summary *))
{
    struct text_out out;
    struct summary *summary = summary_create(profile, NULL);
    REQUIRE(summary);
    text_out_init(&out, drop_text, NULL);
    write(&out, summary);
    REQUIRE(text_out_flush(&out));
    text_out_deinit(&out);
    summary_destroy(summary);
}

static void report(unsigned format)
{
    char program[] = "program", *argv[] = {program, NULL}, error[256];
    struct collector_options options = {.sampling_period_s = 0.01, .profile_all = format & 4, .program = "/program", .argv = argv};
    struct snapshot snapshot;
    REQUIRE(snapshot_copy(&snapshot, &drain));
    snapshot.cycles_per_ns = 1;
    struct profile_builder *builder = profile_builder_create(&options);
    struct profile *profile = profile_build(builder, &snapshot);
    uint64_t cpu_ns = 0;
    for (uint32_t i = 0; i < profile->cell_count; i++)
        cpu_ns += profile->cells[i].cpu_ns;
    REQUIRE(cpu_ns == profile->cpu_ns_total && profile->samples == drain.counts.samples);
    if (format % 4 == 0)
        write_text(profile, report_json_text);
    else if (format % 4 == 1)
        write_text(profile, report_text_text);
    else if (format % 4 == 2)
        REQUIRE(report_html_write(profile, "/dev/null", error, sizeof error));
    else
        free(report_text_last_lines(profile));
    profile_release(profile);
    profile_builder_destroy(builder);
    snapshot_deinit(&snapshot);
}

/* -- what the program does */

static int32_t pid_of(uint64_t choice)
{
    static const int32_t pids[] = {0, -1, 1, 2, INT32_MAX, INT32_MIN, 4194303};
    return choice % 4 ? getpid() : pids[choice / 4 % (sizeof pids / sizeof *pids)];
}

/* An address in or near a module. */
static uint64_t pc_of(uint64_t choice)
{
    return choice % 16 == 15 ? choice << 48 | choice : BASE + (choice >> 13 << 20) + MADE_CODE + (choice & 0x1fff) % 0x1100;
}

static void write_number(struct script *script)
{
    const struct region *region = &regions[script_take(script, 1) % region_count];
    unsigned width = 1u << script_take(script, 1) % 4;
    size_t at = script_take(script, 2) % (region->length / width) * width;
    uint64_t value = script_take(script, width);
    memcpy(region->bytes + at, &value, width);
}

static void write_bytes(struct script *script)
{
    const struct region *region = &regions[script_take(script, 1) % region_count];
    size_t at = script_take(script, 2) % region->length, count = script_take(script, 1);
    for (; count > 0 && at < region->length; count--)
        region->bytes[at++] = (uint8_t)script_take(script, 1);
}

static void begin_process(struct script *script)
{
    uint32_t index = place(script_take(script, 1), SESSION_PROCESSES);
    struct process_block *block = &owner.session->processes[index];
    block->pid = pid_of(script_take(script, 1));
    block->joined_ns = script_take(script, 1);
    block->exe = 1;
    memcpy(block->strings + 1, module_path, sizeof module_path);
    atomic_store(&block->module_count, 0);
    session_raise(&owner.session->header.process_high, index + 1);
    atomic_store(&block->state, PROCESS_LIVE);
}

static void add_module(struct script *script)
{
    static const char *const paths[] = {"[vdso]", "/nowhere", "/proc/self/fd", "/dev/zero", "", "relative", "/proc/self/status"};
    struct process_block *block = &owner.session->processes[place(script_take(script, 1), SESSION_PROCESSES)];
    uint32_t row = (uint32_t)script_take(script, 1) % ROWS, path = 64 + row * 16;
    uint64_t kind = script_take(script, 1), at = script_take(script, 1), size = script_take(script, 1);
    struct module_row module = {.path = path, .start = BASE + (at << 20), .kind = (uint8_t)(kind % 5)};
    module.end = module.start + (size << 12);
    module.bias = kind % 7 == 6 ? script_take(script, 8) : module.start;
    module.build_id_bytes = (uint8_t)(kind % 11 == 10 ? script_take(script, 1) : 0);
    snprintf(block->strings + path, 24, "%.23s", kind % 3 ? module_path : paths[kind / 3 % (sizeof paths / sizeof *paths)]);
    memcpy((uint8_t *)&block->modules[row] + sizeof module.state, (const uint8_t *)&module + sizeof module.state,
           sizeof module - sizeof module.state);
    atomic_store(&block->modules[row].state, MODULE_READY);
    session_raise(&block->module_count, row + 1);
}

static void begin_thread(struct script *script)
{
    uint32_t index = place(script_take(script, 1), SESSION_SLOTS);
    struct thread_slot *slot = &owner.session->slots[index];
    uint32_t state = (uint32_t)script_take(script, 1);
    slot->process = place(script_take(script, 1), SESSION_PROCESSES);
    slot->tid = (int32_t)script_take(script, 1);
    uint32_t chunk = (uint32_t)script_take(script, 1);
    atomic_store(&slot->chunk, chunk % 4 == 3 ? 0 : place(chunk, SESSION_CHUNKS) + 1);
    atomic_store(&slot->cpu_ns, script_take(script, 2) << 20);
    atomic_fetch_add(&slot->serial, 1);
    memcpy(slot->name, "\xff<\"&\n\t\1thread\0\0", 16);
    atomic_store(&slot->state, state % 4 == SLOT_CLAIMED ? SLOT_CLAIMED | slot->process << CLAIM_OWNER_SHIFT : state % 4);
    session_raise(&owner.session->header.slot_high, index + 1);
}

static void own_chunk(struct script *script)
{
    uint32_t chunk = place(script_take(script, 1), SESSION_CHUNKS), slot = place(script_take(script, 1), SESSION_SLOTS);
    atomic_store(&owner.session->header.chunk_owner[chunk], slot + 1);
}

/* Room in a ring, as the sampler takes it; only where a reset cleans up. */
static uint8_t *reserve(struct script *script, uint32_t bytes, struct ring_space *space)
{
    struct ring_chunk *chunk = &owner.session->chunks[place(script_take(script, 1), SESSION_CHUNKS)];
    if (!ring_reserve(chunk, bytes, space))
        return NULL;
    size_t at = (size_t)(space->bytes - chunk->data);
    bool near_start = at + bytes <= RING_START, near_end = at >= SESSION_RING_BYTES - RING_END;
    return near_start || near_end ? space->bytes : NULL;
}

static struct sample_record record_of(struct script *script, uint8_t kind, uint32_t bytes)
{
    uint64_t choice = script_take(script, 1);
    return (struct sample_record){.bytes = (uint16_t)bytes, .slot = (uint16_t)place(choice >> 1, SESSION_SLOTS), .kind = kind, .stop = (uint8_t)(choice % 10), .time_ns = START_NS + (script_take(script, 2) << 26),
                                  .weight_ns = choice & 0x80 ? UINT64_MAX : 10000000, .context = place(choice >> 4, SESSION_TAG_SETS - 1) + 1,
                                  .handler_cycles = (uint32_t)script_take(script, 1) << choice % 24,
                                  .thread_serial = (uint32_t)(choice % 3)};
}

static void write_walked(struct script *script)
{
    struct ring_space space;
    uint32_t depth = 1 + (uint32_t)script_take(script, 1) % 200, bytes = (uint32_t)(sizeof(struct sample_record) + depth * 8);
    uint8_t *room = reserve(script, bytes, &space);
    struct sample_record record = record_of(script, SAMPLE_WALKED, bytes);
    record.depth = (uint16_t)depth;
    uint64_t pc = script_take(script, 2), step = script_take(script, 1);
    if (!room)
        return;
    memcpy(room, &record, sizeof record);
    for (uint32_t i = 0; i < depth; i++) {
        uint64_t address = pc_of(pc + i * step);
        memcpy(room + sizeof record + 8 * i, &address, 8);
    }
    ring_commit(&space, bytes);
}

static void write_deferred(struct script *script)
{
    struct ring_space space;
    struct sample_deferred deferred = {.stack_address = BASE << 1, .stack_bytes = script_take(script, 1) * 8};
    uint64_t span = deferred.stack_bytes * STACK_PACK_BLOCK_WORDS / 2;
    uint32_t bytes = (uint32_t)(sizeof(struct sample_record) + sizeof deferred + deferred.stack_bytes);
    uint8_t *room = reserve(script, bytes, &space);
    struct sample_record record = record_of(script, SAMPLE_DEFERRED, bytes);
    uint64_t choice = script_take(script, 2), step = script_take(script, 1);
    for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
        deferred.registers[i] = deferred.stack_address + 8 * ((choice + i * step) % 64);
    deferred.registers[UNWIND_RSP_NUMBER] = deferred.stack_address + (choice & 0x80 ? 0 : 8 * (choice % 32));
    deferred.registers[UNWIND_RIP_NUMBER] = pc_of(choice);
    deferred.stack_high = deferred.stack_address + span + (choice & 0x40 ? 4096 : 0);
    if (!room)
        return;
    memcpy(room, &record, sizeof record);
    memcpy(room + sizeof record, &deferred, sizeof deferred);
    for (uint32_t i = 0; i < deferred.stack_bytes / 8; i++) {
        uint64_t word = (i + choice) % 3 ? pc_of(choice + i * step) : deferred.stack_address + 8 * (i + step % 8);
        word = i % (STACK_PACK_BLOCK_WORDS + 2) < 2 ? UINT64_C(0x5555555555555555) * (choice % 3 + i % 2) : word; /* masks */
        memcpy(room + sizeof record + sizeof deferred + 8 * i, &word, 8);
    }
    ring_commit(&space, bytes);
}

static void write_tags(struct script *script)
{
    struct tag_set *set = &owner.session->tag_sets[1 + place(script_take(script, 1), SESSION_TAG_SETS - 1)];
    uint32_t bytes = (uint32_t)script_take(script, 1);
    for (uint32_t i = 0; i < bytes; i++)
        set->text[i] = (char)script_take(script, 1);
    set->text_bytes = bytes % 16 == 15 ? (uint32_t)script_take(script, 4) : bytes;
    set->count = bytes;
    atomic_store(&set->state, TAG_SET_READY);
}

static void (*const steps[])(struct script *script) = {write_number, write_bytes,  begin_process,  add_module, begin_thread,
                                                       own_chunk,    write_walked, write_deferred, write_tags};
enum { STEPS = sizeof steps / sizeof *steps, STEP_LOOK = STEPS, STEP_REPORT, STEP_KINDS };

/* -- one run */

static void set_up_once(void)
{
    pthread_t thread;
    if (owner.session)
        return;
    REQUIRE(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    add_regions(owner.session);
    make_module();
    REQUIRE(sem_init(&race_begin, 0, 0) == 0 && sem_init(&race_done, 0, 0) == 0);
    REQUIRE(pthread_create(&thread, NULL, scribble, NULL) == 0);
}

static void set_up(void)
{
    set_up_once();
    owner.arena_used = 64;
    modules_init(&modules);
    processes_init(&processes);
    thread_table_init(&threads);
    REQUIRE(aggregate_init(&aggregate, 100000000));
    drain_init(&drain, &owner, &modules, &processes, &threads, &aggregate, START_NS, 0);
}

static void tear_down(void)
{
    for (unsigned i = 0; i < region_count; i++)
        memset(regions[i].bytes, 0, regions[i].length);
    memset(owner.session->arena, 0, owner.arena_used > 4096 + 64 ? owner.arena_used : 4096 + 64);
    drain_deinit(&drain);
    aggregate_deinit(&aggregate);
    thread_table_deinit(&threads);
    processes_deinit(&processes);
    modules_deinit(&modules);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct script script = {bytes, bytes + length};
    unsigned flags = (unsigned)script_take(&script, 1);
    unsigned looks = 0;
    uint64_t now_ns = START_NS;
    bool racing = (flags & RACE) == RACE, reporting = (flags & REPORT) == REPORT;
    set_up();
    for (unsigned i = 0; i < STEPS_MAX && script.at < script.end; i++) {
        unsigned step = (unsigned)script_take(&script, 1), kind = step % STEP_KINDS;
        if (kind < STEPS) {
            steps[kind](&script);
            continue;
        }
        if (looks++ == LOOKS_MAX)
            break;
        if (racing)
            race(true, step + i * 256);
        if (kind == STEP_LOOK) {
            now_ns += script_take(&script, 1) << 28;
            look(now_ns, step >= 250);
        } else if (reporting) { /* once */
            reporting = false;
            report(step / STEP_KINDS);
        }
        if (racing)
            race(false, 0);
        check_state();
    }
    look(now_ns, true);
    check_state();
    if (reporting)
        report((unsigned)length);
    tear_down();
    return 0;
}
