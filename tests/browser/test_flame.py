#!/usr/bin/python3
"""The flame graph in a browser: every form of it and every change of the stacks, by mouse, keyboard and link; tests/browser/flame_checks.cjs.

Needs what test_report.py needs; where it is missing it says so.
"""
import json
import os
import subprocess
import sys
import tempfile

from browser_tools import find_chromium, find_modules

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
REPORTS = [("service", []), ("service", ["operation=blur"]), ("hostile", []), ("large", [])]


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - the flame graph in a browser # SKIP " + why)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        plan = []
        for i, (kind, tags) in enumerate(REPORTS):
            page, data = os.path.join(folder, kind + ".html"), os.path.join(folder, "%d.json" % i)
            subprocess.run([BUILD + "/tests/tools/write_report", kind, page, data, *tags], check=True, stderr=subprocess.DEVNULL)
            plan.append({"kind": kind, "tags": tags, "page": page, "json": data})
        path = os.path.join(folder, "plan.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return subprocess.run(["node", os.path.join(HERE, "flame_checks.cjs"), modules, chromium, path], check=False).returncode


sys.exit(main())
