/* Programs that tell the sampling engines apart, each with what is true printed on the way out. engines MODE SECONDS [PHASE_MS]:
 *
 *   locked    30 % of the CPU time right behind each tick of the kernel, the rest up to the next
 *   sleeper   a thread that works 0.9 ms every 4 ms, PHASE_MS behind the tick that the clock is counted by (the processor's own
 *             tick may be elsewhere)
 *   codec     decode, filter, encode through libjpeg, with the CPU clock's seconds of each; SECONDS 0: 300 rounds, the same work each time
 *   switches  two threads that wake each other through pipes, 100,000 times
 *   threads   20,000 threads that do nothing, one after the other: prints the microseconds of CPU time that each takes
 *   crowd     64 threads that spin, 60 calls deep
 *   bursts    nothing for 0.7 seconds, then 0.3 seconds 200 calls deep, three times over
 *   waits     epoll_wait, poll, select, nanosleep and clock_nanosleep thousands of times: how many were interrupted
 *   execs     children that work a little, then exec
 *   denied    perf_event_open is forbidden before threads start (seccomp)
 *   closing   every descriptor is closed, again and again */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jpeglib.h> /* wants stdio.h before it */

static volatile uint64_t sink;
static double limit_s, phase_ms = 0.1;

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void spin(unsigned iterations)
{
    uint64_t value = sink;
    for (unsigned i = 0; i < iterations; i++)
        value = value * 6364136223846793005u + 1442695040888963407u;
    sink = value;
}

/* -- locked ------------------------------------------------------------------------------------------------------------------- */

__attribute__((noinline)) static void behind_the_tick(double until)
{
    while (seconds(CLOCK_MONOTONIC) < until)
        spin(200);
}

__attribute__((noinline)) static void up_to_the_tick(void)
{
    for (double coarse = seconds(CLOCK_MONOTONIC_COARSE); seconds(CLOCK_MONOTONIC_COARSE) == coarse;)
        spin(200);
}

static void run_locked(void)
{
    double part = 0, end = seconds(CLOCK_MONOTONIC) + limit_s;
    up_to_the_tick();
    double begin_cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
    while (seconds(CLOCK_MONOTONIC) < end) {
        double before = seconds(CLOCK_THREAD_CPUTIME_ID);
        behind_the_tick(seconds(CLOCK_MONOTONIC) + 0.0012);
        part += seconds(CLOCK_THREAD_CPUTIME_ID) - before;
        up_to_the_tick();
    }
    printf("behind_the_tick %.4f\n", 100 * part / (seconds(CLOCK_THREAD_CPUTIME_ID) - begin_cpu));
}

/* -- sleeper ------------------------------------------------------------------------------------------------------------------ */

__attribute__((noinline)) static void burst(double until)
{
    while (seconds(CLOCK_THREAD_CPUTIME_ID) < until)
        spin(200);
}

static unsigned bursts, late_bursts;

static void *sleep_and_burst(void *ret_cpu)
{
    pthread_setname_np(pthread_self(), "sleeper");
    double end = seconds(CLOCK_MONOTONIC) + limit_s;
    while (seconds(CLOCK_MONOTONIC) < end) {
        struct timespec next;
        clock_gettime(CLOCK_MONOTONIC_COARSE, &next); /* the last tick */
        next.tv_nsec += (long)((4 + phase_ms) * 1e6);
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        bursts++;
        late_bursts += seconds(CLOCK_MONOTONIC) - (double)next.tv_sec - 1e-9 * (double)next.tv_nsec > 0.0003;
        burst(seconds(CLOCK_THREAD_CPUTIME_ID) + 0.0009);
    }
    *(double *)ret_cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

static void run_sleeper(void)
{
    pthread_t thread;
    double cpu = 0, begin = seconds(CLOCK_MONOTONIC);
    pthread_create(&thread, NULL, sleep_and_burst, &cpu);
    pthread_join(thread, NULL);
    printf("sleeper %.4f %.4f\nlate %.4f\n", cpu, seconds(CLOCK_MONOTONIC) - begin, (double)late_bursts / bursts);
}

/* -- codec -------------------------------------------------------------------------------------------------------------------- */

enum { WIDTH = 256, HEIGHT = 256, CHANNELS = 3 };
struct picture {
    unsigned char pixels[HEIGHT][WIDTH * CHANNELS];
    unsigned char *packed;
    unsigned long packed_bytes;
};

__attribute__((noinline)) static void encode(struct picture *picture)
{
    struct jpeg_compress_struct state;
    struct jpeg_error_mgr errors;
    state.err = jpeg_std_error(&errors);
    jpeg_create_compress(&state);
    free(picture->packed);
    picture->packed = NULL;
    jpeg_mem_dest(&state, &picture->packed, &picture->packed_bytes);
    state.image_width = WIDTH;
    state.image_height = HEIGHT;
    state.input_components = CHANNELS;
    state.in_color_space = JCS_RGB;
    jpeg_set_defaults(&state);
    jpeg_start_compress(&state, TRUE);
    for (JSAMPROW row; state.next_scanline < HEIGHT;) {
        row = picture->pixels[state.next_scanline];
        jpeg_write_scanlines(&state, &row, 1);
    }
    jpeg_finish_compress(&state);
    jpeg_destroy_compress(&state);
}

__attribute__((noinline)) static void decode(struct picture *picture)
{
    struct jpeg_decompress_struct state;
    struct jpeg_error_mgr errors;
    state.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&state);
    jpeg_mem_src(&state, picture->packed, picture->packed_bytes);
    jpeg_read_header(&state, TRUE);
    jpeg_start_decompress(&state);
    for (JSAMPROW row; state.output_scanline < HEIGHT;) {
        row = picture->pixels[state.output_scanline];
        jpeg_read_scanlines(&state, &row, 1);
    }
    jpeg_finish_decompress(&state);
    jpeg_destroy_decompress(&state);
}

/* Most of the time, so that decoding and encoding are the small shares that have to be right. */
__attribute__((noinline)) static void filter(struct picture *picture)
{
    for (unsigned round = 0; round < 60; round++)
        for (unsigned y = 1; y < HEIGHT; y++)
            for (unsigned x = 0; x < WIDTH * CHANNELS; x++)
                picture->pixels[y][x] = (unsigned char)((picture->pixels[y][x] * 3 + picture->pixels[y - 1][x] + x % 5) / 4);
}

static void run_codec(void)
{
    static struct picture picture;
    static void (*const parts[])(struct picture *) = {decode, filter, encode};
    static const char *const names[] = {"decode", "filter", "encode"};
    double spent[3] = {0}, begin = seconds(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH * CHANNELS; x++)
            picture.pixels[y][x] = (unsigned char)((x * y + x) >> 3 ^ x * 7);
    encode(&picture);
    for (unsigned round = 0; limit_s > 0 ? seconds(CLOCK_THREAD_CPUTIME_ID) < limit_s : round < 300; round++)
        for (unsigned i = 0; i < 3; i++) {
            double before = seconds(CLOCK_THREAD_CPUTIME_ID);
            parts[i](&picture);
            spent[i] += seconds(CLOCK_THREAD_CPUTIME_ID) - before;
        }
    double all = seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
    for (unsigned i = 0; i < 3; i++)
        printf("%s %.4f\n", names[i], 100 * spent[i] / all);
    free(picture.packed);
}

/* -- switches ----------------------------------------------------------------------------------------------------------------- */

static int there[2], back[2];

static void *answer(void *unused)
{
    char byte;
    while (read(there[0], &byte, 1) == 1)
        if (write(back[1], &byte, 1) != 1)
            break;
    return unused;
}

static void run_switches(void)
{
    pthread_t thread;
    char byte = 0;
    if (pipe(there) != 0 || pipe(back) != 0)
        exit(3);
    pthread_create(&thread, NULL, answer, NULL);
    for (unsigned i = 0; i < 100000; i++)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            exit(3);
    close(there[1]);
    pthread_join(thread, NULL);
}

/* -- threads, crowd ----------------------------------------------------------------------------------------------------------- */

static void *nothing(void *unused)
{
    return unused;
}

static void run_threads(void)
{
    enum { THREADS = 20000 };
    double begin = seconds(CLOCK_PROCESS_CPUTIME_ID); /* on a busy machine the wall clock tells of others */
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, nothing, NULL);
        pthread_join(thread, NULL);
    }
    printf("microseconds %.3f\n", 1e6 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - begin) / THREADS);
}

__attribute__((noinline)) static void deep(unsigned calls, double until)
{
    if (calls > 0)
        deep(calls - 1, until);
    else
        while (seconds(CLOCK_MONOTONIC) < until)
            spin(1000);
    __asm__ volatile("" ::: "memory"); /* no tail call */
}

static void *spin_deep(void *unused)
{
    deep(60, seconds(CLOCK_MONOTONIC) + limit_s);
    return unused;
}

static void run_crowd(void)
{
    pthread_t threads[64];
    for (unsigned i = 0; i < 64; i++)
        pthread_create(&threads[i], NULL, spin_deep, NULL);
    for (unsigned i = 0; i < 64; i++)
        pthread_join(threads[i], NULL);
}

static void run_bursts(void)
{
    for (unsigned i = 0; i < 3; i++) {
        usleep(700000);
        deep(200, seconds(CLOCK_MONOTONIC) + 0.3);
    }
}

/* -- waits -------------------------------------------------------------------------------------------------------------------- */

static void run_waits(void)
{
    int queue = epoll_create1(0);
    long interrupted = 0, calls = 0;
    while (calls < 5 * 1500) {
        struct epoll_event event;
        struct timespec some = {.tv_nsec = 100000};
        struct timeval little = {.tv_usec = 100};
        spin(20000);
        interrupted += epoll_wait(queue, &event, 1, 1) < 0;
        interrupted += poll(NULL, 0, 1) < 0;
        interrupted += select(0, NULL, NULL, NULL, &little) < 0;
        interrupted += nanosleep(&some, NULL) != 0;
        interrupted += clock_nanosleep(CLOCK_MONOTONIC, 0, &some, NULL) != 0;
        calls += 5;
    }
    printf("interrupted %ld of %ld\n", interrupted, calls);
    close(queue);
}

/* -- execs -------------------------------------------------------------------------------------------------------------------- */

static void run_execs(void)
{
    unsigned failed = 0;
    for (unsigned i = 0; i < 200; i++) {
        pid_t child = fork();
        if (child == 0) {
            for (double end = seconds(CLOCK_THREAD_CPUTIME_ID) + 0.003 + 0.0001 * (i % 30); seconds(CLOCK_THREAD_CPUTIME_ID) < end;)
                spin(1000);
            execl("/bin/true", "true", (char *)NULL);
            _exit(1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        failed += status != 0;
    }
    printf("failed %u of 200\n", failed);
    fflush(stdout);
    spin(20000000); /* an armed thread execs itself */
    execl("/bin/echo", "echo", "replaced", (char *)NULL);
}

/* -- denied, closing ---------------------------------------------------------------------------------------------------------- */

static void *busy(void *unused)
{
    for (double end = seconds(CLOCK_THREAD_CPUTIME_ID) + limit_s; seconds(CLOCK_THREAD_CPUTIME_ID) < end;)
        spin(1000);
    return unused;
}

static void run_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, busy, NULL);
    pthread_join(thread, NULL);
}

static void run_denied(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        exit(3);
    run_thread();
}

static void run_closing(void)
{
    for (double end = seconds(CLOCK_THREAD_CPUTIME_ID) + limit_s; seconds(CLOCK_THREAD_CPUTIME_ID) < end;) {
        closefrom(3);
        spin(100000);
    }
    run_thread();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {{"locked", run_locked}, {"sleeper", run_sleeper}, {"codec", run_codec}, {"switches", run_switches}, {"threads", run_threads}, {"crowd", run_crowd}, {"bursts", run_bursts}, {"waits", run_waits},
                 {"execs", run_execs},   {"denied", run_denied},   {"closing", run_closing}};
    limit_s = argc > 2 ? atof(argv[2]) : 1.0;
    phase_ms = argc > 3 ? atof(argv[3]) : phase_ms;
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (!strcmp(argv[1], modes[i].name)) {
            modes[i].run();
            printf("cpu_seconds %.6f\n", seconds(CLOCK_PROCESS_CPUTIME_ID));
            return 0;
        }
    return 2;
}
