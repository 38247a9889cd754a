#!/usr/bin/python3
"""Runs test programs that print TAP and adds up what they report. The last line is `N passed, N failed[, N skipped]`.

A program that exits non-zero without a failed point, prints no point at all, or outlives its time limit counts as one failure.
"""
import os
import re
import subprocess
import sys
import time

TIME_LIMIT_S = int(os.environ.get("TEST_TIME_LIMIT_S", "600"))
POINT = re.compile(r"^(ok|not ok)\b\s*\d*\s*-?\s*(.*)$")


def run(path):
    command = [sys.executable, path] if path.endswith(".py") else [path]
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONDONTWRITEBYTECODE="1")
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              timeout=TIME_LIMIT_S, env=environment)
        out, err, status = done.stdout, done.stderr, done.returncode
    except subprocess.TimeoutExpired as expired:
        out, err, status = expired.stdout or b"", expired.stderr or b"", "time limit of %d s" % TIME_LIMIT_S
    text = out.decode("utf-8", "replace")
    passed, failed, skipped = [], [], []
    for line in text.splitlines():
        found = POINT.match(line)
        if not found:
            continue
        if "# SKIP" in line.upper():
            skipped.append(found[2])
        elif found[1] == "ok":
            passed.append(found[2])
        else:
            failed.append(found[2])
    if not passed and not failed and not skipped:
        failed.append("printed no test point (status %s)" % status)
    elif status != 0 and not failed:
        failed.append("ended with status %s" % status)
    if failed:
        sys.stdout.write(text[-12000:] + err.decode("utf-8", "replace")[-12000:])
    return passed, failed, skipped


def main():
    totals = [0, 0, 0]
    failures = []
    for path in sys.argv[1:]:
        start = time.monotonic()
        results = run(path)
        for i, points in enumerate(results):
            totals[i] += len(points)
        failures += ["%s: %s" % (path, name) for name in results[1]]
        print("%-60s %3d passed, %d failed%s  %.1f s" % (
            path, len(results[0]), len(results[1]), ", %d skipped" % len(results[2]) if results[2] else "",
            time.monotonic() - start), flush=True)
        for name in results[2]:
            print("    skipped: " + name)
    for failure in failures:
        print("FAILED " + failure)
    print("%d passed, %d failed%s" % (totals[0], totals[1], ", %d skipped" % totals[2] if totals[2] else ""))
    return 1 if failures or not totals[0] else 0


sys.exit(main())
