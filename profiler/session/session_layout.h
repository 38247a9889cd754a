/* The shared memory that the in-process sampler and the collector agree on: one sparse memfd, described by one struct.
 * Offsets and indexes, never pointers; fixed sizes, so that every place can be bounds-checked; only touched pages cost
 * memory.
 *
 *   header | tag sets | spans | thread slots | process blocks | ring chunks | arena (written by the collector only)
 *
 * Trust: a program may write anything here at any time. The collector copies what it reads, then checks it; the sampler
 * trusts only what the collector publishes. Who writes what is said at each field: (S) sampler, (C) collector. */
#ifndef HOTLINE_SESSION_LAYOUT_H
#define HOTLINE_SESSION_LAYOUT_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

enum {
    SESSION_VERSION = 4,
    SESSION_TAG_SETS = 4096,
    SESSION_SPANS = 16384,    /* alive at once, those that ended since the collector last looked included */
    SESSION_SLOTS = 16384,    /* threads alive at once */
    SESSION_PROCESSES = 1024, /* processes alive at once */
    SESSION_MODULES = 640,    /* loaded modules of one process */
    SESSION_STRING_BYTES = 20352,
    SESSION_CHUNKS = 640, /* 30 MiB: the sampler's cap is 32 MiB */
    SESSION_CHUNK_BYTES = 48 * 1024,
    SESSION_RING_BYTES = SESSION_CHUNK_BYTES - 128,
    SESSION_ARENA_BYTES = 96 * 1024 * 1024,
    SAMPLE_MAX_DEPTH = 512,
    SAMPLE_MAX_STACK_BYTES = 16 * 1024, /* packed */
    TAG_SET_TEXT_BYTES = 496,
    TAG_SET_MAX_TAGS = 8,
};

#define SESSION_MAGIC       UINT64_C(0x31656e696c746f68) /* "hotline1" */
#define SESSION_ENVIRONMENT "HOTLINE_SESSION"            /* "VERSION:PID:FD:INODE", all decimal */

/* Why a program of the tree was executed without libhotline.so in its environment. */
enum left_out {
    LEFT_OUT_NOT,
    LEFT_OUT_MACHINE, /* another class or machine of ELF */
    LEFT_OUT_LOADER,  /* another loader than ours: another root, or another C library */
    LEFT_OUT_LIBRARY, /* libhotline.so cannot be read: another root, or no right to */
    LEFT_OUT_REASONS
};

/* In LD_PRELOAD, behind a sanitizer's runtime that this program needs first: its children may not need it, so the sampler takes
 * it out of the program's environment. The loader passes over empty names. */
#define PRELOAD_FOR_ONE "::"

/* What the collector may want from the sampler. (C) */
enum session_engine { SESSION_ENGINE_TIMER = 0, SESSION_ENGINE_PERF = 1 };
enum session_switch { SESSION_OFF = 0, SESSION_ON = 1, SESSION_CLOSED = 2 };

struct session_header {
    uint64_t magic;
    uint32_t version;
    uint32_t collector_pid;
    uint64_t total_bytes;
    uint64_t pid_namespace;    /* inode of /proc/self/ns/pid: pids of another namespace mean nothing to the collector */
    uint64_t sample_period_ns;        /* of thread CPU time, when on */
    uint64_t idle_period_ns;          /* of thread CPU time, when off: the timer only looks at the switch */
    uint64_t wait_period_ns;          /* of blocked time; 0: waiting is not sampled */
    uint32_t engine;                  /* enum session_engine: what to sample with where the kernel allows it */
    _Atomic int32_t only_pid;         /* the one process that takes part, before it starts; 0: its children too (C) */
    _Atomic uint32_t on;              /* enum session_switch (C) */
    _Atomic uint32_t switch_requests; /* hotline_on()/off() of a program: low bit = wanted state, rest counts (S) */
    _Atomic uint32_t dump_requests;   /* hotline_dump() (S) */
    _Atomic uint32_t slot_hint, chunk_hint, process_hint, span_hint; /* where to look for a free one first */
    _Atomic uint32_t slot_high, process_high, span_high;             /* all ever used are below */
    _Atomic uint32_t drain_wakes;  /* futex: changes when the drain thread is to look at the rings (S, C) */
    _Atomic uint32_t drain_sleeps; /* 1: it sleeps, and would like to be woken (C; S takes it back with the wake) */
    /* Threads that the perf engine sampled with kernel time, without it, and that stayed with their timer; the errors that
     * the kernel refused with, last seen: kernel time, any event. (S) */
    _Atomic uint32_t perf_threads, perf_user_threads, perf_refused_threads;
    _Atomic int32_t perf_kernel_error, perf_error;
    /* Nothing is lost silently: (S) */
    _Atomic uint32_t threads_without_slot;
    _Atomic uint32_t threads_without_timer;
    _Atomic uint32_t processes_without_row;
    _Atomic uint32_t tag_sets_dropped;
    _Atomic uint64_t spans_lost; /* no row was free */
    _Atomic uint32_t span_frees; /* counts the times that rows were given back (C) */
    _Atomic uint32_t span_full;  /* span_frees + 1 when no row was free: no use to look before it changes (S) */
    _Atomic uint32_t processes_withdrawn; /* not sampled any more: a seccomp filter forbids it */
    _Atomic uint32_t programs_left_out[LEFT_OUT_REASONS];
    _Atomic uint64_t samples_without_chunk; /* no ring was free, and none could be taken over */
    _Atomic uint64_t samples_dropped;       /* the ring was full */
    _Atomic uint64_t waits_dropped;         /* samples of waiting, for either reason */
    /* The first word is a robust futex held by the collector: when that dies, however it dies, the kernel sets
     * FUTEX_OWNER_DIED in it. (C) */
    uint8_t collector_lock[64];
    _Atomic uint32_t chunk_shortages; /* how often no chunk was free: since the first, a ring may hold records of several threads (S) */
    /* 0 free, slot index + 1 of the thread that has it, | CHUNK_BUSY while that writes. One word, so that a thread that is killed
     * anywhere has the chunk, or has it not. (S claims free ones and those of threads that do not write; C frees) */
    _Atomic uint32_t chunk_owner[SESSION_CHUNKS];
};

/* One interned set of tags: "key\0value\0key\0value\0", sorted by key. Index 0 is the empty set. Never changes once
 * READY. */
enum tag_set_state { TAG_SET_FREE = 0, TAG_SET_BUSY = 1, TAG_SET_READY = 2 };
struct tag_set {
    _Atomic uint32_t state;
    uint32_t hash;
    uint32_t text_bytes;
    uint32_t count;
    char text[TAG_SET_TEXT_BYTES];
};
static_assert(sizeof(struct tag_set) == 512, "tag_set");

/* A span: one request, or one job, from begin to end. Its state stands apart from its row, so that 16,384 of them are looked through in
 * 64 KiB: state (2 bits), index of the process block that began it (10), generation (18: counts the spans of this row, never 0).
 * FREE -> CLAIMED -> LIVE -> ENDED (S) -> FREE (C, with the generation kept; from any state when the process died). The row is
 * written while CLAIMED; end_ns and tag_set once more just before ENDED. A context names a span by row and generation, so what is left
 * of an old one means nothing. */
enum span_state { SPAN_FREE = 0, SPAN_CLAIMED = 1, SPAN_LIVE = 2, SPAN_ENDED = 3 };
enum {
    SPAN_STATE_MASK = 3,
    SPAN_PROCESS_SHIFT = 2,
    SPAN_PROCESS_MASK = SESSION_PROCESSES - 1,
    SPAN_GENERATION_SHIFT = 12,
    SPAN_GENERATION_MASK = (1 << 18) - 1,
    SPAN_ROW_BITS = 14, /* of a context's span: the row, and above it the generation */
    SPAN_NO_SLOT = -1,
    SPAN_NAME_BYTES = 64,
    SPAN_METHOD_BYTES = 16,
    SPAN_PATH_BYTES = 128,
    SPAN_REQUEST_ID_BYTES = 80,
};
struct span_text { /* each ends with NUL, cut to fit; "": not given */
    char name[SPAN_NAME_BYTES];
    char method[SPAN_METHOD_BYTES];
    char path[SPAN_PATH_BYTES];
    char request_id[SPAN_REQUEST_ID_BYTES];
};
struct span_row {
    uint64_t begin_ns; /* CLOCK_MONOTONIC */
    uint64_t end_ns;   /* 0: not known; just now */
    uint32_t tag_set;
    int32_t slot; /* of the thread that began it, and the slot's serial then; SPAN_NO_SLOT: it had none */
    uint32_t thread_serial;
    int32_t tid;
    struct span_text text;
};
static_assert(sizeof(struct span_row) == 320, "span_row");
static_assert(SESSION_SPANS == 1 << SPAN_ROW_BITS && (SESSION_PROCESSES & SPAN_PROCESS_MASK) == 0, "a span in a word");

/* A context's high half: what names the span of that row in that state. */
static inline uint32_t span_word_of(uint32_t state_word, uint32_t row)
{
    return state_word >> SPAN_GENERATION_SHIFT << SPAN_ROW_BITS | row;
}

/* One thread. FREE -> LIVE (S, by compare-and-swap through CLAIMED) -> ENDED (S at thread exit, or C when the process
 * died)
 * -> FREE (C, after draining; or S when the thread never took a chunk). A CLAIMED state says for which process block, so that
 * a process that dies in between leaves nothing behind. */
enum { CLAIM_STATE_MASK = 0xff, CLAIM_OWNER_SHIFT = 8 };
enum slot_state { SLOT_FREE = 0, SLOT_CLAIMED = 1, SLOT_LIVE = 2, SLOT_ENDED = 3 };
enum { CHUNK_BUSY = 0x80000000u, CHUNK_OF_COLLECTOR = CHUNK_BUSY | (SESSION_SLOTS + 1) };
struct thread_slot {
    _Atomic uint32_t state;
    uint32_t process; /* index of its process block */
    int32_t tid;
    _Atomic uint32_t chunk;      /* index + 1 of the last that it had, 0: never one. It has it if chunk_owner says so */
    uint64_t started_ns;         /* CLOCK_MONOTONIC */
    uint64_t started_cpu_ns;     /* the thread's CPU clock when its timer was armed */
    _Atomic uint64_t cpu_ns;     /* the thread's CPU clock at its last sample or its end */
    _Atomic uint64_t sampled_ns; /* sum of the weights of all samples, dropped ones included */
    _Atomic uint32_t samples;
    _Atomic uint32_t dropped;
    _Atomic uint32_t serial; /* counts the threads that used this slot */
    char name[16];           /* at its first sample and at its end; the collector prefers /proc */
    uint8_t reserved[52];
};
static_assert(sizeof(struct thread_slot) == 128, "thread_slot");

/* One module (main program, shared library, vDSO) that is or was loaded. Append-only per process and generation; state is
 * stored last. */
enum module_state { MODULE_EMPTY = 0, MODULE_READY = 2, MODULE_GONE = 3 };
enum module_kind { MODULE_MAIN = 0, MODULE_LIBRARY = 1, MODULE_VDSO = 2 };
struct module_row {
    _Atomic uint32_t state;
    uint32_t path;       /* offset in the block's strings */
    uint64_t start, end; /* addresses of the lowest and behind the highest PT_LOAD */
    uint64_t bias;       /* run-time address minus the file's p_vaddr */
    uint8_t build_id[20];
    uint8_t build_id_bytes; /* 0..20 */
    uint8_t kind;
    uint8_t reserved[10];
};
static_assert(sizeof(struct module_row) == 64, "module_row");

enum { MODULE_INDEX_SERIAL_SHIFT = 32 };

/* One process image: keyed by pid and joined_ns (an exec of the same pid takes a new block). (S) unless said */
enum process_state { PROCESS_FREE = 0, PROCESS_CLAIMED = 1, PROCESS_LIVE = 2, PROCESS_ENDED = 3 };
struct process_block {
    _Atomic uint32_t state; /* -> ENDED, FREE by C */
    int32_t pid, parent_pid;
    uint32_t signal_number;        /* that the sampler uses in this process */
    uint64_t joined_ns;            /* CLOCK_MONOTONIC */
    uint64_t joined_cpu_ns;        /* the process's CPU clock then; 0 after a fork */
    uint32_t forked_from;          /* process block index + 1, 0 after an exec */
    _Atomic uint32_t module_count; /* rows that count */
    _Atomic uint32_t string_bytes; /* bytes reserved in strings */
    uint32_t exe, command_line;    /* offsets in strings; command line: words separated by '\x1f' */
    _Atomic uint32_t module_generation; /* rows were written anew, without the libraries that are gone; odd: just now */
    _Atomic uint64_t module_index; /* arena offset of a struct module_index (low 32 bits) and its serial; 0 = none yet (C) */
    uint8_t reserved[4096 - 64];
    struct module_row modules[SESSION_MODULES];
    char strings[SESSION_STRING_BYTES];
    uint8_t padding[65536 - 4096 - 64 * SESSION_MODULES - SESSION_STRING_BYTES];
};
static_assert(sizeof(struct process_block) == 65536, "process_block");

/* Single writer (one thread's handler), single reader (the collector). head and tail count bytes for ever; records are
 * contiguous, 8-byte aligned; a PAD record fills the end of the ring. A record is valid below head (release by S,
 * acquire by C). */
struct ring_chunk {
    _Atomic uint64_t head; /* (S) */
    uint8_t pad0[56];
    _Atomic uint64_t tail; /* (C) */
    uint8_t pad1[56];
    uint8_t data[SESSION_RING_BYTES];
};
static_assert(sizeof(struct ring_chunk) == SESSION_CHUNK_BYTES, "ring_chunk");

enum sample_kind { SAMPLE_PAD = 0, SAMPLE_WALKED = 1, SAMPLE_DEFERRED = 2 };
/* What a thread waited in, and for: addresses in its process. */
struct wait_facts {
    uint64_t function; /* never 0 */
    uint64_t object;   /* a lock, a condition...; 0: nothing with an address */
};

struct sample_record {
    uint16_t bytes; /* of the whole record, a multiple of 8 */
    uint16_t slot;  /* the thread's */
    uint8_t kind;
    uint8_t stop;     /* enum unwind_stop */
    uint16_t depth;   /* WALKED: number of pcs behind this struct */
    uint64_t time_ns; /* CLOCK_MONOTONIC */
    uint64_t weight_ns;
    uint64_t context;        /* tag set (low 32 bits) and span (high 32) */
    uint32_t handler_cycles; /* time stamp counter; what the handler took up to the publishing of the record before */
    uint32_t thread_serial;  /* the slot's serial: tells the slot's threads apart */
    struct wait_facts wait;  /* of a sample of waiting; of CPU time: all 0 */
};
static_assert(sizeof(struct sample_record) == 56, "sample_record");
static_assert(SESSION_RING_BYTES <= UINT16_MAX && SESSION_SLOTS <= UINT16_MAX, "sizes and slots fit a sample_record");

/* DEFERRED: behind the sample_record stands this, then stack_bytes bytes: the stack from stack_address upwards, packed
 * (stack_pack.h). */
struct sample_deferred {
    uint64_t registers[17]; /* DWARF numbering: rax rdx rcx rbx rsi rdi rbp rsp r8..r15, then rip */
    uint64_t stack_address; /* == rsp minus the 128 bytes of red zone, where readable */
    uint64_t stack_high;    /* upper end of the thread's stack: a walk that reaches the copy's end below it was cut */
    uint64_t stack_bytes;   /* packed */
};
static_assert(sizeof(struct sample_deferred) == 160, "sample_deferred");

struct session {
    struct session_header header;
    uint8_t padding0[8192 - sizeof(struct session_header)];
    struct tag_set tag_sets[SESSION_TAG_SETS];
    _Atomic uint32_t span_states[SESSION_SPANS];
    struct span_row spans[SESSION_SPANS];
    struct thread_slot slots[SESSION_SLOTS];
    struct process_block processes[SESSION_PROCESSES];
    struct ring_chunk chunks[SESSION_CHUNKS];
    uint8_t arena[SESSION_ARENA_BYTES];
};
static_assert(sizeof(struct session_header) <= 8192, "session_header");
static_assert(sizeof(struct session) == 8192 + SESSION_TAG_SETS * 512u + SESSION_SPANS * (4u + 320u) + SESSION_SLOTS * 128u +
                                            SESSION_PROCESSES * 65536u +
                                            SESSION_CHUNKS * (unsigned)SESSION_CHUNK_BYTES + SESSION_ARENA_BYTES,
              "session");

#endif
