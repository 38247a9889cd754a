/* The operation table, and what can be said about an operation without running it. */
#include "service/operate/operate.h"

#include <string.h>

#include "service/image/image_allocate.h"
#include "service/operate/kernel_choice.h"
#include "service/operate/operation.h"

struct operation_row {
    const char *name;
    enum status (*run)(struct job *job, const struct operation_parameters *parameters, struct image *image,
                       struct image *ret);
};

static const struct operation_row operations[OPERATION_COUNT] = {
    [OPERATION_BLUR] = {"blur", blur_image},
    [OPERATION_SHARPEN] = {"sharpen", sharpen_image},
    [OPERATION_EDGE_DETECT] = {"edge_detect", edge_detect_image},
    [OPERATION_GRAYSCALE] = {"grayscale", grayscale_image},
    [OPERATION_ENHANCE] = {"enhance", enhance_image},
    [OPERATION_ROTATE] = {"rotate", rotate_image},
    [OPERATION_NOISE_REDUCTION] = {"noise_reduction", noise_reduction_image},
};

static const struct {
    const char *name;
    enum operation operation;
} aliases[] = {{"edge", OPERATION_EDGE_DETECT}, {"edge_detection", OPERATION_EDGE_DETECT}};

void operation_parameters_init(struct operation_parameters *ret)
{
    *ret = (struct operation_parameters){
        .blur_radius_px = 5,
        .sharpen_amount = 1,
        .enhance_color = 1.5F,
        .enhance_contrast = 1.3F,
        .enhance_sharpness = 1.2F,
        .rotate_has_angle = false,
        .method = DENOISE_DCT,
        .level = DENOISE_NORMAL,
        .denoise_strength = 1,
        .denoise_sigma = 0,
    };
}

const char *operation_name(enum operation operation)
{
    return operations[operation].name;
}

bool operation_find(const char *name, enum operation *ret)
{
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        if (strcmp(name, operations[i].name) == 0) {
            *ret = (enum operation)i;
            return true;
        }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(name, aliases[i].name) == 0) {
            *ret = aliases[i].operation;
            return true;
        }
    return false;
}

enum status operation_output_size(const struct job *job, enum operation operation,
                                  const struct operation_parameters *parameters, uint32_t width, uint32_t height,
                                  uint32_t *ret_width, uint32_t *ret_height)
{
    uint32_t out_width, out_height;
    operation_canvas(operation, parameters, width, height, &out_width, &out_height);
    if (out_width > IMAGE_MAX_SIDE_PX || out_height > IMAGE_MAX_SIDE_PX ||
        (uint64_t)out_width * out_height > job->limits->max_output_pixels)
        return STATUS_IMAGE_TOO_LARGE;
    *ret_width = out_width;
    *ret_height = out_height;
    return STATUS_OK;
}

enum status operate(struct job *job, enum operation operation, const struct operation_parameters *parameters,
                    struct image *image, struct image *ret)
{
    uint32_t width, height;
    enum status status =
        operation_output_size(job, operation, parameters, image->width, image->height, &width, &height);
    if (status == STATUS_OK)
        status = operations[operation].run(job, parameters, image, ret);
    return status;
}

bool operate_init(const char *isa)
{
    const struct kernels *kernels = kernel_choice_find(isa);
    if (kernels)
        chosen_kernels = kernels;
    return kernels != NULL;
}

const char *operate_kernels_name(void)
{
    return chosen_kernels->name;
}
