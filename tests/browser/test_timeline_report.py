#!/usr/bin/python3
"""The strip of time and the timeline in a browser, by mouse, keyboard and link; tests/browser/timeline_checks.cjs drives them.

What the page shows of a range is what the collector computes for it (JSON of the same range). Needs what test_report.py needs.
"""
import json
import os
import subprocess
import sys
import tempfile

from browser_tools import find_chromium, find_modules

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["fleet", "service", "hostile", "large", "few", "empty"]
RANGES = ["", "12..30", "36..60", "5.3..5.4", "0..0.1", "59.9..60"]  # of the fleet


def write_report(page, data, kind, *arguments):
    subprocess.run([BUILD + "/tests/tools/write_report", kind, page, data, *arguments], check=True, stderr=subprocess.DEVNULL)


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - the timeline in a browser # SKIP " + why)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        plan = {"pages": {}, "ranges": []}
        for kind in KINDS:
            plan["pages"][kind] = os.path.join(folder, kind + ".html")
            write_report(plan["pages"][kind], os.path.join(folder, "unused.json"), kind)
        for i, span in enumerate(RANGES):
            for tag in ("", "region=eu-north"):
                data = os.path.join(folder, "%d%s.json" % (i, "t" if tag else ""))
                arguments = (["--range=" + span] if span else []) + ([tag] if tag else [])
                write_report(os.path.join(folder, "unused.html"), data, "fleet", *arguments)
                plan["ranges"].append({"range": span, "tag": tag, "json": data})
        path = os.path.join(folder, "plan.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return subprocess.run(["node", os.path.join(HERE, "timeline_checks.cjs"), modules, chromium, path], check=False).returncode


sys.exit(main())
