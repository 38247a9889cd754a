/* What fuzz targets share: bytes of the input as a script, a file in memory that can be opened by path, and values that break things. */
#ifndef HOTLINE_FUZZ_INPUT_H
#define HOTLINE_FUZZ_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
/* Only libFuzzer has these: without it (the corpus replayed) nothing is mutated. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t room) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t room, unsigned seed);

/* Reads behind the end give zeros. */
struct script {
    const uint8_t *at, *end;
};

static inline uint64_t script_take(struct script *script, unsigned bytes)
{
    uint64_t value = 0;
    size_t left = (size_t)(script->end - script->at), count = bytes < left ? bytes : left;
    memcpy(&value, script->at, count);
    script->at += count;
    return value;
}

static inline uint32_t fuzz_noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static inline uint64_t fuzz_hostile_number(uint32_t *seed)
{
    static const uint64_t numbers[] = {0, 1, 2, 3, 7, 8, 16, 24, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0xff0, 0x1000, 0x1001, 0x7fff, 0x8000, 0xffff,
                                       0x10000, INT32_MAX, UINT64_C(0x80000000), UINT32_MAX - 1, UINT32_MAX, INT64_MAX, UINT64_C(1) << 63,
                                       UINT64_MAX - 7, UINT64_MAX - 1, UINT64_MAX};
    uint64_t number = numbers[fuzz_noise(seed) % (sizeof numbers / sizeof *numbers)];
    return fuzz_noise(seed) % 4 ? number : fuzz_noise(seed) % 0x4000;
}

/* A file without a name, with these bytes. ret: its descriptor, `path` is filled in. The same one every time: made once per `slot`. */
static inline int fuzz_file(unsigned slot, const void *bytes, size_t length, char path[static 64])
{
    static int files[4] = {-1, -1, -1, -1};
    if (files[slot] < 0)
        files[slot] = memfd_create("fuzz", MFD_CLOEXEC);
    REQUIRE(files[slot] >= 0 && ftruncate(files[slot], 0) == 0 && pwrite(files[slot], bytes, length, 0) == (ssize_t)length);
    snprintf(path, 64, "/proc/self/fd/%d", files[slot]);
    return files[slot];
}

#endif
