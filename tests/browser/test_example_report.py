#!/usr/bin/python3
"""profile.html, the example report of the repository, opened from its file in Chromium; tests/browser/example_checks.cjs reads it."""
import os
import subprocess
import sys

from browser_tools import find_chromium, find_modules

HERE = os.path.dirname(os.path.abspath(__file__))
REPORT = os.path.realpath(os.path.join(HERE, "..", "..", "profile.html"))


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - the example report in a browser # SKIP " + why)
        return 0
    return subprocess.run(["node", os.path.join(HERE, "example_checks.cjs"), modules, chromium, REPORT], check=False).returncode


sys.exit(main())
