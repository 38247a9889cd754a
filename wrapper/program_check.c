/* A program's name -> its file, and whether libhotline.so can get into it. For a script the file that counts is its
 * interpreter.
 *
 * What the dynamic loader of a set-uid program does with LD_PRELOAD (ignore it) is decided by the kernel's AT_SECURE;
 * the same questions are asked here: would the ids change, on this mount, in a process that may gain privileges, or
 * does the file carry capabilities? */
#include "wrapper/program_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "wrapper/elf_summary.h"

enum { MAX_INTERPRETERS = 5 /* as many as the kernel follows */, SHEBANG_BYTES = 256 };

__attribute__((format(printf, 3, 4))) static void reject(struct program_check *check, enum program_verdict verdict,
                                                         const char *format, ...)
{
    va_list values;
    check->verdict = verdict;
    va_start(values, format);
    vsnprintf(check->reason, sizeof check->reason, format, values);
    va_end(values);
}

/* 0, or the errno that execve() would fail with. */
static int executable(const char *path)
{
    struct stat file;
    if (stat(path, &file) != 0) {
        return errno;
    }
    if (S_ISDIR(file.st_mode)) {
        return EISDIR;
    }
    if (!S_ISREG(file.st_mode)) {
        return EACCES;
    }
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* Like execvp(): directories in order, an empty one is the current directory; a file that may not be executed is
 * remembered, the search goes on. A directory that may not be searched is passed over, as shells do. ret: 0 and `path` is set, or an errno. */
static int search(const char *name, const char *search_path, char path[PATH_MAX])
{
    char standard[256];
    int remembered = ENOENT;
    if (search_path == NULL) {
        size_t bytes = confstr(_CS_PATH, standard, sizeof standard);
        search_path = bytes > 0 && bytes <= sizeof standard ? standard : "/bin:/usr/bin";
    }
    for (const char *folder = search_path;; folder++) {
        size_t bytes = strcspn(folder, ":");
        int length = snprintf(path, PATH_MAX, "%.*s%s%s", (int)bytes, folder, bytes > 0 ? "/" : "", name);
        int problem = length < PATH_MAX ? executable(path) : ENAMETOOLONG;
        if (problem == 0) {
            return 0;
        }
        if ((problem == EACCES || problem == EISDIR) && access(path, F_OK) == 0) {
            remembered = EACCES;
        }
        folder += bytes;
        if (*folder == '\0') {
            return remembered;
        }
    }
}

static bool find(const char *name, const char *search_path, struct program_check *check)
{
    if (name[0] == '\0') {
        reject(check, PROGRAM_NOT_FOUND, "the program's name is empty");
        return false;
    }
    if (strchr(name, '/') == NULL) {
        int problem = search(name, search_path, check->path);
        if (problem == EACCES) {
            reject(check, PROGRAM_NOT_EXECUTABLE, "%s: found in $PATH, but not executable", name);
        } else if (problem != 0) {
            reject(check, PROGRAM_NOT_FOUND, "%s: not found in $PATH%s", name,
                   access(name, X_OK) == 0 ? " (there is one in the current directory: use ./ before its name)" : "");
        }
        return problem == 0;
    }
    if (strlen(name) >= sizeof check->path) {
        reject(check, PROGRAM_NOT_FOUND, "%.60s...: %s", name, strerror(ENAMETOOLONG));
        return false;
    }
    strcpy(check->path, name);
    int problem = executable(name);
    if (problem == ENOENT || problem == ENOTDIR || problem == ELOOP || problem == ENAMETOOLONG) {
        reject(check, PROGRAM_NOT_FOUND, "%s: %s", name, strerror(problem));
    } else if (problem == EISDIR) {
        reject(check, PROGRAM_NOT_EXECUTABLE, "%s: is a directory, not a program", name);
    } else if (problem != 0) {
        reject(check, PROGRAM_NOT_EXECUTABLE, "%s: %s", name,
               access(name, F_OK) == 0 ? "not executable (chmod +x?)" : strerror(problem));
    }
    return problem == 0;
}

/* NULL, or why the loader will run the file in secure mode. */
static const char *secure_mode(int fd)
{
    struct stat file;
    struct statvfs mount;
    if (fstat(fd, &file) != 0) {
        return NULL;
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 || (fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0)) {
        return NULL;
    }
    if ((file.st_mode & S_ISUID) != 0 && (file.st_uid != geteuid() || file.st_uid != getuid())) {
        return "set-uid";
    }
    if ((file.st_mode & S_ISGID) != 0 && (file.st_mode & S_IXGRP) != 0 &&
        (file.st_gid != getegid() || file.st_gid != getgid())) {
        return "set-gid";
    }
    if (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0) {
        return "given file capabilities";
    }
    return NULL;
}

static void judge_elf(const char *path, int fd, const struct elf_summary *elf, struct program_check *check)
{
    const char *secure = secure_mode(fd);
    if (!elf->is_native) {
        reject(check, PROGRAM_NOT_PROFILABLE,
               "%s: is a %s, which this hotline cannot profile. Build it for this machine, or use --force to "
               "run it without profiling",
               path, elf->is_32_bit ? "32-bit program" : "program for another kind of machine");
    } else if (!elf->has_interpreter && !elf->is_loader) {
        reject(check, PROGRAM_NOT_PROFILABLE,
               "%s: is statically linked, so no library can be preloaded. Link it without -static, or use "
               "--force to run it without profiling",
               path);
    } else if (strstr(elf->interpreter, "/ld-musl-") != NULL) {
        reject(check, PROGRAM_NOT_PROFILABLE,
               "%s: is linked against musl, and libhotline.so needs glibc. Build it on a glibc system, or use "
               "--force to run it without profiling",
               path);
    } else if (secure != NULL) {
        reject(check, PROGRAM_NOT_PROFILABLE,
               "%s: is %s, so the loader ignores LD_PRELOAD. Profile a copy without that bit, or use --force "
               "to run it without profiling",
               path, secure);
    } else if (elf->has_interpreter && elf->interpreter[0] != '\0' && access(elf->interpreter, F_OK) != 0) {
        reject(check, PROGRAM_NOT_FOUND, "%s: its loader %s does not exist", path, elf->interpreter);
    } else {
        memcpy(check->sanitizer, elf->sanitizer, sizeof check->sanitizer);
    }
}

/* The interpreter of a script: "#! path [argument]". ret: 1 found, 0 not a script, -1 an empty one. */
static int read_interpreter(int fd, char ret[SHEBANG_BYTES])
{
    char line[SHEBANG_BYTES + 1];
    ssize_t bytes = pread(fd, line, SHEBANG_BYTES, 0);
    if (bytes < 2 || line[0] != '#' || line[1] != '!') {
        return 0;
    }
    line[bytes] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *from = line + 2 + strspn(line + 2, " \t");
    from[strcspn(from, " \t")] = '\0';
    memcpy(ret, from, strlen(from) + 1);
    return *from != '\0' ? 1 : -1;
}

static void judge(struct program_check *check)
{
    char path[PATH_MAX], interpreter[SHEBANG_BYTES];
    strcpy(path, check->path);
    for (int level = 0; level <= MAX_INTERPRETERS; level++) {
        struct elf_summary elf;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0) {
            return; /* may be executed but not read: nothing to say against it */
        }
        bool readable = elf_summary_read(fd, &elf);
        int script = readable && !elf.is_elf ? read_interpreter(fd, interpreter) : 0;
        if (readable && elf.is_elf) {
            judge_elf(path, fd, &elf, check);
        }
        close(fd);
        if (!readable || elf.is_elf) {
            return;
        }
        /* Neither ELF nor "#!": execvp() hands it to the shell, unless the kernel knows the format (binfmt_misc). */
        const char *next = script == 1 ? interpreter : "/bin/sh";
        int problem = executable(next);
        if (problem != 0) {
            reject(check, problem == ENOENT || problem == ENOTDIR ? PROGRAM_NOT_FOUND : PROGRAM_NOT_EXECUTABLE,
                   "%s: its interpreter %s cannot be run: %s", path, next, strerror(problem));
            return;
        }
        strcpy(path, next);
    }
    reject(check, PROGRAM_NOT_EXECUTABLE, "%s: its interpreters are scripts of scripts without end", check->path);
}

void program_check(const char *name, const char *search_path, struct program_check *ret)
{
    memset(ret, 0, sizeof *ret);
    if (find(name, search_path, ret)) {
        judge(ret);
    }
}
