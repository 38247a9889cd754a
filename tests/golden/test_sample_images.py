#!/usr/bin/python3
"""The committed sample pictures are what their generator paints, and what the README says about them."""
import os
import shutil
import subprocess
import sys
import tempfile

import numpy
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
from tap import equal, run, test, true  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = os.path.join(ROOT, "sample_images")
GENERATOR = os.path.join(os.environ.get("BUILD", "build"), "sample_images", "generate")
# name: size, mode, how far a pixel may be from the generator's (a JPEG decoder of another version may round differently)
PICTURES = {
    "scene.jpg": ((1200, 800), "RGB", 1),
    "portrait.jpg": ((720, 900), "RGB", 1),
    "document.png": ((1240, 1754), "L", 0),
    "night.jpg": ((1920, 1080), "RGB", 1),
    "badge.png": ((512, 512), "RGBA", 0),
    "facade.jpg": ((1200, 900), "RGB", 1),
}


def pixels(path):
    with Image.open(path) as image:
        return numpy.asarray(image).astype(int)


def committed():
    return sorted(name for name in os.listdir(FOLDER) if name.endswith((".jpg", ".png")))


@test
def there_are_six_pictures_of_the_stated_sizes():
    equal(committed(), sorted(PICTURES))
    for name, (size, mode, _) in PICTURES.items():
        with Image.open(os.path.join(FOLDER, name)) as image:
            equal((image.size, image.mode), (size, mode), name)


@test
def they_suit_a_demo():
    jpegs = [name for name in committed() if name.endswith(".jpg")]
    true(len(jpegs) >= 3, "at least three JPEG files")
    true(any(size[0] * size[1] >= 2000000 for n, (size, _, _) in PICTURES.items() if n in jpegs), "a JPEG of 2 MP or more")
    total = sum(os.path.getsize(os.path.join(FOLDER, name)) for name in committed())
    true(total < 2500000, "together below 2.5 MB, not %d" % total)
    alpha = pixels(os.path.join(FOLDER, "badge.png"))[:, :, 3]
    true(alpha.min() == 0 and alpha.max() == 255, "the badge has clear and opaque parts")
    true(len(numpy.unique(alpha)) > 200, "and soft edges")


def paints(name):
    def point():
        folder = tempfile.mkdtemp()
        try:
            subprocess.run([GENERATOR, folder, name], check=True)
            equal(os.listdir(folder), [name])
            fresh, kept = pixels(os.path.join(folder, name)), pixels(os.path.join(FOLDER, name))
            equal(fresh.shape, kept.shape, "shape")
            farthest = int(abs(fresh - kept).max())
            true(farthest <= PICTURES[name][2], "%s differs by %d levels: run `make sample-images`" % (name, farthest))
        finally:
            shutil.rmtree(folder)
    point.__name__ = "the_generator_paints_" + name.replace(".", "_")
    return point


for picture in PICTURES:
    test(paints(picture))


@test
def the_generator_refuses_what_it_cannot_do():
    for words, status in (([], 2), (["--help"], 2), (["/nonexistent", "badge.png"], 1)):
        done = subprocess.run([GENERATOR, *words], stderr=subprocess.PIPE, check=False)
        equal(done.returncode, status, str(words))
        true(done.stderr, "it says why")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([GENERATOR, folder, "nobody.jpg"], stderr=subprocess.PIPE, check=False)
        equal((done.returncode, os.listdir(folder)), (2, []))


run()
