/* Configuration -> server -> wait for SIGTERM -> drain -> exit 0. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/config.h"
#include "service/http/server.h"
#include "service/operate/operate.h"
#include "service/profile_run.h"
#include "service/work/cgroup.h"

enum { EXIT_USAGE = 2 };

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

/* Blocked here and thus in every thread, taken by sigwait() below. The handler is for PID 1, for which the kernel
 * throws away signals that have none. SIGPIPE: a client that hung up is an error of write(), not our end. */
static void prepare_signals(sigset_t *ret_awaited)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction handle = {.sa_handler = do_nothing};
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGTERM, &handle, NULL);
    sigaction(SIGINT, &handle, NULL);
    sigemptyset(ret_awaited);
    sigaddset(ret_awaited, SIGTERM);
    sigaddset(ret_awaited, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret_awaited, NULL);
}

/* A second signal during the drain ends the program at once. */
static void let_signals_kill(const sigset_t *awaited)
{
    struct sigaction fallback = {.sa_handler = SIG_DFL};
    sigaction(SIGTERM, &fallback, NULL);
    sigaction(SIGINT, &fallback, NULL);
    pthread_sigmask(SIG_UNBLOCK, awaited, NULL);
}

static void announce(const struct server *server, const struct config *config)
{
    fprintf(stderr, "image-service: listening on port %u (0.0.0.0%s), pid %d, kernels %s\n", (unsigned)server->port,
            server->listens_on_v6 ? " and [::]" : "", (int)getpid(), operate_kernels_name());
    config_print(config, stderr);
}

static int serve(const struct config *config)
{
    char error[SERVER_ERROR_BYTES];
    sigset_t awaited;
    int signal_number;
    prepare_signals(&awaited);
    struct server *server = server_start(config, error);
    if (!server) {
        fprintf(stderr, "image-service: %s\n", error);
        return EXIT_FAILURE;
    }
    announce(server, config);
    while (sigwait(&awaited, &signal_number) != 0) {
    }
    let_signals_kill(&awaited);
    if (!server_drain(server, config->drain_timeout_ms)) {
        fprintf(stderr, "image-service: requests still in flight after %gs were cancelled\n",
                (double)config->drain_timeout_ms / 1000);
    }
    server_stop(server);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const struct config_machine machine = {cpu_budget(""), cgroup_memory_bytes("")};
    struct config config;
    char error[CONFIG_ERROR_BYTES];
    if (!config_read(argc, argv, getenv, &machine, &config, error)) {
        fprintf(stderr, "image-service: %s\n", error);
        return EXIT_USAGE;
    }
    if (config.help) {
        config_print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (!operate_init(config.image_simd)) {
        fprintf(stderr,
                "image-service: IMAGE_SIMD=%.40s is not among scalar, v2, v3, v4 or not known to this processor\n",
                config.image_simd);
        return EXIT_USAGE;
    }
    if (config.profile) {
        profile_run(argc, argv, config.profile);
        return EXIT_FAILURE;
    }
    return serve(&config);
}
