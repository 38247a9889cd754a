/* Runs a fuzz target over its corpus as a test: tests/fuzz/corpus/<name of this program>/ file by file. With arguments:
 * those files instead, for looking into a finding. */
#include <dirent.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    size_t length = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(length > 0 ? length : 1); /* no byte of slack: a sanitizer sees a read beyond the end */
    if (!bytes || fread(bytes, 1, length, file) != length) {
        exit(1);
    }
    fclose(file);
    int result = LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
    return result;
}

static int run_corpus(const char *name)
{
    char folder[512];
    int files = 0;
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name);
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[1024];
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            fprintf(stderr, "# %s\n", path); /* the last one seen is the one that crashed */
            run_file(path);
            files++;
        }
    }
    if (directory) {
        closedir(directory);
    }
    return files;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        run_file(argv[i]);
    }
    if (argc == 1) {
        const char *name = basename(argv[0]);
        int files = run_corpus(name);
        printf("%s 1 - %s: %d files of the corpus replayed\n1..1\n", files > 0 ? "ok" : "not ok", name, files);
        return files > 0 ? 0 : 1;
    }
    return 0;
}
