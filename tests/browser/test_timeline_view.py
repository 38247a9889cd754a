#!/usr/bin/python3
"""The Timeline view in a browser, by mouse, keyboard and link; tests/browser/timeline_view_checks.cjs drives it.

What it says of a lane and of a time is what `hotline view --json` says of the same part of the same saved profile.
"""
import os
import subprocess
import sys

from browser_tools import drive, write_pages, write_report

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
KINDS = ["service", "hostile", "large", "few", "empty"]


def make_plan(folder):
    saved, hotline, pages = os.path.join(folder, "fleet.pb.gz"), os.path.join(BUILD, "hotline"), write_pages(folder, KINDS)
    pages["fleet"] = os.path.join(folder, "fleet.html")
    write_report("fleet", saved)
    subprocess.run([hotline, "view", saved, "-o", pages["fleet"]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return {"hotline": hotline, "saved": saved, "pages": pages}


sys.exit(drive("timeline_view_checks.cjs", "the Timeline view", make_plan))
