#!/usr/bin/python3
"""The strip of time and the timeline in a browser, by mouse, keyboard and link; tests/browser/timeline_checks.cjs drives them.

What the page shows of a range is what the collector computes for it (JSON of the same range). Needs what test_report.py needs.
"""
import os
import sys

from browser_tools import drive, write_pages, write_report

KINDS = ["fleet", "service", "hostile", "large", "few", "empty"]
RANGES = ["", "12..30", "36..60", "5.3..5.4", "0..0.1", "59.9..60"]  # of the fleet


def make_plan(folder):
    plan = {"pages": write_pages(folder, KINDS), "ranges": []}
    for i, span in enumerate(RANGES):
        for tag in ("", "region=eu-north"):
            data = os.path.join(folder, "%d%s.json" % (i, "t" if tag else ""))
            arguments = (["--range=" + span] if span else []) + ([tag] if tag else [])
            write_report("fleet", os.devnull, data, *arguments)
            plan["ranges"].append({"range": span, "tag": tag, "json": data})
    return plan


sys.exit(drive("timeline_checks.cjs", "the strip of time", make_plan))
