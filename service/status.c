/* The one table from what can go wrong to what a client is told: machine-readable code, HTTP status, sentence. */
#include "service/status.h"

#include <assert.h>

/* The sentences marked * are the original service's; its clients compare them. */
static const struct status_text TABLE[STATUS_COUNT] = {
    [STATUS_OK] = {"ok", 200, "OK"},
    [STATUS_NOT_FOUND] = {"not_found", 404, "No such page"},
    [STATUS_UNAUTHORIZED] = {"unauthorized", 401, "Send the profile token: Authorization: Bearer TOKEN, or ?token=TOKEN"},
    [STATUS_METHOD_NOT_ALLOWED] = {"method_not_allowed", 405, "This address does not answer to this method"},
    [STATUS_LENGTH_REQUIRED] = {"length_required", 411, "Send a Content-Length, or Transfer-Encoding: chunked"},
    [STATUS_PAYLOAD_TOO_LARGE] = {"payload_too_large", 413, "The upload is larger than this server accepts"},
    [STATUS_URI_TOO_LONG] = {"uri_too_long", 414, "The address is longer than 2 KiB"},
    [STATUS_UNSUPPORTED_MEDIA_TYPE] = {"unsupported_media_type", 415, "Send the image as multipart/form-data"},
    [STATUS_UNSUPPORTED_IMAGE] = {"unsupported_image", 415, "The file is not a JPEG, PNG, WebP, GIF or BMP image"},
    [STATUS_EXPECTATION_FAILED] = {"expectation_failed", 417, "The only expectation this server meets is 100-continue"},
    [STATUS_HEADERS_TOO_LARGE] = {"headers_too_large", 431, "The headers are over 8 KiB or 100 lines"},
    [STATUS_BAD_REQUEST] = {"bad_request", 400, "The request is malformed"},
    [STATUS_UNSUPPORTED_TRANSFER_ENCODING] = {"unsupported_transfer_encoding", 501,
                                              "The only transfer encoding this server knows is chunked, in HTTP/1.1"},
    [STATUS_CROSS_SITE] = {"cross_site", 403, "This server does not take uploads from other sites' pages"},
    [STATUS_INVALID_MULTIPART] = {"invalid_multipart", 400, "The multipart body is malformed"},
    [STATUS_DUPLICATE_FIELD] = {"duplicate_field", 400, "A field was sent twice"},
    [STATUS_FIELD_TOO_LONG] = {"field_too_long", 400, "A field is over 4 KiB"},
    [STATUS_MISSING_IMAGE] = {"missing_image", 400, "No image provided"},         /* * */
    [STATUS_NO_IMAGE_SELECTED] = {"no_image_selected", 400, "No image selected"}, /* * */
    [STATUS_EMPTY_IMAGE] = {"empty_image", 400, "The image file is empty"},
    [STATUS_INVALID_OPERATION] = {"invalid_operation", 400, "Invalid operation"}, /* * followed by ": X" */
    [STATUS_INVALID_PARAMETER] = {"invalid_parameter", 400, "A parameter is not acceptable"},
    [STATUS_INVALID_IMAGE] = {"invalid_image", 422, "The image is damaged or of a kind that cannot be decoded"},
    [STATUS_IMAGE_TOO_LARGE] = {"image_too_large", 422, "The image, or the result, is larger than this server accepts"},
    [STATUS_NO_PROFILE_YET] = {"no_profile_yet", 503, "There is no report yet: is the service running under hotline?"},
    [STATUS_OVERLOADED] = {"overloaded", 503, "The server is busy, try again in a second"},
    [STATUS_SHUTTING_DOWN] = {"shutting_down", 503, "The server is shutting down"},
    [STATUS_PROCESSING_TIMEOUT] = {"processing_timeout", 503, "The image took too long to process"},
    [STATUS_NO_MEMORY] = {"out_of_memory", 503, "The server is out of memory, try again later"},
    [STATUS_REQUEST_TIMEOUT] = {"request_timeout", 408, "The request took too long to arrive"},
    [STATUS_CANCELLED] = {"cancelled", 499, "The client went away"},
};

const struct status_text *status_text(enum status status)
{
    assert(status < STATUS_COUNT && TABLE[status].code);
    return &TABLE[status];
}
