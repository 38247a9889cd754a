/* Code made at run time. jit MODE: names (two functions, 0.3 and 0.7 of a CPU second, named in /tmp/perf-PID.map), none (no map), link
 * (the map is a symbolic link to FILE: jit link FILE). Removes the map at its end, as programs do. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* A loop of `count` rounds: the argument counts down to zero. */
static const unsigned char LOOP[] = {
#if defined(__x86_64__)
    0x48, 0xff, 0xcf, 0x75, 0xfb, 0xc3, /* dec rdi; jnz -5; ret */
#else
    0x00, 0x04, 0x00, 0xf1, 0xe1, 0xff, 0xff, 0x54, 0xc0, 0x03, 0x5f, 0xd6, /* subs x0, x0, 1; b.ne -4; ret */
#endif
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void run(void (*made)(uint64_t), double seconds)
{
    double end = cpu_seconds() + seconds;
    while (cpu_seconds() < end)
        made(1000000);
}

int main(int argc, char **argv)
{
    char path[64];
    char *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (argc < 2 || code == MAP_FAILED)
        return 2;
    memcpy(code, LOOP, sizeof LOOP);
    memcpy(code + 4096, LOOP, sizeof LOOP);
    __builtin___clear_cache(code, code + 8192);
    snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
    if (!strcmp(argv[1], "names")) {
        FILE *map = fopen(path, "wx");
        if (!map)
            return 3;
        fprintf(map, "nonsense\n%lx 40 old_name\n%lx 40 <b>made & short</b>\n", (unsigned long)code, (unsigned long)code);
        fprintf(map, "%lx 40 made_long\nffffffffffffffff 40 beyond\n", (unsigned long)code + 4096);
        fclose(map);
    } else if (!strcmp(argv[1], "link") && (argc < 3 || symlink(argv[2], path) != 0)) {
        return 3;
    }
    void (*functions[2])(uint64_t);
    uintptr_t starts[2] = {(uintptr_t)code, (uintptr_t)code + 4096};
    memcpy(functions, starts, sizeof functions);
    run(functions[0], 0.3);
    run(functions[1], 0.7);
    usleep(700000); /* two reports were written meanwhile */
    unlink(path);
    return 0;
}
