/* The operation table: name -> parameters -> function. One file per operation; exact semantics in the operation's own file. */
#ifndef SERVICE_OPERATE_H
#define SERVICE_OPERATE_H

#include "service/image/image.h"
#include "service/work/job.h"

enum operation { OPERATION_BLUR, OPERATION_SHARPEN, OPERATION_EDGE_DETECT, OPERATION_GRAYSCALE, OPERATION_ENHANCE, OPERATION_ROTATE,
                 OPERATION_NOISE_REDUCTION, OPERATION_COUNT };

enum denoise_method { DENOISE_DCT, DENOISE_MEAN, DENOISE_MEDIAN, DENOISE_BILATERAL, DENOISE_NLM };
enum denoise_level { DENOISE_FAST, DENOISE_NORMAL, DENOISE_BEST };

/* Every parameter of every operation, in the units of the contract; operation_parameters_init() sets the defaults.
 * Values out of range never get here: the request fields are checked by http/. */
struct operation_parameters {
    float blur_radius_px;    /* (0, 100], 5 */
    float sharpen_amount;    /* [0, 4], 1 */
    float enhance_color;     /* [0, 4], 1.5 */
    float enhance_contrast;  /* [0, 4], 1.3 */
    float enhance_sharpness; /* [0, 4], 1.2 */
    bool rotate_has_angle;   /* false: the original's chain 45, -45, mirror */
    double rotate_angle_degrees;
    enum denoise_method method;
    enum denoise_level level;
    float denoise_strength; /* [0, 2], 1 */
    float denoise_sigma;    /* (0, 100]; 0 = estimate it */
};

void operation_parameters_init(struct operation_parameters *ret);

/* ret: the name in the contract ("blur", ...), static storage. */
const char *operation_name(enum operation operation);

/* Find an operation by name; "edge" and "edge_detection" mean edge_detect. false when unknown. */
bool operation_find(const char *name, enum operation *ret);

/* The size of the result, without computing it. STATUS_IMAGE_TOO_LARGE when over job->limits. */
enum status operation_output_size(const struct job *job, enum operation operation, const struct operation_parameters *parameters,
                                  uint32_t width, uint32_t height, uint32_t *ret_width, uint32_t *ret_height);

/* An upper bound of the memory that decode_image() and operate() take together for such a picture, in bytes. Never fails. */
uint64_t operation_memory_bytes(enum operation operation, const struct operation_parameters *parameters, uint32_t width, uint32_t height,
                                uint32_t channels);

/* Apply `operation` to `image` (whose pixels may be overwritten). ret: written only on success, may be the same memory.
 * STATUS_NO_MEMORY, STATUS_IMAGE_TOO_LARGE, STATUS_PROCESSING_TIMEOUT, STATUS_CANCELLED. The job's worker thread. */
enum status operate(struct job *job, enum operation operation, const struct operation_parameters *parameters, struct image *image,
                    struct image *ret);

/* Choose the kernels for this processor, or those named by `isa` ("scalar", "v2", "v3", "v4"; NULL: the best one). Call before any
 * thread starts. false when the name is unknown or the processor lacks it. ret: the chosen name in operate_kernels_name(). */
bool operate_init(const char *isa);
const char *operate_kernels_name(void);

#endif
