#!/usr/bin/python3
"""`make screenshots`: pictures of the upload page, of reports and of the example report in BUILD/screenshots, to be looked at."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
KINDS = ["service", "fleet", "few", "empty"]  # reports that tests/tools/write_report makes
sys.path.insert(0, os.path.join(HERE, "..", "end_to_end"))

from browser_tools import BUILD, find_chromium, find_modules  # pylint: disable=wrong-import-position
from service import Service  # pylint: disable=wrong-import-position


def take_page(modules, chromium, folder):
    with Service("--workers=2") as service:
        return subprocess.run(["node", os.path.join(HERE, "page_screenshots.cjs"), modules, chromium, "http://127.0.0.1:%d" % service.port,
                               folder, os.path.join(ROOT, "sample_images")], check=False).returncode


def take_reports(modules, chromium, folder):
    with tempfile.TemporaryDirectory() as work:
        reports = {"example": os.path.join(ROOT, "profile.html")}
        for kind in KINDS:
            reports[kind] = os.path.join(work, kind + ".html")
            subprocess.run([BUILD + "/tests/tools/write_report", kind, reports[kind], os.path.join(work, "data.json")], check=True,
                           stderr=subprocess.DEVNULL)
        return subprocess.run(["node", os.path.join(HERE, "report_screenshots.cjs"), modules, chromium, folder,
                               *("%s=%s" % report for report in reports.items())], check=False).returncode


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        sys.exit("screenshots: " + why)
    folder = os.path.join(BUILD, "screenshots")
    os.makedirs(folder, exist_ok=True)
    return take_page(modules, chromium, folder) or take_reports(modules, chromium, folder)


if __name__ == "__main__":
    sys.exit(main())
