#!/usr/bin/python3
"""The report's scale: how large it is, what writing it costs hotline, and how it behaves in Chromium, empty and with 1,000,000 samples, 200,000
nodes of the call tree and 2,000 files (tests/tools/made_huge.h).

    make bench-report         RUNS=5

Medians of runs, each in a new browser. Chromium has no graphics processor here: it draws in software, 60 frames a second at best, and on a
busy machine fewer than the page is ready for; so the time that the page's own code takes of a frame is told beside the frames.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.realpath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
HERE = os.path.dirname(os.path.abspath(__file__))
RUNS = int(os.environ.get("RUNS", "5"))
sys.path.insert(0, os.path.join(ROOT, "tests", "browser"))
from browser_tools import find_chromium, find_modules

# name, what it is, unit, decimals, goal (None: told, not judged): numbers above it, or below a negative one, do not meet it.
EMPTY, HUGE = [("bytes", "the file", "KB", 0, 150), ("first_paint_ms", "first paint", "ms", 0, 500), ("ready_ms", "ready to use", "ms", 0, None)], [
    ("bytes", "the file", "MB", 2, 8),
    ("write_ms", "writing it, CPU time of hotline", "ms", 0, None),
    ("first_paint_ms", "first paint", "ms", 0, 500),
    ("ready_ms", "ready to use", "ms", 0, None),
    ("longest_task_ms", "longest task on the way", "ms", 0, None),
    ("elements", "elements", "", 0, None),
    ("open_flame_ms", "opening the flame graph", "ms", 0, None),
    ("fps", "flame graph, pan and zoom", "frames/s", 1, -50),
    ("down_fps", "  scrolling", "frames/s", 1, -50),
    ("in_fps", "  zooming in", "frames/s", 1, -50),
    ("side_fps", "  panning", "frames/s", 1, -50),
    ("out_fps", "  zooming out", "frames/s", 1, -50),
    ("frame_ms", "  the page's own part of a frame, median", "ms", 1, 20),
    ("slow_frame_ms", "  the page's own part of a frame, 95 of 100", "ms", 1, 20),
    ("tag_ms", "choosing a tag, overview", "ms", 0, None),
    ("all_ms", "choosing everything, overview", "ms", 0, None),
    ("flame_tag_ms", "choosing a tag, flame graph", "ms", 0, None),
    ("heap_mb", "script's heap when ready", "MB", 0, None),
    ("flame_heap_mb", "script's heap after all this", "MB", 0, None),
    ("loaded_mb", "memory of its process when ready", "MB", 0, 300),
    ("most_mb", "most memory of its process ever", "MB", 0, 300),
    ("blank_mb", "  of which an empty page takes", "MB", 0, None),
    ("footprint_mb", "its own memory after all this, as the task manager counts", "MB", 0, 300)]


def write(kind, page):
    """ret: CPU milliseconds."""
    told = subprocess.run([BUILD + "/tests/tools/write_report", kind, page, "/dev/null"], check=True, stderr=subprocess.PIPE, text=True).stderr
    return float(re.search(r"html ([\d.]+) ms CPU", told)[1])


def measure(kind, use, folder, modules, chromium):
    page = os.path.join(folder, kind + ".html")
    written = statistics.median(write(kind, page) for _ in range(RUNS))
    done = subprocess.run(["node", os.path.join(HERE, "bench_report.cjs"), modules, chromium, page, use, str(RUNS)], check=True, stdout=subprocess.PIPE)
    runs = json.loads(done.stdout)
    found = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    found["write_ms"] = written
    found["bytes"] = os.path.getsize(page) / (1 << (10 if kind == "empty" else 20))
    return found


def show(title, rows, found):
    """ret: how many goals are not met."""
    print(title)
    missed = 0
    for name, what, unit, decimals, goal in rows:
        value = found[name]
        fine = goal is None or (value >= -goal if goal < 0 else value <= goal)
        missed += not fine
        judged = "" if goal is None else "%s %g: %s" % ("at least" if goal < 0 else "at most", abs(goal), "met" if fine else "NOT MET")
        print(("  %-46s %10.*f %-9s %s" % (what, decimals, value, unit, judged)).rstrip())
    return missed


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("nothing is measured: " + why)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        print("load %.1f, %d runs" % (os.getloadavg()[0], RUNS))
        missed = show("an empty report", EMPTY, measure("empty", "load", folder, modules, chromium))
        missed += show("1,000,000 samples, 200,000 nodes, 2,000 files", HUGE, measure("huge", "use", folder, modules, chromium))
    print("%d goals are not met" % missed)
    return 0


sys.exit(main())
