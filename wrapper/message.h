/* What hotline says on stderr: whole lines, few of them, and never at the price of the program: a log reader that does
 * not read cannot hold the supervisor up for longer than a moment. */
#ifndef HOTLINE_MESSAGE_H
#define HOTLINE_MESSAGE_H

/* Print "hotline: ...\n" on stderr. Any thread. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print `text` (any number of lines; a missing last newline is added) on stderr as it is. Any thread. */
void message_text(const char *text);

#endif
