#!/usr/bin/python3
"""hotline beside other sampling profilers, in one run on the same work, in turn: plain, hotline at 100 Hz and 1 kHz in both engines,
gperftools' CPU profiler, perf record with DWARF stacks. Two workloads of tests/targets/engines.c, each a fixed amount of work:

    codec      CPU-bound: decode, filter, encode through libjpeg's assembly; the program knows the true shares
    switches   two threads that wake each other 100,000 times: what an event loop feels

Wall time is a ratio to the plain run of the same round; the program's CPU time is its own count, handlers included; the tool's is that of
everything that ended meanwhile (recording, and making a report), less the program's. Medians, with the range in brackets.

    make bench-profiler      ROUNDS=7  WORKLOADS=codec,switches
"""
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.realpath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
PROGRAM = os.path.join(BUILD, "tests", "targets", "engines")
ROUNDS = int(os.environ.get("ROUNDS", "7"))
WORKLOADS = os.environ.get("WORKLOADS", "codec,switches").split(",")
PARTS = ["decode", "filter", "encode"]
GPERFTOOLS = next((path for path in ("/usr/lib/x86_64-linux-gnu/libprofiler.so.0", "/usr/lib/libprofiler.so.0") if os.path.exists(path)), None)


def children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(command, environment=None):
    """Run it. ret: (standard output, wall seconds, CPU seconds of all its processes, MiB of the largest)."""
    before = children_cpu_s()
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          env=dict(os.environ, **(environment or {}))) as process:
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError("%s ended with %d" % (command[0], process.returncode))
    return out, time.monotonic() - start, children_cpu_s() - before, usage.ru_maxrss / 1024


def truths(out):
    return {line.split()[0]: float(line.split()[1]) for line in out.splitlines()}


class Plain:
    name = "plain"

    def record(self, work, _):
        return timed([PROGRAM, *work])

    def report(self, _):
        return {}


class Hotline:
    def __init__(self, engine, hz):
        self.name = "hotline %s %d Hz" % (engine, hz)
        self.options = ["--engine=" + engine, "-F", str(hz)]

    def record(self, work, folder):
        return timed([os.path.join(BUILD, "hotline"), *self.options, "--html", "--json", "-o", os.path.join(folder, "r.html"), PROGRAM, *work])

    def report(self, folder):  # it is written already, within record()
        with open(os.path.join(folder, "r.json"), encoding="utf-8") as file:
            report = json.load(file)
        return {row["name"]: row["total_percent"] for row in report["functions"] if row["name"] in PARTS}


class Gperftools:
    def __init__(self, hz):
        self.name = "gperftools %d Hz" % hz
        self.hz = hz

    def record(self, work, folder):
        return timed([PROGRAM, *work], {"LD_PRELOAD": GPERFTOOLS, "CPUPROFILE": os.path.join(folder, "g.prof"),
                                        "CPUPROFILE_FREQUENCY": str(self.hz)})

    def report(self, folder):
        files = [os.path.join(folder, name) for name in os.listdir(folder) if name.startswith("g.prof")]
        text = subprocess.run(["google-pprof", "--text", "--cum", PROGRAM, max(files, key=os.path.getsize)], capture_output=True, text=True,
                              check=True).stdout
        rows = re.findall(r"^\s*\d+\s+[\d.]+%\s+[\d.]+%\s+\d+\s+([\d.]+)%\s+(\w+)", text, re.M)
        return {name: float(percent) for percent, name in rows if name in PARTS}


class Perf:
    def __init__(self, hz):
        self.name = "perf dwarf %d Hz" % hz
        self.hz = hz

    def record(self, work, folder):
        return timed(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(self.hz), "--call-graph", "dwarf", "-o",
                      os.path.join(folder, "p.data"), PROGRAM, *work])

    def report(self, folder):
        text = subprocess.run(["perf", "report", "-i", os.path.join(folder, "p.data"), "--stdio", "--children", "-g", "none", "--percent-limit",
                               "0", "--sort", "symbol"], capture_output=True, text=True, check=True).stdout
        rows = re.findall(r"^\s*([\d.]+)%\s+[\d.]+%\s+\[\.\]\s+(\w+)", text, re.M)
        return {name: float(percent) for percent, name in rows if name in PARTS}


def tools():
    found = [Plain(), Hotline("timer", 100), Hotline("timer", 1000), Hotline("perf", 100), Hotline("perf", 1000)]
    if GPERFTOOLS and shutil.which("google-pprof"):
        found += [Gperftools(100), Gperftools(1000)]
    else:
        print("gperftools is not here (google-perftools, libgoogle-perftools4): left out")
    if shutil.which("perf") and subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-o", "/dev/null", "true"], check=False,
                                               capture_output=True).returncode == 0:
        found += [Perf(100), Perf(997)]
    else:
        print("perf is not here, or may not record (linux-perf): left out")
    return found


def measure(tool, work):
    with tempfile.TemporaryDirectory() as folder:
        out, wall, cpu, mib = tool.record(work, folder)
        program = truths(out)["cpu_seconds"]
        before, start = children_cpu_s(), time.monotonic()
        shares = tool.report(folder)
        return {"wall": wall, "program": program, "tool": cpu - program + children_cpu_s() - before, "mib": mib,
                "report": time.monotonic() - start, "truth": truths(out), "shares": shares}


def row(values, form):
    middle = statistics.median(values)
    return "%s (%s..%s)" % (form % middle, form % min(values), form % max(values))


def compare(workload, work, with_shares):
    rows = {}
    competitors = tools()
    for _ in range(ROUNDS):
        for tool in competitors:
            rows.setdefault(tool.name, []).append(measure(tool, work))
    plain = rows["plain"]
    print("\n%s: plain %s s wall, %s s CPU" % (workload, row([run["wall"] for run in plain], "%.2f"), row([run["program"] for run in plain], "%.2f")))
    if with_shares:
        print("true shares: " + ", ".join("%s %.1f" % (part, statistics.mean(run["truth"][part] for run in plain)) for part in PARTS))
    print("| tool | wall, of plain | program's CPU, of plain | tool's CPU, %% of program's | report afterwards, s | largest process, MiB |%s" % (
        " furthest share from the truth, points |" if with_shares else ""))
    print("|---|---|---|---|---|---|%s" % ("---|" if with_shares else ""))
    for name, runs in rows.items():
        cells = [name, row([run["wall"] / base["wall"] for run, base in zip(runs, plain)], "%.3f"),
                 row([run["program"] / base["program"] for run, base in zip(runs, plain)], "%.3f"),
                 row([100 * run["tool"] / run["program"] for run in runs], "%.2f"),
                 "%.2f" % statistics.median(run["report"] for run in runs), "%.0f" % statistics.median(run["mib"] for run in runs)]
        if with_shares:
            cells.append("" if name == "plain" else furthest(runs))
        print("| " + " | ".join(cells) + " |", flush=True)


def furthest(runs):
    """Of the three parts, the one whose mean share over the runs is furthest from what the program measured itself."""
    means = [(statistics.mean(run["shares"].get(part, 0) for run in runs), statistics.mean(run["truth"][part] for run in runs), part)
             for part in PARTS]
    seen, truth, part = max(means, key=lambda mean: abs(mean[0] - mean[1]))
    return "%+.1f (%s: %.1f for %.1f)" % (seen - truth, part, seen, truth)


print("%s, %d CPUs, load %.1f, %d rounds" % (platform.release(), os.cpu_count(), os.getloadavg()[0], ROUNDS))
if "codec" in WORKLOADS:
    compare("codec", ["codec", "0"], True)
if "switches" in WORKLOADS:
    compare("switches", ["switches"], False)
