/* Rotate: the original's chain, an exact quarter turn, or one bilinear rotation. */
#include "service/operate/operation.h"

#include "service/image/image_allocate.h"
#include "service/image/image_orient.h"
#include "service/operate/rotate_rows.h"

static enum status rotate_by_chain(struct job *job, const struct image *image, struct image *ret)
{
    const struct rotate_canvas there = rotate_canvas_there(image->width, image->height);
    const struct rotate_canvas back = rotate_canvas_back(&there);
    struct image dst;
    enum status status = image_allocate(job, back.width, back.height, image->channels, &dst);
    if (status == STATUS_OK)
        status = rotate_chain_rows(job, image, &there, &back, &dst);
    if (status == STATUS_OK)
        *ret = dst;
    return status;
}

enum status rotate_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                         struct image *ret)
{
    static const enum image_orientation quarter_turns[4] = {IMAGE_ORIENTATION_AS_IS, IMAGE_ORIENTATION_TURN_LEFT,
                                                            IMAGE_ORIENTATION_TURN_180, IMAGE_ORIENTATION_TURN_RIGHT};
    if (!parameters->rotate_has_angle)
        return rotate_by_chain(job, image, ret);

    int turns;
    const struct rotate_canvas canvas =
        rotate_canvas_by(image->width, image->height, parameters->rotate_angle_degrees, &turns);
    if (turns >= 0)
        return image_orient(job, image, quarter_turns[turns], ret);
    struct image dst;
    enum status status = image_allocate(job, canvas.width, canvas.height, image->channels, &dst);
    if (status == STATUS_OK)
        status = rotate_bilinear_rows(job, image, &canvas, &dst);
    if (status == STATUS_OK)
        *ret = dst;
    return status;
}
