#!/usr/bin/python3
"""The report in a browser: Chromium opens reports that tests/tools/write_report made; tests/browser/report_checks.cjs drives them.

Needs chromium, node and npm (which fetches playwright-core and axe-core once, into the build folder); where one is missing it says so.
Without node the filter is still checked through links, by the DOM that `chromium --dump-dom` prints.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

from browser_tools import FLAGS, find_chromium, find_modules

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["service", "scoped", "empty", "few", "flat", "hostile", "large"]
SELECTIONS = [("service", []), ("service", ["operation=blur"]), ("service", ["operation=noise_reduction"]), ("service", ["format=png"]),
              ("service", ["operation="]), ("service", ["operation=blur", "operation=noise_reduction"]),
              ("service", ["operation=noise_reduction", "format=jpeg"]), ("service", ["route=/health"]), ("service", ["route=/health", "format=png"]),
              ("scoped", []), ("scoped", ["operation=noise_reduction"]), ("scoped", ["operation=blur"]), ("few", []), ("few", ["format=png"]), ("flat", []), ("empty", []), ("hostile", ["__proto__=\u202egnp.exe"])]


def write_report(page, data, kind, tags):
    subprocess.run([BUILD + "/tests/tools/write_report", kind, page, data, *tags], check=True, stderr=subprocess.DEVNULL)


def dump_dom(chromium, page, fragment, profile):
    done = subprocess.run([chromium, *FLAGS, "--user-data-dir=" + profile, "--virtual-time-budget=20000", "--dump-dom",
                           "file://%s%s" % (page, fragment)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=False)
    return done.stdout.decode("utf-8", "replace")


def check_links(chromium, folder):
    """The filter as a link, by nothing but Chromium."""
    page, data = os.path.join(folder, "link.html"), os.path.join(folder, "link.json")
    write_report(page, data, "service", ["operation=blur"])
    with open(data, encoding="utf-8") as file:
        expected = json.load(file)["functions"]
    fragment = "#" + urllib.parse.urlencode({"tag": json.dumps(["operation", "blur"], separators=(",", ":"))})
    dom = dump_dom(chromium, page, fragment, os.path.join(folder, "profile"))
    section = dom[dom.find('<section id="functions"'):dom.find('<section id="tags"')]
    names = re.findall(r'<td class="name"><code>(\w+)\(\)</code>', section)
    shares = re.findall(r'<td class="n" title="[^"]*">([^<]*)</td>', section)
    fine = names == [function["name"] for function in expected] and shares[0] == "%.1f" % expected[0]["self_percent"]
    print("%s 1 - a link with a tag shows its functions only: %s" % ("ok" if fine else "not ok", names))
    return 0 if fine else 1


def main():
    chromium = find_chromium()
    if not chromium:
        print("ok 1 - the report in a browser # SKIP chromium is not here")
        return 0
    modules, why = find_modules()
    with tempfile.TemporaryDirectory() as folder:
        if not modules:
            print("ok 2 - driving the report by mouse and keyboard # SKIP " + why)
            return check_links(chromium, folder)
        plan = {"pages": {}, "selections": []}
        for kind in KINDS:
            plan["pages"][kind] = os.path.join(folder, kind + ".html")
            write_report(plan["pages"][kind], os.path.join(folder, "all.json"), kind, [])
        for i, (kind, tags) in enumerate(SELECTIONS):
            data = os.path.join(folder, "selection-%d.json" % i)
            write_report(os.path.join(folder, "unused.html"), data, kind, tags)
            shown = [tag.replace("\u202e", "\ufffd") for tag in tags]
            plan["selections"].append({"kind": kind, "tags": shown, "json": data})
        path = os.path.join(folder, "plan.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(plan, file)
        return subprocess.run(["node", os.path.join(HERE, "report_checks.cjs"), modules, chromium, path], check=False).returncode


sys.exit(main())
