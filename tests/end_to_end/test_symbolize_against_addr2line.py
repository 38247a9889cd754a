#!/usr/bin/python3
"""The symbolizer's frames against those of addr2line -i -f -C and llvm-symbolizer, at thousands of addresses.

Demanded at every instruction of every function:
  - llvm-symbolizer: the same number of frames, each with the same file and line (names are compared with addr2line, whose demangler
    is the same library);
  - addr2line: the same innermost line; the same frames, names included, but for differences that one of these rules explains:
      alias       another symbol of the same address, the compiler's suffix for a part or clone (foo.cold, foo.part.0), or the name of
                  an asm label (libc's __GI_foo)
      short name  functions without a linkage name: addr2line prints them without their scope, or as the function they were inlined into;
                  we print the scope, or the symbol's full name
      doubled     a directory that Debian's build of libc records in both halves of a relative path: "./csu" and "./csu/init.c"
      its bugs    the frames are those that llvm-symbolizer gives (binutils 2.40 loses inlined calls of clang's DWARF 5 range lists, of
                  type units and of split DWARF, and prints <artificial> for files of gcc's LTO)
"""
import bisect
import collections
import concurrent.futures
import json
import lzma
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
TOOL = os.path.join(BUILD, "tests/tools/symbolize_addresses")
SOURCES = os.path.join(ROOT, "tests/targets")
C, CXX = "symbols_inline.c", "symbols_templates.cc"
ADDRESSES = 1500  # of each program, chosen at random with a fixed seed
ADDRESSES_OF_LIBC = 10000
LLVM = shutil.which("llvm-symbolizer")
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"
points = 0
failed = 0


def point(good, text, details=()):
    global points, failed
    points += 1
    failed += not good
    print("%s %d - %s" % ("ok" if good else "not ok", points, text))
    for line in list(details)[:12] if not good else ():
        print("#   " + str(line))
    sys.stdout.flush()


def skip(text, why):
    global points
    points += 1
    print("ok %d - %s # SKIP %s" % (points, text, why))


def run(command, **keywords):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, **keywords).stdout.decode()


def functions(path, *options):
    """[(start, end, name)] of the symbols with a size, sorted."""
    found = []
    for line in run(["nm", "-S", "-C", "--defined-only", *options, path]).splitlines():
        match = re.match(r"([0-9a-f]+) ([0-9a-f]+) [tTwWiuV] (.*)$", line)
        if match:
            start = int(match[1], 16)
            found.append((start, start + int(match[2], 16), re.sub(r"@.*", "", match[3])))
    return sorted(found)


def instructions(path, symbols, most=ADDRESSES):
    """Addresses of instructions inside functions: what a sample can hit (padding between functions belongs to nobody)."""
    text = run(["objdump", "-d", "-j", ".text", "--no-show-raw-insn", path])
    covered = []
    reach = 0
    position = 0
    for address in (int(hit, 16) for hit in re.findall(r"^ +([0-9a-f]+):\t", text, re.M)):
        while position < len(symbols) and symbols[position][0] <= address:
            reach = max(reach, symbols[position][1])
            position += 1
        if address < reach:
            covered.append(address)
    return sorted(random.Random(1).sample(covered, min(most, len(covered))))


def functions_of_frames(path):
    """[(start, end)] of the functions that .eh_frame tells of, as readelf reads it, sorted."""
    found = re.findall(r" FDE .* pc=([0-9a-f]+)\.\.([0-9a-f]+)$", run(["readelf", "--debug-dump=frames", path]), re.M)
    return sorted((int(start, 16), int(end, 16)) for start, end in found)


def code_of(path):
    """[(start, end)] of the executable segments, as readelf reads them."""
    found = re.findall(r"^  LOAD +\S+ 0x([0-9a-f]+) \S+ \S+ 0x([0-9a-f]+) R.E", run(["readelf", "-lW", path]), re.M)
    return [(int(start, 16), int(start, 16) + int(size, 16)) for start, size in found]


def places_of(name, path, addresses):
    """{address: "module+0xoffset" of its function's start, or "module+0xbegin..0xend" of the code around it that .eh_frame and the symbols
    say nothing of}"""
    extents = functions_of_frames(path)
    starts = [start for start, _ in extents]
    edges = sorted({edge for extent in extents + code_of(path) for edge in extent} |
                   {edge for symbol in functions(path, "-D") if symbol[1] > symbol[0] for edge in symbol[:2]})
    answers = {}
    for address in addresses:
        at = bisect.bisect_right(starts, address) - 1
        if at >= 0 and address < extents[at][1]:
            answers[address] = "%s+0x%x" % (name, extents[at][0])
        else:
            edge = bisect.bisect_right(edges, address)
            answers[address] = "%s+0x%x..0x%x" % (name, edges[edge - 1], edges[edge])
    return answers


def ask(command, addresses, prefix="", **keywords):
    return run(command, input="".join("%s%x\n" % (prefix, address) for address in addresses).encode(), **keywords)


def hotline(path, addresses, *open_path, **keywords):
    answers, quality = {}, None
    for line in ask([TOOL, path, *open_path], addresses, **keywords).splitlines():
        if line.startswith("> "):
            frames = answers[int(line[2:], 16)] = []
        elif line.startswith("= "):
            quality = tuple(line[2:].split("\t"))
        else:
            name, file, number, _ = line.split("\t")
            frames.append((name, file, int(number)))
    return answers, quality


def frame_of(name, file, line):
    # Without debug info both tools take the file from the symbol table's FILE marks ("crtstuff.c"): no path, no line.
    known = file not in ("", "??") and (line or "/" in file)
    return name, os.path.normpath(file) if known else "?", line


def addr2line(path, addresses):
    answers = {}
    lines = ask(["addr2line", "-a", "-i", "-f", "-C", "-e", path], addresses).splitlines()
    position = 0
    while position < len(lines):
        if re.match(r"0x[0-9a-f]{16}$", lines[position]):
            frames = answers[int(lines[position], 16)] = []
            position += 1
            continue
        file, number = re.sub(r" \(discriminator \d+\)$", "", lines[position + 1]).rsplit(":", 1)
        frames.append(frame_of(lines[position], file, int(number) if number.isdigit() else 0))
        position += 2
    return answers


def llvm_symbolizer(path, addresses):
    answers = {}
    for line in ask([LLVM, "--output-style=JSON", "-C", "-i", "-f=linkage", "--obj=" + path], addresses, "0x").splitlines():
        answer = json.loads(line)
        if "Symbol" in answer:
            answers[int(answer["Address"], 16)] = [frame_of(frame["FunctionName"], frame["FileName"], frame["Line"])
                                                   for frame in answer["Symbol"]]
    return answers


def places(frames, same_place=lambda place: place):
    return [same_place((file, line)) for _, file, line in frames]


def base_name(name):
    name = re.sub(r"( \[clone [^\]]*\])+$", "", name)
    return re.sub(r"(\.(cold|part|constprop|isra|lto_priv|llvm)(\.\d+)*)+", "", name)


def explain_names(ours, theirs, aliases, holders):
    """The rule that explains why two chains of equal places have different names, None when none does."""
    used = None
    for (our_name, _, _), (their_name, _, _) in zip(ours, theirs):
        ours_base, theirs_base = base_name(our_name), base_name(their_name)
        if our_name == their_name:
            continue
        if ours_base == theirs_base or theirs_base in aliases or theirs_base == "__GI_" + ours_base:
            used = used or "alias"
        elif ours_base.endswith("::" + theirs_base) or theirs_base in holders or ours_base in holders:
            used = "short name"
        else:
            return None
    return used or "doubled"


def compare(name, path, symbols=None, debug=None, bugs_without_judge=False, same_place=lambda place: place, most=ADDRESSES):
    """debug: the file to give to the other tools, when they cannot find it themselves."""
    symbols = symbols or functions(path)
    addresses = instructions(path, symbols, most)
    if not addresses:
        return [(False, name + ": has no instruction to compare", [])]
    ours, _ = hotline(path, addresses)
    theirs = addr2line(debug or path, addresses)
    judge = llvm_symbolizer(debug or path, addresses) if LLVM else {}
    differences, wrong_lines, explained, wrong_llvm = [], [], collections.Counter(), []
    for address in addresses:
        mine, other, verdict = ours.get(address, []), theirs.get(address, []), judge.get(address)
        if not mine or not other or mine[0][2] != other[0][2]:
            if not (verdict and mine and mine[0][2] == verdict[0][2] and bugs_without_judge):
                wrong_lines.append("%x: ours %s, addr2line %s" % (address, mine[:1], other[:1]))
        if verdict is not None and places(mine) != places(verdict, same_place) and places(verdict) != [("?", 0)]:
            wrong_llvm.append("%x: ours %s, llvm-symbolizer %s" % (address, mine, verdict))
        if mine == other:
            continue
        if places(mine) == places(other, same_place):
            around = [symbol for symbol in symbols if symbol[0] <= address < symbol[1]]
            holders = {base_name(symbol[2]) for symbol in around} | {base_name(symbol[2].split("(")[0]) for symbol in around}
            starts = {symbol[0] for symbol in around}
            aliases = {base_name(symbol[2]) for symbol in symbols if symbol[0] in starts}
            rule = explain_names(mine, other, aliases if len(mine) == 1 or len(aliases) > 1 else set(), holders)
        elif verdict is not None and places(mine) == places(verdict, same_place):
            rule = "its bugs"
        else:
            rule = "its bugs" if bugs_without_judge and not LLVM else None
        explained[rule] += 1
        if rule is None:
            differences.append("%x: ours %s, addr2line %s" % (address, mine, other))
    equal = len(addresses) - sum(explained.values())
    note = ", ".join("%d %s" % (count, rule) for rule, count in sorted(explained.items(), key=str) if rule)
    results = [(not wrong_lines, "%s: %d innermost lines as addr2line's" % (name, len(addresses)), wrong_lines),
               (not differences, "%s: %d chains as addr2line's%s" % (name, equal, " (explained: %s)" % note if note else ""), differences)]
    if LLVM:
        results.append((not wrong_llvm, "%s: %d chains as llvm-symbolizer's" % (name, len(judge)), wrong_llvm))
    return results


def build(directory, name, source, compiler, *flags):
    path = os.path.join(directory, name)
    # From the sources' folder, as `#line` names a file relative to it.
    run([compiler, *flags, "-o", path, source], cwd=SOURCES)
    return path


def matrix():
    """(name, source, compiler, flags, whether addr2line 2.40 is known to get it wrong)"""
    for source, gcc, clang in ((C, "gcc", "clang"), (CXX, "g++", "clang++")):
        for compiler in (gcc, clang):
            for version in (4, 5):
                for level in (0, 2, 3):
                    if source == CXX and level == 3 and version == 4:
                        continue
                    yield ("%s -gdwarf-%d -O%d %s" % (compiler, version, level, source), source, compiler,
                           ("-gdwarf-%d" % version, "-O%d" % level), version == 5)
    yield "gcc, sections of their own, collected", C, "gcc", ("-g", "-O2", "-ffunction-sections", "-Wl,--gc-sections"), False
    yield "g++, sections of their own, collected", CXX, "g++", ("-g", "-O2", "-ffunction-sections", "-Wl,--gc-sections"), True
    yield "gcc, link-time optimisation", C, "gcc", ("-g", "-O2", "-flto"), True
    yield "gcc, compressed debug info", C, "gcc", ("-g", "-O2", "-gz"), False
    yield "gcc, no pie", C, "gcc", ("-g", "-O2", "-no-pie"), False
    yield "gcc -g1", C, "gcc", ("-g1", "-O2"), False
    yield "g++, type units", CXX, "g++", ("-g", "-O2", "-fdebug-types-section"), True
    if LLVM:  # addr2line 2.40 cannot read it at all
        yield "gcc, split DWARF", C, "gcc", ("-g", "-O2", "-gsplit-dwarf"), True


def mini_debuginfo(path):
    """Strip the program at `path`, its function symbols packed into .gnu_debugdata, as Fedora does with all of its libraries."""
    folder = os.path.dirname(path)
    kept = [line.split()[0] for line in run(["nm", "--format=posix", "--defined-only", path]).splitlines() if line.split()[1] in "Tt"]
    with open(os.path.join(folder, "kept"), "w") as file:
        file.write("\n".join(kept) + "\n")
    run(["objcopy", "--only-keep-debug", path, "debug"], cwd=folder)
    run(["objcopy", "-S", "--keep-symbols=kept", "debug", "mini"], cwd=folder)
    with open(os.path.join(folder, "mini"), "rb") as file, open(os.path.join(folder, "mini.xz"), "wb") as packed:
        packed.write(lzma.compress(file.read(), check=lzma.CHECK_CRC64))
    run(["strip", "--strip-all", path])
    run(["objcopy", "--add-section", ".gnu_debugdata=mini.xz", path], cwd=folder)
    os.remove(os.path.join(folder, "debug"))
    return path


def without_debug_files(directory):
    program = build(directory, "whole", C, "gcc", "-g", "-O2")
    symbols = functions(program)
    addresses = instructions(program, symbols)
    whole, quality = hotline(program, addresses)
    point(quality == ("3", ""), "a program with -g has lines and no problem", [quality])

    def copy(name, *commands):
        path = os.path.join(directory, name, "program")
        os.makedirs(os.path.dirname(path))
        shutil.copy(program, path)
        for command in commands:
            run([part.format(path) for part in command], cwd=os.path.dirname(path))
        return path

    keep_debug = ["objcopy", "--only-keep-debug", "{}", "program.debug"]
    strip = ["strip", "{}"]
    link = ["objcopy", "--add-gnu-debuglink=program.debug", "{}"]

    path = copy("linked", keep_debug, strip, link)
    found, quality = hotline(path, addresses)
    point(found == whole and quality[0] == "3", "stripped, debug file beside it (.gnu_debuglink): the same frames", [quality])

    os.makedirs(os.path.join(os.path.dirname(path), ".debug"))
    os.rename(path + ".debug", os.path.join(os.path.dirname(path), ".debug/program.debug"))
    found, quality = hotline(path, addresses)
    point(found == whole, "stripped, debug file in .debug/: the same frames", [quality])

    os.remove(os.path.join(os.path.dirname(path), ".debug/program.debug"))
    found, quality = hotline(path, addresses)
    point(quality[0] != "3" and "program.debug was not found" in quality[1], "stripped, debug file gone: its name is in the cure", [quality])

    # Another mount namespace's root in front of the path, as /proc/PID/root: its own /usr/lib/debug counts.
    build_id = re.search(r"Build ID: ([0-9a-f]+)", run(["readelf", "-n", program]))[1]
    container = os.path.join(directory, "container")
    place = os.path.join(container, "usr/lib/debug/.build-id", build_id[:2])
    os.makedirs(place)
    os.makedirs(os.path.join(container, "srv"))
    path = os.path.join(container, "srv/program")
    run(["strip", "-o", path, program])
    run(["objcopy", "--only-keep-debug", program, os.path.join(place, build_id[2:] + ".debug")])
    found, quality = hotline("/srv/program", addresses, path)
    point(found == whole, "stripped, debug file in the build-id directory below the program's root: the same frames", [quality])
    run(["gcc", "-g", "-O0", "-o", os.path.join(container, "other"), C], cwd=SOURCES)
    run(["objcopy", "--only-keep-debug", os.path.join(container, "other"), os.path.join(place, build_id[2:] + ".debug")])
    found, quality = hotline("/srv/program", addresses, path)
    point(quality[0] != "3", "a debug file with another build-id is refused", [quality])

    path = os.path.join(directory, "fetched")
    cache = os.path.join(directory, "cache", build_id)
    os.makedirs(cache)
    run(["strip", "-o", path, program])
    run(["objcopy", "--only-keep-debug", program, os.path.join(cache, "debuginfo")])
    found, quality = hotline(path, addresses, env=dict(os.environ, DEBUGINFOD_CACHE_PATH=os.path.dirname(cache)))
    point(found == whole, "stripped, debug file in debuginfod's cache: the same frames", [quality])

    no_id = build(directory, "no-id", C, "gcc", "-g", "-O2", "-Wl,--build-id=none")
    no_id_addresses = instructions(no_id, functions(no_id))
    expected, _ = hotline(no_id, no_id_addresses)
    run(["objcopy", "--only-keep-debug", no_id, "no-id.debug"], cwd=directory)
    run(["strip", no_id])
    run(["objcopy", "--add-gnu-debuglink=no-id.debug", no_id], cwd=directory)
    found, quality = hotline(no_id, no_id_addresses)
    point(found == expected and quality[0] == "3", "without a build-id the CRC of .gnu_debuglink proves the debug file", [quality])
    with open(no_id + ".debug", "ab") as file:
        file.write(b"x")
    found, quality = hotline(no_id, no_id_addresses)
    point(quality[0] != "3", "a debug file with another CRC is refused", [quality])

    # The table of the units' extents spares a look at every unit; without it, or with one that knows little, the units are asked.
    path = copy("no-aranges", ["objcopy", "--remove-section=.debug_aranges", "{}"])
    point(hotline(path, addresses)[0] == whole, "without .debug_aranges: the same frames")
    for name, change in (("cut off", lambda table: table[:len(table) // 2]), ("of another version", lambda table: table[:4] + b"\7" + table[5:]),
                         ("that knows only 16 bytes of code", lambda table: table[:24] + b"\x10" + bytes(7) + table[32:]),
                         ("of code that is not there", lambda table: table[:16] + bytes(7) + b"\x70" + table[24:])):
        path = copy("aranges " + name, ["objcopy", "--dump-section=.debug_aranges=table", "{}"])
        with open(os.path.join(os.path.dirname(path), "table"), "r+b") as file:
            changed = change(file.read())
            file.seek(0)
            file.write(changed)
            file.truncate()
        run(["objcopy", "--update-section=.debug_aranges=table", path], cwd=os.path.dirname(path))
        point(hotline(path, addresses)[0] == whole, "a table in .debug_aranges " + name + ": the same frames")

    path = copy("plain", ["strip", "--strip-debug", "{}"])
    found, quality = hotline(path, addresses)
    by_symbol = {address: {symbol[2] for symbol in symbols if symbol[0] <= address < symbol[1]} for address in addresses}
    wrong = [(hex(address), frames) for address, frames in found.items()
             if len(frames) != 1 or frames[0][0] not in by_symbol[address] or frames[0][1:] != ("?", 0)]
    point(not wrong, "without debug info every function has its symbol's name", wrong)
    point(quality[0] == "2" and "add -g" in quality[1], "compiled without -g: the cure says so", [quality])

    path = mini_debuginfo(copy("mini"))
    found, quality = hotline(path, addresses)
    wrong = [(hex(address), frames) for address, frames in found.items()
             if len(frames) != 1 or frames[0][0] not in by_symbol[address] or frames[0][1:] != ("?", 0)]
    point(not wrong and quality[0] == "2", "stripped, with .gnu_debugdata: every function has its symbol's name", wrong or [quality])

    path = copy("bare", strip)
    found, quality = hotline(path, addresses)
    expected = places_of("program", path, addresses)
    wrong = [(hex(address), frames, expected[address]) for address, frames in found.items() if frames != [(expected[address], "?", 0)]]
    point(not wrong and 5 < len(set(expected.values())) < len(addresses) / 10, "stripped: module+0xoffset of each function's start, not the nearest symbol", wrong)
    point("stripped" in quality[1], "stripped: the cure says so", [quality])


def shared_debug_info(directory):
    """dwz moves what two programs have in common into a third file (.gnu_debugaltlink), and into units of their own."""
    for name, source, compiler in (("c", C, "gcc"), ("cxx", CXX, "g++")):
        shutil.copy(build(directory, "undwz " + name, source, compiler, "-g", "-O2"), os.path.join(directory, "dwz-" + name))
    shutil.copy(os.path.join(directory, "dwz-cxx"), os.path.join(directory, "dwz-cxx2"))
    run(["dwz", "-m", "dwz-common", "dwz-c", "dwz-cxx", "dwz-cxx2"], cwd=directory)
    for name in ("dwz-c", "dwz-cxx"):
        for result in compare(name, os.path.join(directory, name), bugs_without_judge=True):
            point(*result)


def rust(directory):
    source = os.path.join(directory, "program.rs")
    with open(source, "w") as file:
        file.write("""
mod inner {
    pub struct Wrapped<T>(pub T);
    impl<T: std::fmt::Debug> Wrapped<T> {
        #[inline(never)]
        pub fn work(&self) -> usize { format!("{:?}", self.0).len() }
    }
}
fn main() {
    let wrapped = inner::Wrapped(vec![1u8, 2, 3]);
    let closure = |x: usize| x + wrapped.work();
    println!("{}", closure(2));
}
""")
    program = os.path.join(directory, "rust")
    if subprocess.run(["rustc", "-g", "-C", "opt-level=1", "-o", program, source], stderr=subprocess.DEVNULL).returncode != 0:
        skip("a Rust program", "rustc does not work here")
        return
    for result in compare("rust", program, bugs_without_judge=True):
        point(*result)


def dynamic_symbols_are_bounded():
    symbols = functions(LIBC, "-D")
    text = run(["objdump", "-d", "-j", ".text", "--no-show-raw-insn", LIBC])
    everywhere = [int(hit, 16) for hit in re.findall(r"^ +([0-9a-f]+):\t", text, re.M)]
    addresses = sorted(random.Random(2).sample(everywhere, 3000))
    with tempfile.TemporaryDirectory() as directory:
        # Under another name and without its build-id, so that an installed libc6-dbg is not found.
        path = os.path.join(directory, "copy.so")
        run(["objcopy", "--remove-section=.note.gnu.build-id", "--remove-section=.gnu_debuglink", LIBC, path])
        found, quality = hotline(path, addresses)
        expected = places_of("copy.so", path, addresses)
    wrong, named, gaps = [], 0, set()
    for address, frames in found.items():
        gaps |= {frames[0][0]} if ".." in frames[0][0] else set()
        around = {symbol[2] for symbol in symbols if symbol[0] <= address < symbol[1]}
        named += bool(around)
        if (frames[0][0] not in around) if around else (frames[0][0] != expected[address]):
            wrong.append((hex(address), frames, around or expected[address]))
    point(not wrong and 100 < named < len(addresses), "stripped libc: %d of %d addresses named, each inside its dynamic symbol" %
          (named, len(addresses)), wrong)
    point(len(gaps) > 5, "stripped libc: code that nothing tells of is named by its extent", gaps)
    point(quality[0] == "1", "stripped libc: dynamic symbols only", [quality])


def plt_stubs(directory):
    for name, flags in (("lazy", ("-Wl,-z,lazy",)), ("now", ("-Wl,-z,now",)), ("ibt", ("-fcf-protection=full", "-Wl,-z,ibtplt")),
                        ("ibt lazy", ("-fcf-protection=full", "-Wl,-z,ibtplt", "-Wl,-z,lazy")), ("no pie", ("-no-pie",))):
        path = build(directory, "plt " + name, C, "gcc", "-O1", *flags)
        expected = {}
        for address, stub in re.findall(r"^([0-9a-f]+) <([^>]+@plt)>:$", run(["objdump", "-d", path]), re.M):
            expected[int(address, 16)] = stub
        found, _ = hotline(path, sorted(expected))
        wrong = [(hex(address), stub, found[address]) for address, stub in expected.items() if found[address][0][0] != stub]
        point(len(expected) >= 5 and not wrong, "plt, %s: %d stubs are named as objdump names them" % (name, len(expected)), wrong)


def main():
    with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(2) as pool:
        def one(job):
            number, (name, source, compiler, flags, bugs) = job
            if not shutil.which(compiler):
                return None
            place = os.path.join(directory, str(number))
            os.mkdir(place)
            return compare(name, build(place, "program", source, compiler, *flags), bugs_without_judge=bugs)

        jobs = list(enumerate(matrix()))
        for (_, job), results in zip(jobs, pool.map(one, jobs)):
            if results is None:
                skip(job[0], "%s is not installed" % job[2])
            for result in results or ():
                point(*result)
        if not LLVM:
            skip("llvm-symbolizer as the second opinion", "it is not installed")
        for product in ("hotline", "image-service"):
            path = os.path.join(BUILD, product)
            for result in compare(product, path):
                point(*result)
        without_debug_files(directory)
        plt_stubs(directory)
        shared_debug_info(directory)
        if shutil.which("rustc"):
            rust(directory)
        else:
            skip("a Rust program", "rustc is not installed")
    if not os.path.exists(LIBC):
        skip("libc", "it is elsewhere")
        return
    dynamic_symbols_are_bounded()
    build_id = re.search(r"Build ID: ([0-9a-f]+)", run(["readelf", "-n", LIBC]))[1]
    debug = "/usr/lib/debug/.build-id/%s/%s.debug" % (build_id[:2], build_id[2:])
    if os.path.exists(debug):
        # Debian's libc is built with both the directory and the files rewritten to "./x": addr2line puts "x/" in front of "x/file.c".
        once = lambda place: (re.sub(r"^([^/]+)/\1/", r"\1/", place[0]), place[1])
        for result in compare("libc with libc6-dbg", LIBC, functions(debug), debug, True, once, ADDRESSES_OF_LIBC):
            point(*result)
    else:
        skip("libc with debug info", "libc6-dbg is not installed")


main()
print("1..%d" % points)
sys.exit(failed > 0)
