#!/usr/bin/python3
"""Tags as a pivot, in a browser, by mouse, keyboard and link; tests/browser/tags_checks.cjs drives it.

The numbers of the page are those of `hotline view` with the same selection. Needs what test_report.py needs.
"""
import os
import subprocess
import sys

from browser_tools import drive, write_pages, write_report

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
SELECTIONS = {  # of the fleet: `hotline view` options, and the fragment that selects the same
    "whole": ([], ""),
    "tag": (["--tag=commit=b07d55aa"], 'tag=["commit","b07d55aa"]'),
    "range": (["--range=30..42"], "range=30..42"),
    "span": (["--span=%016x" % 0xa006], "span=%016x" % 0xa006),
}


def make_plan(folder):
    def at(name):
        return os.path.join(folder, name)

    def view(*arguments):
        subprocess.run([BUILD + "/hotline", "view", at("fleet.pb.gz"), *arguments], check=True, stderr=subprocess.DEVNULL)

    plan = {"pages": write_pages(folder, ("service", "hostile", "large", "empty")), "selections": {}}
    write_report("fleet", at("fleet.pb.gz"))
    plan["pages"]["fleet"] = at("fleet.html")
    view("-o", at("fleet.html"))
    for name, (options, hash_text) in SELECTIONS.items():
        plan["selections"][name] = {"hash": hash_text, "json": at(name + ".json")}
        view(*options, "-o", at(name + ".json"))
    return plan


sys.exit(drive("tags_checks.cjs", "tags", make_plan))
