#!/usr/bin/python3
"""Debian's own programs under hotline: output, stderr and exit status as without it, whole stacks, no sample dropped.

PROGRAM_RUNS=20 is `make test-programs`; PROGRAM_ENGINE and PROGRAM_HZ choose how they are sampled (timer, 250). PROGRAMS=redis,nginx:
these only."""
import glob
import json
import os
import sys
import tempfile
import time

from debian_programs import CASES
from hotline_run import HOTLINE, check, finish, skip
from tap import Skip

RUNS = int(os.environ.get("PROGRAM_RUNS", "1"))
ENGINE = os.environ.get("PROGRAM_ENGINE", "")
HZ = os.environ.get("PROGRAM_HZ", "250")
CHOSEN = os.environ.get("PROGRAMS", ",".join(case.__name__ for case in CASES)).split(",")
COMPLETE_PERCENT = 99.9


def run_once(case, profiled):
    """ret: what the user sees, the reports, seconds."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as reports:
        front = [HOTLINE, "-F", HZ, *(["--engine=" + ENGINE] if ENGINE else []), "-o", os.path.join(reports, "%p.json"), "--"]
        start = time.monotonic()
        seen = case(front if profiled else [], folder)
        seconds = time.monotonic() - start
        found = []
        for path in glob.glob(os.path.join(reports, "*.json")):
            with open(path, encoding="utf-8") as file:
                found.append(json.load(file)["self_check"])
        return json.loads(json.dumps(seen, default=repr).replace(folder, "FOLDER")), found, seconds


def try_out(case):
    name = case.__name__
    expected, _, plain_s = run_once(case, False)
    facts, seconds, different = [], [], []
    for _ in range(RUNS):
        seen, found, took = run_once(case, True)
        facts += found
        seconds.append(took)
        different += [seen] if seen != expected else []
    samples = sum(fact["samples"] for fact in facts)
    whole = sum(fact["samples"] * fact["complete_stacks_percent"] / 100 for fact in facts)
    dropped = sum(fact["dropped"] for fact in facts)
    lost = {key: sum(fact[key] for fact in facts)
            for key in ("processes_not_joined", "threads_without_slot", "threads_without_timer") if any(fact[key] for fact in facts)}
    sys.stderr.write("%-14s %2d runs  %7d samples  %8.4f %% complete  %d dropped  %.2f s (plain %.2f s)  %s\n" % (
        name, RUNS, samples, 100 * whole / max(samples, 1), dropped, sorted(seconds)[len(seconds) // 2], plain_s, lost or ""))
    check(not different, name + ": output, stderr and status as without hotline", (len(different), expected, different[:1]))
    check(dropped == 0 and not lost, name + ": nothing dropped, nobody missed", (dropped, lost))
    return samples, whole


def main():
    samples = whole = 0
    for case in CASES:
        if case.__name__ in CHOSEN:
            try:
                got = try_out(case)
                samples, whole = samples + got[0], whole + got[1]
                if RUNS > 1 and got[0] > 1000:
                    check(100 * got[1] / got[0] >= COMPLETE_PERCENT, case.__name__ + ": stacks are whole", got)
            except Skip as why:
                skip(case.__name__, why)
    check(samples > 300 and 100 * whole / samples >= COMPLETE_PERCENT, "stacks are whole", (samples, whole))
    finish()


main()
