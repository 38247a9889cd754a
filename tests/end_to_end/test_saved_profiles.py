#!/usr/bin/python3
"""Saved profiles: what hotline writes as pprof says the same as its JSON, to pprof itself and to whoever reads it back."""
import collections
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile

from hotline_run import HOTLINE, check, finish, skip, target

GO = next(iter([shutil.which("go")] * bool(shutil.which("go")) + glob.glob("/usr/local/go/bin/go") + glob.glob("/usr/lib/go*/bin/go")), None)
# A ratio of nanoseconds, and percentages with six decimals: what rounding may make of them.
ROUNDING_PERCENT = 1e-4

FOLDER = tempfile.TemporaryDirectory()
RUNS = {
    "shares": ["shares"],
    "tags": ["tags", "0.3"],
    "wall": ["--wall", "waits", "shares"],
}


def path(name):
    return os.path.join(FOLDER.name, name)


def load(name):
    with open(path(name), encoding="utf-8") as file:
        return json.load(file)


def profile(name, words):
    options = [word for word in words if word.startswith("-")]
    program = [word for word in words if not word.startswith("-")]
    done = subprocess.run([HOTLINE, *options, "-F", "1000", "--tag=region=here", "-o", path(name + ".pb.gz"), "-o", path(name + ".json"), "--",
                           target(program[0]), *program[1:]], capture_output=True, text=True, timeout=120, check=False)
    check(done.returncode == 0 and os.path.exists(path(name + ".pb.gz")), name + ": -o x.pb.gz writes a saved profile", done.stderr)


def pprof(*arguments):
    done = subprocess.run([GO, "tool", "pprof", "-symbolize=none", "-nodefraction=0", "-edgefraction=0", "-nodecount=100000", *arguments],
                          capture_output=True, text=True, timeout=120, check=False)
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr


def top(*arguments):
    """ret: {function: (flat ns, cum ns)}"""
    rows = re.findall(r"^ *(-?[\d.]+)(?:ns)? +[\d.]+% +[\d.]+% +(-?[\d.]+)(?:ns)? +[\d.]+%  (.*?)(?: \((?:partial-)?inline\))?$",
                      pprof("-top", "-unit=ns", *arguments), re.M)
    return {name: (float(flat), float(cum)) for flat, cum, name in rows}


def agrees_with_pprof(name):
    report, rows = load(name + ".json"), top("-sample_index=cpu", path(name + ".pb.gz"))
    total = report["self_check"]["cpu_seconds_sampled"] * 1e9
    names = collections.Counter(row["name"] for row in report["functions"])
    wrong = []
    for row in report["functions"]:
        if names[row["name"]] > 1:
            continue
        flat, cum = rows.get(row["name"], (-total, -total))
        if abs(100 * flat / total - row["self_percent"]) > ROUNDING_PERCENT or abs(100 * cum / total - row["total_percent"]) > ROUNDING_PERCENT:
            wrong.append("%s: pprof %s, hotline %s" % (row["name"], (flat, cum), row))
    check(len(report["functions"]) > 2 and not wrong and set(rows) == set(names), name + ": go tool pprof -top has hotline's figures",
          "\n".join(wrong) or "%s\n%s" % (sorted(rows), sorted(names)))


for run, command in RUNS.items():
    profile(run, command)
if GO is None:
    skip("go tool pprof agrees", "there is no go")
else:
    for run in RUNS:
        agrees_with_pprof(run)
    tags = pprof("-tags", path("tags.pb.gz"))
    check(all(re.search(r"^ *%s: Total" % key, tags, re.M) for key in ("operation", "region", "thread", "tid", "time")),
          "tags, static tags, threads and time are labels", tags)
    listed = pprof("-list", "^spin_70$", path("shares.pb.gz"))
    check(re.search(r"ROUTINE =+ spin_70 in .*/tests/targets/shares\.c\n", listed) and "SPIN(spin_70)" in listed, "go tool pprof -list finds the lines", listed)
    inline = pprof("-traces", path("shares.pb.gz"))
    check("(inline)" in inline, "inlined functions are frames of one location", inline)
    raw = pprof("-raw", path("shares.pb.gz"))
    shares = load("shares.json")
    main = next(module for module in shares["modules"] if module["path"] == shares["program"])
    check(re.search(r"^Mappings\n\d+: \S+ %s %s \[FN\]\[FL\]\[LN\]\[IN\]$" % (re.escape(main["path"]), main["build_id"]), raw, re.M), "the first mapping is the program, with its build id",
          raw[-2000:])
    locks = load("wall.json")["locks"]
    delays = top("-sample_index=delay", path("wall.pb.gz"))
    check(len(locks) > 0 and any(cum > 0 for _, cum in delays.values()), "locks are contentions", delays)
finish()
