/* fork -> wait for "go" -> exec. Two pipes, both close-on-exec: `go` lets hotline learn the pid and start its threads
 * first; `result` ends by itself when the exec succeeds and carries its errno when it does not. If hotline dies before
 * "go", the child sees the pipe end. */
#include "wrapper/program_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wrapper/options.h"

enum { READ_END, WRITE_END };

static void close_if_open(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* In the child. Like execvp(), a file the kernel does not know is given to the shell. */
static _Noreturn void become(const struct inherited *inherited, const char *path, char *const argv[],
                             char *const environment[], char *const shell_argv[], int go, int result)
{
    char ready;
    if (read(go, &ready, 1) != 1) {
        _exit(EXIT_HOTLINE_FAILED);
    }
    inherited_restore(inherited);
    execve(path, argv, environment);
    int problem = errno;
    if (problem == ENOEXEC) {
        execve("/bin/sh", shell_argv, environment);
        problem = errno;
    }
    (void)!write(result, &problem, sizeof problem);
    _exit(EXIT_NOT_FOUND);
}

/* "sh", the file, its arguments. ret: caller frees. */
static char **make_shell_argv(const char *path, char *const argv[])
{
    size_t count = 0;
    while (argv[count] != NULL) {
        count++;
    }
    char **ret = malloc((count + 2) * sizeof *ret);
    if (ret == NULL) {
        return NULL;
    }
    ret[0] = (char *)(uintptr_t) "/bin/sh";
    ret[1] = (char *)(uintptr_t)path;
    for (size_t i = 1; i <= count; i++) {
        ret[i + 1] = argv[i];
    }
    return ret;
}

bool program_process_fork(struct program_process *ret, struct inherited *inherited, const char *path,
                          char *const argv[], char *const environment[])
{
    int go[2] = {-1, -1}, result[2] = {-1, -1};
    char **shell_argv = make_shell_argv(path, argv);
    pid_t pid = -1;
    if (shell_argv != NULL && pipe2(go, O_CLOEXEC) == 0 && pipe2(result, O_CLOEXEC) == 0) {
        inherited_stop_timers(inherited);
        pid = fork();
        if (pid == 0) {
            close(go[WRITE_END]);
            become(inherited, path, argv, environment, shell_argv, go[READ_END], result[WRITE_END]);
        }
    }
    int problem = errno;
    free(shell_argv);
    close_if_open(&go[READ_END]);
    close_if_open(&result[WRITE_END]);
    if (pid < 0) {
        close_if_open(&go[WRITE_END]);
        close_if_open(&result[READ_END]);
        errno = problem;
        return false;
    }
    *ret = (struct program_process){
        .pid = pid, .pidfd = (int)syscall(SYS_pidfd_open, pid, 0), .go = go[WRITE_END], .result = result[READ_END]};
    return true;
}

void program_process_go(struct program_process *program)
{
    (void)!write(program->go, "!", 1);
    close_if_open(&program->go);
}

int program_process_result(struct program_process *program)
{
    int problem = 0;
    ssize_t bytes;
    do {
        bytes = read(program->result, &problem, sizeof problem);
    } while (bytes < 0 && errno == EINTR);
    close_if_open(&program->result);
    return bytes == (ssize_t)sizeof problem ? problem : 0;
}

void program_process_deinit(struct program_process *program)
{
    close_if_open(&program->pidfd);
    close_if_open(&program->go);
    close_if_open(&program->result);
}
