#!/usr/bin/python3
"""What hotline takes inside and beside the program, where it is spent: microseconds that a thread's start and end take longer, the memory
that 64 busy threads make the sampler use, the collector's memory without debug info, and what a sample costs.

    make bench-guest         RUNS=9
"""
import json
import os
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.realpath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
PROGRAM = os.path.join(BUILD, "tests", "targets", "engines")
HOTLINE = os.path.join(BUILD, "hotline")
RUNS = int(os.environ.get("RUNS", "9"))
ENGINES = ["timer", "perf"]


def hotline(engine, *options):
    return [HOTLINE, "--engine=" + engine, *options]


def thread_us(prefix):
    out = subprocess.run([*prefix, PROGRAM, "threads"], capture_output=True, text=True, check=True).stdout
    return float(out.split()[1])


def threads():
    with tempfile.TemporaryDirectory() as folder:
        prefixes = {"plain": []}
        prefixes.update((engine, hotline(engine, "--text", "-o", os.path.join(folder, "r.txt"))) for engine in ENGINES)
        taken = {name: [] for name in prefixes}
        for _ in range(RUNS):
            for name, prefix in prefixes.items():
                taken[name].append(thread_us(prefix))
    print("a thread's start and end: %.1f us" % statistics.median(taken["plain"]))
    for engine in ENGINES:
        more = [under - plain for under, plain in zip(taken[engine], taken["plain"])]
        print("  under %-6s %+.1f us (%+.1f .. %+.1f)" % (engine, statistics.median(more), min(more), max(more)))


def mappings(pid, wanted):
    """The KiB of a process's mappings whose names `wanted` says yes to, by what is resident and by what is its own."""
    resident = private = 0
    counts = False
    with open("/proc/%d/smaps" % pid, encoding="ascii", errors="replace") as file:
        for line in file:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                counts = wanted(words[5] if len(words) > 5 else "")
            elif counts and words[0] == "Rss:":
                resident += int(words[1])
            elif counts and words[0] in ("Private_Dirty:", "Private_Clean:"):
                private += int(words[1])
    return resident, private


def anonymous_kib(pid):
    return mappings(pid, lambda name: name == "")[1]


def crowd(engine):
    """64 threads spin for some seconds; the memory is read near the end."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.json")
        plain = subprocess.Popen([PROGRAM, "crowd", "4"], stdout=subprocess.DEVNULL)
        time.sleep(3)
        without = anonymous_kib(plain.pid)
        plain.wait()
        with subprocess.Popen([*hotline(engine, "-F", "250"), "--json", "-o", path, PROGRAM, "crowd", "5"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as running:
            pid = int(running.stderr.readline().split("(pid ")[1].split(",")[0])
            time.sleep(4)
            session, _ = mappings(pid, lambda name: "hotline-session" in name)
            library, _ = mappings(pid, lambda name: "libhotline" in name)
            anonymous = anonymous_kib(pid) - without
            collector = mappings(running.pid, lambda name: "hotline-session" not in name)[0]
            running.communicate()
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)["self_check"]
    print("64 busy threads, %s at 250 Hz: session %.1f MiB, libhotline.so %.1f MiB, other %.1f MiB; hotline itself %.1f MiB while it runs" % (
        engine, session / 1024, library / 1024, anonymous / 1024, collector / 1024))
    print("  a sample: p50 %d ns, p99 %d ns; %d samples, %d dropped, %.2f %% of stacks complete" % (
        facts["handler_ns_p50"], facts["handler_ns_p99"], facts["samples"], facts["dropped"], facts["complete_stacks_percent"]))


print("load %.1f, %d runs" % (os.getloadavg()[0], RUNS))
threads()
for name in ENGINES:
    crowd(name)
