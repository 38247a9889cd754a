#!/usr/bin/python3
"""The flame graph in a browser: every form of it and every change of the stacks, by mouse, keyboard and link; tests/browser/flame_checks.cjs.

Needs what test_report.py needs; where it is missing it says so.
"""
import os
import sys

from browser_tools import drive, write_report

REPORTS = [("service", []), ("service", ["operation=blur"]), ("hostile", []), ("large", [])]


def make_plan(folder):
    plan = []
    for i, (kind, tags) in enumerate(REPORTS):
        page, data = os.path.join(folder, kind + ".html"), os.path.join(folder, "%d.json" % i)
        write_report(kind, page, data, *tags)
        plan.append({"kind": kind, "tags": tags, "page": page, "json": data})
    return plan


sys.exit(drive("flame_checks.cjs", "the flame graph", make_plan))
