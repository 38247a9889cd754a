/* Pictures that nobody here made: the PNG test suite, libpng's and libjpeg-turbo's own test pictures, files found by
 * fuzzers. They are read from ../shared/corpora (SHARED overrides ../shared); without that folder the tests are
 * skipped. */
#include "tests/unit/picture_job.h"

#include <dirent.h>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#pragma GCC diagnostic ignored "-Wunused-function" /* reported at the end of the file, so it cannot be popped */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wshadow"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

enum { PATH_MAX_BYTES = 1024, MANY = 4096 };

/* Small enough that a file which claims to be large does not hold the tests up. */
static const struct job_limits corpus_limits = {
    .max_pixels = 2000000,
    .max_output_pixels = 20000000,
    .max_side_px = 16384,
    .max_memory_bytes = 512 << 20,
};

struct corpus {
    char folder[PATH_MAX_BYTES];
    char *names[MANY];
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files of a corpus by name; skips the test when it is not there. */
static void corpus_open(struct corpus *corpus, const char *name)
{
    const char *shared = getenv("SHARED");
    snprintf(corpus->folder, sizeof corpus->folder, "%s/corpora/%s", shared ? shared : "../shared", name);
    corpus->count = 0;
    DIR *folder = opendir(corpus->folder);
    if (!folder)
        skip();
    for (struct dirent *entry; (entry = readdir(folder)) && corpus->count < MANY;)
        if (entry->d_name[0] != '.' && strncmp(entry->d_name, "LICENSE", 7) != 0)
            corpus->names[corpus->count++] = strdup(entry->d_name);
    closedir(folder);
    qsort(corpus->names, corpus->count, sizeof *corpus->names, compare_names);
    assert_true(corpus->count > 0);
}

static void corpus_close(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        free(corpus->names[i]);
}

static uint8_t *corpus_file(const struct corpus *corpus, size_t i, size_t *ret_length)
{
    char path[2 * PATH_MAX_BYTES];
    snprintf(path, sizeof path, "%s/%s", corpus->folder, corpus->names[i]);
    uint8_t *bytes = picture_file(path, ret_length);
    assert_non_null(bytes);
    return bytes;
}

static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name);
    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

static struct job corpus_job(void)
{
    struct job job = picture_job();
    job.limits = &corpus_limits;
    return job;
}

/* Every operation (but not for every large picture: time), and both ways out; a PNG has to come back as it was. */
static void use_picture(struct job *job, const char *name, size_t number, const struct image *image)
{
    const bool small = image->width * image->height < 20000;
    for (int o = 0; (small || number % 8 == 0) && o < OPERATION_COUNT; o++) {
        struct operation_parameters parameters;
        operation_parameters_init(&parameters);
        parameters.denoise_sigma = 10;
        struct image copy = picture_copy(job, image), result;
        if (operate(job, (enum operation)o, &parameters, &copy, &result) != STATUS_OK)
            fail_msg("%s: %s", name, operation_name((enum operation)o));
    }
    struct encoded file;
    assert_int_equal(encode_image(job, image, IMAGE_FORMAT_JPEG, 85, &file), STATUS_OK);
    free(file.bytes);
    assert_int_equal(encode_image(job, image, IMAGE_FORMAT_PNG, 85, &file), STATUS_OK);
    struct image again;
    if (decode_image(job, file.bytes, file.length, &again) != STATUS_OK)
        fail_msg("%s: our own PNG is not decoded", name);
    free(file.bytes);
    assert_int_equal(picture_difference(image, &again), 0);
}

static void expect_same_as_other_decoder(const char *name, const uint8_t *bytes, size_t length,
                                         const struct image *image)
{
    int width = 0, height = 0, channels = 0;
    stbi_uc *other = stbi_load_from_memory(bytes, (int)length, &width, &height, &channels, 0);
    if (!other)
        fail_msg("%s: %s", name, stbi_failure_reason());
    if (channels != (int)image->channels || width != (int)image->width || height != (int)image->height)
        fail_msg("%s: %ux%u, %u channels instead of %dx%d, %d", name, image->width, image->height, image->channels,
                 width, height, channels);
    const size_t row = (size_t)width * (size_t)channels;
    /* these have indices beyond the end of their palettes: what colour they are nobody says */
    const bool comparable = strstr(name, "-palette-") == NULL;
    for (uint32_t y = 0; comparable && y < image->height; y++)
        if (memcmp(image_row(image, y), other + y * row, row) != 0)
            fail_msg("%s: other pixels in row %u", name, y);
    stbi_image_free(other);
}

/* Every file whose name does not begin with `broken` (a letter; 0 for none): decoded, with the pixels of another
 * decoder. */
static void check_png_corpus(const char *corpus_name, char broken)
{
    struct corpus corpus;
    corpus_open(&corpus, corpus_name);
    for (size_t i = 0; i < corpus.count; i++) {
        const char *name = corpus.names[i];
        struct job job = corpus_job();
        struct image image;
        size_t length = 0;
        uint8_t *bytes = corpus_file(&corpus, i, &length);
        const enum status status = decode_image(&job, bytes, length, &image);
        if (broken && name[0] == broken) {
            /* two of them have a broken signature, so they are not PNG at all */
            if (status != STATUS_INVALID_IMAGE && status != STATUS_UNSUPPORTED_IMAGE)
                fail_msg("%s: status %d", name, status);
        } else {
            if (status != STATUS_OK)
                fail_msg("%s: status %d", name, status);
            expect_same_as_other_decoder(name, bytes, length, &image);
            use_picture(&job, name, i, &image);
        }
        free(bytes);
        picture_job_end(&job);
    }
    corpus_close(&corpus);
}

TEST(pngsuite_is_decoded_and_its_broken_files_refused)
{
    (void)state;
    check_png_corpus("pngsuite", 'x');
}

TEST(libpng_test_pictures_are_decoded)
{
    (void)state;
    check_png_corpus("libpng-testpngs", 0);
}

TEST(libjpeg_turbo_test_pictures_are_decoded_or_refused)
{
    (void)state;
    struct corpus corpus;
    corpus_open(&corpus, "libjpeg-turbo");
    for (size_t i = 0; i < corpus.count; i++) {
        const char *name = corpus.names[i];
        struct job job = corpus_job();
        struct image image;
        size_t length = 0;
        uint8_t *bytes = corpus_file(&corpus, i, &length);
        const enum status status = decode_image(&job, bytes, length, &image);
        const bool arithmetic_or_12_bit = strcmp(name, "testimgari.jpg") == 0 || strcmp(name, "monkey12.jpg") == 0;
        if (status != (arithmetic_or_12_bit ? STATUS_INVALID_IMAGE : STATUS_OK))
            fail_msg("%s: status %d", name, status);
        if (status == STATUS_OK)
            use_picture(&job, name, i, &image);
        if (ends_with(name, ".bmp"))
            expect_same_as_other_decoder(name, bytes, length, &image);
        free(bytes);
        picture_job_end(&job);
    }
    corpus_close(&corpus);
}

/* Whatever they are: an answer, and nothing that is our fault. */
static void check_any_corpus(const char *corpus_name)
{
    struct corpus corpus;
    corpus_open(&corpus, corpus_name);
    for (size_t i = 0; i < corpus.count; i++) {
        struct job job = corpus_job();
        struct image image;
        size_t length = 0;
        uint8_t *bytes = corpus_file(&corpus, i, &length);
        switch (decode_image(&job, bytes, length, &image)) {
        case STATUS_OK:
            if (image.width * image.height < 300000)
                use_picture(&job, corpus.names[i], i, &image);
            break;
        case STATUS_INVALID_IMAGE:
        case STATUS_UNSUPPORTED_IMAGE:
        case STATUS_IMAGE_TOO_LARGE:
            break;
        default:
            fail_msg("%s: our fault", corpus.names[i]);
        }
        free(bytes);
        picture_job_end(&job);
    }
    corpus_close(&corpus);
}

TEST(files_found_by_fuzzers_are_answered)
{
    (void)state;
    check_any_corpus("edge-cases");
}

TEST(broken_bmps_are_refused)
{
    (void)state;
    struct corpus corpus;
    corpus_open(&corpus, "image-rs");
    for (size_t i = 0; i < corpus.count; i++) {
        struct job job = corpus_job();
        struct image image;
        size_t length = 0;
        uint8_t *bytes = corpus_file(&corpus, i, &length);
        const enum status status = decode_image(&job, bytes, length, &image);
        if (status != STATUS_INVALID_IMAGE && status != STATUS_UNSUPPORTED_IMAGE && status != STATUS_IMAGE_TOO_LARGE)
            fail_msg("%s: status %d", corpus.names[i], status);
        free(bytes);
        picture_job_end(&job);
    }
    corpus_close(&corpus);
}

/* Every prefix and single changed bytes of a few good files: never a crash, never a picture from half a file. */
TEST(cut_files_are_refused)
{
    (void)state;
    static const char *const inputs[] = {"rgb_420.jpg", "gray.jpg", "la.png", "gray2bit.png", "s3x3.png", "bmp.bmp"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        char path[PATH_MAX_BYTES];
        size_t length = 0;
        snprintf(path, sizeof path, "tests/golden/inputs/%s", inputs[i]);
        uint8_t *bytes = picture_file(path, &length);
        assert_non_null(bytes);
        struct job job = corpus_job();
        struct image image;
        const size_t step = length / 200 + 1;
        for (size_t cut = 0; cut + 4 < length; cut += step) {
            uint8_t *part = malloc(cut ? cut : 1); /* of its exact size, for AddressSanitizer */
            memcpy(part, bytes, cut);
            if (decode_image(&job, part, cut, &image) == STATUS_OK)
                fail_msg("%s: %zu of %zu bytes are decoded", inputs[i], cut, length);
            free(part);
            arena_reset(job.arena);
        }
        picture_job_end(&job);
        free(bytes);
    }
}

TEST(changed_bytes_never_crash)
{
    (void)state;
    static const char *const inputs[] = {"rgb_444_odd.jpg", "cmyk_adobe.jpg", "exif_rot6.jpg",
                                         "palette.png",     "interlaced.png", "bmp.bmp"};
    uint32_t seed = 4242;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        char path[PATH_MAX_BYTES];
        size_t length = 0;
        snprintf(path, sizeof path, "tests/golden/inputs/%s", inputs[i]);
        uint8_t *bytes = picture_file(path, &length);
        assert_non_null(bytes);
        struct job job = corpus_job();
        for (int round = 0; round < 300; round++) {
            const size_t at =
                round < 200 ? picture_random(&seed) % (length < 700 ? length : 700) : picture_random(&seed) % length;
            const uint8_t before = bytes[at];
            bytes[at] = (uint8_t)picture_random(&seed);
            struct image image;
            const enum status status = decode_image(&job, bytes, length, &image);
            assert_true(status == STATUS_OK || status == STATUS_INVALID_IMAGE || status == STATUS_IMAGE_TOO_LARGE ||
                        status == STATUS_UNSUPPORTED_IMAGE);
            bytes[at] = before;
            arena_reset(job.arena);
        }
        picture_job_end(&job);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pngsuite_is_decoded_and_its_broken_files_refused),
        cmocka_unit_test(libpng_test_pictures_are_decoded),
        cmocka_unit_test(libjpeg_turbo_test_pictures_are_decoded_or_refused),
        cmocka_unit_test(files_found_by_fuzzers_are_answered),
        cmocka_unit_test(broken_bmps_are_refused),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(changed_bytes_never_crash),
    };
    operate_init(NULL);
    return cmocka_run_group_tests_name("corpora", tests, NULL, NULL);
}
