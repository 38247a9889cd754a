/* GET /profile: the report that hotline writes beside this program, for where no ssh leads to it. The file is opened
 * for each request: hotline replaces it by renaming, so what is open stays whole. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/http/profile_token.h"
#include "service/http/reply.h"
#include "service/http/request.h"
#include "service/http/routes.h"
#include "service/http/server.h"

/* ret: -1 when there is no report. Others may write to /tmp as well: no links, no devices. */
static int open_report(const char *path, uint64_t *ret_bytes)
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) || file.st_size == 0)) {
        close(fd);
        fd = -1;
    }
    if (fd >= 0) {
        *ret_bytes = (uint64_t)file.st_size;
    }
    return fd;
}

enum MHD_Result handle_profile(struct request *request)
{
    const struct config *config = request->server->config;
    const char *authorization =
        MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    if (!profile_token_is_given(config->profile_token, authorization, request->uri)) {
        request_fail(request, STATUS_UNAUTHORIZED);
        return reply_error(request);
    }
    uint64_t bytes = 0;
    int fd = open_report(config->profile_file, &bytes);
    if (fd < 0) {
        request_fail(request, STATUS_NO_PROFILE_YET);
        return reply_error(request);
    }
    return reply_report(request, fd, bytes);
}
