/* Sharpen: 32 times the centre minus twice the ring, by 16; `amount` blends from the input (0) to beyond (4). */
#include "service/operate/operation.h"

#include "service/operate/filter_rows.h"
#include "service/operate/kernel_choice.h"

enum status sharpen_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                          struct image *ret)
{
    return filter_rows(job, image, chosen_kernels->neighborhood->sharpen_row, parameters->sharpen_amount, ret);
}
