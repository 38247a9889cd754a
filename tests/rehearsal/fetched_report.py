"""The report that came out of the image: is it whole, does it show lines of code, and nothing of the machine that built it?"""
import base64
import html
import os
import re
import zlib

SAMPLES_MIN = 200


class Report:
    """What a reader of the HTML sees."""

    def __init__(self, text):
        self.text = text
        self.samples = self._fact("Samples")
        self.headline = self._plain(re.search(r'<h1 id="headline">(.*?)</h1>', text, re.S))
        self.facts = {self._plain(name): (self._plain(value), self._plain(small)) for name, value, small in re.findall(
            r"<dt>(.*?)</dt><dd>(.*?)(?:<small>(.*?)</small>)?</dd>", text, re.S)}
        self.hot = []  # (percent, function, path, line, anchor), hottest first
        for row in self._rows("hot"):
            place = re.search(r'<a class="place" href="#([^"]+)">(.*?):(\d+)</a>', row)
            if place:
                percent = self._plain(re.search(r"<td[^>]*>([\d.]+)<", row)) or 0
                self.hot.append((float(percent), self._name(row), html.unescape(place[2]), int(place[3]), place[1]))
        self.functions = [(self._name(row), self._plain(re.search(r'<td class="name dim">(.*?)</td>', row)))
                          for row in self._rows("functions")]
        modules = re.search(r"<summary>Modules</summary>(.*?)</details>", text, re.S)
        self.modules = {self._plain(name).split()[0]: float(percent or 0) for name, percent in re.findall(
            r'<tr><td>(.*?)</td><td class="n"[^>]*>([\d.]*)</td>', modules[1] if modules else "")}

    @staticmethod
    def _plain(found):
        text = found if isinstance(found, str) else found[1] if found else ""
        return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()

    def _name(self, row):
        return self._plain(re.search(r"<code>(.*?)</code>", row))

    def _fact(self, name):
        """A count; its groups of three digits are set apart by a space of any width."""
        found = re.search(r"<dt>%s</dt><dd>(\d+(?:\s\d{3})*)" % name, self.text)
        return int(re.sub(r"\s", "", found[1])) if found else 0

    def _rows(self, table):
        found = re.search(r'<table class="%s">.*?<tbody>(.*?)</tbody>' % table, self.text, re.S)
        return re.findall(r"<tr[^>]*>.*?</tr>", found[1], re.S) if found else []

    def code_at(self, anchor):
        """The text of a line in the source view; None: the line is not there."""
        found = re.search(r'<tr id="%s"[^>]*>.*?<code>(.*?)</code>.*?</tr>' % re.escape(anchor), self.text, re.S)
        return html.unescape(re.sub(r"<[^>]*>", "", found[1])) if found else None

    def everything(self):
        """The text with the data of its script unpacked."""
        packed = re.search(r'<script type="application/octet-stream;base64" id="profile-data">(.*?)</script>', self.text, re.S)
        data = zlib.decompress(base64.b64decode(packed[1]), -15).decode("utf-8", "replace") if packed else ""
        return self.text + "\n" + data


def problems(text, tree, private):
    """tree: the sources of the commit. private: paths that must not be told. ret: sentences; none: all is well."""
    report = Report(text)
    found = []
    if not text.startswith("<!") or not text.rstrip().endswith("</html>"):
        found.append("it is not whole")
    if report.samples < SAMPLES_MIN:
        found.append("it rests on %d samples, %d are wanted" % (report.samples, SAMPLES_MIN))
    if "dct.c:" not in report.headline or "while operation = noise_reduction" not in report.headline:
        found.append("it opens with: %s" % report.headline)
    found += _source_problems(report, tree)
    if not any("service/" in place for _, place in report.functions):
        found.append("no function of the service is named")
    if not any("libjpeg" in name and percent > 0 for name, percent in report.modules.items()):
        found.append("no time of libjpeg is named")
    everything = report.everything()
    for path in private:
        if path and re.search(r"(?<![\w/])%s(?![\w-])" % re.escape(path), everything):
            found.append("it tells the path %s" % path)
    for place in sorted(set(re.findall(r"(?<![\w/.])/(?:src|out)/[\w./-]+", everything)))[:3]:
        found.append("it tells a path of the build stage, %s" % place)
    return found


def _source_problems(report, tree):
    operate = [line for line in report.hot if line[2].endswith(".c") and "service/operate/" in line[2]]
    if not operate:
        return ["no line of service/operate is among the hottest"]
    _, _, path, number, anchor = operate[0]
    path = path[path.index("service/operate/"):]
    with open(os.path.join(tree, path), encoding="utf-8") as file:
        expected = file.read().splitlines()[number - 1]
    shown = report.code_at(anchor)
    if shown is None or shown.strip() != expected.strip() or not re.search(r"\w", expected):
        return ["%s:%d reads %r in the report, %r in the sources" % (path, number, shown, expected)]
    return []


def summary(text):
    """One line for the time line: how many samples, and the hottest line of the image operations."""
    report = Report(text)
    operate = next(line for line in report.hot if "service/operate/" in line[2])
    return "%d samples; %.1f %% %s %s:%d" % (report.samples, operate[0], operate[1], operate[2], operate[3])
