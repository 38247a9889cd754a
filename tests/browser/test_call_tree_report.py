#!/usr/bin/python3
"""The call tree of a report in a browser, by mouse, keyboard and link; tests/browser/call_tree_checks.cjs drives it.

What its rows add up to is what the collector computes for the same selection. Needs what test_report.py needs.
"""
import sys

from browser_tools import drive, write_pages, write_selections

KINDS = ["service", "hostile", "large", "few", "empty"]
SELECTIONS = [("service", []), ("service", ["operation=blur"]), ("service", ["operation=noise_reduction", "format=jpeg"]), ("few", []), ("hostile", [])]


def make_plan(folder):
    return {"pages": write_pages(folder, KINDS), "selections": write_selections(folder, SELECTIONS, "tags")}


sys.exit(drive("call_tree_checks.cjs", "the call tree", make_plan))
