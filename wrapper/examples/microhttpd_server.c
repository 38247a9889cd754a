/* A web server in a few lines of libmicrohttpd: every answer is a picture of the Mandelbrot set (PGM), drawn by one
 * of four threads. What a profile should find: iterate(). Stops on SIGTERM with status 0. */
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_PX = 160, ITERATIONS = 100 };

static unsigned char iterate(double cx, double cy)
{
    double x = 0, y = 0;
    int n = 0;
    for (; n < ITERATIONS && x * x + y * y < 4; n++) {
        double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
    }
    return (unsigned char)(n * 255 / ITERATIONS);
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *body, size_t *body_bytes, void **request)
{
    char picture[32 + SIDE_PX * SIDE_PX];
    int bytes = snprintf(picture, 32, "P5 %d %d 255\n", SIDE_PX, SIDE_PX);
    for (int row = 0; row < SIDE_PX; row++) {
        for (int column = 0; column < SIDE_PX; column++) {
            picture[bytes++] = (char)iterate(3.0 * column / SIDE_PX - 2.2, 3.0 * row / SIDE_PX - 1.5);
        }
    }
    (void)user, (void)url, (void)method, (void)version, (void)body, (void)body_bytes, (void)request;
    struct MHD_Response *response = MHD_create_response_from_buffer((size_t)bytes, picture, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "image/x-portable-graymap");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

int main(int count, char **arguments)
{
    int signal_number;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    struct MHD_Daemon *server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL,
                                                 (uint16_t)atoi(count > 1 ? arguments[1] : "8081"), NULL, NULL, answer,
                                                 NULL, MHD_OPTION_THREAD_POOL_SIZE, 4u, MHD_OPTION_END);
    if (server == NULL) {
        perror("microhttpd_server");
        return 1;
    }
    sigwait(&stop, &signal_number);
    MHD_stop_daemon(server);
    return 0;
}
