/* A process of the session's tree that cannot take part says so once, so that the report can count it. */
#ifndef HOTLINE_UNJOINED_H
#define HOTLINE_UNJOINED_H

/* `where`: the value of SESSION_ENVIRONMENT. Sends "unjoined PID WHY" to the collector's control socket; silent when
 * that fails. Constructor only. */
void unjoined_report(const char *where, const char *why);

#endif
