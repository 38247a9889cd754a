#!/usr/bin/python3
"""Comparing in the report, by mouse, keyboard and link; tests/browser/compare_checks.cjs drives it.

What the page says of two sides is what `hotline diff --json` says of the two saved profiles: of two runs, and of two parts of one profile that
`hotline view` saved. Needs what test_report.py needs.
"""
import os
import subprocess
import sys

from browser_tools import drive, write_pages

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
# The parts of one profile: fragments of the two sides, and the options that select the same.
PARTS = [("fleet", [["tag", '["region","us-east"]']], [["tag", '["region","eu-north"]']], ["--tag=region=us-east"], ["--tag=region=eu-north"]),
         ("fleet", [["range", "0..36"]], [["range", "36..60"]], ["--range=0..36"], ["--range=36..60"]),
         ("fleet", [["tag", '["commit","1f3c2a9e"]'], ["range", "10..36"]], [["tag", '["region","us-east"]'], ["thread", "4242/5003"]],
          ["--tag=commit=1f3c2a9e", "--range=10..36"], ["--tag=region=us-east", "--thread=5003"]),
         ("before", [["tag", '["operation","blur"]']], [["all", "1"]], ["--tag=operation=blur"], []),
         ("after", [["all", "1"]], [["range", "0..0.2"]], [], ["--range=0..0.2"])]


def make_plan(folder):
    def hotline(*words):
        subprocess.run([os.path.join(BUILD, "hotline"), *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def diff(before, after, name):
        """Both ways of counting: names of two JSON files."""
        hotline("diff", before, after, "-o", name + "s.json")
        hotline("diff", before, after, "--normalize", "-o", name + "n.json")
        return {"seconds": os.path.join(folder, name + "s.json"), "shares": os.path.join(folder, name + "n.json")}

    subprocess.run([os.path.join(BUILD, "tests/tools/write_compared"), folder], check=True)
    plan = {"pages": write_pages(folder, ("few", "empty", "hostile", "large")), "runs": diff("before.pb.gz", "after.pb.gz", "runs"), "parts": []}
    hotline("diff", "before.pb.gz", "after.pb.gz", "-o", "seconds.html")
    hotline("diff", "before.pb.gz", "after.pb.gz", "--normalize", "-o", "shares.html")
    for name in ("before", "after", "fleet"):
        hotline("view", name + ".pb.gz", "-o", name + ".html")
    hotline("view", "before.pb.gz", "after.pb.gz", "-o", "both.html")
    for name in ("seconds", "shares", "both", "before", "after", "fleet"):
        plan["pages"][name] = os.path.join(folder, name + ".html")
    for i, (kind, a, b, select_a, select_b) in enumerate(PARTS):
        hotline("view", kind + ".pb.gz", *select_a, "-o", "a.pb.gz")
        hotline("view", kind + ".pb.gz", *select_b, "-o", "b.pb.gz")
        plan["parts"].append({"kind": kind, "sides": [["a." + key, value] for key, value in a] + [["b." + key, value] for key, value in b],
                              "json": diff("a.pb.gz", "b.pb.gz", "part%d" % i)})
    plan["parts"].append({"kind": "both", "sides": [["a.tag", '["file","before.pb.gz"]'], ["b.tag", '["file","after.pb.gz"]']], "json": plan["runs"]})
    return plan


sys.exit(drive("compare_checks.cjs", "comparing", make_plan))
