/* This machine in one line: "AMD EPYC 7R13 Processor, 8 CPUs, x86_64, Linux 6.1.0". */
#ifndef HOTLINE_MACHINE_TEXT_H
#define HOTLINE_MACHINE_TEXT_H

/* ret: malloc'ed. cpuinfo: the path of a file like /proc/cpuinfo; what it does not tell is left out. */
char *machine_text(const char *cpuinfo);

#endif
