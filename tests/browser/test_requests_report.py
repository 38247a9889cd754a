#!/usr/bin/python3
"""The requests of a report in a browser, by mouse, keyboard and link; tests/browser/requests_checks.cjs drives it.

A saved profile is viewed as a page and, with the selections that the page is brought to, as JSON: what the page shows is what `hotline view`
finds. Needs what test_report.py needs.
"""
import os
import subprocess
import sys

from browser_tools import drive, write_report

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
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


def make_plan(folder):
    def at(name):
        return os.path.join(folder, name)

    def view(*arguments):
        subprocess.run([BUILD + "/hotline", "view", at("fleet.pb.gz"), *arguments], check=True, stderr=subprocess.DEVNULL)

    write_report("fleet", at("fleet.pb.gz"))
    write_report("service", at("service.html"))
    view("-o", at("fleet.html"))
    plan = {"page": at("fleet.html"), "without": at("service.html"), "selections": {}}
    for name, (options, hash_text) in SELECTIONS.items():
        view(*options, "-o", at(name + ".json"))
        plan["selections"][name] = {"hash": hash_text, "json": at(name + ".json")}
    return plan


sys.exit(drive("requests_checks.cjs", "requests", make_plan))
