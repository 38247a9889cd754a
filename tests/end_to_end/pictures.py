"""Pictures made in code, for uploads."""
import functools
import io
import random

from PIL import Image


def encode(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decode(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@functools.lru_cache(None)
def gradient(width=96, height=64):
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, (x + y) % 256) for y in range(height) for x in range(width)])
    return image


@functools.lru_cache(None)
def jpeg(width=96, height=64):
    return encode(gradient(width, height), "JPEG", quality=90)


@functools.lru_cache(None)
def png(width=96, height=64):
    return encode(gradient(width, height), "PNG")


@functools.lru_cache(None)
def flat_png(width, height):
    """Small as a file, whatever its size in pixels."""
    return encode(Image.new("RGB", (width, height), (200, 100, 50)), "PNG")


@functools.lru_cache(None)
def noise_png(width, height):
    """As large as a file as its pixels."""
    return encode(Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3)), "PNG", compress_level=1)


# With sigma=20 (nothing is skipped then) noise_reduction works on this for as long as a test needs it to: seconds.
LONG_WORK = {"operation": "noise_reduction", "sigma": "20"}


def long_picture():
    return flat_png(4000, 4000)
