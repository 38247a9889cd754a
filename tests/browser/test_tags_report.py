#!/usr/bin/python3
"""Tags as a pivot, in a browser, by mouse, keyboard and link; tests/browser/tags_checks.cjs drives it.

The numbers of the page are those of `hotline view` with the same selection. Needs what test_report.py needs.
"""
import json
import os
import subprocess
import sys
import tempfile

from browser_tools import find_chromium, find_modules

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
SELECTIONS = {  # of the fleet: `hotline view` options, and the fragment that selects the same
    "whole": ([], ""),
    "tag": (["--tag=commit=b07d55aa"], 'tag=["commit","b07d55aa"]'),
    "range": (["--range=30..42"], "range=30..42"),
    "span": (["--span=%016x" % 0xa006], "span=%016x" % 0xa006),
}


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - tags in a browser # SKIP " + why)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        def at(name):
            return os.path.join(folder, name)

        def run(*command):
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)

        plan = {"pages": {}, "selections": {}}
        for kind in ("service", "hostile", "large", "empty"):
            plan["pages"][kind] = at(kind + ".html")
            run(BUILD + "/tests/tools/write_report", kind, plan["pages"][kind], at("unused.json"))
        run(BUILD + "/tests/tools/write_report", "fleet", at("fleet.pb.gz"), at("unused.json"))
        plan["pages"]["fleet"] = at("fleet.html")
        run(BUILD + "/hotline", "view", at("fleet.pb.gz"), "-o", at("fleet.html"))
        for name, (options, hash_text) in SELECTIONS.items():
            plan["selections"][name] = {"hash": hash_text, "json": at(name + ".json")}
            run(BUILD + "/hotline", "view", at("fleet.pb.gz"), *options, "-o", at(name + ".json"))
        with open(at("plan.json"), "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return subprocess.run(["node", os.path.join(HERE, "tags_checks.cjs"), modules, chromium, at("plan.json")], check=False).returncode


sys.exit(main())
