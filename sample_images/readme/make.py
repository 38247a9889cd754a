#!/usr/bin/python3
"""Makes the README's two pictures: report.png from profile.html (`make example-report`), before_after.jpg from what `make demo` left in
build/demo/pictures. Needs chromium and python3-pil."""
import os
import subprocess
import tempfile

from PIL import Image

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))
FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --hide-scrollbars --window-size=1280,1340 --virtual-time-budget=10000").split()
TILE, GAP = (300, 220), 12
# Picture, operation, and the part of it that is shown.
TILES = [("night", "noise_reduction", (0.42, 0.42, 0.60, 0.655)), ("portrait", "blur", (0.1, 0.1, 0.9, 0.57)),
         ("facade", "edge_detect", (0.2, 0.1, 0.8, 0.69)), ("scene", "enhance", (0.0, 0.1, 0.8, 0.98))]


def part(path, box):
    picture = Image.open(path).convert("RGB")
    width, height = picture.size
    edges = (int(box[0] * width), int(box[1] * height), int(box[2] * width), int(box[3] * height))
    return picture.crop(edges).resize(TILE, Image.LANCZOS)


with tempfile.TemporaryDirectory() as scratch:
    shot = os.path.join(scratch, "report.png")
    subprocess.run(["chromium", *FLAGS, "--user-data-dir=" + os.path.join(scratch, "browser"), "--screenshot=" + shot,
                    "file://" + os.path.join(ROOT, "profile.html")], check=True, capture_output=True, timeout=120)
    report = Image.open(shot).convert("RGB")
    report = report.resize((report.width * 3 // 4, report.height * 3 // 4), Image.LANCZOS)
    report.quantize(128).save(os.path.join(FOLDER, "report.png"), optimize=True)

strip = Image.new("RGB", (len(TILES) * (TILE[0] + GAP) - GAP, 2 * TILE[1] + 8), "white")
for i, (name, operation, box) in enumerate(TILES):
    after = os.path.join(ROOT, "build", "demo", "pictures", "%s_%s.jpg" % (name, operation))
    strip.paste(part(os.path.join(ROOT, "sample_images", name + ".jpg"), box), (i * (TILE[0] + GAP), 0))
    strip.paste(part(after, box), (i * (TILE[0] + GAP), TILE[1] + 8))
strip.save(os.path.join(FOLDER, "before_after.jpg"), quality=85)
