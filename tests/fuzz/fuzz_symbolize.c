/* Input: an ELF file. Whatever it holds, looking addresses up in it gives frames, ends, and touches no memory that is not ours.
 * libelf and libdw decode it, so this also watches for what they let through. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "profiler/collector/symbolize.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static void look_up(struct symbol_module *module, uint64_t address)
{
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    unsigned count = symbol_module_find(module, address, frames);
    REQUIRE(count >= 1 && count <= SYMBOL_MAX_FRAMES);
    for (unsigned i = 0; i < count; i++) {
        REQUIRE(frames[i].function && strlen(frames[i].function) < 1 << 20);
        REQUIRE(!frames[i].file || *frames[i].file);
        REQUIRE(frames[i].inlined == (i + 1 < count));
    }
    symbol_module_after_syscall(module, address);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static int file = -1;
    char path[64];
    if (file < 0)
        file = memfd_create("fuzz_symbolize", MFD_CLOEXEC);
    REQUIRE(ftruncate(file, 0) == 0 && pwrite(file, bytes, length, 0) == (ssize_t)length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, path, NULL, NULL, 0);
    /* Where linkers put code: at 0x1000 in position-independent files, at 0x401000 in others; and what lies around it. */
    for (uint64_t address = 0xff0; address < 0x1300; address += 5) {
        look_up(module, address);
        look_up(module, 0x400000 + address);
    }
    uint64_t entry = 0;
    if (length >= 32)
        memcpy(&entry, bytes + 24, sizeof entry);
    static const uint64_t corners[] = {0, 1, UINT32_MAX, UINT64_MAX, UINT64_MAX - 1, (uint64_t)1 << 63};
    for (unsigned i = 0; i < sizeof corners / sizeof *corners; i++)
        look_up(module, entry + corners[i]);
    symbol_module_problem(module);
    symbolizer_destroy(symbolizer);
    return 0;
}
