/* Noise reduction: one case per method. */
#include "service/operate/operation.h"

#include "service/operate/denoise.h"

uint64_t noise_reduction_plane_bytes(enum denoise_method method, uint32_t width, uint32_t height, uint32_t channels)
{
    return method == DENOISE_DCT ? denoise_dct_plane_bytes(width, height, channels) : 0;
}

size_t noise_reduction_scratch_bytes(enum denoise_method method, uint32_t width, uint32_t channels)
{
    return method == DENOISE_DCT ? denoise_dct_scratch_bytes() : denoise_mean_scratch_bytes(width, channels);
}

enum status noise_reduction_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                                  struct image *ret)
{
    switch (parameters->method) {
    case DENOISE_DCT:
        return denoise_dct(job, parameters, image, ret);
    case DENOISE_MEAN:
        return denoise_mean(job, image, ret);
    default: /* http/ rejects the names of other methods */
        return STATUS_INVALID_PARAMETER;
    }
}
