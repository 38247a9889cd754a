/* POST /process: the form -> decode -> operate -> encode. The one file that sees all stages.
 *
 *   handle_process()     libmicrohttpd's thread: fields, size of the picture, memory, a place in the queue; then
 * suspended process()            a worker handle_processed()   libmicrohttpd's thread again: the reply
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "profiler/hotline.h"
#include "service/decode/decode.h"
#include "service/encode/encode.h"
#include "service/http/reply.h"
#include "service/http/request.h"
#include "service/http/request_span.h"
#include "service/http/routes.h"
#include "service/http/server.h"
#include "service/operate/operate.h"
#include "service/work/clock.h"

static const struct {
    const char *media_type;
    const char *extension;
} FILES[] = {[IMAGE_FORMAT_JPEG] = {"image/jpeg", "jpg"},
             [IMAGE_FORMAT_PNG] = {"image/png", "png"},
             [IMAGE_FORMAT_WEBP] = {"image/webp", "webp"}};

/* ---- on the worker ---- */

static enum status run_stages(struct request *request)
{
    struct job *job = &request->item.job;
    struct request_times *times = &request->times;
    const struct fields *fields = &request->fields;
    struct image input;
    struct image output;
    struct encoded encoded;

    enum status status = job_check(job);
    if (status == STATUS_OK) {
        status = decode_image(job, request->body.bytes + fields->image_offset, fields->image_bytes, &input);
    }
    times->decoded_ns = clock_now_ns();
    if (status == STATUS_OK) {
        body_deinit(&request->body); /* its memory is free for the next upload while this one is worked on */
        status = operate(job, fields->operation, &fields->parameters, &input, &output);
    }
    times->operated_ns = clock_now_ns();
    if (status == STATUS_OK) {
        status = encode_image(job, &output, (enum image_format)request->output_format, fields->quality, &encoded);
    }
    times->encoded_ns = clock_now_ns();
    if (status == STATUS_OK) {
        request->result = encoded.bytes;
        request->result_bytes = encoded.length;
    }
    return status;
}

static void process(struct work_item *item)
{
    struct request *request = (struct request *)item;
    struct server *server = request->server;
    struct MHD_Connection *mhd = request->mhd;
    request->times.started_ns = clock_now_ns();
    item->job.deadline_ns = request->times.started_ns + server->config->job_timeout_ms * NS_PER_MS;
    struct hotline_context before = hotline_context_set(request->context);
    request_fail(request, run_stages(request));
    hotline_context_set(before);
    memory_budget_give(&server->pixels, request->pixel_bytes);
    request->pixel_bytes = 0;
    MHD_resume_connection(mhd); /* from here on the request may be gone */
}

/* ---- before ---- */

/* "same" for what we read but do not write is PNG: nothing is lost. */
static enum image_format same_as(enum image_format input)
{
    return input == IMAGE_FORMAT_JPEG || encode_supports(input) ? input : IMAGE_FORMAT_PNG;
}

static enum status choose_output(struct request *request, enum image_format input)
{
    static const enum image_format FORMATS[] = {
        [OUTPUT_JPEG] = IMAGE_FORMAT_JPEG, [OUTPUT_PNG] = IMAGE_FORMAT_PNG, [OUTPUT_WEBP] = IMAGE_FORMAT_WEBP};
    enum output_format wanted = request->fields.format;
    enum image_format output = wanted == OUTPUT_SAME ? same_as(input) : FORMATS[wanted];
    if (!encode_supports(output)) {
        request->error.status = STATUS_INVALID_PARAMETER;
        snprintf(request->error.field, sizeof request->error.field, "format");
        snprintf(request->error.sentence, sizeof request->error.sentence, "format must be one of: jpeg png same");
        return STATUS_INVALID_PARAMETER;
    }
    request->output_format = (int)output;
    return STATUS_OK;
}

/* Read the form and the picture's header; ret_memory: what the job will need. */
static enum status prepare(struct request *request, uint64_t *ret_memory)
{
    struct job *job = &request->item.job;
    struct fields *fields = &request->fields;
    struct image_header header;
    uint32_t width;
    uint32_t height;
    enum status status = multipart_end(&request->multipart, request->body.bytes, request->body.length);
    if (status == STATUS_OK) {
        status = fields_read(&request->multipart, request->body.bytes, fields, &request->error);
    }
    if (status == STATUS_OK) {
        status = decode_header(job, request->body.bytes + fields->image_offset, fields->image_bytes, &header);
    }
    if (status == STATUS_OK) {
        status = choose_output(request, header.format);
    }
    if (status == STATUS_OK) {
        status = operation_output_size(job, fields->operation, &fields->parameters, header.width, header.height, &width,
                                       &height);
    }
    if (status != STATUS_OK) {
        return status;
    }
    request_span_describe(request, (uint64_t)header.width * header.height,
                          FILES[request->output_format].media_type + sizeof "image/" - 1);
    *ret_memory =
        operation_memory_bytes(fields->operation, &fields->parameters, header.width, header.height, header.channels);
    return *ret_memory > job->limits->max_memory_bytes ? STATUS_IMAGE_TOO_LARGE : STATUS_OK;
}

/* Take the memory and a place in the queue: both or none. */
static enum status admit(struct request *request, uint64_t memory_bytes)
{
    struct server *server = request->server;
    if (!memory_budget_take(&server->pixels, memory_bytes)) {
        return STATUS_OVERLOADED;
    }
    if (!workers_reserve(server->workers)) {
        memory_budget_give(&server->pixels, memory_bytes);
        return STATUS_OVERLOADED;
    }
    request->pixel_bytes = memory_bytes;
    return STATUS_OK;
}

enum MHD_Result handle_process(struct request *request)
{
    struct server *server = request->server;
    uint64_t memory_bytes = 0;
    if (!connections_request_phase(&server->connections, request->connection, PHASE_WORKING)) {
        request->stage = STAGE_ANSWERED;
        return MHD_NO;
    }
    request_fail(request, prepare(request, &memory_bytes));
    if (request->status == STATUS_OK) {
        request_fail(request, admit(request, memory_bytes));
    }
    if (request->status != STATUS_OK) {
        body_deinit(&request->body);
        return reply_error(request);
    }
    request->item.run = process;
    request->times.queued_ns = clock_now_ns();
    request->stage = STAGE_WORKING;
    MHD_suspend_connection(request->mhd);
    workers_push(server->workers, &request->item);
    return MHD_YES;
}

/* ---- after ---- */

enum MHD_Result handle_processed(struct request *request)
{
    memory_budget_give(&request->server->pixels,
                       request->pixel_bytes); /* withdrawn from the queue: no worker gave it back */
    request->pixel_bytes = 0;
    if (atomic_load(&request->item.job.cancelled)) {
        request->stage = STAGE_ANSWERED;
        return MHD_NO;
    }
    if (request->status != STATUS_OK) {
        return reply_error(request);
    }
    return reply_image(request, FILES[request->output_format].media_type, FILES[request->output_format].extension);
}
