#!/usr/bin/python3
"""How much of the files that a fuzz target is for its inputs reach: those in the repository, and those that build/fuzz/NAME has grown.

The targets in the folder given first are built with clang's -fprofile-instr-generate -fcoverage-mapping.
"""
import glob
import os
import subprocess
import sys

FILES = {
    "fuzz_eh_frame": "collector/elf_image.c collector/cfi_reader.c collector/cfi_program.c collector/cfi_expression.c collector/row_builder.c "
                     "collector/table_builder.c unwind/unwind_table.c unwind/unwind_step.c unwind/unwind_walk.c unwind/unwind_fallback.c",
    "fuzz_elf": "collector/elf_image.c collector/build_id.c collector/symbol_file.c collector/elf_symbols.c collector/plt_names.c "
                "collector/debug_file.c",
    "fuzz_dwarf": "collector/unit_index.c collector/scope_index.c collector/range_map.c collector/function_names.c collector/name_context.c "
                  "collector/die_read.c collector/clean_path.c collector/symbolize.c",
    "fuzz_session": "session/ring.c collector/drain.c collector/processes.c collector/modules.c collector/thread_table.c collector/aggregate.c "
                    "collector/snapshot.c collector/profile_build.c",
}


def main():
    folder = sys.argv[1]
    for name, files in FILES.items():
        program, raw, data = "%s/%s" % (folder, name), "%s/%s.raw" % (folder, name), "%s/%s.data" % (folder, name)
        inputs = glob.glob("tests/fuzz/corpus/%s/*" % name) + glob.glob("build/fuzz/%s/*" % name)
        subprocess.run(["xargs", "-0", "-n", "100000", program], input=b"\0".join(os.fsencode(path) for path in inputs), check=True,
                       env=dict(os.environ, LLVM_PROFILE_FILE=raw), stderr=subprocess.DEVNULL)
        subprocess.run(["llvm-profdata", "merge", "-o", data, raw], check=True)
        report = subprocess.run(["llvm-cov", "report", program, "-instr-profile", data] + ["profiler/" + path for path in files.split()],
                                check=True, stdout=subprocess.PIPE, text=True).stdout
        print("%s: %d inputs" % (name, len(inputs)))
        for line in report.splitlines():
            words = line.split()
            if len(words) >= 10 and (words[0].endswith(".c") or words[0] == "TOTAL"):
                print("  %-36s lines %7s   branches %7s" % (words[0], words[9], words[12] if len(words) > 12 else "-"))


main()
