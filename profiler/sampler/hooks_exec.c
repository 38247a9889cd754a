/* Interposed exec and posix_spawn. Before an exec the thread stops its ticks, because the program to come has no
 * handler for them; and where libhotline.so cannot be preloaded into that program, it is taken out of the
 * environment passed on, so that the loader does not complain on the program's stderr.
 *
 *   exec* -> stop ticks -> judge the file -> environment as it is, or without us -> the C library's -> failed: go on
 *
 * May run in the child of a vfork(), which has its parent's memory, and after the fork() of a threaded program: no
 * allocation, no lock. vfork() itself cannot be interposed in C (it returns twice) and need not be: it copies
 * nothing, so that no tick can keep it from finishing; the C library blocks every signal around fork() and
 * posix_spawn(). */
#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/sampler/exec_environment.h"
#include "profiler/sampler/exec_target.h"
#include "profiler/sampler/withdraw.h"

#define EXPORT __attribute__((visibility("default")))

enum {
    PATH_BYTES = 1024,          /* of a program that is searched for in $PATH; a longer one is not judged */
    MOST_STACK_BYTES = 1 << 18, /* for a changed environment */
    FOREIGN_STACK_BYTES = 4096, /* the same, on a stack whose size is not known */
    SPARE_STACK_BYTES = 8192,   /* left for the C library, whose execvpe() builds paths on the stack */
};

static struct {
    __typeof__(execve) *execve;
    __typeof__(execvpe) *execvpe;
    __typeof__(fexecve) *fexecve;
    __typeof__(execveat) *execveat;
    __typeof__(posix_spawn) *posix_spawn;
    __typeof__(posix_spawnp) *posix_spawnp;
} real;

void hooks_resolve_exec(void);
void hooks_resolve_exec(void)
{
    real.execvpe = (__typeof__(real.execvpe))dlsym(RTLD_NEXT, "execvpe");
    real.fexecve = (__typeof__(real.fexecve))dlsym(RTLD_NEXT, "fexecve");
    real.execveat = (__typeof__(real.execveat))dlsym(RTLD_NEXT, "execveat");
    real.posix_spawn = (__typeof__(real.posix_spawn))dlsym(RTLD_NEXT, "posix_spawn");
    real.posix_spawnp = (__typeof__(real.posix_spawnp))dlsym(RTLD_NEXT, "posix_spawnp");
    real.execve = (__typeof__(real.execve))dlsym(RTLD_NEXT, "execve");
}

/* What is to be run with which arguments. `run` runs it with the environment that it is given. */
struct start {
    int (*run)(const struct start *, char *const envp[]);
    int folder; /* path is relative to it; the program itself when path is "" */
    const char *path;
    bool search; /* in $PATH */
    int flags;
    char *const *argv;
    char *const *envp;
    pid_t *ret_pid;
    const posix_spawn_file_actions_t *actions;
    const posix_spawnattr_t *attributes;
};

static int start_spawned(const struct start *start, char *const envp[])
{
    return (start->search ? real.posix_spawnp : real.posix_spawn)(start->ret_pid, start->path, start->actions,
                                                                  start->attributes, start->argv, envp);
}

/* With the real user's rights, like the program to come: capabilities that a process kept when it changed its user
 * go with the exec. */
static bool is_readable(const char *path, size_t bytes)
{
    char copy[PATH_BYTES];
    if (bytes >= sizeof copy) {
        return true;
    }
    memcpy(copy, path, bytes);
    copy[bytes] = '\0';
    return syscall(SYS_faccessat, AT_FDCWD, copy, R_OK) == 0;
}

/* The first file of that name in $PATH that may be executed. */
static bool search(const char *name, char ret[PATH_BYTES])
{
    const char *folder = getenv("PATH");
    size_t name_bytes = strlen(name), bytes;
    for (folder = folder ? folder : "/bin:/usr/bin";; folder += bytes + 1) {
        bytes = strcspn(folder, ":");
        if (bytes + name_bytes + 2 <= PATH_BYTES) {
            memcpy(ret, folder, bytes);
            ret[bytes] = '/';
            memcpy(ret + bytes + (bytes > 0), name, name_bytes + 1);
            if (syscall(SYS_faccessat, AT_FDCWD, ret, X_OK) == 0) {
                return true;
            }
        }
        if (folder[bytes] == '\0') {
            return false;
        }
    }
}

static void judge(const struct start *start, struct exec_target *ret)
{
    char path[PATH_BYTES];
    if (!start->search || strchr(start->path, '/')) {
        exec_target_judge(start->folder, start->path, ret);
    } else if (search(start->path, path)) {
        exec_target_judge(AT_FDCWD, path, ret);
    }
}

/* Whatever it is, the program to come must do without us: a filter that ended sampling here outlives the exec, and would kill it in our
 * constructor; or it is a child, with --no-children (which has left the session, or is a vfork's). No system call that a filter may forbid. */
static bool is_to_be_alone(bool is_spawned)
{
    bool filtered = thread_state.filtered;
    thread_state.filtered = false;
    if (sampler.session && (filtered || atomic_load(&sampler.withdrawn))) {
        return true;
    }
    return sampler.only_pid && (is_spawned || !sampler.session || sampler.only_pid != (int)syscall(SYS_getpid));
}

/* Whether the environment has to be changed for the program to come; *ret_sanitizer is what has to stand first, ""
 * to take us out. */
static bool must_change(const struct start *start, char ret_sanitizer[64])
{
    struct exec_target target = {.left_out = LEFT_OUT_NOT};
    const char *entry, *preload = NULL;
    size_t entry_bytes = exec_environment_find(start->envp, &entry);
    if (!start->path || entry_bytes == 0) {
        return false;
    }
    if (is_to_be_alone(start->run == start_spawned)) {
        ret_sanitizer[0] = '\0';
        return true;
    }
    if (!sampler.session || !atomic_load(&sampler.may_look)) {
        return false;
    }
    judge(start, &target);
    if (target.left_out == LEFT_OUT_NOT && !is_readable(entry, entry_bytes)) {
        target.left_out = LEFT_OUT_LIBRARY;
    }
    memcpy(ret_sanitizer, target.sanitizer, sizeof target.sanitizer);
    if (target.left_out != LEFT_OUT_NOT) {
        ret_sanitizer[0] = '\0';
        atomic_fetch_add_explicit(&sampler.session->header.programs_left_out[target.left_out], 1, memory_order_relaxed);
        return true;
    }
    for (char *const *line = start->envp; *line; line++) {
        preload = strncmp(*line, "LD_PRELOAD=", 11) == 0 ? *line + 11 : preload;
    }
    return target.sanitizer[0] != '\0' && !strstr(preload, target.sanitizer);
}

static bool fits_on_stack(size_t bytes)
{
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    if (here < thread_state.stack_low || here >= thread_state.stack_high) {
        return bytes <= FOREIGN_STACK_BYTES;
    }
    return bytes <= MOST_STACK_BYTES && bytes + SPARE_STACK_BYTES <= here - thread_state.stack_low;
}

static int start_program(const struct start *start)
{
    char sanitizer[64];
    int saved = errno;
    bool change = must_change(start, sanitizer);
    errno = saved;
    size_t bytes = change ? exec_environment_bytes(start->envp, sanitizer) : 0;
    if (!change || !fits_on_stack(bytes)) {
        return start->run(start, start->envp);
    }
    return start->run(start, exec_environment_make(start->envp, sanitizer, alloca(bytes)));
}

static int exec_program(const struct start *start)
{
    hooks_resolve();
    thread_before_exec();
    withdraw_before_exec();
    int result = start_program(start);
    thread_exec_failed();
    return result;
}

static int start_path(const struct start *start, char *const envp[])
{
    return real.execve(start->path, start->argv, envp);
}

static int start_name(const struct start *start, char *const envp[])
{
    return real.execvpe(start->path, start->argv, envp);
}

static int start_open(const struct start *start, char *const envp[])
{
    return real.fexecve(start->folder, start->argv, envp);
}

static int start_at(const struct start *start, char *const envp[])
{
    return real.execveat(start->folder, start->path, start->argv, envp, start->flags);
}

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
    struct start start = {.run = start_path, .folder = AT_FDCWD, .path = path, .argv = argv, .envp = envp};
    return exec_program(&start);
}

EXPORT int execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}

EXPORT int execvpe(const char *name, char *const argv[], char *const envp[])
{
    struct start start = {
        .run = start_name, .folder = AT_FDCWD, .path = name, .search = true, .argv = argv, .envp = envp};
    return exec_program(&start);
}

EXPORT int execvp(const char *name, char *const argv[])
{
    return execvpe(name, argv, environ);
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
    struct start start = {.run = start_open, .folder = fd, .path = "", .argv = argv, .envp = envp};
    return exec_program(&start);
}

EXPORT int execveat(int folder, const char *path, char *const argv[], char *const envp[], int flags)
{
    struct start start = {
        .run = start_at, .folder = folder, .path = path, .argv = argv, .envp = envp, .flags = flags};
    return exec_program(&start);
}

static size_t count_arguments(va_list *rest)
{
    size_t count = 1;
    while (va_arg(*rest, const char *)) {
        count++;
    }
    return count;
}

static void take_arguments(char **ret, const char *first, va_list *rest)
{
    *ret = (char *)(uintptr_t)first;
    while (*ret) {
        *++ret = va_arg(*rest, char *);
    }
}

EXPORT int execl(const char *path, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    char **argv = alloca((count_arguments(&rest) + 1) * sizeof *argv);
    va_end(rest);
    va_start(rest, first);
    take_arguments(argv, first, &rest);
    va_end(rest);
    return execve(path, argv, environ);
}

EXPORT int execlp(const char *name, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    char **argv = alloca((count_arguments(&rest) + 1) * sizeof *argv);
    va_end(rest);
    va_start(rest, first);
    take_arguments(argv, first, &rest);
    va_end(rest);
    return execvpe(name, argv, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    char **argv = alloca((count_arguments(&rest) + 1) * sizeof *argv);
    va_end(rest);
    va_start(rest, first);
    take_arguments(argv, first, &rest);
    char *const *envp = va_arg(rest, char *const *);
    va_end(rest);
    return execve(path, argv, envp);
}

EXPORT int posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    struct start start = {.run = start_spawned,
                          .folder = AT_FDCWD,
                          .path = path,
                          .argv = argv,
                          .envp = envp,
                          .ret_pid = ret_pid,
                          .actions = actions,
                          .attributes = attributes};
    hooks_resolve();
    return start_program(&start);
}

EXPORT int posix_spawnp(pid_t *ret_pid, const char *name, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    struct start start = {.run = start_spawned,
                          .folder = AT_FDCWD,
                          .path = name,
                          .search = true,
                          .argv = argv,
                          .envp = envp,
                          .ret_pid = ret_pid,
                          .actions = actions,
                          .attributes = attributes};
    hooks_resolve();
    return start_program(&start);
}
