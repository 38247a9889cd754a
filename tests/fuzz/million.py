#!/usr/bin/python3
"""Runs fuzz targets (build/fuzz/NAME.run) RUNS times each, one after the other, and says in a line each how it went.

What they find new is kept in build/fuzz/NAME and the input of a finding in build/fuzz. The exit status says whether there was one.
"""
import glob
import os
import re
import subprocess
import sys
import time

RUNS = int(os.environ.get("RUNS", "1000000"))
MAX_BYTES = {"fuzz_session": 500, "fuzz_eh_frame": 1000}
# Sanitizers that spend their time on what they look for, not on keeping freed memory and long stacks.
SANITIZERS = {"ASAN_OPTIONS": "malloc_context_size=6:quarantine_size_mb=16", "UBSAN_OPTIONS": "print_stacktrace=1"}


def run(name):
    corpus = "build/fuzz/%s" % name
    os.makedirs(corpus, exist_ok=True)
    command = ["nice", "-n", "19", "build/fuzz/%s.run" % name, "-runs=%d" % RUNS, "-max_len=%d" % MAX_BYTES.get(name, 16000), "-timeout=20",
               "-len_control=20", "-reload=0", "-print_final_stats=1", "-artifact_prefix=build/fuzz/%s-" % name, corpus,
               "tests/fuzz/corpus/%s" % name]
    before = set(glob.glob("build/fuzz/%s-*" % name))
    start = time.monotonic()
    with open("build/fuzz/%s.log" % name, "wb") as log:
        status = subprocess.run(command, stdout=log, stderr=log, env=dict(os.environ, **SANITIZERS)).returncode
    seconds = time.monotonic() - start
    text = open("build/fuzz/%s.log" % name, encoding="utf-8", errors="replace").read()
    runs = int((re.findall(r"number_of_executed_units: (\d+)", text) or ["0"])[-1])
    edges, features = (re.findall(r"cov: (\d+) ft: (\d+)", text) or [("0", "0")])[-1]
    found = sorted(set(glob.glob("build/fuzz/%s-*" % name)) - before)
    clean = status == 0 and not found
    print("%-14s %8d runs  %5.0f a second  %5s edges  %5s features  %s" % (
        name, runs, runs / max(seconds, 0.001), edges, features,
        "no finding" if clean else "FINDING %s, see build/fuzz/%s.log" % (" ".join(found), name)), flush=True)
    return clean


results = [run(name) for name in sys.argv[1:]]
sys.exit(0 if all(results) else 1)
