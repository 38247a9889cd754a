/* Addresses on stdin (hexadecimal, one per line) -> frames on stdout, as test_symbolize_against_addr2line.py compares them:
 *
 *   > ADDRESS
 *   FUNCTION <tab> FILE <tab> LINE <tab> FUNCTION_LINE      innermost first; "?" for an unknown file
 *
 * usage: symbolize_addresses FILE [OPEN_PATH]. The last line is "= QUALITY <tab> PROBLEM". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "profiler/collector/symbolize.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, argv[1], argc > 2 ? argv[2] : NULL, NULL, 0);
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        uint64_t address = strtoull(line, NULL, 16);
        struct symbol_frame frames[SYMBOL_MAX_FRAMES];
        unsigned count = symbol_module_find(module, address, frames);
        printf("> %" PRIx64 "\n", address);
        for (unsigned i = 0; i < count; i++)
            printf("%s\t%s\t%u\t%u\n", frames[i].function, frames[i].file ? frames[i].file : "?", frames[i].line, frames[i].function_line);
    }
    const char *problem = symbol_module_problem(module);
    printf("= %d\t%s\n", (int)symbol_module_quality(module), problem ? problem : "");
    symbolizer_destroy(symbolizer);
    return 0;
}
