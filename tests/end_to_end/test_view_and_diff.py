#!/usr/bin/python3
"""hotline view with a selection, and hotline diff: on profiles of programs with known shares.

targets/tags tags its work by hand; a selection's numbers must be those of the samples that the whole profile counts under the same tag.
"""
import json
import os
import subprocess
import tempfile

from tap import equal, run, test, true

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HOTLINE = os.path.join(BUILD, "hotline")
FOLDER = tempfile.TemporaryDirectory()
PROGRAM = """#include "profiler/hotline.h"
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
static volatile uint64_t sink;
static double now(void) { struct timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
#define WORK(name) __attribute__((noinline)) static void name(double seconds) \\
{ double end = now() + seconds; do for (int i = 0; i < 20000; i++) sink = sink * 6364136223846793005u + 1; while (now() < end); }
WORK(first)
WORK(second)
static double uneven(void) /* 0.5 to 1.5: phases in step with the tick would be sampled by beats, not by chance */
{ static uint32_t state = 1; state = state * 1664525u + 1013904223u; return 0.5 + state / 4294967296.0; }
int main(int argc, char **argv)
{
    (void)argc;
    for (int i = 0; i < 200; i++) {
        { HOTLINE_TAG("phase", "one"); first(uneven() * atof(argv[1]) / 200); }
        { HOTLINE_TAG("phase", "two"); second(uneven() * atof(argv[2]) / 200); }
    }
}
"""


def hotline(*words):
    return subprocess.run([HOTLINE, *words], cwd=FOLDER.name, capture_output=True, text=True, timeout=60)


def record(name, first_s, second_s):
    done = hotline("-F", "500", "-o", name + ".pb.gz", "-o", name + ".json", "--", "./program", str(first_s), str(second_s))
    equal(done.returncode, 0, done.stderr)
    return load(name + ".json")


def load(name):
    with open(os.path.join(FOLDER.name, name), encoding="utf-8") as file:
        return json.load(file)


def view(*words):
    done = hotline("view", "a.pb.gz", *words, "-o", "view.json")
    equal(done.returncode, 0, done.stderr)
    return load("view.json")


def samples_of(profile, function):
    return sum(round(f["self_percent"] * profile["self_check"]["samples"] / 100) for f in profile["functions"] if f["name"] == function)


@test
def the_program_is_recorded():
    path = os.path.join(FOLDER.name, "program")
    subprocess.run([os.environ.get("CC", "gcc"), "-O1", "-g", "-I.", "-x", "c", "-", "-o", path], input=PROGRAM, text=True, check=True)
    profile = record("a", 0.6, 0.6)
    true(samples_of(profile, "first") > 100 and samples_of(profile, "second") > 100, profile["functions"])
    record("same", 0.6, 0.6)
    record("slower", 0.6, 1.8)


@test
def a_tag_selects_what_the_whole_counts_under_it():
    whole, part = load("a.json"), view("--tag=phase=one")
    entry = [s for s in whole["tags"]["sets"] if s["tags"] == {"phase": "one"}][0]
    equal(part["self_check"]["samples"], entry["samples"])
    equal(part["selection"]["tags"], [{"key": "phase", "value": "one"}])
    equal(samples_of(part, "second"), 0)
    equal(view("--tag=phase=one", "--tag=phase=two")["self_check"]["samples"],
          sum(s["samples"] for s in whole["tags"]["sets"] if "phase" in s["tags"]))


@test
def ranges_and_threads_select():
    whole = load("a.json")
    early, late = view("--range=..0.5"), view("--range=0.5..")
    equal(early["self_check"]["samples"] + late["self_check"]["samples"], whole["self_check"]["samples"])
    equal(view("--thread=program")["self_check"]["samples"], whole["self_check"]["samples"])
    equal(view("--thread=%d" % whole["pid"])["self_check"]["samples"], whole["self_check"]["samples"])


@test
def what_is_not_there_is_said_in_one_line():
    for words in (["--tag=phase=three"], ["--thread=nobody"], ["--span=00000000000000ff"], ["--range=1000.."]):
        done = hotline("view", "a.pb.gz", *words, "-o", "none.json")
        equal(done.returncode, 1, words)
        equal(done.stderr.count("\n"), 1, done.stderr)
        true(not os.path.exists(os.path.join(FOLDER.name, "none.json")), words)


@test
def files_are_told_apart_by_their_own_labels_or_else_by_their_names():
    done = hotline("view", "a.pb.gz", "slower.pb.gz", "-o", "both.json")
    equal(done.returncode, 0, done.stderr)
    found = {tuple(sorted(s["tags"].items())): s["samples"] for s in load("both.json")["tags"]["sets"]}
    equal({dict(tags).get("file") for tags in found if found[tags] > 0}, {"a.pb.gz", "slower.pb.gz"})
    equal(sum(n for tags, n in found.items() if ("file", "a.pb.gz") in tags), load("a.json")["self_check"]["samples"])
    done = hotline("-F", "500", "--tag=region=us-east", "-o", "labelled.pb.gz", "--", "./program", "0.1", "0.1")
    equal(done.returncode, 0, done.stderr)
    equal(hotline("view", "a.pb.gz", "labelled.pb.gz", "-o", "both.json").returncode, 0)
    sets = load("both.json")["tags"]["sets"]
    true(all("file" not in s["tags"] for s in sets), sets)


@test
def parts_of_a_run_are_together_the_run():
    whole, names = view(), []
    for at, span in enumerate(("0.7..", "..0.3", "0.3..0.7")):
        names.append("part%d.pb.gz" % at)
        equal(hotline("view", "a.pb.gz", "--range=" + span, "-o", names[-1]).returncode, 0, span)
    equal(hotline("view", *names, "-o", "together.json").returncode, 0)
    together = load("together.json")
    equal(together["self_check"]["samples"], whole["self_check"]["samples"])
    equal(sorted(map(json.dumps, together["tags"]["sets"])), sorted(map(json.dumps, whole["tags"]["sets"])))
    for thread in whole["threads"]:
        thread["cpu_seconds_measured"] = None  # the clock was read at the end, not at the end of each part
    for key in ("functions", "files", "threads", "modules"):
        true(whole.get(key), key)
        equal(sorted(map(json.dumps, together[key])), sorted(map(json.dumps, whole[key])), key)


@test
def the_same_work_is_not_different():
    done = hotline("diff", "a.pb.gz", "same.pb.gz", "--fail-above=1")
    equal(done.returncode, 0, done.stdout + done.stderr)
    true("No difference that is more than chance" in done.stdout, done.stdout)


@test
def what_got_slower_is_named_and_fails_a_build():
    done = hotline("diff", "a.pb.gz", "slower.pb.gz", "-o", "diff.json", "-o", "diff.html", "--fail-above=20")
    equal(done.returncode, 3, done.stderr)
    true("second()" in done.stderr, done.stderr)
    found = load("diff.json")
    equal([f["name"] for f in found["functions"] if f["significant"]], ["second"])
    row = found["functions"][0]
    true(row["low"] < row["after"]["cpu_s"] - row["before"]["cpu_s"] < row["high"] and row["low"] > 0, row)
    equal(hotline("diff", "slower.pb.gz", "a.pb.gz", "--fail-above=1").returncode, 0)
    equal(hotline("diff", "a.pb.gz").returncode, 2)
    done = hotline("diff", "a.pb.gz", "slower.pb.gz", "--normalize", "--fail-above=5")
    equal(done.returncode, 3, done.stdout)
    true("percentage points" in done.stderr, done.stderr)


run()
