#!/usr/bin/python3
"""Saved profiles: what hotline writes as pprof says the same as its JSON, to pprof itself and to whoever reads it back."""
import collections
import glob
import gzip
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
    "spans": ["spans", "nested"],
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


def view(*arguments):
    return subprocess.run([HOTLINE, "view", *arguments], capture_output=True, text=True, timeout=120, check=False)


def same_bytes(*names):
    return len({open(path(name), "rb").read() for name in names}) == 1


def comes_back(name):
    """What was saved is what was measured: nothing of the JSON is lost, nor a byte of the file."""
    saved = path(name + ".pb.gz")
    done = [view(saved, "-o", path(name + "2.json"), "-o", path(name + "2.pb.gz"), "-o", path(name + ".html"), "-o", path(name + ".txt")),
            view(path(name + "2.pb.gz"), "-o", path(name + "3.pb.gz"))]
    check(all(one.returncode == 0 for one in done), name + ": hotline view", done)
    ours, theirs = load(name + ".json"), load(name + "2.json")
    check(ours == theirs, name + ": viewing gives the JSON of the run, all of it",
          "\n".join("%s: %s\n%s" % (key, ours[key], theirs.get(key)) for key in ours if ours[key] != theirs.get(key)))
    check(same_bytes(name + ".pb.gz", name + "2.pb.gz", name + "3.pb.gz"), name + ": pprof -> view -> pprof is the same file")
    plain = path(name + ".pb")
    with gzip.open(saved) as packed, open(plain, "wb") as file:
        file.write(packed.read())
    check(view(plain, "-o", path(name + "4.json")).returncode == 0 and load(name + "4.json") == ours, name + ": unpacked, too")
    with open(path(name + ".html"), encoding="utf-8") as file:
        check("saved_profiles" not in file.read() and os.path.getsize(path(name + ".html")) > 50000, name + ": as HTML")


def scope_of_a_view():
    saved = path("shares.pb.gz")
    only = view(saved, "--profile-only=nowhere", "--json", "-o", path("only.json"))
    check(only.returncode == 0 and load("only.json")["scope"]["profile_only"] == ["nowhere"] and load("only.json")["functions"] == [],
          "view --profile-only narrows what was recorded", only)
    limit = view(saved, "--cpu-percent-threshold=50", "--json", "-o", path("limit.json"))
    check(limit.returncode == 0 and all(max(row["self_percent"], row["total_percent"], row["cpu_percent"]) >= 50 for row in load("limit.json")["functions"]),
          "view --cpu-percent-threshold", limit)
    none = view(saved, "--source=none", "--json", "-o", path("none.json"))
    check(none.returncode == 0 and not any(file["source_found"] for file in load("none.json")["files"]), "view --source=none", none)


def refusals():
    saved = path("shares.pb.gz")
    for words, status, text in (([saved, "-F", "99"], 2, "--frequency means nothing with view"), ([], 2, "which profile?"),
                                (["/nowhere.pb.gz"], 1, "/nowhere.pb.gz cannot be read: No such file or directory"),
                                (["/etc/passwd"], 1, "/etc/passwd is not a profile that hotline can read"),
                                (["/dev/null"], 1, "it is not a file"), ([saved, "-o", "/nowhere/x.json"], 1, "/nowhere/")):
        done = view(*words)
        check(done.returncode == status and text in done.stderr and done.stderr.count("\n") == 1, "view %s is refused in one line" % " ".join(map(os.path.basename, words)),
              done)
    with open(saved, "rb") as file:
        whole = file.read()
    with open(path("cut.pb.gz"), "wb") as file:
        file.write(whole[:len(whole) // 2])
    check("it ends in the middle" in view(path("cut.pb.gz")).stderr, "half a profile is refused")


GO_PROGRAM = """package main
import ("os"; "runtime/pprof"; "time"; "context")
var sink uint64
//go:noinline
func spin() { for i := 0; i < 100000; i++ { sink = sink*6364136223846793005 + 1 } }
func main() {
	file, _ := os.Create(os.Args[1])
	pprof.StartCPUProfile(file)
	pprof.Do(context.Background(), pprof.Labels("operation", "blur"), func(context.Context) {
		for start := time.Now(); time.Since(start) < time.Second; { spin() }
	})
	pprof.StopCPUProfile()
	file.Close()
}
"""


def profile_of_go():
    with open(path("spin.go"), "w", encoding="utf-8") as file:
        file.write(GO_PROGRAM)
    made = subprocess.run([GO, "run", path("spin.go"), path("go.pb.gz")], capture_output=True, text=True, timeout=300, check=False,
                          env=dict(os.environ, GO111MODULE="off", GOCACHE=path("cache"), GOFLAGS=""))
    check(made.returncode == 0, "a Go program profiles itself", made.stderr)
    done = view(path("go.pb.gz"), "-o", path("go.json"), "-o", path("go.txt"), "-o", path("go.html"))
    check(done.returncode == 0, "hotline view opens Go's profile", done)
    report, rows = load("go.json"), top(path("go.pb.gz"))
    total = report["self_check"]["cpu_seconds_sampled"] * 1e9
    spin = next((row for row in report["functions"] if row["name"] == "main.spin"), {"self_percent": 0})
    check(total > 1e8 and abs(spin["self_percent"] - 100 * rows["main.spin"][0] / total) < ROUNDING_PERCENT, "with the figures of go tool pprof", (spin, rows))
    check(any(row["tags"] == {"operation": "blur"} and row["samples"] > 0 for row in report["tags"]["sets"]), "its labels are tags", report["tags"])
    again = view(path("go.pb.gz"), "-o", path("go2.pb.gz"))
    check(again.returncode == 0 and view(path("go2.pb.gz"), "-o", path("go3.pb.gz"), "-o", path("go3.json")).returncode == 0 and
          same_bytes("go2.pb.gz", "go3.pb.gz"), "saved again it is stable", again)


for run, command in RUNS.items():
    profile(run, command)
for run in RUNS:
    comes_back(run)
scope_of_a_view()
refusals()
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
    profile_of_go()
    locks = load("wall.json")["locks"]
    delays = top("-sample_index=delay", path("wall.pb.gz"))
    check(len(locks) > 0 and any(cum > 0 for _, cum in delays.values()), "locks are contentions", delays)
finish()
