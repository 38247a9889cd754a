/* GET /: a form that needs no JavaScript. */
#include <stdio.h>

#include "service/http/reply.h"
#include "service/http/request.h"
#include "service/http/routes.h"

enum { PAGE_BYTES = 4096 };

static const char HEAD[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>image-service</title>\n</head>\n<body>\n<main>\n<h1>image-service</h1>\n"
    "<form action=\"/process\" method=\"post\" enctype=\"multipart/form-data\">\n"
    "<p><label>Image (JPEG or PNG) <input type=\"file\" name=\"image\" accept=\"image/*\" required></label></p>\n"
    "<p><label>Operation <select name=\"operation\">\n";
static const char TAIL[] =
    "</select></label></p>\n"
    "<p><label>Format <select name=\"format\">\n<option>jpeg</option>\n<option>png</option>\n"
    "<option>same</option>\n</select></label></p>\n"
    "<p><label>Quality <input type=\"number\" name=\"quality\" min=\"1\" max=\"100\" value=\"85\"></label></p>\n"
    "<p><button>Process</button></p>\n</form>\n</main>\n</body>\n</html>\n";

enum MHD_Result handle_index(struct request *request)
{
    char page[PAGE_BYTES];
    size_t used = (size_t)snprintf(page, sizeof page, "%s", HEAD);
    for (int i = 0; i < OPERATION_COUNT; i++) {
        used += (size_t)snprintf(page + used, sizeof page - used, "<option>%s</option>\n",
                                 operation_name((enum operation)i));
    }
    snprintf(page + used, sizeof page - used, "%s", TAIL);
    return reply_page(request, MHD_HTTP_OK, PAGE_HTML, page);
}
