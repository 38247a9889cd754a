/* The functions behind hotline.h. Exported; the program reaches them through weak symbols. */
#include "profiler/hotline.h"

#include "profiler/sampler/sampler.h"
#include "profiler/session/tag_intern.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT uint64_t hotline_api_context_get(void)
{
    return thread_state.context;
}

EXPORT uint64_t hotline_api_context_set(uint64_t word)
{
    uint64_t before = thread_state.context;
    thread_state.context = word;
    return before;
}

EXPORT uint64_t hotline_api_tag(const char *key, const char *value)
{
    uint64_t before = thread_state.context;
    if (sampler.session) {
        uint32_t set = tag_intern_add(sampler.session, (uint32_t)before, key, value);
        thread_state.context = (before & ~UINT64_C(0xffffffff)) | set;
    }
    return before;
}

/* The low bit of switch_requests is the wanted state; the rest counts, so that the collector sees every request. */
static void request_switch(uint32_t on)
{
    _Atomic uint32_t *requests = &sampler.session->header.switch_requests;
    uint32_t seen = atomic_load(requests), wanted;
    do {
        wanted = ((seen & ~1u) + 2) | on;
    } while (!atomic_compare_exchange_weak(requests, &seen, wanted));
}

EXPORT int hotline_api_switch(int action)
{
    if (!sampler.session) {
        return 0;
    }
    switch (action) {
    case HOTLINE_ACTION_OFF_:
    case HOTLINE_ACTION_ON_:
        request_switch(action == HOTLINE_ACTION_ON_);
        return 1;
    case HOTLINE_ACTION_DUMP_:
        atomic_fetch_add(&sampler.session->header.dump_requests, 1);
        return 1;
    case HOTLINE_ACTION_ASK_:
        return atomic_load(&sampler.session->header.on) == SESSION_ON;
    default:
        return 0;
    }
}
