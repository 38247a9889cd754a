/* Edge detection: 8 times the centre minus the ring: 0 where the picture is flat. */
#include "service/operate/operation.h"

#include "service/operate/filter_rows.h"
#include "service/operate/kernel_choice.h"

enum status edge_detect_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                              struct image *ret)
{
    (void)parameters;
    return filter_rows(job, image, chosen_kernels->neighborhood->edge_row, 1.0F, ret);
}
