#!/usr/bin/python3
"""How often `hotline diff` is wrong, on real runs of image-service.

Runs of the same work, in pairs: no function and no line of a pair may be called different. Then the same requests with method=mean and with
method=dct: what is called different must be the code of the two methods, and nothing else.

    make bench-diff          PAIRS=20  ROUNDS=  times that the list of requests is sent in a run; default: as many as take about RUN_S
                             RUN_S=4   seconds of a run      KEEP=FOLDER  keep the profiles there
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "end_to_end"))
from service import BUILD, Service, form  # noqa: E402
from bench_cost import send  # noqa: E402

HOTLINE = os.path.join(BUILD, "hotline")
PAIRS = int(os.environ.get("PAIRS", "20"))
RUN_S = float(os.environ.get("RUN_S", "4"))
OPERATIONS = ["blur", "sharpen", "edge_detect", "grayscale", "enhance", "rotate"]
PICTURES = ["scene.jpg", "portrait.jpg", "badge.png"]
# Where the two methods of noise_reduction are, and what only they use.
METHOD_FILES = ("operate/kernels/dct.c", "operate/kernels/mean.c", "operate/denoise_dct.c", "operate/denoise_mean.c", "operate/noise_reduction.c",
                "operate/noise_estimate.c")


def bodies(method):
    work = []
    for name in PICTURES:
        with open(os.path.join(ROOT, "sample_images", name), "rb") as file:
            picture = file.read()
        work += [form(picture, operation=operation) for operation in OPERATIONS]
        work.append(form(picture, operation="noise_reduction", method=method))
    return work


def record(path, work, rounds):
    """One run. ret: its seconds."""
    with Service("--log=off", prefix=[HOTLINE, "--cpu", "-F", "200", "-o", path]) as service:
        took = send(service, work, rounds)
        service.stop()
    return took


def diff(before, after, *words):
    """ret: the comparison as JSON."""
    path = after + ".diff.json"
    done = subprocess.run([HOTLINE, "diff", before, after, *words, "-o", path], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def place(row):
    at = os.path.basename(row.get("file") or row.get("module") or "?")
    return "%s() %s" % (row.get("name") or row.get("function"), "%s:%d" % (at, row["line"]) if "line" in row else at)


def cost(row, normalized):
    unit, member = ("%", "percent") if normalized else ("s", "cpu_s")
    return "%.2f -> %.2f %s" % (row["before"][member], row["after"][member], unit)


def different(found, kind):
    return [row for row in found[kind] if row["significant"]]


def same_work(folder, rounds, pairs=PAIRS):
    """ret: how many pairs were called different."""
    work, wrong = bodies("dct"), 0
    for i in range(pairs):
        paths = [os.path.join(folder, "same-%d-%s.pb.gz" % (i, side)) for side in "ab"]
        took = [record(path, work, rounds) for path in paths]
        alarms = []
        for normalized in (False, True):
            found = diff(*paths, *(["--normalize"] if normalized else []))
            if found.get("unjudged"):
                raise RuntimeError(found["unjudged"])
            alarms += ["%s: %s, %s" % (kind[:-1], place(row), cost(row, normalized)) for kind in ("functions", "lines") for row in different(found, kind)]
        wrong += bool(alarms)
        print("# pair %2d: %.1f s and %.1f s: %s" % (i + 1, *took, "; ".join(alarms) or "no difference"), flush=True)
    return wrong


def methods(folder, rounds):
    """ret: (functions rightly named, functions wrongly named)."""
    paths = [os.path.join(folder, method + ".pb.gz") for method in ("mean", "dct")]
    for path, method in zip(paths, ("mean", "dct")):
        record(path, bodies(method), rounds)
    found = different(diff(*paths), "functions")
    right = [row for row in found if (row.get("file") or "").endswith(METHOD_FILES)]
    wrong = [row for row in found if row not in right]
    for title, rows in (("named and different", right), ("named and not of the methods", wrong)):
        print("# %s: %s" % (title, "; ".join("%s, %s" % (place(row), cost(row, False)) for row in rows) or "none"), flush=True)
    return len(right), len(wrong)


def main():
    folder = os.environ.get("KEEP") or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    try:
        rounds = int(os.environ.get("ROUNDS", "0"))
        if rounds == 0:
            rounds = max(round(2 * RUN_S / record(os.path.join(folder, "first.pb.gz"), bodies("dct"), 2)), 1)
        print("%d rounds of %d requests in a run, load %.1f" % (rounds, len(bodies("dct")), os.getloadavg()[0]), flush=True)
        wrong = same_work(folder, rounds)
        print("of %d pairs of the same work %d were called different" % (PAIRS, wrong))
        right, others = methods(folder, rounds)
        return 0 if wrong * 20 <= PAIRS and right > 0 and others == 0 else 1
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
