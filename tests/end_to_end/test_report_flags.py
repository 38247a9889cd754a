#!/usr/bin/python3
"""How much a report shows: --profile-only, --profile-exclude, --cpu-percent-threshold, --reduced-profile, --source, --source-map.

The program is built here in a folder of its own, of two files with a library beside it: main.c spends about 2/3 of the CPU time in hot(),
3/10 in part.c's part(), the rest in the library.
"""
import json
import os
import re
import subprocess
import tempfile

from report_data import packed
from tap import equal, run, test, true

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HOTLINE = os.path.join(BUILD, "hotline")
MAIN = """#include <stdint.h>
#include <time.h>
void part(unsigned count);
void outer(unsigned count);
static volatile uint64_t sink;
static const char *const secret = "the text of main.c";
__attribute__((noinline)) static void hot(unsigned count)
{
    uint64_t value = sink;
    for (unsigned i = 0; i < count; i++)
        value = value * 6364136223846793005u + 1; /* hot line */
    sink = value;
}
int main(void)
{
    do {
        hot(65000);
        part(30000); /* calls part */
        outer(5000); /* calls outer */
    } while (clock() < 1.6 * CLOCKS_PER_SEC);
    return secret[0] == 0;
}
"""
PART = """#include <stdint.h>
static volatile uint64_t sink;
void part(unsigned count)
{
    uint64_t value = sink; /* the text of part.c */
    for (unsigned i = 0; i < count; i++)
        value = value * 6364136223846793005u + 1; /* part line */
    sink = value;
}
"""
OUTER = PART.replace("void part", "void outer").replace("part", "outer")


class Program:
    """Built once: sources in `sources`, the program in `bin`, its library in `lib` (not own code: not below the program's directory)."""

    def __init__(self, folder):
        self.sources, self.bin, self.lib = (os.path.join(folder, name) for name in ("sources", "bin", "lib"))
        for path in (self.sources, self.bin, self.lib):
            os.mkdir(path)
        for name, text in (("main.c", MAIN), ("part.c", PART), ("outer.c", OUTER)):
            with open(os.path.join(self.sources, name), "w", encoding="utf-8") as file:
                file.write(text)
        cc = ["gcc", "-O1", "-g", "-fno-omit-frame-pointer"]
        source = lambda name: os.path.join(self.sources, name)
        library = os.path.join(self.lib, "libouter.so")
        subprocess.run([*cc, "-shared", "-fPIC", "-o", library, source("outer.c")], check=True)
        self.path = os.path.join(self.bin, "prog")
        subprocess.run([*cc, "-o", self.path, source("main.c"), source("part.c"), library, "-Wl,-rpath," + self.lib], check=True)


FOLDER = tempfile.TemporaryDirectory(prefix="hotline-flags-")
PROGRAM = Program(FOLDER.name)


class Report:
    """The three formats of one run."""

    def __init__(self, *options, program=PROGRAM.path):
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, "report." + suffix) for suffix in ("json", "html", "txt")]
            done = subprocess.run([HOTLINE, "-F", "250", *(word for name in names for word in ("-o", name)), *options, program],
                                  capture_output=True, text=True, timeout=120, check=False)
            equal(done.returncode, 0, done.stderr)
            texts = []
            for name in names:
                with open(name, encoding="utf-8") as file:
                    texts.append(file.read())
        self.json, self.html, self.text = json.loads(texts[0]), texts[1], texts[2]
        self.data = packed(self.html, "profile-data").decode("utf-8", "replace")
        self.script = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", self.html, flags=re.S)  # what a reader without JavaScript sees

    def functions(self):
        return {function["name"]: function for function in self.json["functions"]}

    def files(self):
        return {os.path.basename(file["path"]): file for file in self.json["files"]}

    def line(self, name, marker):
        text = {"main.c": MAIN, "part.c": PART}[name].splitlines()
        number = next(i for i, line in enumerate(text, 1) if marker in line)
        return next((line for line in self.files()[name]["lines"] if line["line"] == number), None)

    def scope(self):
        return self.json["scope"]


PLAIN = Report()


@test
def without_flags_everything_is_listed():
    true({"main.c", "part.c", "outer.c"} <= set(PLAIN.files()), PLAIN.files().keys())
    true({"hot", "part", "outer", "main"} <= set(PLAIN.functions()), PLAIN.functions().keys())
    equal(PLAIN.scope(), {"source": "all", "profile_only": [], "profile_exclude": [], "cpu_percent_threshold": 0, "reduced_profile": False,
                          "left_out": {"lines": 0, "functions": 0, "files": 0}})
    true("as asked" not in PLAIN.html and "as asked" not in PLAIN.text, "nothing to say")
    for text in ("the text of main.c", "the text of part.c"):
        true(text in PLAIN.data, text)


@test
def profile_only_moves_the_time_of_other_files_to_the_lines_that_called_them():
    report = Report("--profile-only=main.c,nowhere")
    equal(list(report.files()), ["main.c"])
    true("part" not in report.functions() and {"hot", "main"} <= set(report.functions()), report.functions().keys())
    call = report.line("main.c", "calls part")
    true(call["library_percent"] > 10 and call["own_percent"] < 3, call)
    check = report.json["self_check"]
    true(abs(check["own_percent"] + check["library_percent"] + check["system_percent"] + check["outside_percent"] - 100) < 0.001, check)
    true(abs(check["cpu_seconds_sampled"] - PLAIN.json["self_check"]["cpu_seconds_sampled"]) < 0.2, "the totals stay")
    equal(report.scope()["profile_only"], ["main.c", "nowhere"])
    true(report.scope()["left_out"]["functions"] >= 2 and report.scope()["left_out"]["files"] >= 2, report.scope())
    true("holds “main.c” or “nowhere”, as asked" in report.html and "holds “main.c” or “nowhere”, as asked" in report.text, report.text)
    true("the text of part.c" not in report.data and "part.c" not in re.sub('<ul id="warnings".*?</ul>', "", report.script), "not in the page")
    true('"part"' in report.data, "the flame graph still has it")


@test
def profile_exclude_leaves_files_out():
    report = Report("--profile-exclude=part.c", "--profile-exclude=outer")
    true("main.c" in report.files() and not {"part.c", "outer.c"} & set(report.files()), report.files().keys())
    true(report.line("main.c", "calls part")["library_percent"] > 10, report.line("main.c", "calls part"))
    true("does not hold “part.c” or “outer”, as asked" in report.text, report.text)


@test
def only_and_exclude_restrict_what_profile_all_widens():
    report = Report("--profile-all", "--profile-only=outer", "--profile-exclude=main.c")
    equal(list(report.files()), ["outer.c"])
    true(report.json["self_check"]["own_percent"] < 20 and report.json["self_check"]["outside_percent"] > 80, report.json["self_check"])


@test
def a_name_that_nothing_holds_is_a_warning():
    report = Report("--profile-only=no-such-file")
    equal((report.json["files"], report.json["functions"]), ([], []))
    true("warning: Files count as own code" in report.text and "compare with the paths" in report.text, report.text)
    true(">No file is listed.<" in report.html or ">No samples in the program’s own code.<" in report.html, "the page says it")


@test
def below_the_threshold_nothing_is_listed():
    report = Report("--cpu-percent-threshold=15")
    true({"hot", "part", "main"} <= set(report.functions()) and "outer" not in report.functions(), report.functions().keys())
    listed = report.json["functions"] + report.json["files"] + [line for file in report.json["files"] for line in file["lines"]]
    true(all(entry["total_percent"] >= 15 for entry in listed), listed)
    true("outer.c" not in report.files() and report.scope()["left_out"]["functions"] >= 1, report.scope())
    true("outer()" not in report.text and "with less than 15 % of the CPU time" in report.text and "hot()" in report.text, report.text)
    functions = re.search(r'<section id="functions".*?</section>', report.html, re.S).group(0)
    true("outer()" not in functions and "hot()" in functions, functions)
    source = re.search(r'<section id="source".*?</section>', report.html, re.S).group(0)
    true("outer.c" not in source and "main.c" in source, "source views of listed files only")
    none = Report("--cpu-percent-threshold=100", "--profile-only=main.c")
    true(all(entry["total_percent"] == 100 for entry in none.json["functions"]), none.functions())
    true(re.search(r"% of CPU in hot\(\)", none.text), "the headline stays: " + none.text)


@test
def a_reduced_profile_has_source_where_samples_are():
    report = Report("--reduced-profile")
    true("/* hot line */" in report.data and "/* hot line */" in report.html, "the hot line is there")
    true("the text of main.c" not in report.data and "the text of main.c" not in report.html, "what has no samples is not")
    rows = {int(number) for number in re.findall(r'<tr id="F\d+L(\d+)"', report.html)}
    sampled = {line["line"] for file in report.json["files"] for line in file["lines"]}
    true(rows and rows <= sampled, (rows, sampled))
    true(report.scope()["reduced_profile"] is True and "A reduced profile, as asked" in report.text, report.text)


@test
def source_none_carries_no_text():
    report = Report("--source=none")
    for text in ("/* hot line */", "the text of main.c", "the text of part.c", "value * 6364136223846793005u"):
        true(text not in report.data and text not in report.html, text)
    true(not any(file["source_found"] for file in report.json["files"]), "none")
    number = report.line("main.c", "hot line")["line"]
    true(re.search(r'<th scope="row">%d</th><td class="n" title=' % number, report.html), "lines have their numbers")
    true("There is no source text in this report, as asked." in report.text and "not found" not in report.text, report.text)


@test
def source_project_carries_own_code_only():
    report = Report("--source=project")
    true("the text of part.c" in report.data and "the text of outer.c" not in report.data and "the text of outer.c" in PLAIN.data, "own code only")
    true(report.files()["main.c"]["source_found"] and not report.files()["outer.c"]["source_found"], report.files().keys())


@test
def source_map_says_where_sources_are_now():
    with tempfile.TemporaryDirectory() as folder:
        program = Program(folder)
        moved = os.path.join(folder, "moved")
        os.rename(program.sources, moved)
        lost = Report(program=program.path)
        true(not lost.files()["main.c"]["source_found"] and "--source-root=DIR" in lost.text, lost.text)
        report = Report("--source-map=%s=%s" % (program.sources, moved), program=program.path)
        main = report.files()["main.c"]
        true(main["source_found"] and main["path"] == os.path.join(program.sources, "main.c"), "the path stays as compiled: " + main["path"])
        true("the text of part.c" in report.data, "the text is there")


@test
def wrong_values_are_usage_errors():
    for option, reason in (("--source=some", "--source=some: not one of all, project, none"),
                           ("--cpu-percent-threshold=x", "--cpu-percent-threshold=x: not a percentage from 0 to 100"),
                           ("--profile-only=,", "--profile-only: no name in it"),
                           ("--source-map=/a", "--source-map=/a: not OLD=NEW"),
                           ("--source-map=/a=/no/such", "--source-map=/a=/no/such: /no/such: No such file or directory")):
        done = subprocess.run([HOTLINE, option, "true"], capture_output=True, text=True, check=False)
        equal((done.returncode, done.stderr), (2, "hotline: %s\n" % reason), option)
    helped = subprocess.run([HOTLINE, "--help"], capture_output=True, text=True, check=True).stdout
    for name in ("--profile-only=A,B", "--profile-exclude=A,B", "--cpu-percent-threshold=N", "--reduced-profile", "--source=WHICH",
                 "--source-map=OLD=NEW"):
        true(name in helped, name)


run()
