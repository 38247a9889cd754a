/* See drain.h. */
#include "profiler/collector/drain.h"

#include <string.h>

#include "profiler/collector/fault_guard.h"

static const uint64_t MAX_WEIGHT_NS =
    UINT64_C(10000000000); /* what one sample may claim: a hostile program cannot drown the rest */
static const uint64_t MAX_WAIT_NS = UINT64_C(86400000000000); /* a day */
static const uint64_t IDLE_CHUNK_NS = UINT64_C(2000000000), IDLE_WHEN_SHORT_NS = UINT64_C(10000000);

/* 16 buckets per power of two: a quantile is right within 6 %. */
static uint32_t bucket_of(uint32_t cycles)
{
    if (cycles < 16) {
        return cycles;
    }
    uint32_t power = 31 - (uint32_t)__builtin_clz(cycles);
    return (power - 3) * 16 + ((cycles >> (power - 4)) & 15);
}

static uint32_t bucket_value(uint32_t bucket)
{
    if (bucket < 32) {
        return bucket;
    }
    uint32_t power = bucket / 16 + 3;
    return (uint32_t)((16u + bucket % 16) << (power - 4));
}

uint32_t drain_handler_quantile(const struct drain_counts *counts, double fraction)
{
    uint64_t total = 0, seen = 0;
    for (uint32_t i = 0; i < HANDLER_BUCKETS; i++) {
        total += counts->handler_cycles[i];
    }
    for (uint32_t i = 0; i < HANDLER_BUCKETS; i++) {
        seen += counts->handler_cycles[i];
        if (counts->handler_cycles[i] && (double)seen >= fraction * (double)total) {
            return bucket_value(i);
        }
    }
    return 0;
}

static uint32_t tag_set_of(const struct drain *drain, uint64_t context)
{
    uint32_t index = (uint32_t)context;
    if (index >= SESSION_TAG_SETS) {
        return 0;
    }
    return atomic_load_explicit(&drain->owner->session->tag_sets[index].state, memory_order_acquire) == TAG_SET_READY
               ? index
               : 0;
}

static struct raw_place place_of(struct drain *drain, uint64_t context, uint32_t node, uint32_t thread)
{
    return (struct raw_place){
        .node = node, .tag_set = tag_set_of(drain, context), .thread = thread, .span = drain_spans_number(&drain->spans, context)};
}

/* pcs[0] is the leaf; the tree grows from the root. */
static uint32_t add_stack(struct drain *drain, uint32_t process, const uint64_t *pcs, unsigned depth,
                          uint64_t weight_ns)
{
    uint32_t node = AGGREGATE_ROOT;
    for (unsigned i = depth; i-- > 0;) {
        uint64_t address;
        uint32_t module = processes_resolve(drain->processes, process, pcs[i], &address);
        if (module == NO_MODULE) {
            module = processes_find_jit(drain->processes, process, drain->owner, drain->modules);
        }
        uint32_t child = aggregate_child(drain->aggregate, node, module, address);
        if (child == node) {
            /* The tree is full: at least the place itself stays right. */
            drain->aggregate->pruned_ns += weight_ns;
            module = processes_resolve(drain->processes, process, pcs[0], &address);
            return aggregate_leaf(drain->aggregate, module, address);
        }
        node = child;
    }
    return node;
}

struct walk {
    const struct unwind_space *space;
    const struct unwind_registers *registers;
    const struct unwind_stack *stack;
    uint64_t *pcs;
    unsigned depth;
    enum unwind_stop stop;
};

static void walk_copy(void *argument)
{
    struct walk *walk = argument;
    walk->depth = unwind_walk(walk->space, walk->registers, walk->stack, NULL, walk->pcs, SAMPLE_MAX_DEPTH, &walk->stop);
}

static unsigned unwind_deferred(struct drain *drain, uint32_t process, const uint8_t *body, uint64_t *pcs,
                                enum unwind_stop *ret_stop)
{
    struct sample_deferred deferred;
    memcpy(&deferred, body, sizeof deferred);
    struct unwind_registers registers;
    memcpy(registers.value, deferred.registers, sizeof registers.value);
    size_t bytes = stack_unpack(body + sizeof deferred, deferred.stack_bytes, drain->stack, sizeof drain->stack);
    struct unwind_stack stack = {.low = deferred.stack_address,
                                 .high = deferred.stack_address + bytes,
                                 .bytes = drain->stack,
                                 .cut = deferred.stack_high > deferred.stack_address + bytes};
    struct unwind_space space = processes_space(drain->processes, process, drain->owner);
    drain->counts.deferred++;
    drain->deferred_seen = true;
    struct walk walk = {.space = &space, .registers = &registers, .stack = &stack, .pcs = pcs, .depth = 1,
                        .stop = UNWIND_STOP_NO_INFORMATION};
    bool good = fault_guard_run(walk_copy, &walk);
    if (good && walk.stop == UNWIND_STOP_UNKNOWN_MODULE &&
        processes_read_new(drain->processes, process, drain->owner, drain->modules)) {
        /* The sampler noted the module after the last look at its list, and before it wrote this. */
        space = processes_space(drain->processes, process, drain->owner);
        good = fault_guard_run(walk_copy, &walk);
    }
    if (!good) { /* a module's file became shorter */
        pcs[0] = registers.value[UNWIND_RIP_NUMBER];
        walk.depth = 1;
        walk.stop = UNWIND_STOP_NO_INFORMATION;
    }
    *ret_stop = walk.stop;
    return walk.depth;
}

/* A sample of waiting: its leaf is the function that was called; our own frames behind it are shown by nobody. */
static void add_wait(struct drain *drain, const struct sample_record *record, uint32_t process, uint32_t thread, uint64_t elapsed_ns,
                     uint64_t *pcs, unsigned depth)
{
    const struct process_view *view = &drain->processes->views[process];
    uint64_t weight = record->weight_ns < MAX_WAIT_NS ? record->weight_ns : MAX_WAIT_NS;
    weight = weight > 0 ? weight : 1;
    pcs[0] = record->wait.function;
    uint32_t node = add_stack(drain, process, pcs, depth, weight);
    struct raw_place place = place_of(drain, record->context, node, thread);
    place.waited = true;
    aggregate_add(drain->aggregate, &place, elapsed_ns, 1, weight);
    drain->counts.waits++;
    drain->counts.waited_ns += weight;
    if (record->wait.object) {
        struct lock_row key = {
            .address = record->wait.object, .joined_ns = view->joined_ns, .pid = view->pid, .node = node};
        key.module = processes_resolve(drain->processes, process, key.address, &key.module_address);
        lock_table_add(&drain->locks, &key, weight);
    }
}

static void add_record(struct drain *drain, uint64_t now_ns)
{
    struct sample_record record;
    uint64_t pcs[SAMPLE_MAX_DEPTH];
    memcpy(&record, drain->buffer, sizeof record);
    const struct thread_slot *slot = &drain->owner->session->slots[record.slot];
    uint32_t process = slot->process;
    if (process >= SESSION_PROCESSES || !drain->processes->views[process].known) {
        drain->counts.corrupt++;
        return;
    }
    struct process_view *view = &drain->processes->views[process];
    unsigned depth = record.depth;
    enum unwind_stop stop = record.stop < UNWIND_STOP_COUNT ? record.stop : UNWIND_STOP_BAD_INFORMATION;
    if (record.kind == SAMPLE_DEFERRED) {
        depth = unwind_deferred(drain, process, drain->buffer + sizeof record, pcs, &stop);
    } else {
        memcpy(pcs, drain->buffer + sizeof record, depth * sizeof pcs[0]);
    }
    uint64_t weight = record.weight_ns < MAX_WEIGHT_NS ? record.weight_ns : MAX_WEIGHT_NS;
    weight = weight > 0 ? weight : 1; /* shares of nothing say nothing */
    uint64_t time = record.time_ns < now_ns ? record.time_ns : now_ns;
    uint64_t elapsed = time > drain->started_ns ? time - drain->started_ns : 0;
    uint32_t thread =
        thread_table_find(drain->threads, record.slot, record.thread_serial, slot, view->pid, view->joined_ns);
    if (record.wait.function) {
        add_wait(drain, &record, process, thread, elapsed, pcs, depth);
        return;
    }
    uint32_t node = add_stack(drain, process, pcs, depth, weight);
    struct raw_place place = place_of(drain, record.context, node, thread);
    aggregate_add(drain->aggregate, &place, elapsed, 1, weight);
    if (thread < drain->threads->count) {
        drain->threads->rows[thread].sampled_ns += weight;
    }
    drain->counts.samples++;
    drain->counts.sampled_ns += weight;
    view->sampled_ns += weight;
    drain->counts.complete += stop == UNWIND_STOP_COMPLETE;
    drain->counts.stops[stop]++;
    if (record.handler_cycles) {
        drain->counts.handler_cycles[bucket_of(record.handler_cycles)]++;
    }
}

/* Of `owner`, who may just be writing, or may have lost it to another thread: then it stays. The new owner will find an empty ring. */
static bool take_chunk(struct drain *drain, uint32_t index, uint32_t owner)
{
    return atomic_compare_exchange_strong(&drain->owner->session->header.chunk_owner[index], &owner, CHUNK_OF_COLLECTOR);
}

/* Its ring begins anew: the thread that held it may have left anything there, and the next one takes it as it is. */
static void free_chunk(struct drain *drain, uint32_t index)
{
    struct ring_chunk *chunk = &drain->owner->session->chunks[index];
    atomic_store_explicit(&chunk->head, 0, memory_order_relaxed);
    atomic_store_explicit(&chunk->tail, 0, memory_order_relaxed);
    drain->readers[index].tail = 0;
    atomic_store_explicit(&drain->owner->session->header.chunk_owner[index], 0, memory_order_release);
    atomic_store_explicit(&drain->owner->session->header.chunk_hint, index, memory_order_relaxed);
}

static void free_slot(struct drain *drain, uint32_t index)
{
    struct thread_slot *slot = &drain->owner->session->slots[index];
    atomic_store(&slot->chunk, 0);
    atomic_store_explicit(&slot->state, SLOT_FREE, memory_order_release);
}

static bool process_is_dead(const struct drain *drain, uint32_t process)
{
    return process < SESSION_PROCESSES && drain->processes->views[process].known &&
           drain->processes->views[process].dead;
}

/* A process that joined since the last look at the blocks: its samples stay in the ring until its modules are known. */
static bool process_is_new(const struct drain *drain, uint32_t process)
{
    if (process >= SESSION_PROCESSES) {
        return false;
    }
    const struct process_block *block = &drain->owner->session->processes[process];
    const struct process_view *view = &drain->processes->views[process];
    return atomic_load_explicit(&block->state, memory_order_acquire) == PROCESS_LIVE &&
           (!view->known || view->joined_ns != block->joined_ns);
}

/* A thread that ends with a chunk and without a sample has used CPU time all the same. */
static void meet_thread(struct drain *drain, uint32_t slot_index, const struct thread_slot *slot)
{
    if (slot->process < SESSION_PROCESSES && drain->processes->views[slot->process].known) {
        const struct process_view *view = &drain->processes->views[slot->process];
        (void)thread_table_find(drain->threads, slot_index, atomic_load(&slot->serial), slot, view->pid, view->joined_ns);
    }
}

static bool may_put_aside(const struct drain *drain)
{
    return drain->aside_bytes + sizeof drain->buffer <= sizeof drain->put_aside;
}

static void put_aside(struct drain *drain, uint32_t bytes)
{
    memcpy(drain->put_aside + drain->aside_bytes, drain->buffer, bytes);
    drain->aside_bytes += bytes;
}

/* Tables are being built: what has come in leaves the rings, to be added when its modules are known. */
static void empty_rings(void *user)
{
    struct drain *drain = user;
    if (drain->in_pass) { /* a record is in the buffer */
        return;
    }
    for (uint32_t chunk = 0; chunk < SESSION_CHUNKS; chunk++) {
        uint32_t owner = atomic_load_explicit(&drain->owner->session->header.chunk_owner[chunk], memory_order_acquire), bytes;
        while (owner != 0 && may_put_aside(drain) && (bytes = ring_read(&drain->readers[chunk], drain->buffer, sizeof drain->buffer)) > 0) {
            put_aside(drain, bytes);
        }
    }
}

static uint32_t process_of(const struct drain *drain, const uint8_t *bytes, uint32_t *ret_bytes)
{
    struct sample_record record;
    memcpy(&record, bytes, sizeof record);
    *ret_bytes = record.bytes;
    return drain->owner->session->slots[record.slot].process;
}

static void add_put_aside(struct drain *drain, uint64_t now_ns)
{
    size_t left = 0;
    uint32_t bytes;
    for (size_t at = 0; at < drain->aside_bytes; at += bytes) {
        if (process_is_new(drain, process_of(drain, drain->put_aside + at, &bytes))) {
            memmove(drain->put_aside + left, drain->put_aside + at, bytes);
            left += bytes;
        } else {
            memcpy(drain->buffer, drain->put_aside + at, bytes);
            add_record(drain, now_ns);
        }
    }
    drain->aside_bytes = left;
}

/* Once around: all that was there when this began. A program that writes as fast as this reads holds nobody up. ret: bytes read. */
static uint32_t read_ring(struct drain *drain, uint32_t chunk, uint64_t now_ns)
{
    struct ring_reader *reader = &drain->readers[chunk];
    uint32_t total = 0, bytes;
    while (total < SESSION_RING_BYTES && (bytes = ring_read(reader, drain->buffer, sizeof drain->buffer)) > 0) {
        total += bytes;
        if (process_is_new(drain, process_of(drain, drain->buffer, &bytes)) && may_put_aside(drain)) {
            put_aside(drain, bytes);
        } else {
            add_record(drain, now_ns);
        }
    }
    drain->counts.corrupt += reader->corrupt;
    reader->corrupt = false;
    return total;
}

/* The thread has ended, and its last record has been read. */
static void end_thread(struct drain *drain, uint32_t slot_index)
{
    const struct thread_slot *slot = &drain->owner->session->slots[slot_index];
    if (atomic_load(&slot->chunk) != 0) {
        meet_thread(drain, slot_index, slot);
        thread_table_ended(drain->threads, slot_index, slot);
    }
    free_slot(drain, slot_index);
}

static void drain_chunk(struct drain *drain, uint32_t chunk, uint32_t owner, uint64_t now_ns, bool final)
{
    struct session *session = drain->owner->session;
    uint32_t slot_index = (owner & ~CHUNK_BUSY) - 1;
    const struct thread_slot *slot = &session->slots[slot_index];
    if (process_is_new(drain, slot->process) && !may_put_aside(drain)) {
        return;
    }
    /* Whether it has ended is read before the ring is: what is in the ring then is all there will be. */
    uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
    bool dead = process_is_dead(drain, slot->process);
    /* Likewise: was the thread ever without a chunk, or may another ring hold records of it? */
    bool only_here = atomic_load(&session->header.chunk_shortages) == 0;
    uint32_t total = read_ring(drain, chunk, now_ns);
    drain->busiest_bytes = total > drain->busiest_bytes ? total : drain->busiest_bytes;
    if (total) {
        drain->last_active_ns[chunk] = now_ns;
    }
    if (process_is_new(drain, slot->process)) {
        return;
    }
    if (state == SLOT_ENDED || dead) {
        if (take_chunk(drain, chunk, owner)) {
            free_chunk(drain, chunk);
            if (only_here) {
                end_thread(drain, slot_index);
            }
        }
        return;
    }
    /* Short of chunks: one that nobody wrote to for a while goes back, unless its thread is just using it. With 10,000 live
     * threads every one is wanted again at once. */
    uint64_t idle_ns = drain->chunks_in_use > SESSION_CHUNKS * 7 / 8 ? IDLE_WHEN_SHORT_NS : IDLE_CHUNK_NS;
    if (!final && drain->chunks_in_use > SESSION_CHUNKS * 3 / 4 && now_ns - drain->last_active_ns[chunk] > idle_ns &&
        take_chunk(drain, chunk, owner & ~CHUNK_BUSY)) {
        read_ring(drain, chunk, now_ns); /* what came between the look at the ring and the taking */
        free_chunk(drain, chunk);
        drain->took_back = true;
    }
}

bool drain_init(struct drain *ret, struct session_owner *owner, struct modules *modules, struct processes *processes,
                struct thread_table *threads, struct aggregate *aggregate, uint64_t started_ns, uint64_t slower_than_ns)
{
    memset(ret, 0, sizeof *ret);
    ret->owner = owner;
    ret->modules = modules;
    ret->processes = processes;
    ret->threads = threads;
    ret->aggregate = aggregate;
    ret->started_ns = started_ns;
    processes->meanwhile = empty_rings;
    processes->user = ret;
    for (uint32_t i = 0; i < SESSION_CHUNKS; i++) {
        ret->readers[i].chunk = &owner->session->chunks[i];
    }
    return drain_spans_init(&ret->spans, owner, processes, threads, aggregate, started_ns, slower_than_ns);
}

void drain_deinit(struct drain *drain)
{
    drain_spans_deinit(&drain->spans);
}

static bool has_chunk(const struct drain *drain, uint32_t slot_index)
{
    uint32_t chunk = atomic_load(&drain->owner->session->slots[slot_index].chunk) - 1;
    return chunk < SESSION_CHUNKS && (atomic_load(&drain->owner->session->header.chunk_owner[chunk]) & ~CHUNK_BUSY) == slot_index + 1;
}

/* Slots that no chunk leads to: of dead processes; and of threads that ended after their chunk was taken from them. What such a thread
 * left in whatever ring has been read when a whole pass has gone by since its end was seen. */
static void free_lost_slots(struct drain *drain)
{
    uint32_t high = atomic_load(&drain->owner->session->header.slot_high);
    high = high < SESSION_SLOTS ? high : SESSION_SLOTS;
    for (uint32_t i = 0; i < high; i++) {
        struct thread_slot *slot = &drain->owner->session->slots[i];
        uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
        bool lost = state == SLOT_ENDED && !has_chunk(drain, i) && !process_is_new(drain, slot->process), lost_before = drain->lost[i];
        drain->lost[i] = lost;
        if (state == SLOT_FREE) {
            continue;
        }
        /* Of a dead process it stands still; a living one may be handing the slot on right now. */
        uint32_t held_by = __atomic_load_n(&slot->process, __ATOMIC_RELAXED);
        uint32_t process = (state & CLAIM_STATE_MASK) == SLOT_CLAIMED ? state >> CLAIM_OWNER_SHIFT : held_by;
        if ((lost && lost_before) || process_is_dead(drain, process)) {
            end_thread(drain, i);
            drain->lost[i] = false;
        }
    }
}

static bool any_dead(const struct processes *processes)
{
    for (uint32_t i = 0; i < processes->high; i++) {
        if (processes->views[i].known && processes->views[i].dead) {
            return true;
        }
    }
    return false;
}

void drain_pass(struct drain *drain, uint64_t now_ns, bool final)
{
    struct session_header *header = &drain->owner->session->header;
    drain->looked_ns = now_ns;
    drain->busiest_bytes = 0;
    drain->deferred_seen = false;
    bool dead = any_dead(drain->processes);
    uint32_t in_use = 0;
    drain->in_pass = true;
    drain_spans_note(&drain->spans);
    add_put_aside(drain, now_ns);
    for (uint32_t chunk = 0; chunk < SESSION_CHUNKS; chunk++) {
        uint32_t owner = atomic_load_explicit(&header->chunk_owner[chunk], memory_order_acquire);
        if ((owner & ~CHUNK_BUSY) - 1 < SESSION_SLOTS) {
            in_use++;
            drain_chunk(drain, chunk, owner, now_ns, final);
        }
    }
    drain->in_pass = false;
    drain_spans_end(&drain->spans, now_ns);
    drain->chunks_in_use = in_use;
    if (dead || drain->took_back || atomic_load(&header->chunk_shortages) > 0) {
        free_lost_slots(drain);
    }
    if (dead) {
        for (uint32_t i = 0; i < drain->processes->high; i++) {
            if (process_is_dead(drain, i)) {
                thread_table_process_ended(drain->threads, drain->processes->views[i].pid,
                                           drain->processes->views[i].joined_ns);
            }
        }
        processes_free_dead(drain->processes, drain->owner);
    }
}
