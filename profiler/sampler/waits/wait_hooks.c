/* Look the C library's functions up while nothing runs yet: later the first call may come in a signal handler, where dlsym() must not be
 * called. */
#include "profiler/sampler/waits/wait_hook.h"

extern const struct wait_hook *const __start_wait_hooks[], *const __stop_wait_hooks[]; /* made by the linker */

__attribute__((constructor)) static void find_all(void)
{
    for (const struct wait_hook *const *hook = __start_wait_hooks; hook < __stop_wait_hooks; hook++) {
        (void)wait_hook_find((*hook)->kept, (*hook)->name, (*hook)->version);
    }
}
