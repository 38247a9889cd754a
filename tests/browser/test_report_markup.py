#!/usr/bin/python3
"""The report's file without a browser: well-formed, closed to the network by its policy, its numbers those of the JSON, its data whole.

Reports come from tests/tools/write_report, which makes up profiles; `hostile` has names that try to become markup.
"""
import base64
import hashlib
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
from report_data import packed, read_report_data

BUILD = os.environ.get("BUILD", "build")
KINDS = ["service", "scoped", "empty", "few", "flat", "hostile", "large"]
VOID = {"meta", "link", "br", "hr", "img", "input"}
FOREIGN_VOID = {"rect"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "a", "svg", "defs", "pattern", "rect", "header", "div", "span", "b", "time", "nav",
           "main", "section", "h1", "h2", "strong", "code", "bdi", "p", "ul", "li", "i", "em", "dl", "dt", "dd", "small", "details", "summary",
           "table", "thead", "tbody", "tr", "th", "td", "footer", "script"}
points = []


def check(fine, text):
    points.append(fine)
    print("%s %d - %s" % ("ok" if fine else "not ok", len(points), text), flush=True)


class Page(html.parser.HTMLParser):
    """Nesting, attributes and the text of interesting elements."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.errors, self.ids, self.attributes, self.tags = [], [], [], [], set()
        self.raw, self.rows, self.text = {}, [], []
        self.h1 = ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.errors.append("twice the same attribute in <%s>" % tag)
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.stack.append(tag)
        if tag == "tr":
            self.rows.append({"id": dict(attributes).get("id"), "cells": []})
        if tag in ("td", "th") and self.rows:
            self.rows[-1]["cells"].append("")

    def handle_startendtag(self, tag, attributes):
        if tag not in FOREIGN_VOID and tag not in VOID:
            self.errors.append("<%s/>" % tag)
        self.tags.add(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.errors.append("</%s> in %s at %s" % (tag, self.stack[-3:], self.getpos()))
        else:
            self.stack.pop()

    def handle_data(self, data):
        if self.stack and self.stack[-1] in ("script", "style"):
            self.raw.setdefault(self.stack[-1], []).append(data)
        elif "h1" in self.stack:
            self.h1 += data
        if ("td" in self.stack or "th" in self.stack) and self.rows and self.rows[-1]["cells"]:
            self.rows[-1]["cells"][-1] += data

    def handle_comment(self, data):
        self.errors.append("a comment: " + data[:40])


def write_report(folder, kind, *tags):
    page, data = os.path.join(folder, kind + ".html"), os.path.join(folder, kind + ".json")
    subprocess.run([BUILD + "/tests/tools/write_report", kind, page, data, *tags], check=True, stderr=subprocess.DEVNULL)
    with open(page, "rb") as file:
        raw = file.read()
    with open(data, encoding="utf-8") as file:
        return raw, json.load(file)


def percent_text(value):
    return "" if value <= 0 else "<0.1" if value < 0.05 else "%.1f" % value


def close_text(shown, value):
    """Equal as shown; a value on the edge of two roundings may go either way."""
    return shown in {percent_text(value), percent_text(value - 1e-5), percent_text(value + 1e-5)}


def check_policy(kind, text, page):
    policies = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    style, script = re.findall(r"<style>(.*?)</style>", text, re.S), re.findall(r"<script>(.*?)</script>", text, re.S)
    digest = lambda source: "'sha256-%s'" % base64.b64encode(hashlib.sha256(source).digest()).decode()
    fine = len(policies) == 1 and len(style) == 1 and len(script) == 1 and policies[0] == (
        "default-src 'none'; style-src %s %s; script-src %s %s; base-uri 'none'; form-action 'none'" % (
            digest(style[0].encode()), digest(packed(text, "report-style")), digest(script[0].encode()), digest(packed(text, "report-script"))))
    check(fine, "%s: the policy allows the two styles and the two scripts by their hashes, and nothing else" % kind)
    handlers = [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    outside = [value for name, value in page.attributes if name in ("src", "href", "action", "xlink:href", "data") and not value.startswith("#")]
    check(not handlers and not outside, "%s: no inline handler, no inline style, nothing is loaded" % kind)


def check_sums(kind, profile):
    """What must add up in the JSON, whatever was sampled."""
    check_ = profile["self_check"]
    parts = sum(check_[name] for name in ("own_percent", "library_percent", "system_percent", "outside_percent"))
    fine = abs(parts - (100 if check_["samples"] else 0)) < 1e-3
    for file in profile["files"]:
        lines = file["lines"]
        decided = sum(line["own_percent"] + line["library_percent"] + line["system_percent"] for line in lines)
        fine &= abs(decided - file["cpu_percent"]) < 1e-3
        fine &= all(line["self_percent"] <= line["total_percent"] + 1e-6 and line["total_percent"] < 100.001 for line in lines)
        fine &= [line["line"] for line in lines] == sorted({line["line"] for line in lines})
    fine &= abs(sum(function["self_percent"] for function in profile["functions"]) - (100 if check_["samples"] else 0)) < 0.02
    fine &= sum(tags["samples"] for tags in profile["tags"]["sets"]) == check_["samples"]
    check(fine, "%s: the JSON's columns add up" % kind)


def check_scope(text, profile, data):
    """blur.c by its name, what has less than 4 %, source without samples: nowhere to be found, and the report says so."""
    scope = profile["scope"]
    check(scope["profile_exclude"] == ["blur.c"] and scope["cpu_percent_threshold"] == 4 and scope["reduced_profile"] and
          min(scope["left_out"].values()) >= 1, "scoped: the JSON says what was asked and how much is left out: %s" % scope["left_out"])
    listed = profile["files"] + profile["functions"] + [line for file in profile["files"] for line in file["lines"]]
    check(all(entry["total_percent"] >= 4 for entry in listed) and not any("blur.c" in file["path"] for file in profile["files"]) and
          "box_row" not in {function["name"] for function in profile["functions"]}, "scoped: only what has 4 % is listed")
    numbers = [int(number) for number in re.findall(r'<tr id="F0L(\d+)"', text)]
    lines = next(file["lines"] for file in profile["files"] if file["path"].endswith("dct.c"))
    carried = [piece for pieces in data["sources"] for _, piece in pieces]
    check(numbers == [line["line"] for line in lines] and not any("struct plane planes" in piece for piece in carried) and
          any("to[j] +=" in piece for piece in carried), "scoped: source only where samples are: %s" % numbers)
    check("does not hold “blur.c”" in text and "with less than 4 % of the CPU time" in text, "scoped: the page says so")


def check_numbers(kind, page, profile, data):
    """Static source rows show the numbers of the JSON."""
    lines = {(file["path"], line["line"]): line for file in profile["files"] for line in file["lines"]}
    shown = [row for row in page.rows if row["id"]]
    wrong = []
    for row in shown:
        file, number = re.fullmatch(r"F(\d+)L(\d+)", row["id"]).groups()
        line = lines.get((data["paths"][data["files"]["path"][int(file)]], int(number)))
        values = [line[name] if line else 0 for name in ("own_percent", "library_percent", "system_percent", "total_percent")]
        if row["cells"][0] != number or not all(close_text(cell, value) for cell, value in zip(row["cells"][1:5], values)):
            wrong.append((row, values))
    check(not wrong and (bool(shown) or not profile["files"]), "%s: %d source rows show the JSON's numbers %s" % (kind, len(shown), wrong[:2]))


def main():
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            raw, profile = write_report(folder, kind)
            sizes[kind] = len(raw)
            text = raw.decode("utf-8")
            page = Page()
            page.feed(text)
            page.close()
            check(not page.errors and not page.stack and text.startswith("<!DOCTYPE html>\n"), "%s: well-formed %s" % (kind, page.errors[:3]))
            check(page.tags <= ALLOWED, "%s: no element but ours %s" % (kind, page.tags - ALLOWED))
            check(len(page.ids) == len(set(page.ids)), "%s: ids are unique" % kind)
            check(not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), "%s: no control characters" % kind)
            check_policy(kind, text, page)
            data = read_report_data(text)
            cells = data["cells"]
            check(sum(cells["samples"]) == profile["self_check"]["samples"] and
                  abs(sum(cells["weight"]) * data["unit_ns"] / 1e9 - profile["self_check"]["cpu_seconds_sampled"]) < 1e-5,
                  "%s: the data hold every sample" % kind)
            if kind != "scoped":
                check_sums(kind, profile)
            if kind != "hostile":
                check_numbers(kind, page, profile, data)
            if kind == "service":
                check(page.h1.replace("\xa0", " ") == "47 % of CPU in denoise_row(), dct.c:66, while operation = noise_reduction",
                      "service: opens on a sentence: " + page.h1)
            if kind == "scoped":
                check_scope(text, profile, data)
            if kind == "few":
                check("Only 54 samples" in text and "longer load" in text, "few: says so and what to do")
        check(sizes["empty"] <= 150 * 1024, "an empty report is %d bytes, at most 150 KB" % sizes["empty"])
        check(sizes["large"] <= 8 << 20, "1,000,000 samples, 200,000 nodes, 2,000 files: %d bytes, at most 8 MB" % sizes["large"])
        whole, blur = (write_report(folder, "service", *tags)[1] for tags in ([], ["operation=blur"]))
        check(blur["self_check"]["cpu_seconds_sampled"] == 1.92 and whole["self_check"]["cpu_seconds_sampled"] == 11.13 and
              [file["path"].split("/")[-1] for file in blur["files"] if file["cpu_percent"]] == ["blur.c", "decode_jpeg.c", "worker.c"],
              "a selection leaves its samples only")
    sys.exit(0 if all(points) else 1)


main()
