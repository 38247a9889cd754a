#!/usr/bin/python3
"""`make screenshots`: pictures of the upload page in BUILD/screenshots, to be looked at."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "end_to_end"))

from browser_tools import BUILD, find_chromium, find_modules  # pylint: disable=wrong-import-position
from service import Service  # pylint: disable=wrong-import-position


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        sys.exit("screenshots: " + why)
    folder = os.path.join(BUILD, "screenshots")
    os.makedirs(folder, exist_ok=True)
    with Service("--workers=2") as service:
        return subprocess.run(["node", os.path.join(HERE, "page_screenshots.cjs"), modules, chromium, "http://127.0.0.1:%d" % service.port,
                               folder, os.path.join(HERE, "..", "..", "sample_images")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
