/* Where the kernel starts no programs of this processor, preloaded into a program that an emulator runs: execve() becomes an exec of that
 * emulator, with the program as its argument. EMULATOR and EMULATOR_ROOT say which, and where the libraries are. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_WORDS = 64, FIXED_WORDS = 6 };

int execve(const char *path, char *const arguments[], char *const environment[])
{
    const char *emulator = getenv("EMULATOR"), *root = getenv("EMULATOR_ROOT");
    if (!emulator || !root || access(path, X_OK) != 0) {
        errno = ENOENT;
        return -1;
    }
    const char *words[MOST_WORDS] = {emulator, "-L", root, "-0", arguments[0], path};
    for (unsigned i = 1; arguments[i]; i++) {
        if (FIXED_WORDS + i > MOST_WORDS - 1) {
            errno = E2BIG;
            return -1;
        }
        words[FIXED_WORDS - 1 + i] = arguments[i];
    }
    return (int)syscall(SYS_execve, emulator, words, environment);
}
