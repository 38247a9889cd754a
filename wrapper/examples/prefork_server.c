/* A pre-forking server, as Apache's prefork, PostgreSQL and many in-house servers are: the parent listens and forks
 * workers, every worker accepts by itself, one connection at a time. It answers the query ?n=N with the number of
 * primes below N. What a profile should find: count_primes(), in each of the workers. SIGTERM stops parent and workers.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 3, MOST = 5000000 };

static int count_primes(int below)
{
    char *composite = calloc((size_t)below + 1, 1);
    int count = 0;
    for (int i = 2; composite != NULL && i < below; i++) {
        count += !composite[i];
        for (long k = (long)i * i; !composite[i] && k < below; k += i) {
            composite[k] = 1;
        }
    }
    free(composite);
    return count;
}

static void serve(int connection)
{
    char request[2048], answer[256], body[32];
    ssize_t bytes = read(connection, request, sizeof request - 1);
    request[bytes > 0 ? bytes : 0] = '\0';
    const char *query = strstr(request, "?n=");
    int below = query != NULL ? atoi(query + 3) : 0;
    int length = sprintf(body, "%d\n", count_primes(below < 0 ? 0 : below > MOST ? MOST : below));
    bytes = sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", length, body);
    if (write(connection, answer, (size_t)bytes) != bytes) {
        perror("prefork_server: a client has gone");
    }
    shutdown(connection, SHUT_WR);
    close(connection);
}

static void work(int listening)
{
    for (;;) {
        int connection = accept(listening, NULL, NULL);
        if (connection >= 0) {
            serve(connection);
        }
    }
}

int main(int count, char **arguments)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int listening = socket(AF_INET, SOCK_STREAM, 0), on = 1, signal_number;
    pid_t workers[WORKERS];
    sigset_t stop;
    address.sin_port = htons((uint16_t)atoi(count > 1 ? arguments[1] : "8083"));
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0 || listen(listening, 64) != 0) {
        perror("prefork_server");
        return 1;
    }
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            sigprocmask(SIG_UNBLOCK, &stop, NULL);
            work(listening);
        }
    }
    sigwait(&stop, &signal_number);
    for (int i = 0; i < WORKERS; i++) {
        if (workers[i] > 0) {
            kill(workers[i], SIGTERM);
            waitpid(workers[i], NULL, 0);
        }
    }
    return 0;
}
