/* Every way to execute a program. execs FORM PROGRAM: FORM runs PROGRAM with the arguments "1" "2"; execs vfork FORM PROGRAM: in
 * the child of a vfork(), between 0.4 CPU seconds before and after; execs missing FORM: a file that is not there, then 0.8 CPU
 * seconds; execs show: arguments and LD_PRELOAD as they arrived. Exits with PROGRAM's status. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;

__attribute__((noinline)) static void burn(double seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    double end = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec + seconds;
    do {
        for (unsigned i = 0; i < 20000; i++)
            sink = sink * 6364136223846793005u + 1;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while ((double)now.tv_sec + 1e-9 * (double)now.tv_nsec < end);
}

static int wait_for(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, 0) != pid)
        return 99;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Returns only when it fails or has waited for a child. */
static int run(const char *form, char *path)
{
    char *argv[] = {path, "1", "2", NULL};
    pid_t pid = -1;
    if (!strcmp(form, "execve"))
        execve(path, argv, environ);
    else if (!strcmp(form, "execv"))
        execv(path, argv);
    else if (!strcmp(form, "execvp"))
        execvp(path, argv);
    else if (!strcmp(form, "execvpe"))
        execvpe(path, argv, environ);
    else if (!strcmp(form, "execl"))
        execl(path, path, "1", "2", NULL);
    else if (!strcmp(form, "execlp"))
        execlp(path, path, "1", "2", NULL);
    else if (!strcmp(form, "execle"))
        execle(path, path, "1", "2", NULL, environ);
    else if (!strcmp(form, "fexecve"))
        fexecve(open(path, O_RDONLY), argv, environ);
    else if (!strcmp(form, "execveat"))
        execveat(AT_FDCWD, path, argv, environ, 0);
    else if (!strcmp(form, "posix_spawn"))
        errno = posix_spawn(&pid, path, NULL, NULL, argv, environ);
    else if (!strcmp(form, "posix_spawnp"))
        errno = posix_spawnp(&pid, path, NULL, NULL, argv, environ);
    else
        return 2;
    return pid > 0 ? wait_for(pid) : errno;
}

static int show(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("argument %s\n", argv[i]);
    printf("preload %s\n", getenv("LD_PRELOAD") ? getenv("LD_PRELOAD") : "none");
    return 7;
}

int main(int argc, char **argv)
{
    if (argc > 1 && (!strcmp(argv[1], "show") || !strcmp(argv[1], "1")))
        return show(argc, argv);
    if (argc == 4 && !strcmp(argv[1], "vfork")) {
        burn(0.4);
        pid_t pid = vfork();
        if (pid == 0) {
            run(argv[2], argv[3]);
            _exit(98);
        }
        int status = wait_for(pid);
        burn(0.4);
        return status;
    }
    if (argc == 3 && !strcmp(argv[1], "missing")) {
        int problem = run(argv[2], "/nowhere/at/all");
        burn(0.8);
        return problem;
    }
    return argc == 3 ? run(argv[1], argv[2]) : 2;
}
