#!/usr/bin/python3
"""sample_images/ -> service/page/samples/: small pictures that the service carries, for people who have none at hand.

Run by `make page-samples`. What a picture is there to show must survive: the night's noise would be averaged away, so it is cut out at
full size and the others are scaled down. Together they stay below 150 KB, which every instance of the service holds in memory.
"""
import io
import os

from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "..", "..", "sample_images")
TARGET = os.path.join(HERE, "samples")
SAMPLES = {  # name: (part of the source: left, top, right, bottom; None: all), width of the sample, JPEG quality
    "scene": (None, 560, 82),
    "portrait": ((0, 0, 720, 900), 360, 84),
    "night": ((744, 400, 1224, 760), 480, 72),
    "facade": (None, 500, 74),
}


def shrink(name):
    part, width, _ = SAMPLES[name]
    with Image.open(os.path.join(SOURCE, name + ".jpg")) as source:
        image = source.convert("RGB").crop(part or (0, 0) + source.size)
    return image.resize((width, round(image.height * width / image.width)), Image.LANCZOS)


def main():
    os.makedirs(TARGET, exist_ok=True)
    for name, (_, _, quality) in SAMPLES.items():
        out = io.BytesIO()
        shrink(name).save(out, "JPEG", quality=quality, optimize=True, progressive=False)
        with open(os.path.join(TARGET, name + ".jpg"), "wb") as file:
            file.write(out.getvalue())
        print("%-10s %6d bytes" % (name, len(out.getvalue())))


if __name__ == "__main__":
    main()
