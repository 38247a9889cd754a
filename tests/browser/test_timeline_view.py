#!/usr/bin/python3
"""The Timeline view in a browser, by mouse, keyboard and link; tests/browser/timeline_view_checks.cjs drives it.

What it says of a lane and of a time is what `hotline view --json` says of the same part of the same saved profile.
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


def write(kind, target, unused):
    subprocess.run([BUILD + "/tests/tools/write_report", kind, target, unused], check=True, stderr=subprocess.DEVNULL)


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - the Timeline view in a browser # SKIP " + why)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        unused, saved = os.path.join(folder, "unused.json"), os.path.join(folder, "fleet.pb.gz")
        plan = {"hotline": os.path.join(BUILD, "hotline"), "saved": saved, "pages": {kind: os.path.join(folder, kind + ".html") for kind in ["fleet", *KINDS]}}
        for kind in KINDS:
            write(kind, plan["pages"][kind], unused)
        write("fleet", saved, unused)
        subprocess.run([plan["hotline"], "view", saved, "-o", plan["pages"]["fleet"]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path = os.path.join(folder, "plan.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return subprocess.run(["node", os.path.join(HERE, "timeline_view_checks.cjs"), modules, chromium, path], check=False).returncode


sys.exit(main())
