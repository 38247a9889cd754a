#!/usr/bin/python3
"""The upload page in Chromium: every operation, every mistake, by mouse, by keyboard and without JavaScript (page_checks.cjs)."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "end_to_end"))

from browser_tools import find_chromium, find_modules  # pylint: disable=wrong-import-position
from pictures import encode, gradient, jpeg  # pylint: disable=wrong-import-position
from service import Service  # pylint: disable=wrong-import-position


def write_pictures(folder):
    picture = gradient(80, 60).convert("RGBA")
    picture.putalpha(gradient(80, 60).convert("L"))
    files = {"photo.jpg": jpeg(), "broken.jpg": jpeg()[:len(jpeg()) // 2], "empty.jpg": b"", "notes.txt": b"These are not pixels.",
             "alpha.png": encode(picture, "PNG"), "large.bmp": encode(gradient(700, 600), "BMP")}
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def main():
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - the upload page in a browser # SKIP " + why)
        return 0
    with tempfile.TemporaryDirectory() as folder, Service("--workers=2", "--max-body-bytes=1M") as service:
        write_pictures(folder)
        return subprocess.run(["node", os.path.join(HERE, "page_checks.cjs"), modules, chromium, "http://127.0.0.1:%d" % service.port, folder],
                              check=False).returncode


sys.exit(main())
