"""Runs a program under hotline and reads the JSON report; prints TAP."""
import json
import math
import os
import re
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
HOTLINE = os.path.abspath(os.path.join(BUILD, "hotline"))
_points = [0, 0]


def target(name):
    return os.path.join(BUILD, "tests", "targets", name)


def profile(*command, options=(), timeout=120, environment=None, **popen):
    """Run `command` under hotline. ret: (report, exit status, stdout, stderr)."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        done = subprocess.run([HOTLINE, "--json", "--outfile=" + path, *options, "--", *command], capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL, env=dict(os.environ, **(environment or {})), **popen)
        report = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
        return report, done.returncode, done.stdout, done.stderr


def without_messages(text):
    """A program's stderr without hotline's lines, which may come in the midst of one of its own."""
    return re.sub(r"hotline: [^\n]*\n(?: [^\n]*\n)*", "", text)


def check(good, name, detail=""):
    _points[0] += 1
    _points[1] += not good
    print("%s %d - %s" % ("ok" if good else "not ok", _points[0], name))
    if not good and detail:
        for line in str(detail).splitlines()[:40]:
            print("# " + line)
    sys.stdout.flush()


def skip(name, why):
    _points[0] += 1
    print("ok %d - %s # SKIP %s" % (_points[0], name, why))


def finish():
    sys.exit(1 if _points[1] else 0)


def function(report, name, key="self_percent"):
    return sum(row[key] for row in report["functions"] if row["name"] == name)


def lines_of(report, file_name):
    for file in report["files"]:
        if os.path.basename(file["path"]) == file_name:
            return file["lines"]
    return []


def line_number(source, marker):
    """The number of the first line of `source` that holds `marker`."""
    with open(source, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if marker in text:
                return number
    raise ValueError(marker)


def sampling_error(percent, samples, deviations=4.5):
    """How far a share estimated from `samples` samples may lie from the true `percent`: binomial, one failure in 150,000 checks."""
    share = min(max(percent / 100.0, 1.0 / max(samples, 1)), 1 - 1.0 / max(samples, 2))
    return 100.0 * deviations * math.sqrt(share * (1 - share) / max(samples, 1)) + 100.0 / max(samples, 1)


def near_share(reported, truth, samples, name):
    """A share is right within the sampling error."""
    check(abs(reported - truth) <= sampling_error(truth, samples), name,
          "%.2f %% where %.2f %% is true, %d samples" % (reported, truth, samples))
