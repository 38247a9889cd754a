/* The modules that are loaded when the program starts. dl_iterate_phdr takes a lock: not for the handler. */
#include "profiler/sampler/sampler.h"

#include <string.h>

static int scan_one(struct dl_phdr_info *info, size_t size, void *first)
{
    (void)size;
    uint8_t kind = MODULE_LIBRARY;
    const char *name = info->dlpi_name ? info->dlpi_name : "";
    if (*(bool *)first) {
        *(bool *)first = false;
        kind = MODULE_MAIN;
        name = ""; /* the block's exe */
    } else if (strncmp(name, "linux-vdso", 10) == 0 || strncmp(name, "linux-gate", 10) == 0) {
        kind = MODULE_VDSO;
        name = "[vdso]";
    }
    module_list_add(info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, name, kind);
    return 0;
}

void module_scan(void)
{
    bool first = true;
    dl_iterate_phdr(scan_one, &first);
}
