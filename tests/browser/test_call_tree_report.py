#!/usr/bin/python3
"""The call tree of a report in a browser, by mouse, keyboard and link; tests/browser/call_tree_checks.cjs drives it.

What its rows add up to is what the collector computes for the same selection. Needs what test_report.py needs.
"""
import json
import os
import subprocess
import sys
import tempfile

from browser_tools import find_chromium, find_modules

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["service", "hostile", "large", "few", "empty"]
SELECTIONS = [("service", []), ("service", ["operation=blur"]), ("service", ["operation=noise_reduction", "format=jpeg"]), ("few", []), ("hostile", [])]


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - the call tree in a browser # SKIP " + why)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        def write(kind, page, data, tags):
            subprocess.run([BUILD + "/tests/tools/write_report", kind, page, data, *tags], check=True, stderr=subprocess.DEVNULL)
        plan = {"pages": {}, "selections": []}
        for kind in KINDS:
            plan["pages"][kind] = os.path.join(folder, kind + ".html")
            write(kind, plan["pages"][kind], os.path.join(folder, "unused.json"), [])
        for i, (kind, tags) in enumerate(SELECTIONS):
            data = os.path.join(folder, "%d.json" % i)
            write(kind, os.path.join(folder, "unused.html"), data, tags)
            plan["selections"].append({"kind": kind, "tags": tags, "json": data})
        path = os.path.join(folder, "plan.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return subprocess.run(["node", os.path.join(HERE, "call_tree_checks.cjs"), modules, chromium, path], check=False).returncode


sys.exit(main())
