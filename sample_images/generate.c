/* Paints this project's sample pictures: `generate FOLDER [NAME...]` writes all of them, or the named ones, into
 * FOLDER.
 *
 * The same pixels come out on every machine (see exact.h), so tests compare the committed files with a fresh run. */
#include "sample_images/canvas.h"
#include "sample_images/paint.h"
#include "sample_images/save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct picture {
    const char *file_name;
    int width, height, channels;
    int jpeg_quality; /* 0: PNG */
    void (*paint)(struct canvas *canvas);
} PICTURES[] = {
    {"scene.jpg", 1200, 800, 3, 90, paint_scene},       {"portrait.jpg", 720, 900, 3, 88, paint_portrait},
    {"document.png", 1240, 1754, 1, 0, paint_document}, {"night.jpg", 1920, 1080, 3, 86, paint_night},
    {"badge.png", 512, 512, 4, 0, paint_badge},         {"facade.jpg", 1200, 900, 3, 88, paint_facade},
};
enum { PICTURE_COUNT = sizeof PICTURES / sizeof PICTURES[0] };

static int is_wanted(const char *file_name, char **names)
{
    if (*names == NULL)
        return 1;
    for (; *names != NULL; names++)
        if (strcmp(file_name, *names) == 0)
            return 1;
    return 0;
}

static void write_picture(const struct picture *picture, const char *folder)
{
    struct canvas *canvas = canvas_create(picture->width, picture->height);
    picture->paint(canvas);
    uint8_t *pixels = canvas_quantise(canvas, picture->channels);
    canvas_destroy(canvas);
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, picture->file_name) >= (int)sizeof path) {
        fprintf(stderr, "generate: the folder's name is too long\n");
        exit(1);
    }
    if (picture->jpeg_quality > 0)
        save_jpeg(path, pixels, picture->width, picture->height, picture->channels, picture->jpeg_quality);
    else
        save_png(path, pixels, picture->width, picture->height, picture->channels);
    free(pixels);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr,
                "usage: generate FOLDER [NAME...]    paint the sample pictures into FOLDER, for example scene.jpg\n");
        return 2;
    }
    int written = 0;
    for (int i = 0; i < PICTURE_COUNT; i++) {
        if (!is_wanted(PICTURES[i].file_name, argv + 2))
            continue;
        write_picture(&PICTURES[i], argv[1]);
        written++;
    }
    int asked = argc == 2 ? PICTURE_COUNT : argc - 2;
    if (written != asked) {
        fprintf(stderr, "generate: %d of the %d pictures named do not exist\n", asked - written, asked);
        return 2;
    }
    return 0;
}
