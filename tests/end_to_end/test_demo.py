#!/usr/bin/python3
"""`make demo`'s script: it ends with a complete report and leaves no process; when something goes wrong it says what in one line."""
import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile

from service import HANG_GUARD_S, wait_until
from tap import Skip, equal, run, test, true

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.realpath(os.environ.get("BUILD", "build"))
PRODUCTS = ("hotline", "libhotline.so", "image-service")


class Folder:
    """A build directory of its own with copies of the products, some of them replaced by a script."""

    def __init__(self, **replaced):
        self.path = tempfile.mkdtemp(prefix="demo-")
        for product in PRODUCTS:
            path, script = os.path.join(self.path, product), replaced.get(product.replace("-", "_"))
            if script is None:
                shutil.copy(os.path.join(BUILD, product), path)
            elif script:
                with open(path, "w", encoding="utf-8") as file:
                    file.write("#!/bin/bash\n" + script)
                os.chmod(path, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def start(self, **options):
        clean = {key: value for key, value in os.environ.items() if key not in ("PORT", "LOG", "PROFILE", "WORKERS")}
        return subprocess.Popen([os.path.join(ROOT, "sample_images", "demo")], stdin=subprocess.DEVNULL, start_new_session=True,
                                env=dict(clean, PATH_BUILD=self.path), **options)

    def run(self):
        """ret: (exit status, stdout, stderr)."""
        process = self.start(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = process.communicate(timeout=2 * HANG_GUARD_S)
        equal(session_members(process.pid), [], "processes left behind")
        return process.returncode, out, err

    def file(self, name):
        with open(os.path.join(self.path, "demo", name), encoding="utf-8") as file:
            return file.read()


def session_members(session):
    """The live processes of a session: what the demo has started, however deep."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if name.isdigit() and int(fields[3]) == session and fields[0] != "Z":
            found.append(int(name))
    return found


def skip_under_sanitizers():
    if os.environ.get("SAN"):
        raise Skip("a sanitizer's runtime and a preloaded library do not go together")


@test
def it_ends_with_a_report():
    skip_under_sanitizers()
    with Folder() as folder:
        status, out, err = folder.run()
        equal((status, err), (0, ""))
        rounds = len(re.findall(r"^round \d+ done: \d+ uploads, all answered 200; \d+ samples so far$", out, re.M))
        summary = re.search(r"^(\d+) uploads \(7 operations on 6 pictures\), all answered 200, in \d+ s; (\d+) samples", out, re.M)
        equal(int(summary[1]), rounds * 7 * 6)
        true(int(summary[2]) >= 200, "at least 200 samples")
        true("hotline: the report is %s/demo/profile.html" % folder.path in out, "hotline says where the report is")
        true(re.search(r"^ +\d+\.\d %  \S+\(\) service/\S+:\d+$", out, re.M), "and which line is hot")
        true("open it:      file://%s/demo/profile.html" % folder.path in out, "how to open it")
        report = folder.file("profile.html")
        true(report.startswith("<!") and report.rstrip().endswith("</html>"), "the report is whole")
        true("noise_reduction" in report, "it knows the operations")
        equal(len(os.listdir(os.path.join(folder.path, "demo", "pictures"))), 7 * 6)
        equal(len(re.findall(r" POST /process 200 ", folder.file("service.log"))), rounds * 7 * 6, "uploads that the service saw")


@test
def on_a_terminal_it_keeps_to_one_line():
    skip_under_sanitizers()
    with Folder() as folder:
        master, slave = pty.openpty()
        process = folder.start(stdout=slave, stderr=slave)
        os.close(slave)
        shown = b""
        try:
            while shown.count(b"\r\x1b[K") < 5:
                shown += os.read(master, 4096)
            equal(shown.count(b"\n"), 1, "lines after the command's")
            process.send_signal(signal.SIGTERM)
            while True:
                shown += os.read(master, 4096)
        except OSError:
            pass  # the other end is closed
        finally:
            os.close(master)
        equal(process.wait(HANG_GUARD_S), 143, "status after SIGTERM (%r)" % shown[-600:])
        wait_until(lambda: session_members(process.pid) == [], "nothing of the demo runs")


@test
def a_service_that_dies_is_reported():
    skip_under_sanitizers()
    with Folder() as folder:
        process = folder.start(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        log = os.path.join(folder.path, "demo", "messages.log")
        wait_until(lambda: os.path.exists(log) and "listening on port" in folder.file("messages.log"), "the service listens")
        wait_until(lambda: os.path.exists(os.path.join(folder.path, "demo", "service.log")) and "POST" in folder.file("service.log"),
                   "an upload")
        os.kill(int(re.search(r"listening on port .* pid (\d+)", folder.file("messages.log"))[1]), signal.SIGKILL)
        out, err = process.communicate(timeout=HANG_GUARD_S)
        equal(process.returncode, 1, "status (%s)" % out[-300:])
        true(err.startswith("demo: "), "it says what happened: %r" % err[:300])
        equal(session_members(process.pid), [], "processes left behind")


@test
def a_missing_product_is_named():
    with Folder(hotline="") as folder:
        status, _, err = folder.run()
        equal((status, err), (1, "demo: %s/hotline is not there: run `make` first\n" % folder.path))


@test
def a_profiler_that_fails_is_reported():
    with Folder(hotline="echo 'hotline: the report cannot be written' >&2; exit 125") as folder:
        status, _, err = folder.run()
        equal(status, 1)
        true(err.startswith("demo: the service did not start\n"), err)
        true("the report cannot be written" in err, "its own words are shown")


@test
def an_answer_other_than_200_is_reported():
    # a stand-in for hotline and the service: /health is fine, every upload is answered 503
    server = r"""exec /usr/bin/python3 -c '
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.answer(200)
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(503)
    def answer(self, status):
        body = b"{\"error\":\"no time\"}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print("image-service: listening on port %d (all), pid %d" % (server.server_port, os.getpid()), file=sys.stderr, flush=True)
server.serve_forever()'
"""
    with Folder(hotline=server) as folder:
        status, _, err = folder.run()
        equal(status, 1)
        true(re.match(r"demo: blur on \w+\.jpg was answered 503 .*no time", err), err)


run()
