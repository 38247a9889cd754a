/* The sampler's own shared state and the calls between its files. The sampler is a guest: inside somebody else's
 * process it never allocates, never locks, starts no thread, and uses libc only. Files marked [S] run in the signal
 * handler. */
#ifndef HOTLINE_SAMPLER_H
#define HOTLINE_SAMPLER_H

#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "profiler/session/session_layout.h"
#include "profiler/unwind/unwind_walk.h"

enum { NO_INDEX = -1 };

/* exe and command line, kept for blocks taken after a fork */
struct start_strings {
    uint32_t bytes, exe, command_line;
    char text[4096];
};

/* One per process, private memory: a fork copies it. */
struct sampler {
    struct session *session;      /* NULL: inert */
    _Atomic int process;          /* index of this process's block; NO_INDEX: none yet (a fresh fork) */
    _Atomic int process_claiming; /* a thread is taking a block right now */
    int signal_number;
    int only_pid;                 /* the one process that takes part; 0: every one that descends from it */
    bool perf_may_trap;           /* perf events may send SIGTRAP: it is our signal, and the kernel sends it in time */
    uint64_t tick_ns;             /* of the kernel: 1 / CONFIG_HZ */
    uint64_t inherited_index;     /* a fresh fork: the parent's module index, as long as its serial is that */
    uint32_t forked_from;         /* block index + 1 of the parent */
    _Atomic bool withdrawn;       /* for good, and without a system call: a seccomp filter forbids them (withdraw.h) */
    _Atomic int calling;          /* threads between their look at `withdrawn` and the end of our system calls */
    _Atomic bool may_look;        /* at files and threads: no seccomp filter so far forbids it */
    void *caches;                 /* one walk cache per chunk, private memory; pages appear as chunks are used. NULL: none */
    size_t caches_bytes;
    _Atomic uint32_t *generation; /* on a page that every fork wipes */
    struct start_strings start_strings;
};
extern struct sampler sampler;

/* How a perf event reaches its thread (trigger_perf.c). */
enum perf_mode { PERF_MODE_TRAP, PERF_MODE_USER, PERF_MODE_NONE };
struct perf_trigger {
    int fd_plus_1; /* the number that it had, 0 among them when a program has closed its own: its signals name it. 0: had none */
    enum perf_mode mode;
    bool refused;    /* do not ask again in this thread */
    bool counted;    /* in the session's header */
    bool is_first;   /* the tick to come ends a random part of the period */
    uint64_t cpu_ns; /* the thread's CPU clock when the last period ended */
    uint64_t tick_ns; /* CLOCK_MONOTONIC at the last tick */
    uint32_t unasked; /* ticks since the CPU clock was asked */
};

/* What makes a thread's ticks, where another thread can end it. Private memory. */
struct thread_ticks {
    uint32_t generation; /* another one than the process's: its parent's, not inherited */
    _Atomic int timer_plus_1; /* kernel timer id; 0: none */
    void *_Atomic page;       /* mapped as long as the perf event lives; NULL: none */
};

/* Per thread, initial-exec: readable in the handler, never allocated. */
struct thread_state {
    uint32_t generation; /* equals the process's, else the thread was copied by a fork and owns nothing */
    uint32_t tid;        /* whose state this is: in the child of a vfork it is the parent's */
    int slot;            /* NO_INDEX: none yet */
    bool has_timer;
    bool sampling; /* ticks are samples; else the timer runs at the idle period and only looks at the switch */
    bool in_handler;
    bool exec_pending; /* the ticks have been stopped for an exec */
    bool filtered; /* in the child of a vfork, which has its parent's state: a filter will be in force in the program that it executes */
    uint32_t sleeps; /* voluntary context switches, when last asked */
    struct thread_ticks *ticks; /* NULL: never had any */
    struct perf_trigger perf;
    uint64_t stack_low, stack_high;
    uint64_t context; /* tag set and span */
    bool wait_begun;
    uint64_t wait_at_ns, wait_taken_at_ns; /* where in its period of blocked time the thread is, and which instant of it counts */
    uint32_t random;
    uint32_t last_cycles; /* what the previous sample took */
};
extern __thread struct thread_state thread_state __attribute__((tls_model("initial-exec")));

/* process_block.c [S] */
bool process_claim_block(void);    /* false: no block free, or another thread is at it */
uint32_t process_generation(void); /* 0 in a child that nobody told of the fork */

/* process.c */
void process_start(int argc, char **argv); /* the constructor's work once a session is mapped */

/* module_scan.c: what is loaded at start */
void module_scan(void);

/* module_list.c [S]: what is loaded, in private memory (survives a fork), published to the block */
void module_list_add(uint64_t bias, const ElfW(Phdr) * headers, unsigned count, const char *name, uint8_t kind);
void module_list_check(uint64_t pc); /* another library than noted at pc (dlclose, dlopen)? then note it */
bool module_list_is_stale(uint64_t module_index); /* this published index still names the library before it */
bool module_list_note(uint64_t pc); /* by _dl_find_object; true: pc lies in a module (known or new now) */
void module_list_note_if_code(uint64_t word); /* a word of the stack, perhaps an old one, in a library that is new? */
void module_list_publish(struct process_block *block);
void module_list_forked(void);
void module_list_program(uint64_t *ret_start, uint64_t *ret_end); /* the program itself */

/* thread.c [S]: slots, and threads that begin and end; what makes their ticks is in trigger.h */
int thread_claim_slot(void); /* ret: slot index or NO_INDEX (counted) */
void thread_release_slot(int slot);
/* In the new thread: arm. started_cpu_ns: its CPU clock now; 0 for a new thread, whose few microseconds are not worth asking. */
void thread_begin(int slot, uint64_t started_cpu_ns, uint64_t stack_low, uint64_t stack_high);
void thread_end(void);    /* in the ending thread: disarm, hand the slot back */
void thread_forked(void); /* in the child's only thread */
void thread_before_exec(void); /* no tick from now on; nothing in the child of a vfork, whose parent is to go on ticking */
void thread_exec_failed(void); /* ticks again */
bool thread_attach(void); /* block and slot for a thread that has a timer but no slot (after fork) */

/* handler.c [S] */
void handler_prepare(void); /* before the first tick */
void handler_on_tick(int number, siginfo_t *info, void *context);
/* A sample of waiting, from ordinary code of a thread whose state this is: `weight_ns` of blocked time. */
void handler_take_wait(uint64_t weight_ns, const struct wait_facts *facts);
void handler_leave_chunk(struct thread_slot *slot); /* take a ring, so that the collector looks at the thread */

/* hooks_*.c */
void hooks_resolve(void);    /* look the real functions up once, early */
/* Choose the signal, SIGTRAP before all others if `trap`; install the handler. ret: its number, 0 none was free. */
int hooks_take_signal(bool trap);
void hooks_ignore_signal(void); /* from now on, and those that are pending */
void hooks_return_signal(void); /* what the program believes to be installed is */

static inline uint64_t clock_now_ns(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint32_t current_tid(void)
{
    return (uint32_t)syscall(SYS_gettid);
}

#endif
