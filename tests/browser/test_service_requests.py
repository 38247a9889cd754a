#!/usr/bin/python3
"""A real run of image-service: its slow requests, picked in the report's page, leave exactly their samples, in whatever thread a band of them
was computed; tests/browser/service_requests_checks.cjs drives the page, and `hotline view --span` says what it must show."""
import json
import os
import subprocess
import sys

from browser_tools import drive

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
sys.path.insert(0, os.path.join(HERE, "..", "end_to_end"))
from pictures import noise_png  # pylint: disable=wrong-import-position
from service import Service, form  # pylint: disable=wrong-import-position

DENOISED, BLURRED, PICKED = 4, 12, 3


def record(saved):
    """Requests one after the other: idle workers help each of them."""
    with Service("--workers=2", prefix=[os.path.join(BUILD, "hotline"), "--cpu", "--outfile=" + saved]) as service:
        picture = noise_png(1400, 1000)
        for i in range(DENOISED + BLURRED):
            fields = {"operation": "blur", "radius": "3"} if i % 4 else {"operation": "noise_reduction", "sigma": "25"}
            reply = service.post(form(picture, **fields), {"X-Request-Id": "asked-%d" % i})
            assert reply.status == 200, reply.body
        assert service.stop() == 0


def make_plan(folder):
    saved, page, whole = (os.path.join(folder, name) for name in ("run.pb.gz", "run.html", "run.json"))
    record(saved)

    def view(*arguments):
        subprocess.run([BUILD + "/hotline", "view", saved, *arguments], check=True, stderr=subprocess.DEVNULL)

    view("-o", page, "-o", whole)
    with open(whole, encoding="utf-8") as file:
        spans = json.load(file)["spans"]
    slow = [span["id"] for span in spans if span["tags"].get("operation") == "noise_reduction"][:PICKED]
    parts = []
    for ids in [[one] for one in slow] + [slow]:
        parts.append({"ids": ids, "json": os.path.join(folder, "%d.json" % len(parts))})
        view(*["--span=" + one for one in ids], "-o", parts[-1]["json"])
    return {"page": page, "whole": whole, "parts": parts}


if os.environ.get("SAN"):
    print("ok 1 - requests of a real run in a browser # SKIP the service is not profiled with sanitizers")
    sys.exit(0)
sys.exit(drive("service_requests_checks.cjs", "requests of a real run", make_plan))
