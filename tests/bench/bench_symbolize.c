/* The CPU time that 10,000 distinct addresses of one module take, from opening the file to the last frame, next to addr2line's on the
 * same list.
 *
 * usage: bench_symbolize [FILE]      default: libc (needs libc6-dbg). FILE must have a symbol table or debug info of its own. */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "profiler/collector/symbolize.h"

enum { ADDRESSES = 10000, ROUNDS = 5 };

static double cpu_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Distinct addresses, evenly over the file's code. */
static unsigned choose_addresses(const char *path, uint64_t *ret)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0 || status.st_size < (off_t)sizeof(Elf64_Ehdr))
        return 0;
    const uint8_t *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED)
        return 0;
    const Elf64_Ehdr *header = (const void *)bytes;
    const Elf64_Shdr *sections = (const void *)(bytes + header->e_shoff);
    unsigned count = 0;
    for (unsigned i = 0; i < header->e_shnum && !count; i++) {
        if (!(sections[i].sh_flags & SHF_EXECINSTR) || sections[i].sh_size < 16 * (uint64_t)4096)
            continue;
        uint64_t step = sections[i].sh_size / ADDRESSES;
        for (; count < ADDRESSES && step; count++)
            ret[count] = sections[i].sh_addr + count * step;
    }
    return count;
}

/* Over the whole list in an order that jumps about, as samples do. ret: frames found. */
static unsigned long symbolize_all(const char *path, const uint64_t *addresses, unsigned count, double *ret_ms)
{
    double start = cpu_ms();
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, path, NULL, NULL, 0);
    unsigned long frames = 0;
    for (unsigned i = 0; i < count; i++) {
        struct symbol_frame found[SYMBOL_MAX_FRAMES];
        frames += symbol_module_find(module, addresses[(uint64_t)i * 7919 % count], found);
    }
    *ret_ms = cpu_ms() - start;
    const char *problem = symbol_module_problem(module);
    if (problem)
        fprintf(stderr, "bench_symbolize: %s\n", problem);
    symbolizer_destroy(symbolizer);
    return frames;
}

static double addr2line_ms(const char *path, const uint64_t *addresses, unsigned count, long *ret_kib)
{
    char list[] = "/tmp/bench_symbolize.XXXXXX", command[4096];
    int file = mkstemp(list);
    FILE *out = file < 0 ? NULL : fdopen(file, "w");
    if (!out)
        return -1;
    for (unsigned i = 0; i < count; i++)
        fprintf(out, "%" PRIx64 "\n", addresses[(uint64_t)i * 7919 % count]);
    fclose(out);
    snprintf(command, sizeof command, "addr2line -a -i -f -C -e '%s' < %s > /dev/null", path, list);
    int status = system(command); /* NOLINT(cert-env33-c): a benchmark */
    unlink(list);
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    *ret_kib = usage.ru_maxrss;
    if (status != 0)
        return -1;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/lib/x86_64-linux-gnu/libc.so.6";
    static uint64_t addresses[ADDRESSES];
    unsigned count = choose_addresses(path, addresses);
    if (!count) {
        fprintf(stderr, "bench_symbolize: %s has no code section of 64 KiB or more\n", path);
        return 1;
    }
    double best = 1e9, sum = 0;
    unsigned long frames = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double took;
        frames = symbolize_all(path, addresses, count, &took);
        best = took < best ? took : best;
        sum += took;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %u addresses, %lu frames: best %.1f ms CPU, mean %.1f ms of %d rounds, %ld MiB\n", path, count, frames, best, sum / ROUNDS,
           ROUNDS, usage.ru_maxrss / 1024);
    long kib = 0;
    double other = addr2line_ms(path, addresses, count, &kib);
    if (other > 0)
        printf("addr2line on the same list: %.1f ms CPU (%.1f times as much), %ld MiB\n", other, other / best, kib / 1024);
    return 0;
}
