/* See thread_watch.h. Threads that end by themselves say so: they leave a chunk behind (thread_end() in the sampler). */
#include "profiler/collector/thread_watch.h"

static const uint64_t BUSY_NS = UINT64_C(1000000000), IDLE_NS = UINT64_C(5000000000);

static const struct process_view *process_of(const struct drain *drain, const struct thread_slot *slot)
{
    const struct process_view *view = slot->process < SESSION_PROCESSES ? &drain->processes->views[slot->process] : NULL;
    return view && view->known && !view->dead ? view : NULL;
}

static void look_at(struct drain *drain, uint32_t index)
{
    const struct thread_slot *slot = &drain->owner->session->slots[index];
    const struct process_view *view = process_of(drain, slot);
    uint32_t serial = atomic_load(&slot->serial);
    uint64_t cpu_ns, before_ns = slot->started_cpu_ns;
    if (!view || !thread_table_read_cpu(view->pid, slot->tid, &cpu_ns) || cpu_ns <= before_ns) {
        return;
    }
    if (!thread_table_knows(drain->threads, index, serial, view->joined_ns) && cpu_ns - before_ns < THREAD_WATCH_LEAST_NS) {
        return;
    }
    uint32_t row = thread_table_find(drain->threads, index, serial, slot, view->pid, view->joined_ns);
    if (row < drain->threads->count && drain->threads->rows[row].tid == slot->tid) {
        thread_table_measured(&drain->threads->rows[row], cpu_ns);
    }
}

void thread_watch(struct drain *drain, uint64_t now_ns)
{
    bool idle = drain->counts.samples == drain->watch_samples;
    if (now_ns - drain->watched_ns < (idle ? IDLE_NS : BUSY_NS)) {
        return;
    }
    drain->watched_ns = now_ns;
    drain->watch_samples = drain->counts.samples;
    uint32_t high = atomic_load(&drain->owner->session->header.slot_high), looks = 0, seen = 0;
    high = high < SESSION_SLOTS ? high : SESSION_SLOTS;
    for (; seen < high && looks < THREAD_WATCH_LOOKS; seen++) {
        uint32_t index = (drain->watch_next + seen) % high;
        if (atomic_load_explicit(&drain->owner->session->slots[index].state, memory_order_acquire) == SLOT_LIVE) {
            look_at(drain, index);
            looks++;
        }
    }
    drain->watch_next += seen;
}
