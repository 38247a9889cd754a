#!/usr/bin/python3
"""The overview's findings and prompts, the source view's panel, tree and marks in a browser; tests/browser/answers_checks.cjs drives them.

What the page says of a selection is what the collector says of it (JSON of the same selection). Needs what test_report.py needs.
"""
import sys

from browser_tools import drive, write_pages, write_selections

KINDS = ["answers", "service", "fleet", "hostile", "large", "few", "flat", "empty"]
SELECTIONS = [("answers", []), ("answers", ["operation=blur"]), ("answers", ["operation=noise_reduction"]), ("answers", ["format=jpeg"]),
              ("answers", ["route=/health"]), ("answers", ["--range=1..3"]), ("answers", ["--range=0..2", "operation=blur"]), ("service", []), ("service", ["format=png"]),
              ("fleet", []), ("fleet", ["region=eu-north"]), ("fleet", ["--range=12..30"]), ("few", []), ("flat", []), ("large", []), ("hostile", [])]


def make_plan(folder):
    return {"pages": write_pages(folder, KINDS), "selections": write_selections(folder, SELECTIONS, "arguments")}


sys.exit(drive("answers_checks.cjs", "the findings", make_plan))
