/* One line per request on standard output. */
#ifndef SERVICE_ACCESS_LOG_H
#define SERVICE_ACCESS_LOG_H

struct request;

/* Write the line of an ended request as the configuration says. Never waits: a reader that does not keep up loses
 * lines. Any thread. */
void access_log_write(struct request *request);

#endif
