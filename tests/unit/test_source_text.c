/* Paths are cleaned, names demangled, and source files found where the debug info or --source-root says, and nothing
 * else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/collector/clean_path.h"
#include "profiler/collector/demangle.h"
#include "profiler/collector/source_text.h"
#include "profiler/collector/string_pool.h"

#define TEST(name)   static void name(void **state)
#define COUNT(array) (sizeof(array) / sizeof *(array))

TEST(equal_strings_are_one)
{
    (void)state;
    struct string_pool *pool = string_pool_create();
    const char *kept[5000];
    char text[32];
    for (unsigned i = 0; i < COUNT(kept); i++) {
        snprintf(text, sizeof text, "function_%u", i);
        kept[i] = string_pool_intern(pool, text);
    }
    for (unsigned i = 0; i < COUNT(kept); i++) { /* after the table has grown several times */
        snprintf(text, sizeof text, "function_%u", i);
        assert_string_equal(kept[i], text);
        assert_ptr_equal(kept[i], string_pool_intern(pool, text));
        assert_ptr_equal(kept[i], string_pool_format(pool, "function_%u", i));
    }
    assert_ptr_equal(string_pool_intern_bytes(pool, "abcdef", 3), string_pool_intern(pool, "abc"));
    assert_string_equal(string_pool_intern(pool, ""), "");
    string_pool_destroy(pool);
}

/* A crooked file can make names of any length: what a name of C++ templates needs is kept. */
TEST(long_strings_are_kept_up_to_a_bound)
{
    enum { KEPT = 16 * 1024 };
    (void)state;
    struct string_pool *pool = string_pool_create();
    char *large = malloc(200001);
    memset(large, 'x', 200000);
    large[200000] = 0;
    const char *cut = string_pool_intern(pool, large);
    assert_int_equal(strlen(cut), KEPT);
    assert_memory_equal(cut, large, KEPT);
    assert_ptr_equal(cut, string_pool_intern_bytes(pool, large, KEPT)); /* cut ones are equal when what is kept is */
    large[KEPT - 1] = 0;
    assert_string_equal(string_pool_intern(pool, large), large);
    free(large);
    string_pool_destroy(pool);
}

TEST(paths_are_cleaned_lexically)
{
    (void)state;
    static const struct {
        const char *directory, *file, *expected;
    } cases[] = {
        {"/src/app", "main.c", "/src/app/main.c"},
        {"/src/app", "../lib/x.c", "/src/lib/x.c"},
        {"/src/app/", "./a//b/../c.c", "/src/app/a/c.c"},
        {"/src/app", "/usr/include/stdio.h", "/usr/include/stdio.h"},
        {"/src", "../../../../etc/x.c", "/etc/x.c"},
        {"/", "x.c", "/x.c"},
        {NULL, "x.c", "x.c"},
        {NULL, "../x.c", "../x.c"},
        {NULL, "a/../../x.c", "../x.c"},
        {NULL, "../../a/../x.c", "../../x.c"},
        {"build", "../x.c", "x.c"},
        {"build", "../../x.c", "../x.c"},
        {"./sunrpc", "./sunrpc/rtime.c", "sunrpc/rtime.c"}, /* Debian's libc: both halves rewritten to "." */
        {"./csu", "../stdlib/x.c", "stdlib/x.c"},
        {"", "a/b.c", "a/b.c"},
        {"/a", "..", "/"},
        {"/a/b/...", "x", "/a/b/.../x"},
    };
    struct string_pool *pool = string_pool_create();
    for (unsigned i = 0; i < COUNT(cases); i++)
        assert_string_equal(clean_path(pool, cases[i].directory, cases[i].file), cases[i].expected);
    string_pool_destroy(pool);
}

TEST(mangled_names_become_readable_and_plain_ones_are_left_alone)
{
    (void)state;
    static const struct {
        const char *mangled, *expected;
    } cases[] = {
        {"_ZN4mesh5pointIiE4normEv", "mesh::point<int>::norm()"},
        {"_ZN12_GLOBAL__N_13addEif", "(anonymous namespace)::add(int, float)"},
        {"_ZN5alloc3vec12Vec$LT$T$GT$4push17h0123456789abcdefE", "alloc::vec::Vec<T>::push"},
        {"_RNvC7mycrate3foo", "mycrate::foo"},
    };
    static const char *const plain[] = {"main", "i", "f",      "_start", "_Znonsense", "_Z",
                                        "_",    "",  "Z3foov", "_ZN",    "_R",         "_RNv"};
    struct string_pool *pool = string_pool_create();
    for (unsigned i = 0; i < COUNT(cases); i++) {
        const char *found = demangle(pool, cases[i].mangled);
        assert_non_null(found);
        assert_string_equal(found, cases[i].expected);
    }
    for (unsigned i = 0; i < COUNT(plain); i++)
        assert_null(demangle(pool, plain[i]));
    string_pool_destroy(pool);
}

/* f(A<int, int>, B<A, A>, C<B, B>, ...): 30 parameters in 300 bytes that print as 10 GB. Memory ran out before there
 * was a limit. */
TEST(name_that_doubles_with_every_parameter_is_given_up)
{
    (void)state;
    struct string_pool *pool = string_pool_create();
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char name[1024] = "_Z1f1AIiiE";
    unsigned previous = 0; /* the digits between S and _ that refer to the parameter before */
    for (unsigned level = 1; level < 30; level++) {
        char reference[8];
        if (previous < 36)
            snprintf(reference, sizeof reference, "S%c_", digits[previous]);
        else
            snprintf(reference, sizeof reference, "S%c%c_", digits[previous / 36], digits[previous % 36]);
        char parameter[64];
        snprintf(parameter, sizeof parameter, "2%c%cI%s%sE", 'A' + level / 26, 'A' + level % 26, reference, reference);
        strcat(name, parameter);
        if (level == 2)
            assert_string_equal(demangle(pool, name),
                                "f(A<int, int>, AB<A<int, int>, A<int, int> >, AC<AB<A<int, int>, A<int, int> >, "
                                "AB<A<int, int>, A<int, int> > >)");
        previous += 2;
    }
    assert_null(demangle(pool, name));
    string_pool_destroy(pool);
}

struct tree {
    char root[64];
};

static void write_file(const char *directory, const char *path, const char *text)
{
    char full[PATH_MAX];
    snprintf(full, sizeof full, "%s/%s", directory, path);
    for (char *slash = full + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = 0;
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_tree(void **state)
{
    static struct tree tree;
    strcpy(tree.root, "/tmp/hotline-source-XXXXXX");
    *state = &tree;
    return mkdtemp(tree.root) ? 0 : -1;
}

static int remove_tree(void **state)
{
    const struct tree *tree = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", tree->root);
    return system(command);
}

static struct profile_file find(struct source_texts *texts, const char *path)
{
    struct profile_file file = {.path = path};
    source_texts_find(texts, &file);
    assert_int_equal(file.text != NULL, file.missing == NULL);
    assert_int_equal(file.text != NULL, file.open_path != NULL);
    return file;
}

TEST(text_is_found_as_recorded)
{
    const struct tree *tree = *state;
    char path[PATH_MAX];
    write_file(tree->root, "app/main.c", "int main;\n");
    write_file(tree->root, "app/empty.h", "");
    snprintf(path, sizeof path, "%s/app/main.c", tree->root);
    struct source_texts *texts = source_texts_create(NULL, NULL, 0);
    struct profile_file file = find(texts, path);
    assert_string_equal(file.text, "int main;\n");
    assert_int_equal(file.text_bytes, 10);
    assert_string_equal(file.open_path, path);
    assert_ptr_equal(find(texts, path).text, file.text); /* read once */
    snprintf(path, sizeof path, "%s/app/empty.h", tree->root);
    file = find(texts, path);
    assert_int_equal(file.text_bytes, 0);
    source_texts_destroy(texts);
}

TEST(longest_end_of_the_path_below_the_source_root_wins)
{
    const struct tree *tree = *state;
    char expected[PATH_MAX];
    write_file(tree->root, "lib/util.c", "right\n");
    write_file(tree->root, "util.c", "wrong\n");
    write_file(tree->root, "other.c", "other\n");
    struct source_texts *texts = source_texts_create(tree->root, NULL, 0);
    struct profile_file file = find(texts, "/home/ci/build/app/lib/util.c");
    assert_string_equal(file.text, "right\n");
    snprintf(expected, sizeof expected, "%s/lib/util.c", tree->root);
    assert_string_equal(file.open_path, expected);
    assert_string_equal(find(texts, "../../lib/util.c").text, "right\n");
    assert_string_equal(find(texts, "/elsewhere/other.c").text, "other\n");
    source_texts_destroy(texts);
}

/* Whole folder names only; the first map that fits and has the file; then what would be found without maps. */
TEST(maps_say_where_folders_are_now)
{
    const struct tree *tree = *state;
    char one[PATH_MAX], two[PATH_MAX], recorded[PATH_MAX];
    write_file(tree->root, "one/src/a.c", "one a\n");
    write_file(tree->root, "two/src/a.c", "two a\n");
    write_file(tree->root, "two/src/b.c", "two b\n");
    write_file(tree->root, "here/c.c", "here c\n");
    snprintf(one, sizeof one, "%s/one", tree->root);
    snprintf(two, sizeof two, "%s/two", tree->root);
    snprintf(recorded, sizeof recorded, "%s/here/c.c", tree->root);
    const struct source_map maps[] = {{"/ci/app/", one}, {"/ci/app", two}, {"./lib", two}, {tree->root, one}};
    struct source_texts *texts = source_texts_create(NULL, maps, COUNT(maps));
    struct profile_file file = find(texts, "/ci/app/src/a.c");
    assert_string_equal(file.text, "one a\n");
    assert_string_equal(file.path, "/ci/app/src/a.c");
    assert_string_equal(find(texts, "/ci/app/src/b.c").text, "two b\n");
    assert_string_equal(find(texts, "./lib/src/b.c").text, "two b\n");
    assert_null(find(texts, "/ci/application/src/a.c").text);
    assert_null(find(texts, "/ci/app").text);
    assert_string_equal(find(texts, recorded).text, "here c\n"); /* its map leads nowhere */
    source_texts_destroy(texts);
    const struct source_map everything[] = {{"/", two}};
    texts = source_texts_create(NULL, everything, 1);
    assert_string_equal(find(texts, "/src/b.c").text, "two b\n");
    source_texts_destroy(texts);
}

TEST(missing_file_names_the_cure)
{
    const struct tree *tree = *state;
    struct source_texts *texts = source_texts_create(NULL, NULL, 0);
    assert_non_null(strstr(find(texts, "/home/ci/app/main.c").missing, "--source-root=DIR"));
    source_texts_destroy(texts);
    texts = source_texts_create(tree->root, NULL, 0);
    const char *missing = find(texts, "/home/ci/app/main.c").missing;
    assert_non_null(strstr(missing, tree->root));
    assert_non_null(strstr(missing, "/home/ci/app/main.c"));
    source_texts_destroy(texts);
}

/* The path is what some ELF file says. hotline may be root. */
TEST(nothing_but_source_files_is_read)
{
    const struct tree *tree = *state;
    char path[PATH_MAX], link_path[PATH_MAX];
    static const char *const names[] = {"id_rsa", ".env", "shadow", "secret.txt", "passwords.json", ".c", "token"};
    struct source_texts *texts = source_texts_create(tree->root, NULL, 0);
    for (unsigned i = 0; i < COUNT(names); i++) {
        write_file(tree->root, names[i], "secret\n");
        snprintf(path, sizeof path, "%s/%s", tree->root, names[i]);
        assert_null(find(texts, path).text);
    }
    snprintf(path, sizeof path, "%s/secret.txt", tree->root);
    snprintf(link_path, sizeof link_path, "%s/innocent.c", tree->root);
    assert_int_equal(symlink(path, link_path), 0);
    assert_null(find(texts, link_path).text);
    snprintf(path, sizeof path, "%s/pipe.c", tree->root);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(find(texts, path).text); /* and does not wait for a writer */
    snprintf(path, sizeof path, "%s/folder.c", tree->root);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(find(texts, path).text);
    assert_null(find(texts, "/dev/zero").text);
    assert_null(find(texts, "").text);
    assert_null(find(texts, "/").text);
    source_texts_destroy(texts);
}

TEST(standard_headers_and_linked_sources_are_read)
{
    const struct tree *tree = *state;
    char path[PATH_MAX], link_path[PATH_MAX];
    write_file(tree->root, "usr/include/c++/12/vector", "template\n");
    write_file(tree->root, "store/real.cc", "linked\n");
    struct source_texts *texts = source_texts_create(tree->root, NULL, 0);
    assert_string_equal(find(texts, "/usr/nowhere/usr/include/c++/12/vector").text, "template\n");
    snprintf(path, sizeof path, "%s/store/real.cc", tree->root);
    snprintf(link_path, sizeof link_path, "%s/alias.cc", tree->root);
    assert_int_equal(symlink(path, link_path), 0);
    assert_string_equal(find(texts, link_path).text, "linked\n");
    source_texts_destroy(texts);
}

TEST(binary_and_enormous_files_are_left_out)
{
    const struct tree *tree = *state;
    char path[PATH_MAX];
    struct source_texts *texts = source_texts_create(NULL, NULL, 0);
    snprintf(path, sizeof path, "%s/binary.c", tree->root);
    FILE *file = fopen(path, "w");
    assert_int_equal(fwrite("a\0b", 1, 3, file), 3);
    fclose(file);
    assert_non_null(strstr(find(texts, path).missing, "text"));
    snprintf(path, sizeof path, "%s/enormous.c", tree->root);
    write_file(tree->root, "enormous.c", "");
    assert_int_equal(truncate(path, (off_t)1 << 40), 0);
    assert_non_null(strstr(find(texts, path).missing, "MB"));
    source_texts_destroy(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_strings_are_one),
        cmocka_unit_test(long_strings_are_kept_up_to_a_bound),
        cmocka_unit_test(paths_are_cleaned_lexically),
        cmocka_unit_test(mangled_names_become_readable_and_plain_ones_are_left_alone),
        cmocka_unit_test(name_that_doubles_with_every_parameter_is_given_up),
        cmocka_unit_test_setup_teardown(text_is_found_as_recorded, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(longest_end_of_the_path_below_the_source_root_wins, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(maps_say_where_folders_are_now, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(missing_file_names_the_cure, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(nothing_but_source_files_is_read, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(standard_headers_and_linked_sources_are_read, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(binary_and_enormous_files_are_left_out, make_tree, remove_tree),
    };
    return cmocka_run_group_tests_name("source_text", tests, NULL, NULL);
}
