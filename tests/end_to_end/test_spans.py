#!/usr/bin/python3
"""hotline.h's spans: over threads, nested, in forked children, by the ten thousand, ended by a kill; each has the CPU time of its own
samples, and the durations are those that the program itself measured."""
import json
import os
import signal
import subprocess
import tempfile

from hotline_run import HOTLINE, check, finish, profile, target


def run(*arguments, options=()):
    report, status, out, err = profile(target("spans"), *arguments, options=options)
    return report, report["requests"], report["spans"], status, out


def named(spans, name):
    return [span for span in spans if span["name"] == name]


def near_ms(measured, truth, samples):
    """CPU time from samples of 10 ms: the last period of a span is a matter of chance."""
    return abs(measured - truth) <= 0.15 * truth + 30 and samples > 0


def nested():
    report, requests, spans, status, _ = run("nested")
    outer, inner = named(spans, "outer")[0], named(spans, "inner")[0]
    check(status == 0 and requests["ended"] == 2 and requests["lost"] == 0, "two spans, and the context is restored", requests)
    check(near_ms(outer["cpu_ms"], 200, outer["samples"]) and near_ms(inner["cpu_ms"], 400, inner["samples"]),
          "samples in an inner span are its alone", (outer, inner))
    check(outer["tags"] == {"mode": "nested"} and not outer["running"], "a tag in front of the span is its", outer)
    check(outer["begin_s"] <= inner["begin_s"] and outer["wall_ms"] >= inner["wall_ms"] >= 400, "the outer one holds the inner", (outer, inner))
    check(outer["id"] != inner["id"] and all(len(span["id"]) == 16 for span in spans), "ids differ", spans)


def threads():
    report, requests, spans, status, out = run("threads")
    span = spans[0]
    check(status == 0 and out == "1\n" and len(spans) == 1 and requests["ended"] == 1, "ended in another thread, twice, is ended once", requests)
    check((span["method"], span["path"], span["request_id"]) == ("GET", '/things/17?x="y"', "request-17"), "method, path, request id", span)
    check(span["tags"] == {"status": "200"}, "tags are those at its end", span)
    check(near_ms(span["cpu_ms"], 800, span["samples"]), "work of two helpers is the span's, what they did before and after is not", span)


def forked():
    report, requests, spans, status, out = run("forked")
    parent, children = named(spans, "parent"), named(spans, "child")
    check(status == 0 and out == "0\n" and len(parent) == 1 and len(children) == 6, "each child has spans of its own", (out, spans))
    check(len({span["id"] for span in spans}) == 7 and len({span["pid"] for span in children}) == 3, "whose ids differ", spans)
    check(near_ms(parent[0]["cpu_ms"], 450, parent[0]["samples"]), "what children do for their parent's span is in it", parent)
    check(parent[0]["wall_ms"] > max(span["wall_ms"] for span in children) and not parent[0]["running"], "and none of them ends it", spans)
    check(near_ms(sum(span["cpu_ms"] for span in children), 600, 1), "their own spans have their own time", children)


def durations():
    _, requests, spans, _, out = run("latencies")
    truth = [int(word) / 1000 for word in out.split()]
    found = [requests[key] for key in ("p50_ms", "p95_ms", "p99_ms", "max_ms")]
    # A step of the scale is 1/16 of its size at most; the program's own clock is read outside of the span, where it may lose its turn.
    check(requests["count"] == 400 and all(abs(a - b) <= 0.07 * b + slack for a, b, slack in zip(found, truth, (0.1, 0.5, 2, 20))),
          "p50, p95, p99 and the longest are those that the program measured", (found, truth))
    ids = {span["request_id"] for span in spans if span["wall_ms"] >= 40}
    check(ids >= {"r99", "r199", "r299", "r399"} and spans == sorted(spans, key=lambda span: -span["wall_ms"]),
          "the requests that sleep longest are found by their ids; the slowest is first", ids)
    _, requests, spans, _, _ = run("latencies", options=["--slower-than=10"])
    check(requests["count"] == 400 and requests["slower_than_ms"] == 10 and 40 <= len(spans) < 200 and min(span["wall_ms"] for span in spans) >= 10,
          "--slower-than=10 keeps those above 10 ms, and counts all", requests)


def many():
    report, requests, spans, status, out = run("many", "80000")
    begun, recorded = (int(word) for word in out.split())
    check(status == 0 and requests["ended"] == recorded and recorded + requests["lost"] == begun == 80000,
          "every one of 80,000 is counted, or counted as lost", (out, requests))
    check(len(spans) <= 1000 and requests["kept"] == len(spans), "at most 1,000 are kept", requests)
    values = {row["value"]: row["count"] for row in requests["values"] if row["key"] == "operation"}
    check(sum(row["count"] for row in requests["sets"]) == recorded and sum(values.values()) == recorded and len(values) == 3,
          "counts by tag value", values)
    with_samples = sum(span["cpu_ms"] for span in spans)
    check(with_samples <= report["self_check"]["cpu_seconds_sampled"] * 1000 + 1, "spans have no more than all", with_samples)
    _, requests, spans, status, out = run("full", "20000")
    check(status == 0 and int(out) == 16384 == requests["ended"] and requests["lost"] == 20000 - 16384,
          "16,384 at once, what is more is counted as lost", (out, requests))


def killed():
    report, requests, spans, status, _ = run("killed")
    check(status == 128 + signal.SIGKILL and report["ended"] == {"how": "signal", "code": 9}, "the program kills itself", report["ended"])
    after, flight = named(spans, "after"), named(spans, "in flight")
    rows = [row for row in requests["sets"] if row["name"] == "after"]
    check(rows and rows[0]["count"] == 20, "children killed in the middle of spans leave room for others'", requests["sets"])
    check(len(flight) == 1 and flight[0]["running"] and flight[0]["request_id"] == "last-words" and near_ms(flight[0]["cpu_ms"], 300, 1),
          "the request in flight at the end is there, with its time", flight)
    check(requests["running"] >= 1 and len(spans) <= 1000 and after, "bounded", requests)


def without():
    plain = subprocess.run([target("spans"), "threads"], capture_output=True, text=True, timeout=60, check=False)
    check(plain.returncode == 0 and plain.stdout == "1\n", "without a profiler they do nothing", plain)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.json")
        subprocess.run([HOTLINE, "--off", "--json", "-o", path, "--", target("spans"), "nested"], capture_output=True, timeout=60, check=True)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        check("spans" not in report and "requests" not in report, "with sampling off there are none", report.get("requests"))
        text = os.path.join(folder, "r.txt")
        subprocess.run([HOTLINE, "--text", "-o", text, "--", target("spans"), "threads"], capture_output=True, timeout=60, check=True)
        with open(text, encoding="utf-8") as file:
            words = file.read()
        check("the slowest requests" in words and 'GET /things/17?x="y" request-17 status=200' in words, "the text report lists the slowest", words)
        program = os.path.join(folder, "spans_cc")
        subprocess.run(["g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-I.", "-x", "c++", "-o", program, "-"], check=True, text=True,
                       input='#include "profiler/hotline.h"\nint main() { try { HOTLINE_PROFILED("job"); throw 1; } catch (int) {}\n'
                       ' return hotline_context_get().word ? 1 : 0; }\n')
        report, status, _, _ = profile(program)
        check(status == 0 and [(span["name"], span["running"]) for span in report["spans"]] == [("job", False)],
              "C++11: a scope left by an exception ends its span", (status, report.get("spans")))


nested()
threads()
forked()
durations()
many()
killed()
without()
finish()
