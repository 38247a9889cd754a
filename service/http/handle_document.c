/* GET of a page that was made at start. */
#include "service/http/documents.h"
#include "service/http/reply.h"
#include "service/http/request.h"
#include "service/http/routes.h"
#include "service/http/server.h"

enum MHD_Result handle_document(struct request *request)
{
    return reply_document(request, documents_find(&request->server->documents, request->route->path));
}
