#!/usr/bin/python3
"""The image service under hotline: the report names the hot line, tags hold also in the bands that helpers compute, stacks are whole;
and the service answers its whole end-to-end suite as it does without hotline."""
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time

import numpy
from PIL import Image

from hotline_run import HOTLINE, check, finish
from service import Service, form

FOLDER = os.path.dirname(os.path.abspath(__file__))
LOAD_S = 6  # of CPU time: the one sample that may fall into ld.so, before main, stays below 0.2 %


def noisy_picture():
    generator = numpy.random.default_rng(7)
    ramp = numpy.linspace(40, 210, 1024)[None, :, None] + numpy.zeros((768, 1024, 3))
    pixels = numpy.clip(ramp + generator.normal(0, 25, ramp.shape), 0, 255).astype("uint8")
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def cpu_seconds(pid):
    return sum(int(open("/proc/%d/task/%s/schedstat" % (pid, tid), encoding="ascii").read().split()[0]) * 1e-9
               for tid in os.listdir("/proc/%d/task" % pid))


def load(service, operation, picture, seconds):
    """One client, one request after the other, for `seconds`, and as long as the service used that much CPU time (a busy machine): what
    idle workers do for the client, they do as helpers."""
    start, end, statuses = cpu_seconds(service.pid), time.monotonic() + seconds, []
    while time.monotonic() < end or (cpu_seconds(service.pid) - start < seconds and time.monotonic() < end + 60):
        statuses.append(service.process_image(picture, operation=operation, sigma="25").status)
    return statuses


def tag_share(report, value):
    return sum(row["cpu_percent"] for row in report["tags"]["sets"] if row["tags"].get("operation") == value)


def names_the_hot_line():
    picture = noisy_picture()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.json")
        prefix = [HOTLINE, "--cpu", "--html", "--json", "--outfile=" + path, "--tag=suite=test"]
        with Service("--workers=2", prefix=prefix) as service:
            denoised, blurred = load(service, "noise_reduction", picture, LOAD_S), load(service, "blur", picture, 0.5)
            check(set(denoised) == {200} and set(blurred) == {200}, "a load of noise_reduction and a little of blur")
            named = service.post(form(picture, operation="noise_reduction", sigma="25"), {"X-Request-Id": "find-me"})
            check(named.headers["x-request-id"] == "find-me", "a client's id comes back", named.headers)
            status = service.stop()
        check(status == 0, "SIGTERM: the service drains and ends with 0, and so does hotline", (status, service.messages))
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        with open(os.path.join(folder, "r.html"), encoding="utf-8") as file:
            html = file.read()
    requests_are_spans(report, {"noise_reduction": len(denoised) + 1, "blur": len(blurred)})
    facts = report["self_check"]
    check(facts["samples"] >= 300 and facts["dropped"] == 0, "enough samples, none dropped", facts)
    check(facts["complete_stacks_percent"] >= 99.5, "complete stacks >= 99.5 %", facts)
    roots = sum(row["total_percent"] for row in report["functions"] if row["name"] in ("_start", "clone3"))
    check(99.8 <= roots <= 100.01, "main and the threads' functions together hold >= 99.8 %", roots)
    hottest = max((dict(row, path=file["path"]) for file in report["files"] for row in file["lines"]), key=lambda row: row["own_percent"])
    check("/service/operate/" in hottest["path"] and hottest["line"] > 0, "the line with most own time stands in service/operate/", hottest)
    headline = re.sub(r"<[^>]*>", "", re.search(r"<h1[^>]*>(.*?)</h1>", html, re.S)[1])
    check("dct.c:" in headline and "operation = noise_reduction" in headline, "the report opens with its function, line and operation", headline)
    with open(hottest["path"], encoding="utf-8") as file:
        text = file.read().splitlines()[hottest["line"] - 1]
    check(any(character.isalnum() for character in text), "it is a line of code", text)
    name = os.path.basename(hottest["path"])
    check("%s:%d" % (name, hottest["line"]) in html, "the HTML report names it", hottest)
    last = "\n".join(service.messages[-6:])
    check("%s:%d" % (name, hottest["line"]) in last and "operation=noise_reduction" in last, "so do hotline's last lines", last)
    # Every sample in the denoiser's kernels carries the tag: also those of bands that the other worker computed.
    kernels = sum(row["own_percent"] + row["library_percent"] + row["system_percent"] for file in report["files"]
                  if "/operate/" in file["path"] and ("dct" in file["path"] or "denoise" in file["path"]) for row in file["lines"])
    tagged = tag_share(report, "noise_reduction")
    check(kernels >= 50 and tagged >= kernels - 0.01, "all of the denoiser's time is under operation=noise_reduction", (kernels, tagged))
    workers = [thread["cpu_seconds_sampled"] for thread in report["threads"] if thread["cpu_seconds_sampled"] > 0.3]
    check(len(workers) >= 2, "a lone request was helped by the other worker", report["threads"])
    check(tag_share(report, "blur") > 0, "and blur's samples stand under operation=blur", report["tags"])
    check(report["tags"]["static"].get("suite") == "test", "static tags are there", report["tags"])


def requests_are_spans(report, asked):
    """Every request is a span, with its id, its tags and the time that it cost in whatever thread."""
    requests, spans = report["requests"], report["spans"]
    denoised = [span for span in spans if span["tags"].get("operation") == "noise_reduction"]
    rows = {(row["key"], row["value"]): row for row in requests["values"]}
    check(requests["lost"] == 0 and requests["running"] == 0 and rows["operation", "blur"]["count"] == asked["blur"] and
          rows["operation", "noise_reduction"]["count"] == asked["noise_reduction"] == len(denoised), "every request is counted", (asked, requests))
    span = denoised[0]
    check(span["tags"] == {"operation": "noise_reduction", "format": "jpeg", "size": "<1MP", "status": "200"} and
          (span["name"], span["method"], span["path"]) == ("/process", "POST", "/process"), "and tagged", span)
    named = [span for span in spans if span["request_id"] == "find-me"]
    check(len(named) == 1 and named[0]["tags"]["operation"] == "noise_reduction", "a request is found by the id that its client gave", named)
    whole_ms = tag_share(report, "noise_reduction") / 100 * report["self_check"]["cpu_seconds_sampled"] * 1000
    in_spans_ms = sum(span["cpu_ms"] for span in denoised)
    check(0.9 * whole_ms <= in_spans_ms, ">= 90 % of noise_reduction's CPU time is in its spans, helpers' bands included", (in_spans_ms, whole_ms))
    check(all(span["wall_ms"] >= row["p50_ms"] for span in denoised[:1] for row in [rows["operation", "noise_reduction"]]), "the slowest first", span)


def answers_the_same(options):
    """The same suites that `make test` runs without hotline, each with every service under it."""
    for suite in ("test_process.py", "test_http.py", "test_lifecycle.py"):
        with tempfile.TemporaryDirectory() as folder:
            prefix = "%s %s --json --profile-interval=1 --outfile=%s/%%p.json" % (HOTLINE, options, folder)
            done = subprocess.run([sys.executable, os.path.join(FOLDER, suite)], capture_output=True, text=True, check=False,
                                  timeout=500, stdin=subprocess.DEVNULL, env=dict(os.environ, SERVICE_PREFIX=prefix))
            reports = len(os.listdir(folder))
        points = [line for line in done.stdout.splitlines() if line.startswith(("ok", "not ok"))]
        planned = int(done.stdout.split("1..", 1)[1].split()[0])
        check(len(points) == planned and all(line.startswith("ok") for line in points) and done.returncode == 0,
              "under hotline %s every answer of %s is the same" % (options, suite), done.stdout)
        check(reports >= 1, "and its services left their reports", reports)


names_the_hot_line()
answers_the_same("")
answers_the_same("--wall --engine=perf -F 997")
finish()
