#!/usr/bin/python3
"""The overview's findings and prompts, the source view's panel, tree and marks in a browser; tests/browser/answers_checks.cjs drives them.

What the page says of a selection is what the collector says of it (JSON of the same selection). Needs what test_report.py needs.
"""
import json
import os
import subprocess
import sys
import tempfile

from browser_tools import find_chromium, find_modules

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["answers", "service", "fleet", "hostile", "large", "few", "flat", "empty"]
SELECTIONS = [("answers", []), ("answers", ["operation=blur"]), ("answers", ["operation=noise_reduction"]), ("answers", ["format=jpeg"]),
              ("answers", ["route=/health"]), ("answers", ["--range=1..3"]), ("answers", ["--range=0..2", "operation=blur"]), ("service", []), ("service", ["format=png"]),
              ("fleet", []), ("fleet", ["region=eu-north"]), ("fleet", ["--range=12..30"]), ("few", []), ("flat", []), ("large", []), ("hostile", [])]


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - the findings in a browser # SKIP " + why)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        def write(kind, page, data, arguments):
            subprocess.run([BUILD + "/tests/tools/write_report", kind, page, data, *arguments], check=True, stderr=subprocess.DEVNULL)
        plan = {"pages": {}, "selections": []}
        for kind in KINDS:
            plan["pages"][kind] = os.path.join(folder, kind + ".html")
            write(kind, plan["pages"][kind], os.path.join(folder, "unused.json"), [])
        for i, (kind, arguments) in enumerate(SELECTIONS):
            data = os.path.join(folder, "%d.json" % i)
            write(kind, os.path.join(folder, "unused.html"), data, arguments)
            plan["selections"].append({"kind": kind, "arguments": arguments, "json": data})
        path = os.path.join(folder, "plan.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return subprocess.run(["node", os.path.join(HERE, "answers_checks.cjs"), modules, chromium, path], check=False).returncode


sys.exit(main())
