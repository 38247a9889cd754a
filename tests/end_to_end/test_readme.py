#!/usr/bin/python3
"""The README tells the truth: its curl lines work as pasted, its example builds and is profiled, what it names exists, and its figures are
those of the place that they describe. What has to be measured is `make follow-readme`'s; here only that each figure has a check."""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from PIL import Image

from service import HANG_GUARD_S, Service
from tap import Skip, equal, run, test, true

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.realpath(os.environ.get("BUILD", "build"))
sys.path[:0] = [os.path.join(ROOT, "tests", name) for name in ("lint", "readme", "rehearsal")]
import figures  # noqa: E402
import traffic  # noqa: E402
from check_render import swapped  # noqa: E402
from fetched_report import Report  # noqa: E402

with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
    TEXT = readme.read()
CURLS = [line for line in re.findall(r"^curl .*$", TEXT, re.M) if "$URL" not in line]  # those are the rehearsal's
ADDRESS = "http://localhost:8080"


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```$" % language, TEXT, re.M | re.S)


def commands():
    """The lines of the shell blocks, without comments."""
    return [line.split("  #")[0].strip() for block in blocks("sh") for line in block.splitlines() if line.strip()]


def table(first_heading):
    """The rows of the table whose first column is headed so, as lists of cells."""
    lines = TEXT.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| %s |" % first_heading))
    rows = []
    for line in lines[start + 2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


class Workplace:
    """A folder that looks like the README's: sample_images and build are there."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="readme-")
        os.symlink(os.path.join(ROOT, "sample_images"), os.path.join(self.path, "sample_images"))
        os.symlink(BUILD, os.path.join(self.path, "build"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def run(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=HANG_GUARD_S, check=False)
        equal(done.returncode, 0, "%s (%s)" % (command, done.stderr.decode("utf-8", "replace")[-400:]))
        return done

    def file(self, name):
        return os.path.join(self.path, name)


@test
def what_is_said_of_the_picture_is_in_the_example():
    said = re.search(r'readme/report\.png"[^>]*alt="The top of a report: (\d+) % of CPU in (\w+\(\)), the hottest line ([\w.]+:\d+), while (\w+ = \w+)"', TEXT)
    true(said, "the picture of the report has another description")
    with open(os.path.join(ROOT, "profile.html"), encoding="utf-8") as example:
        headline = Report(example.read()).headline.replace("\u00a0", " ")
    true(headline.startswith("%s %% of CPU in %s," % said.groups()[:2]) and said[3] in headline and headline.endswith(said[4]), headline)


@test
def its_curl_lines_work_as_pasted():
    true(len(CURLS) >= 4, "there are some")
    with Workplace() as place, Service() as service:
        for line in CURLS:
            true(ADDRESS in line, "%s goes to the service's default port" % line)
            line = line.replace(ADDRESS, "http://localhost:%d" % service.port)
            done = place.run("curl -sS --noproxy '*' -D headers -w '%{stderr}%{http_code}' " + line[len("curl "):])
            true(re.fullmatch("(200)+", done.stderr.decode()), "%s: %r" % (line, done.stderr))
            with open(place.file("headers"), encoding="latin-1") as file:
                true("ignored-fields" not in file.read().lower(), "the service knows every field of: " + line)
            output = re.search(r" -o (\S+)", line)
            if not output:
                equal(json.loads(done.stdout)["status"], "healthy")
                continue
            with Image.open(place.file(output[1])) as result:
                result.load()
                equal(result.format, "PNG" if output[1].endswith(".png") else "JPEG", line)
            source = re.search(r"image=@(\S+)", line)[1]
            with open(place.file(source), "rb") as file, open(place.file(output[1]), "rb") as made:
                true(file.read() != made.read(), "%s changes the picture" % line)


@test
def every_operation_and_parameter_it_lists_is_accepted():
    names, rows = [], table("operation")
    with Service() as service:
        with open(os.path.join(ROOT, "sample_images", "badge.png"), "rb") as file:
            picture = file.read()
        unknown = service.process_image(picture, operation="nope")
        for operation, parameters in rows:
            operation = operation.strip("`")
            if operation == "every one":
                operation = "blur"
            else:
                names.append(operation)
            # `name` ... from LOW to HIGH, or a list of words in the same part of the cell
            for part in parameters.split(";"):
                words = re.findall(r"`(\w+)`", part)
                for name in words[:1] if ":" in part else words:
                    values = words[1:] if ":" in part else ["1"]
                    for value in values:
                        reply = service.process_image(picture, operation=operation, **{name: value})
                        equal(reply.status, 200, "%s with %s=%s" % (operation, name, value))
                        equal(reply.headers.get("x-ignored-fields"), None, "%s knows %s" % (operation, name))
        equal(sorted(names), sorted(unknown.json["allowed"]), "the operations")


@test
def its_example_builds_and_its_tags_arrive():
    example, = blocks("c")
    with Workplace() as place:
        shutil.copy(os.path.join(ROOT, "profiler", "hotline.h"), place.path)
        for compiler, source in (("gcc", "example.c"), ("g++ -std=c++11", "example.cc")):
            with open(place.file(source), "w", encoding="utf-8") as file:
                file.write(example)
            place.run("%s -Wall -Wextra -Werror -O1 -g -o your-program %s && ./your-program" % (compiler, source))
        if os.environ.get("SAN"):
            raise Skip("a sanitizer's runtime and a preloaded library do not go together")
        line = next(line for line in commands() if "./your-program" in line)
        place.run(line)
        place.run(line.replace("your-program.html", "profile.json").replace("--html", "--json"))
        with open(place.file("your-program.html"), encoding="utf-8") as file:
            true("</html>" in file.read(), "the report is there")
        with open(place.file("profile.json"), encoding="utf-8") as file:
            profile = json.load(file)
        share = {tags["tags"].get("kind"): tags["samples"] for tags in profile["tags"]["sets"]}
        true(share["long"] > 2 * share["short"] > 0, "eight parts are more than two: %r" % share)
        equal(profile["files"][0]["path"], os.path.realpath(place.file("example.cc")), "the file that it names first")


@test
def the_options_it_lists_exist():
    usage = subprocess.run([os.path.join(BUILD, "hotline"), "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
    listed = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", " ".join(row[0] for row in table("option"))))
    true(len(listed) > 10, "there are some")
    for option in listed:
        true(re.search(r"(?<![\w-])%s\b" % re.escape(option), usage), "hotline --help knows " + option)
    known = {option for line in re.findall(r"^ +(-[^ ].*)$", usage, re.M) for option in re.findall(r"^--?[\w-]+|(?<=, )--[\w-]+", line)}
    equal(sorted(known - listed), [], "options of hotline --help that the README does not list")
    settings = subprocess.run([os.path.join(BUILD, "image-service"), "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=True).stdout.decode()
    for option in ("--port", "--profile"):
        true("`%s`" % option in TEXT or option + "=" in TEXT, "the README names " + option)
        true(option in settings, "image-service --help knows " + option)


@test
def the_routes_it_lists_answer():
    with Service() as service:
        for route, _ in table("route"):
            method, path = route.strip("`").split()
            reply = service.request(method, path)
            true(reply.status not in (404, 405), "%s %s: %d" % (method, path, reply.status))


class Sources:
    """Where facts are looked up."""

    def __init__(self, contract):
        self.contract = contract
        self.hotline_help, self.service_help = (subprocess.run(
            [os.path.join(BUILD, name), "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout.decode()
            for name in ("hotline", "image-service"))

    @staticmethod
    def read(path):
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            return file.read()


@test
def every_number_has_a_check():
    equal(figures.problems(TEXT), [])
    more = figures.problems(TEXT + "\nhotline needs 7 MiB.\n")
    true(len(more) == 1 and "hotline needs 7 MiB" in more[0], more)
    equal(figures.problems(TEXT + "\n```sh\nsleep 7\n```\n"), [], "numbers in commands are the reader's")
    true(any("0 times" in problem for problem in figures.problems(TEXT.replace("PROFILE_TOKEN", "TOKEN"))), "a row without its sentence is told")


@test
def its_facts_are_those_of_their_places():
    with Service() as service:
        sources = Sources(service.get("/openapi.json").json["components"]["schemas"]["Form"]["properties"])
    for pattern, place in figures.FACTS:
        said = figures.found_once(pattern, figures.prose(TEXT))
        equal(list(said.groups()), place(sources), said[0])


@test
def a_figure_that_is_off_is_noticed():
    for pattern, name, agrees, _ in figures.MEASURED:
        said = figures.stated(pattern, TEXT)
        true(agrees(said, said), "%s agrees with itself" % name)
        off = [10 * value + 20 if isinstance(value, float) else "    1.0 s  clone\n" for value in said]
        true(not agrees(said, off), "%s, ten times as much" % name)


def profilers(rounds):
    """rounds: of each profiler, its rounds of (ratio, percent). ret: what the follower hands to the comparison."""
    found = []
    for row in rounds:
        for values in zip(*row):
            found += [min(values), max(values)]
        found.append(0.5)
    return found


@test
def a_profiler_whose_cost_doubled_is_noticed_and_a_slow_plain_run_is_not():
    agrees = next(row[2] for row in figures.MEASURED if row[1] == "profilers")
    quiet = [[(1.002, 1.3), (0.991, 1.4), (1.013, 1.3)], [(1.021, 1.5), (1.03, 1.4), (1.01, 1.7)], [(1.01, 10.5), (0.99, 12.0), (1.02, 10.2)],
             [(1.022, 11.2), (1.035, 10.3), (1.007, 12.0)]]
    said = profilers(quiet)
    true(agrees(said, said), "the same")
    true(agrees(said, profilers([[(0.94 * ratio, percent) if i == 1 else (ratio, percent) for i, (ratio, percent) in enumerate(row)] for row in quiet])),
         "in the second round the plain run was slow: all ratios of that round are lower")
    for changed in range(len(quiet)):
        for what, factors in (("the tool's CPU time doubled", (1, 2)), ("and halved", (1, 0.5)), ("the program's CPU time doubled", (2, 1)),
                              ("the program takes 6 % more", (1.06, 1))):
            other = [[(ratio * factors[0], percent * factors[1]) for ratio, percent in row] if i == changed else row for i, row in enumerate(quiet)]
            true(not agrees(said, profilers(other)), "profiler %d: %s" % (changed, what))
    wild = [[(ratio, percent * factor) for (ratio, percent), factor in zip(row, (1, 0.4, 2.5))] for row in quiet]
    true(not agrees(said, profilers(wild)), "rounds that differ by factors of two and more confirm nothing")


@test
def a_share_outside_the_processors_seen_is_noticed():
    line, gain = (next(row[2] for row in figures.MEASURED if row[1] == name) for name in ("scalar_line", "blur_gain"))
    true(line([29, 23, 64], [29, 20, 24]) and line([29, 23, 64], [29, 50, 58]), "within the range, as far as the sample tells")
    true(not line([29, 23, 64], [29, 15, 19]) and not line([29, 23, 64], [29, 66, 72]), "outside")
    true(not line([29, 23, 64], [30, 50, 58]), "another line")
    shares = next(row[2] for row in figures.MEASURED if row[1] == "codec_truth")
    true(shares([2.6, 4.3, 1.7, 2.2], [2.5, 2.5, 2.3, 2.3]) and not shares([2.6, 4.3, 1.7, 2.2], [1.9, 1.9, 2.0, 2.0]) and not shares([2.6, 4.3, 1.7, 2.2], [3.0, 3.0, 3.0, 3.0]), "true shares")
    true(gain([2.3, 3.7], [3.6, 3.8]) and not gain([2.3, 3.7], [1.9, 2.2]) and not gain([2.3, 3.7], [3.8, 3.9]), "the gain")


@test
def its_ten_request_loop_leaves_a_report_that_names_the_line():
    if os.environ.get("SAN"):
        raise Skip("a sanitizer's runtime and a preloaded library do not go together")
    with Workplace() as place:
        prefix = [os.path.join(BUILD, "hotline"), "--cpu", "--html", "--json", "--outfile=" + place.file("profile.html")]
        with Service(prefix=prefix) as service:
            place.run("set -eu\nexport no_proxy='*'\n" + traffic.script(TEXT, "http://127.0.0.1:%d" % service.port))
            equal(service.stop(), 0)
            equal(traffic.uploads("\n".join(service.log)), 11 * [200], "one upload, then ten")
        with open(place.file("profile.html"), encoding="utf-8") as file:
            report = Report(file.read())
        with open(place.file("profile.json"), encoding="utf-8") as file:
            profile = json.load(file)
    true(profile["self_check"]["samples"] >= 200, "enough samples: %r" % profile["self_check"])
    true("dct.c:" in report.headline and "while operation = noise_reduction" in report.headline, report.headline)
    hottest = max((row["own_percent"], file["path"], row["line"]) for file in profile["files"] for row in file["lines"])
    true(hottest[1].endswith("service/operate/kernels/dct.c"), "the line with most own time: %r" % (hottest,))


@test
def its_commands_for_other_programs_are_the_tested_ones():
    with open(os.path.join(ROOT, "wrapper", "examples", "README.md"), encoding="utf-8") as file:
        examples = file.read()
    rows = table("program")
    true(len(rows) >= 8, "there are some")
    for name, command in rows:
        true(command.strip("`") in examples, "%s: %s" % (name, command))
    for block in blocks("dockerfile"):
        true("```dockerfile\n%s```" % block in examples, "the lines for a Dockerfile")


@test
def the_files_and_targets_it_names_exist():
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT) + re.findall(r"src=\"([^\"]+)\"", TEXT):
        true(os.path.exists(os.path.join(ROOT, target)), target)
    for path in re.findall(r"`((?:service|profiler|sample_images|wrapper)/[\w./]+)`", TEXT):
        true(os.path.exists(os.path.join(ROOT, path)), path)
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as file, \
            open(os.path.join(ROOT, "tests", "tests.mk"), encoding="utf-8") as more:
        rules = file.read() + more.read()
    for target in re.findall(r"\bmake ([a-z-]+)", " ".join(commands())):
        true(re.search(r"^%s:" % target, rules, re.M), "make " + target)


@test
def its_start_commands_are_those_of_the_blueprint():
    with open(os.path.join(ROOT, "render.yaml"), encoding="utf-8") as file:
        blueprint = file.read()
    profiled = re.search(r"^ *dockerCommand: (.*)$", swapped(blueprint), re.M)[1]
    shown = re.search(r"profile-on .*starts: (.*)$", TEXT, re.M)[1]
    begin, end = shown.split(" ... ")
    true(profiled.startswith(begin) and profiled.endswith(end), "%s is short for %s" % (shown, profiled))
    report = re.search(r"--outfile=(\S+)", profiled)[1]
    true("scp -s srv-XXXX@ssh.oregon.render.com:%s " % report in TEXT, "scp fetches what is written")
    true("every %s seconds" % re.search(r"--profile-interval=(\d+)", profiled)[1] in TEXT, "the interval")


run()
