#!/usr/bin/python3
"""Seeds of fuzz_dwarf: small programs, compiled in the ways that make different debug info, their debug sections packed as the
target reads them. Run it by hand, from the root of the repository, when the list of compilers or options changes."""
import os
import struct
import subprocess
import tempfile

NAMES = (".debug_info .debug_abbrev .debug_line .debug_str .debug_line_str .debug_ranges .debug_rnglists .debug_loclists "
         ".debug_str_offsets .debug_addr .debug_aranges .debug_types .debug_loc .debug_macro").split()
C = """
static inline __attribute__((always_inline)) int twice(int x) { return x * 2; }
static inline __attribute__((always_inline)) int more(int x) { int y = 0; for (int i = 0; i < x; i++) { int z = twice(i); y += z; } return y; }
__attribute__((noinline)) int work(int x) { return x > 3 ? more(x) : twice(x); }
int _start(int x) { return work(x) + more(x); }
"""
CXX = """
namespace outer { namespace { struct thing { int value; __attribute__((noinline)) int work(int x) { return [&](int y) { return y + value; }(x); } }; }
template <class T> __attribute__((noinline)) T twice(T x) { return x + x; } }
extern "C" int _start(int x) { outer::thing t{x}; return t.work(x) + outer::twice(x) + (int)outer::twice(2.5 * x); }
"""
WAYS = {
    "gcc_dwarf4": ("gcc", C, "-gdwarf-4"), "gcc_dwarf5": ("gcc", C, "-gdwarf-5"),
    "gcc_sections": ("gcc", C, "-gdwarf-5 -ffunction-sections"), "gcc_sections4": ("gcc", C, "-gdwarf-4 -ffunction-sections"),
    "gcc_dwarf3": ("gcc", C, "-gdwarf-3 -gstrict-dwarf"), "gcc_dwarf64": ("gcc", C, "-gdwarf-5 -gdwarf64"),
    "gcc_types": ("g++", CXX, "-gdwarf-4 -fdebug-types-section"), "gcc_types5": ("g++", CXX, "-gdwarf-5 -fdebug-types-section"),
    "gxx_dwarf5": ("g++", CXX, "-gdwarf-5"),
    "clang_dwarf4": ("clang", C, "-gdwarf-4"), "clang_dwarf5": ("clang", C, "-gdwarf-5"),
    "clang_sections": ("clang", C, "-gdwarf-5 -ffunction-sections"), "clangxx_dwarf5": ("clang++", CXX, "-gdwarf-5"),
    "clang_lines": ("clang", C, "-gdwarf-5 -gline-tables-only"), "clang_split": ("clang", C, "-gdwarf-5 -gsplit-dwarf"),
    "gcc_split": ("gcc", C, "-gdwarf-5 -gsplit-dwarf"),
}


def sections_of(path):
    data = open(path, "rb").read()
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3a)
    rows = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    for row in rows:
        start = rows[names][4] + row[0]
        yield data[start:data.index(0, start)].decode(), data[row[4]:row[4] + row[5]]


def main():
    folder = os.path.abspath("tests/fuzz/corpus/fuzz_dwarf")
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        for name, (compiler, text, options) in WAYS.items():
            source = "p.cc" if "++" in compiler else "p.c"
            with open(os.path.join(work, source), "w") as file:
                file.write(text)
            subprocess.run([compiler, "-O2", *options.split(), "-fPIC", "-fno-exceptions", "-fno-asynchronous-unwind-tables", "-nostdlib", "-nostartfiles",
                            "-shared", "-fdebug-prefix-map=%s=/src" % work, "-Wl,--build-id=none,-z,noseparate-code", "-o", "p.so", source],
                           cwd=work, check=True)
            found = dict(sections_of(os.path.join(work, "p.so")))
            with open(os.path.join(folder, name), "wb") as file:
                for number, section in enumerate(NAMES):
                    if section in found:
                        file.write(struct.pack("<BH", number, len(found[section])) + found[section])


main()
