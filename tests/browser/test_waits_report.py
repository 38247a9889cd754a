#!/usr/bin/python3
"""A report made with --wall, in Chromium; tests/browser/waits_checks.cjs reads it."""
import os
import subprocess
import sys
import tempfile

from browser_tools import find_chromium, find_modules

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.realpath(os.environ.get("BUILD", os.path.join(HERE, "..", "..", "build")))


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules or os.environ.get("SAN"):
        print("ok 1 - a report with waiting in a browser # SKIP " + (why or "targets are not built with sanitizers"))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        reports = []
        for mode in ("shares", "beside"):
            reports += [os.path.join(folder, mode + suffix) for suffix in (".html", ".json")]
            subprocess.run([os.path.join(BUILD, "hotline"), "--wall", "-o", reports[-2], "-o", reports[-1], os.path.join(BUILD, "tests", "targets", "waits"),
                            mode, "2"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        return subprocess.run(["node", os.path.join(HERE, "waits_checks.cjs"), modules, chromium, *reports], check=False).returncode


sys.exit(main())
