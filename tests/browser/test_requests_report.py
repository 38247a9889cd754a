#!/usr/bin/python3
"""The requests of a report in a browser, by mouse, keyboard and link; tests/browser/requests_checks.cjs drives it.

A saved profile is viewed as a page and, with the selections that the page is brought to, as JSON: what the page shows is what `hotline view`
finds. Needs what test_report.py needs.
"""
import json
import os
import subprocess
import sys
import tempfile

from browser_tools import find_chromium, find_modules

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
SPAN = "%016x"
SELECTIONS = {  # of the fleet: `hotline view` options, and the fragment that selects the same
    "whole": ([], ""),
    "tag": (["--tag=region=eu-north"], 'tag=["region","eu-north"]'),
    "two tags": (["--tag=region=eu-north", "--tag=region=us-east", "--tag=commit=b07d55aa"],
                 'tag=["region","eu-north"]&tag=["region","us-east"]&tag=["commit","b07d55aa"]'),
    "range": (["--range=12..30"], "range=12..30"),
    "thread": (["--thread=5005"], "thread=4242/5005"),
    "span": (["--span=" + SPAN % 0xa006], "span=" + SPAN % 0xa006),
    "two spans": (["--span=" + SPAN % 0xa006, "--span=" + SPAN % 0xa00c], "span=%s&span=%s" % (SPAN % 0xa006, SPAN % 0xa00c)),
    "span in a thread": (["--span=" + SPAN % 0xa006, "--thread=5005"], "span=%s&thread=4242/5005" % (SPAN % 0xa006)),
}


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - requests in a browser # SKIP " + why)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        def at(name):
            return os.path.join(folder, name)

        def write(*arguments):
            subprocess.run([BUILD + "/tests/tools/write_report", *arguments], check=True, stderr=subprocess.DEVNULL)

        def view(*arguments):
            subprocess.run([BUILD + "/hotline", "view", at("fleet.pb.gz"), *arguments], check=True, stderr=subprocess.DEVNULL)

        write("fleet", at("fleet.pb.gz"), at("unused.json"))
        write("service", at("service.html"), at("unused.json"))
        view("-o", at("fleet.html"))
        plan = {"page": at("fleet.html"), "without": at("service.html"), "selections": {}}
        for name, (options, hash_text) in SELECTIONS.items():
            view(*options, "-o", at(name + ".json"))
            plan["selections"][name] = {"hash": hash_text, "json": at(name + ".json")}
        with open(at("plan.json"), "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return subprocess.run(["node", os.path.join(HERE, "requests_checks.cjs"), modules, chromium, at("plan.json")], check=False).returncode


sys.exit(main())
