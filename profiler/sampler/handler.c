/* [S] The tick: walk the interrupted stack, write one record into the thread's ring.
 * Context: signal handler, on the interrupted thread's stack. No allocation, no lock, no library call but the clock;
 * errno is kept.
 *
 *   tick -> session alive? sampling on? -> chunk -> walk into the ring -> publish
 *                                                   \-> a pc without a table yet: registers and stack (deferred) */
#include "profiler/sampler/sampler.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "profiler/sampler/hooks_signal.h"
#include "profiler/sampler/trigger.h"
#include "profiler/session/ring.h"
#include "profiler/session/session_state.h"
#include "profiler/session/stack_pack.h"
#include "profiler/unwind/unwind_arch.h"

enum {
    RED_ZONE_BYTES = 128,
    WALKED_MAX_BYTES = sizeof(struct sample_record) + SAMPLE_MAX_DEPTH * sizeof(uint64_t),
};

/* At the start, because a program may lock whatever is mapped later (mlockall). */
void handler_prepare(void)
{
    size_t bytes = SESSION_CHUNKS * sizeof(struct unwind_cache);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED) {
        (void)madvise(memory, bytes, MADV_DONTDUMP);
        sampler.caches = memory;
        sampler.caches_bytes = bytes;
    }
}

static struct unwind_cache *cache_of(uint32_t chunk)
{
    return sampler.caches ? &((struct unwind_cache *)sampler.caches)[chunk] : NULL;
}

static uint32_t cycles(void)
{
#if defined(__x86_64__)
    return (uint32_t)__builtin_ia32_rdtsc();
#else
    return (uint32_t)clock_now_ns(CLOCK_MONOTONIC);
#endif
}

static uint32_t own_mark(void)
{
    return (uint32_t)thread_state.slot + 1;
}

/* While CHUNK_BUSY stands, nobody else takes the chunk. */
static bool take_chunk(uint32_t index, uint32_t from)
{
    return atomic_compare_exchange_strong(&sampler.session->header.chunk_owner[index], &from, own_mark() | CHUNK_BUSY);
}

/* A free one; or that of a thread that does not write just now, if there is room in it. */
static bool find_chunk(bool of_another, uint32_t *ret_index)
{
    struct session_header *header = &sampler.session->header;
    uint32_t hint = atomic_load_explicit(&header->chunk_hint, memory_order_relaxed);
    for (uint32_t i = 0; i < SESSION_CHUNKS; i++) {
        uint32_t index = (hint + i) % SESSION_CHUNKS;
        uint32_t owner = atomic_load_explicit(&header->chunk_owner[index], memory_order_relaxed);
        bool fits = of_another ? !(owner & CHUNK_BUSY) && !ring_is_filling(&sampler.session->chunks[index]) : owner == 0;
        if (fits && take_chunk(index, owner)) {
            atomic_store_explicit(&header->chunk_hint, index + 1, memory_order_relaxed);
            *ret_index = index;
            return true;
        }
    }
    return false;
}

/* Thousands of threads have more samples than there are chunks before the collector gets its turn (on two processors, 10,000 runnable
 * threads make it wait for seconds): then their samples share the rings. */
static bool claim_chunk(struct thread_slot *slot, uint32_t *ret_index)
{
    if (!find_chunk(false, ret_index)) {
        atomic_fetch_add(&sampler.session->header.chunk_shortages, 1);
        if (!find_chunk(true, ret_index)) {
            return false;
        }
    }
    if (atomic_load_explicit(&slot->chunk, memory_order_relaxed) == 0) {
        prctl(PR_GET_NAME, slot->name);
    }
    atomic_store_explicit(&slot->chunk, *ret_index + 1, memory_order_relaxed);
    return true;
}

static struct ring_chunk *hold_chunk(struct thread_slot *slot, uint32_t *ret_index)
{
    *ret_index = atomic_load_explicit(&slot->chunk, memory_order_relaxed) - 1;
    bool mine = *ret_index < SESSION_CHUNKS && take_chunk(*ret_index, own_mark());
    return mine || claim_chunk(slot, ret_index) ? &sampler.session->chunks[*ret_index] : NULL;
}

static void release_chunk(uint32_t index)
{
    atomic_store_explicit(&sampler.session->header.chunk_owner[index], own_mark(), memory_order_release);
}

void handler_leave_chunk(struct thread_slot *slot)
{
    uint32_t index;
    if (hold_chunk(slot, &index)) {
        release_chunk(index);
    }
}

static bool is_loaded(uint64_t address)
{
    struct dl_find_object found;
    return _dl_find_object((void *)(uintptr_t)address, &found) == 0;
}

/* The tables that the collector has published for this process. */
static bool open_space(struct unwind_space *ret)
{
    struct session *session = sampler.session;
    int process = atomic_load_explicit(&sampler.process, memory_order_relaxed);
    uint64_t published = atomic_load_explicit(&session->processes[process].module_index, memory_order_acquire);
    uint64_t at = published & UINT32_MAX, serial = published >> MODULE_INDEX_SERIAL_SHIFT;
    if (at == 0 || at > SESSION_ARENA_BYTES - sizeof(struct module_index) || module_list_is_stale(published)) {
        return false;
    }
    const struct module_index *index = (const struct module_index *)(const void *)(session->arena + at);
    /* After the slot was marked busy: from here on the list stays as it is. (A fork may have inherited one that is gone.) */
    if (__atomic_load_n(&index->serial, __ATOMIC_SEQ_CST) != serial) {
        return false;
    }
    ret->serial = (uint32_t)serial;
    uint32_t fits = (uint32_t)((SESSION_ARENA_BYTES - at - sizeof *index) / sizeof index->modules[0]);
    ret->modules = index->modules;
    ret->module_count = index->count < fits ? index->count : fits;
    ret->arena = session->arena;
    ret->arena_bytes = SESSION_ARENA_BYTES;
    ret->code = NULL;
    ret->is_loaded = is_loaded;
    return true;
}

static void read_registers(const ucontext_t *context, struct unwind_registers *ret)
{
#if defined(__x86_64__)
    static const uint8_t in_dwarf_order[UNWIND_REGISTERS] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                                             REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                                             REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (int i = 0; i < UNWIND_REGISTERS; i++) {
        ret->value[i] = (uint64_t)context->uc_mcontext.gregs[in_dwarf_order[i]];
    }
#elif defined(__aarch64__)
    memset(ret, 0, sizeof *ret);
    ret->value[UNWIND_RBP_NUMBER] = context->uc_mcontext.regs[29];
    ret->value[UNWIND_RSP_NUMBER] = context->uc_mcontext.sp;
    ret->value[UNWIND_RIP_NUMBER] = context->uc_mcontext.pc;
#endif
}

/* The readable stack around `sp`: the alternate one, when a handler of the program runs there (it may lie inside the thread's own), else
 * the thread's own. Neither holds `sp` in a coroutine: then the sample is its leaf. */
static bool open_stack(uint64_t sp, const ucontext_t *context, struct unwind_stack *ret)
{
    const uint64_t own_low = thread_state.stack_low, own_high = thread_state.stack_high;
    uint64_t low = (uint64_t)(uintptr_t)context->uc_stack.ss_sp, high = low + context->uc_stack.ss_size;
    bool alternate = !(context->uc_stack.ss_flags & SS_DISABLE) && sp >= low && sp < high;
    if (!alternate) {
        low = own_low;
        high = own_high;
        if (sp < low || sp >= high) {
            return false;
        }
    }
    uint64_t from = sp - low > RED_ZONE_BYTES ? sp - RED_ZONE_BYTES : low;
    *ret = (struct unwind_stack){.low = from, .high = high, .bytes = (const uint8_t *)(uintptr_t)from};
    if (alternate) {
        ret->own_low = own_low;
        ret->own_high = own_high;
        ret->own_bytes = (const uint8_t *)(uintptr_t)own_low;
    }
    return true;
}

struct tick {
    struct unwind_registers registers;
    struct unwind_stack stack;
    bool has_stack;
    struct sample_record record;
};

/* A stack that nobody has walked may lead through libraries that were opened since the last look; the collector
 * knows only those that we note. The masks are no addresses, and do no harm. */
static void note_modules(const struct unwind_stack *stack, const void *packed, size_t bytes)
{
    const uint64_t *words = packed;
    for (size_t i = 0; i < bytes / sizeof *words; i++) {
        if (words[i] < stack->low || words[i] >= stack->high) {
            module_list_note_if_code(words[i]);
        }
    }
}

/* Registers and stack for the collector to unwind once it has the table. 1 us for 8 KiB of stack. */
static void write_deferred(const struct tick *tick, struct ring_chunk *chunk, bool *ret_written)
{
    enum { HEAD_BYTES = sizeof(struct sample_record) + sizeof(struct sample_deferred) };
    static const uint32_t rooms[] = {SAMPLE_MAX_STACK_BYTES, SAMPLE_MAX_STACK_BYTES / 4, SAMPLE_MAX_STACK_BYTES / 16};
    uint64_t from = tick->stack.low & ~UINT64_C(7);
    uint64_t bytes = (tick->stack.high - from) & ~UINT64_C(7);
    bytes = bytes < STACK_PACK_MAX_SPAN_BYTES ? bytes : STACK_PACK_MAX_SPAN_BYTES;
    struct ring_space space;
    unsigned room = 0;
    while (room < sizeof rooms / sizeof rooms[0] && !ring_reserve(chunk, HEAD_BYTES + rooms[room], &space)) {
        room++;
    }
    *ret_written = room < sizeof rooms / sizeof rooms[0];
    if (!*ret_written) {
        return;
    }
    struct stack_pack_rule rule = {.near = from, .code = (uint64_t)(uintptr_t)&_dl_find_object};
    module_list_program(&rule.low, &rule.high);
    size_t packed_bytes;
    stack_pack((const void *)(uintptr_t)from, bytes, &rule, space.bytes + HEAD_BYTES, rooms[room], &packed_bytes);
    note_modules(&tick->stack, space.bytes + HEAD_BYTES, packed_bytes);
    struct sample_deferred deferred = {
        .stack_address = from, .stack_high = tick->stack.high, .stack_bytes = packed_bytes};
    memcpy(deferred.registers, tick->registers.value, sizeof deferred.registers);
    struct sample_record record = tick->record;
    record.kind = SAMPLE_DEFERRED;
    record.bytes = (uint16_t)(HEAD_BYTES + packed_bytes);
    memcpy(space.bytes, &record, sizeof record);
    memcpy(space.bytes + sizeof record, &deferred, sizeof deferred);
    ring_commit(&space, record.bytes);
    session_wake_drain(sampler.session);
}

/* Code that the collector has not heard of: does a module lie there, whose table is still to come? */
static bool worth_deferring(const struct unwind_space *space, bool has_space, uint64_t pc)
{
    if (has_space) {
        for (uint32_t i = 0; i < space->module_count; i++) {
            if (pc >= space->modules[i].start && pc < space->modules[i].end) {
                return false;
            }
        }
    }
    return module_list_note(pc);
}

static bool write_sample(const struct tick *tick, struct ring_chunk *chunk, uint32_t chunk_index)
{
    struct unwind_space space = {0};
    uint64_t pc = tick->registers.value[UNWIND_RIP_NUMBER];
    module_list_check(pc);
    bool has_space = open_space(&space), written = false;
    if (!has_space && tick->has_stack) {
        module_list_note(pc);
        write_deferred(tick, chunk, &written);
        return written;
    }
    struct ring_space room;
    if (!ring_reserve(chunk, WALKED_MAX_BYTES, &room)) {
        return false;
    }
    struct sample_record record = tick->record;
    uint64_t *pcs = (uint64_t *)(void *)(room.bytes + sizeof record);
    unsigned depth = 1;
    enum unwind_stop stop = UNWIND_STOP_NO_STACK;
    pcs[0] = pc;
    if (tick->has_stack) {
        depth =
            unwind_walk(&space, &tick->registers, &tick->stack, cache_of(chunk_index), pcs, SAMPLE_MAX_DEPTH, &stop);
        if (stop == UNWIND_STOP_UNKNOWN_MODULE && worth_deferring(&space, has_space, pcs[depth - 1])) {
            write_deferred(tick, chunk, &written);
            if (written) {
                return true;
            }
        }
    }
    if (!UNWIND_HAS_TABLES) { /* frame pointers need nobody's tables, so the walk does not stop where a module is new */
        for (unsigned i = 0; i < depth; i++) {
            (void)worth_deferring(&space, has_space, pcs[i]);
        }
    }
    record.kind = SAMPLE_WALKED;
    record.stop = (uint8_t)stop;
    record.depth = (uint16_t)depth;
    record.bytes = (uint16_t)(sizeof record + depth * sizeof(uint64_t));
    memcpy(room.bytes, &record, sizeof record);
    ring_commit(&room, record.bytes);
    return true;
}

enum ring_result { RING_WRITTEN, RING_FULL, RING_NONE };

static enum ring_result write_to_ring(struct thread_slot *slot, const struct tick *tick)
{
    uint32_t index;
    struct ring_chunk *chunk = hold_chunk(slot, &index);
    if (!chunk) {
        return RING_NONE;
    }
    bool written = write_sample(tick, chunk, index);
    release_chunk(index);
    if (ring_is_filling(chunk)) { /* one deferred sample is enough for that */
        session_wake_drain(sampler.session);
    }
    return written ? RING_WRITTEN : RING_FULL;
}

static void take_sample(uint64_t periods, const ucontext_t *context)
{
    uint32_t start = cycles();
    struct thread_slot *slot = &sampler.session->slots[thread_state.slot];
    struct tick tick;
    tick.record = (struct sample_record){
        .slot = (uint16_t)thread_state.slot,
        .time_ns = clock_now_ns(CLOCK_MONOTONIC),
        .weight_ns = periods * sampler.session->header.sample_period_ns,
        .context = thread_state.context,
        .handler_cycles = thread_state.last_cycles,
        .thread_serial = atomic_load_explicit(&slot->serial, memory_order_relaxed),
    };
    read_registers(context, &tick.registers);
    tick.has_stack = open_stack(tick.registers.value[UNWIND_RSP_NUMBER], context, &tick.stack);
    enum ring_result result = write_to_ring(slot, &tick);
    bool written = result == RING_WRITTEN;
    if (!written) {
        struct session_header *header = &sampler.session->header;
        atomic_fetch_add_explicit(result == RING_FULL ? &header->samples_dropped : &header->samples_without_chunk, 1,
                                  memory_order_relaxed);
        session_wake_drain(sampler.session);
    }
    atomic_fetch_add_explicit(&slot->sampled_ns, tick.record.weight_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(written ? &slot->samples : &slot->dropped, 1, memory_order_relaxed);
    thread_state.last_cycles = cycles() - start;
}

/* The registers of the caller, as a signal would have found them: enough to unwind from here. */
static void read_own_registers(struct unwind_registers *ret)
{
    memset(ret, 0, sizeof *ret);
#if defined(__x86_64__)
    __asm__ volatile("movq %%rbx, %0\n\tmovq %%rbp, %1\n\tmovq %%rsp, %2\n\tmovq %%r12, %3\n\tmovq %%r13, %4\n\tmovq %%r14, %5\n\t"
                     "movq %%r15, %6\n\tleaq 0(%%rip), %%rax\n\tmovq %%rax, %7"
                     : "=m"(ret->value[UNWIND_RBX_NUMBER]), "=m"(ret->value[UNWIND_RBP_NUMBER]), "=m"(ret->value[UNWIND_RSP_NUMBER]),
                       "=m"(ret->value[12]), "=m"(ret->value[13]), "=m"(ret->value[14]), "=m"(ret->value[15]),
                       "=m"(ret->value[UNWIND_RIP_NUMBER])
                     :
                     : "rax", "memory");
#elif defined(__aarch64__)
    __asm__ volatile("mov x9, sp\n\tstr x29, %0\n\tstr x9, %1\n\tadr x9, .\n\tstr x9, %2"
                     : "=m"(ret->value[UNWIND_RBP_NUMBER]), "=m"(ret->value[UNWIND_RSP_NUMBER]), "=m"(ret->value[UNWIND_RIP_NUMBER])
                     :
                     : "x9", "memory");
#endif
}

/* Every signal is blocked. The collector takes our own frames off the stack. */
void handler_take_wait(uint64_t weight_ns, const struct wait_facts *facts)
{
    static const ucontext_t no_other_stack = {.uc_stack = {.ss_flags = SS_DISABLE}};
    if (thread_state.slot != NO_INDEX || thread_attach()) {
        struct thread_slot *slot = &sampler.session->slots[thread_state.slot];
        struct tick tick = {.record = {.slot = (uint16_t)thread_state.slot,
                                       .time_ns = clock_now_ns(CLOCK_MONOTONIC),
                                       .weight_ns = weight_ns,
                                       .context = thread_state.context,
                                       .thread_serial = atomic_load_explicit(&slot->serial, memory_order_relaxed),
                                       .wait = *facts}};
        read_own_registers(&tick.registers);
        tick.has_stack = open_stack(tick.registers.value[UNWIND_RSP_NUMBER], &no_other_stack, &tick.stack);
        if (write_to_ring(slot, &tick) != RING_WRITTEN) {
            atomic_fetch_add_explicit(&sampler.session->header.waits_dropped, 1, memory_order_relaxed);
        }
    }
}

static void on_own_tick(enum tick_source source, const siginfo_t *info, const ucontext_t *context)
{
    struct session *session = sampler.session;
    if (!thread_state.has_timer || atomic_load_explicit(&sampler.withdrawn, memory_order_relaxed) || thread_state.generation != process_generation()) {
        return; /* a tick that was pending when the timer went */
    }
    if (session_is_over(session)) {
        trigger_stop();
        return;
    }
    bool on = atomic_load_explicit(&session->header.on, memory_order_relaxed) == SESSION_ON;
    if (on != thread_state.sampling) {
        trigger_switch(on);
        return; /* the tick's weight belongs to the other period */
    }
    if (on && (thread_state.slot != NO_INDEX || thread_attach())) {
        take_sample(trigger_periods(source, info), context);
    }
}

void handler_on_tick(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    enum tick_source source = trigger_source(info);
    if (source == TICK_FOREIGN) {
        hooks_signal_chain(number, info, context);
    } else if (!thread_state.in_handler) {
        thread_state.in_handler = true;
        on_own_tick(source, info, context);
        thread_state.in_handler = false;
    }
    errno = saved;
}
