/* What the operation table asks of each operation. Only files of this folder include this.
 *
 * All: `image` may be overwritten; ret is written only on success and may be the same memory; alpha is carried along;
 * STATUS_NO_MEMORY, STATUS_IMAGE_TOO_LARGE, STATUS_PROCESSING_TIMEOUT, STATUS_CANCELLED; the job's worker thread. */
#ifndef SERVICE_OPERATION_H
#define SERVICE_OPERATION_H

#include "service/operate/operate.h"

/* Gaussian blur by three passes of an extended box filter along each axis (Gwosdek et al. 2011), edges replicated,
 * works on premultiplied colour. */
enum status blur_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                       struct image *ret);
/* 3x3 sharpening, blended with the input by `sharpen_amount`; the outermost pixels stay. */
enum status sharpen_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                          struct image *ret);
/* 3x3 Laplacian; the outermost pixels stay. */
enum status edge_detect_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                              struct image *ret);
/* ITU-R 601 luma: 3 channels -> 1, 4 -> 2. */
enum status grayscale_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                            struct image *ret);
/* Colour, contrast and sharpness, in this order. */
enum status enhance_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                          struct image *ret);
/* Without an angle: the original's 45, -45, mirror. With: one rotation, counter-clockwise. */
enum status rotate_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                         struct image *ret);
enum status noise_reduction_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                                  struct image *ret);

/* The size of the result, unchecked. */
void operation_canvas(enum operation operation, const struct operation_parameters *parameters, uint32_t width,
                      uint32_t height, uint32_t *ret_width, uint32_t *ret_height);

/* Scratch memory of one band, in bytes: what operation_memory_bytes() has to know about them. */
size_t blur_scratch_bytes(uint32_t width, uint32_t height, uint32_t channels);
size_t enhance_scratch_bytes(uint32_t width, uint32_t channels);
/* Whole planes of intermediate results. */
uint64_t noise_reduction_plane_bytes(enum denoise_method method, uint32_t width, uint32_t height, uint32_t channels);
size_t noise_reduction_scratch_bytes(enum denoise_method method, uint32_t width, uint32_t channels);

#endif
