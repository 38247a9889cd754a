#!/usr/bin/python3
"""wrapper/examples: every block of its README runs as written, with hotline and without: the same output and exit status, and a report
that holds the function it should, all processes joined. Changed are only the ports (free ones) and --json beside --html, to read it."""
import functools
import glob
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile

from programs import PATH, require
from tap import Skip, equal, run, test, true

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.realpath(os.environ.get("BUILD", "build"))
EXAMPLES = os.path.join(ROOT, "wrapper", "examples")
MICROHTTPD = "/usr/include/microhttpd.h"
HANG_GUARD_S = 240
IN_FRONT = re.compile(r"build/hotline (?:-\S+ (?:\S+\.html )?)+")

with open(os.path.join(EXAMPLES, "README.md"), encoding="utf-8") as readme:
    SECTIONS = {text.split("\n", 1)[0]: text for text in re.split(r"^## ", readme.read(), flags=re.M)[1:]}
tried = set()  # titles; a section whose programs are not here counts, its test says so


def block(title, language="sh"):
    tried.add(title)
    found = re.findall(r"^```%s\n(.*?)^```$" % language, SECTIONS[title], re.M | re.S)
    true(found, "%s has a block of %s" % (title, language))
    return found[0]


class Place:
    """A folder that looks like the project's, for one run."""

    def __init__(self, plain):
        self.plain = plain

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="examples-")
        os.chmod(self.path, 0o755)  # nginx's workers are somebody else
        for name in ("sample_images", "profiler"):
            os.symlink(os.path.join(ROOT, name), os.path.join(self.path, name))
        os.symlink(BUILD, os.path.join(self.path, "build"))
        shutil.copytree(EXAMPLES, os.path.join(self.path, "wrapper", "examples"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def run(self, text):
        """Run the block. ret: its standard output and exit status."""
        text = self.on_free_ports(text)
        true(len(IN_FRONT.findall(text)) == 1, "one hotline line in\n" + text)
        text = IN_FRONT.sub("", text) if self.plain else text.replace("--html", "--html --json")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HOTLINE", "PORT", "RENDER"))}
        environment.update(PATH=PATH, no_proxy="*", LC_ALL="C.UTF-8")
        shell = subprocess.Popen(["bash", "-c", text], cwd=self.path, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            out, self.messages = shell.communicate(timeout=HANG_GUARD_S)
        finally:
            try:  # what a failed block left running is in the group that it leads
                os.killpg(shell.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return out, shell.returncode

    def on_free_ports(self, text):
        for port in sorted(set(re.findall(r"\b80\d\d\b", text))):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                free = str(probe.getsockname()[1])
            text = re.sub(r"\b%s\b" % port, free, text)
            self.edit("nginx.conf", port, free)
        return text

    def edit(self, name, old, new):
        path = os.path.join(self.path, "wrapper", "examples", name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def report(self):
        pages = glob.glob(os.path.join(self.path, "*.html"))
        equal(len(pages), 1, "HTML reports (%s)" % self.messages)
        with open(pages[0], encoding="utf-8") as file:
            true(file.read().rstrip().endswith("</html>"), "the HTML report is whole")
        with open(pages[0][:-len("html")] + "json", encoding="utf-8") as file:
            return json.load(file)


def total(report, name):
    return max([row["total_percent"] for row in report["functions"] if re.search(name, row["name"])], default=0)


def processes(report):
    """The processes with samples."""
    return {thread["pid"] for thread in report["threads"] if thread["samples"] > 0}


@functools.lru_cache(None)
def tried_out(title, *needs):
    """The block without hotline and with it. ret: the report, and what the program printed both times. needs: programs, paths."""
    text = block(title)
    require(*needs)
    with Place(plain=True) as place:
        expected = place.run(text)
        equal(expected[1], 0, "status without hotline (%s)" % place.messages)
    with Place(plain=False) as place:
        equal(place.run(text), expected, "output and status under hotline (%s)" % place.messages)
        report = place.report()
    facts = report["self_check"]
    true(facts["samples"] >= 20, "samples: %r" % facts)
    equal(facts["processes_not_joined"], 0, "processes that did not join")
    # While a busy machine keeps the collector waiting, a ring may run full; each loss is counted.
    true(facts["dropped"] <= facts["samples"] / 20, "samples lost: %r" % facts)
    true(facts["complete_stacks_percent"] >= 95, "complete stacks: %r" % facts)
    equal(report["ended"], {"how": "exit", "code": 0})
    true(expected[0].strip(), "it prints something")
    return report, expected[0]


@test
def image_service():
    report, _ = tried_out("image-service")
    true(total(report, "^process_image|denoise|dct") > 20, "the operations: %r" % report["functions"][:8])
    kinds = {row["tags"].get("operation") for row in report["tags"]["sets"] if row["samples"] > 0}
    true({"noise_reduction", "blur"} <= kinds, "a button for each operation: %r" % kinds)
    hottest = max(((row["self_percent"], file["path"]) for file in report["files"] for row in file["lines"]), default=(0, ""))
    true("/service/operate/" in hottest[1], "the hottest line is in the operations: %r" % (hottest,))


@test
def libmicrohttpd_server():
    report, _ = tried_out("A libmicrohttpd server", MICROHTTPD)
    true(total(report, "^iterate$") > 80, "iterate(): %r" % report["functions"][:8])
    lines = [row for file in report["files"] if file["path"].endswith("microhttpd_server.c") for row in file["lines"]]
    true(sum(row["self_percent"] for row in lines) > 80, "lines of its source: %r" % lines)
    true(all(thread["samples"] == 0 or thread["tid"] != report["pid"] or thread["samples"] < 5 for thread in report["threads"]),
         "the work is in the library's threads: %r" % report["threads"])


@test
def nginx():
    report, _ = tried_out("nginx", "nginx", "curl")
    true(total(report, "^deflate$") > 50, "deflate: %r" % report["functions"][:8])
    true(total(report, "^ngx_") > 50, "called from nginx: %r" % report["functions"][:8])
    true(processes(report) - {report["pid"]}, "the workers' samples: %r" % report["threads"])


@test
def pre_forking_server():
    report, printed = tried_out("A pre-forking server")
    equal(printed.split(), ["300", "148933"], "as many answers, all of them right")
    true(total(report, "^count_primes$") > 80, "count_primes(): %r" % report["functions"][:8])
    true(len(processes(report) - {report["pid"]}) >= 2, "several workers' samples: %r" % report["threads"])


@test
def redis():
    report, printed = tried_out("redis-server", "redis-server", "redis-cli", "redis-benchmark")
    true("PONG" in printed and "Background saving started" in printed, printed)
    true(total(report, "^aeMain$") > 30 and total(report, "^processCommand$") > 1, "the event loop: %r" % report["functions"][:8])
    true(total(report, "^rdbSaveRio$") > 0, "the snapshot: %r" % report["functions"][:8])
    true(len(processes(report)) >= 2, "the child that wrote it: %r" % report["threads"])


@test
def queue_worker():
    report, printed = tried_out("A queue worker")
    equal(len(printed.splitlines()), 24, "answers")
    share = {row["tags"].get("job"): row["samples"] for row in report["tags"]["sets"]}
    true(share.get("collatz", 0) > 5 and share.get("hash", 0) > 5, "both kinds of job: %r" % share)
    # Tag and function agree, up to the samples between them.
    samples = report["self_check"]["samples"]
    for name in ("collatz", "hash"):
        true(abs(total(report, "^%s$" % name) - 100.0 * share[name] / samples) < 10, "%s under its tag: %r" % (name, share))
    true(len([thread for thread in report["threads"] if thread["samples"] > 5]) >= 2, "its threads: %r" % report["threads"])


@test
def cron_batch():
    report, printed = tried_out("A batch that cron runs", "xz", "awk")
    true(int(printed) > 100000, "it counted: " + printed)
    names = {thread["name"] for thread in report["threads"] if thread["samples"] > 0}
    true({"sort", "xz"} <= names, "the programs that the script started: %r" % names)
    modules = {row["module"] for row in report["functions"]}
    true(any("liblzma" in module for module in modules), "liblzma: %r" % modules)
    # The crontab's line is the same command; there, % stands for a new line unless a backslash is before it.
    schedule = block("A batch that cron runs", "crontab").strip()
    equal(len(re.findall(r"(?<!\\)%", schedule)), 0, "bare %")
    equal(schedule.split(None, 5)[5].replace("\\%", "%"), block("A batch that cron runs").strip())


@test
def cpp_program():
    report, printed = tried_out("A C++ program")
    true(printed.splitlines()[-1].endswith(" words were too long"), printed)
    true(total(report, r"^words::Counter<.*>::add") > 20, "demangled names: %r" % report["functions"][:12])
    true(any(file["path"].endswith("/words.cc") for file in report["files"]), "its source")


@test
def python3():
    report, printed = tried_out("python3", "python3")
    equal(len(printed.splitlines()), 48, "lines")
    true(total(report, "^deflate$") > 20, "deflate of libz: %r" % report["functions"][:8])
    true(total(report, "^_PyEval_EvalFrameDefault") > 20, "called from the interpreter: %r" % report["functions"][:8])
    true(len([thread for thread in report["threads"] if thread["samples"] > 0]) >= 4, "its threads: %r" % report["threads"])


def instructions(path):
    """The instructions of a Dockerfile: lists of words."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^#.*\n", "", file.read(), flags=re.M).replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line.strip()]


@test
def your_own_dockerfile():
    """Its COPY and gcc lines are carried out in folders; its start command runs there. Images are not built here."""
    path = os.path.join(EXAMPLES, "Dockerfile")
    added = block("Your own Dockerfile", "dockerfile").split("\n")[:-1]
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    equal([line for line in lines if line in added], added, "the four lines stand in the Dockerfile")
    equal(len(added), 4, "lines to add")
    require(MICROHTTPD)
    with tempfile.TemporaryDirectory(prefix="examples-image-") as top:
        stages, command, installed = {}, None, ""
        os.makedirs(os.path.join(top, "hotline", "app"))
        stages["hotline"] = os.path.join(top, "hotline")
        for name in ("hotline", "libhotline.so"):
            shutil.copy(os.path.join(BUILD, name), os.path.join(top, "hotline", "app"))
        for word, rest in instructions(path):
            if word == "FROM":
                name = rest.split(" AS ")[1] if " AS " in rest else "final"
                stages[name] = stage = os.path.join(top, name)
                os.makedirs(stage)
                installed = ""
            elif word == "COPY":
                parts = rest.split()
                source = stages[parts.pop(0).split("=")[1]] if parts[0].startswith("--from=") else ROOT
                for part in parts[:-1]:
                    into = stage + parts[-1]
                    os.makedirs(into if into.endswith("/") else os.path.dirname(into), exist_ok=True)
                    origin = os.path.join(source, part.lstrip("/"))
                    if os.path.isdir(origin):
                        shutil.copytree(origin, into, dirs_exist_ok=True)
                    else:
                        shutil.copy(origin, into)
            elif word == "RUN" and rest.startswith("gcc "):
                words = [stage + part if part.startswith("/") else part for part in shlex.split(rest)]
                subprocess.run(words, check=True)
            elif word == "RUN":
                installed += rest
            elif word == "CMD":
                command = json.loads(rest)
        for package in needed_packages(os.path.join(BUILD, "hotline")):
            true(package in installed, "the image has %s, which hotline needs" % package)
        start_in(stages["final"], command)


def needed_packages(program):
    """The packages of the libraries `program` itself asks for, without libc."""
    if not shutil.which("dpkg-query"):
        raise Skip("not Debian: the packages cannot be looked up")
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout)
    found = set()
    for name in needed:
        if re.match(r"lib(c|m|asan|ubsan|tsan|gcc_s|stdc\+\+)\.so|ld-linux", name):
            continue
        listed = subprocess.run(["dpkg-query", "-S", "*/" + name], capture_output=True, text=True, check=True).stdout
        found.add(listed.split(":")[0])
    return found


def start_in(image, command):
    """Run the image's start command with its paths below `image`, send it a request, stop it as `docker stop` does."""
    port = "0"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    os.makedirs(image + "/tmp", exist_ok=True)
    words = [re.sub(r"(^|=)/", r"\1%s/" % image, word) for word in command] + [port]
    words.insert(1, "--json")
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            subprocess.run(["curl", "-sf", "--noproxy", "*", "--retry", "9", "--retry-connrefused", "-o", "/dev/null",
                            "http://127.0.0.1:%s/[1-300]" % port], check=True, timeout=HANG_GUARD_S)
            server.terminate()
            messages = server.communicate(timeout=HANG_GUARD_S)[1]
        finally:
            server.kill()
    equal(server.returncode, 0, "status after SIGTERM (%s)" % messages)
    with open(image + "/tmp/profile.json", encoding="utf-8") as file:
        report = json.load(file)
    true(report["self_check"]["samples"] > 5 and total(report, "^iterate$") > 50, "the report: %r" % report["functions"][:4])
    equal(report["files"][0]["path"], os.path.realpath(image).replace("/final", "/build") + "/src/microhttpd_server.c", "its source")


@test
def every_section_was_tried():
    equal(sorted(set(SECTIONS) - tried), [], "sections without a test")
    files = {name for name in os.listdir(EXAMPLES) if name != "README.md"}
    mentioned = set(re.findall(r"\]\((\w[\w.]*)\)", " ".join(SECTIONS.values())))
    equal(sorted(files ^ mentioned), [], "files that no section names, or the other way round")


run()
