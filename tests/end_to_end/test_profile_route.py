#!/usr/bin/python3
"""GET /profile: the report for those who have the token, nothing for anybody else."""
import json
import os
import re
import subprocess
import tempfile

from pictures import noise_png
from service import BUILD, PROGRAM, Service, wait_until
from tap import Skip, equal, run, test, true

TOKEN = "n3v3r+guess/th1s=="
REPORT = b"<!DOCTYPE html>\n<title>report</title>\n" + b"<p>a line</p>\n" * 20000


def bearer(token=TOKEN):
    return {"Authorization": "Bearer " + token}


class Reported(Service):
    """A service that has a token, and `self.path` as its report."""

    def __init__(self, *flags, report=REPORT, **options):
        self.folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.path = os.path.join(self.folder.name, "profile.html")
        if report is not None:
            self.write(report)
        super().__init__(*flags, environment={"PROFILE_TOKEN": TOKEN, "PROFILE_FILE": self.path}, **options)

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.folder.cleanup()

    def write(self, report):
        with open(self.path + ".new", "wb") as file:
            file.write(report)
        os.rename(self.path + ".new", self.path)


def refused(reply, status, code):
    equal(reply.status, status, "status of %r" % reply.body[:200])
    equal(reply.code, code)
    equal(reply.headers["content-type"], "application/json")
    equal(reply.headers["cache-control"], "no-store")
    true(b"<" not in reply.body and TOKEN.encode() not in reply.body, "nothing of the report, nothing of the token")


@test
def without_a_token_there_is_no_such_page():
    with Service(environment={"PROFILE_TOKEN": ""}) as service:
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            reply = service.request(method, "/profile", headers=dict(bearer(), **{"Content-Length": "0"}))
            equal(reply.status, 404, method)
        refused(service.request("GET", "/profile?token=", headers=bearer("")), 404, "not_found")


@test
def the_token_opens_in_the_header_and_in_the_address():
    with Reported() as service:
        for path, headers in (("/profile", bearer()), ("/profile?token=" + TOKEN, {}),
                              ("/profile?token=n3v3r%2Bguess%2Fth1s%3D%3D", {}), ("/profile?x=1&token=" + TOKEN, {})):
            reply = service.request("GET", path, headers=headers)
            equal((reply.status, reply.body == REPORT), (200, True), path)
            equal(reply.headers["content-type"], "text/html; charset=utf-8")
            equal(reply.headers["cache-control"], "no-store")
            equal(reply.headers["x-content-type-options"], "nosniff")
            equal(reply.headers["referrer-policy"], "no-referrer")
            equal(reply.headers["content-security-policy"], "frame-ancestors 'none'", "what the report's own policy cannot say")


@test
def anything_else_is_refused():
    with Reported() as service:
        for path, headers in (("/profile", {}), ("/profile", bearer("")), ("/profile", bearer(TOKEN[:-1])),
                              ("/profile", bearer(TOKEN + "=")), ("/profile", bearer(TOKEN.upper())), ("/profile", {"Authorization": TOKEN}),
                              ("/profile?token=" + TOKEN[1:], {}), ("/profile?token=" + TOKEN, bearer("wrong")), ("/profile?" + TOKEN, {})):
            reply = service.request("GET", path, headers=headers)
            refused(reply, 401, "unauthorized")
            true(reply.headers["www-authenticate"].startswith("Bearer"), "which scheme is wanted")
        refused(service.request("GET", "/profile/?token=" + TOKEN), 404, "not_found")


@test
def head_and_other_methods():
    with Reported() as service:
        reply = service.request("HEAD", "/profile", headers=bearer())
        equal((reply.status, reply.body, reply.headers["content-length"]), (200, b"", str(len(REPORT))))
        equal(service.request("HEAD", "/profile").status, 401)
        equal(service.request("POST", "/profile", body=b"", headers=bearer()).status, 405)
        reply = service.request("OPTIONS", "/profile")
        equal((reply.status, reply.headers["allow"]), (200, "GET, HEAD, OPTIONS"))


@test
def until_hotline_has_written_there_is_no_profile_yet():
    with Reported(report=None) as service:
        refused(service.request("GET", "/profile", headers=bearer()), 503, "no_profile_yet")
        refused(service.request("GET", "/profile"), 401, "unauthorized")
        service.write(REPORT)
        equal(service.request("GET", "/profile", headers=bearer()).body, REPORT)
        service.write(b"<p>rewritten</p>")
        equal(service.request("GET", "/profile", headers=bearer()).body, b"<p>rewritten</p>", "each request opens the file anew")
        service.write(b"")
        refused(service.request("GET", "/profile", headers=bearer()), 503, "no_profile_yet")
        os.remove(service.path)
        for make in (lambda: os.symlink("/etc/passwd", service.path), lambda: os.mkfifo(service.path), lambda: os.mkdir(service.path)):
            make()
            refused(service.request("GET", "/profile", headers=bearer()), 503, "no_profile_yet")
            (os.rmdir if os.path.isdir(service.path) else os.remove)(service.path)
        true(service.get("/health").status == 200, "it is well")


@test
def a_report_that_is_being_sent_stays_whole_when_it_is_replaced():
    big = REPORT * 40
    with Reported(report=big) as service:
        with service.connect(receive_buffer=4096) as raw:
            raw.send(("GET /profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % TOKEN).encode())
            status, headers = raw.read_head()
            equal((status, dict(headers)["Content-Length"]), (200, str(len(big))))
            service.write(b"<p>rewritten</p>")
            while len(raw.kept) < len(big):
                data = raw.socket.recv(1 << 16)
                true(data, "the whole report comes")
                raw.kept += data
            true(raw.kept == big, "the old report, to its last byte")


@test
def the_token_is_not_printed():
    for log in ("text", "json"):
        with Reported("--log=" + log) as service:
            service.request("GET", "/profile?a=b&token=" + TOKEN)
            service.request("POST", "/profile?token=" + TOKEN, body=b"")
            service.request("GET", "/elsewhere?token=" + TOKEN)
            lines = service.wait_for_log("/elsewhere")
            true("/elsewhere?token=" + "*" * len(TOKEN) in lines[0], lines[0])
            service.stop()
            said = "\n".join(service.log + service.messages)
            true("profile-token=(set)" in said, "the settings are printed")
            true(TOKEN not in said and "guess" not in said, "and the token is not: " + said)


@test
def a_short_token_is_refused_at_start():
    for token in ("short", "fifteen-charact", "sixteen characte", "x" * 257):
        clean = {key: value for key, value in os.environ.items() if key != "PROFILE"}
        done = subprocess.run([PROGRAM, "--port=0"], env=dict(clean, PROFILE_TOKEN=token), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        equal((done.returncode, done.stdout), (2, ""), token)
        true(re.fullmatch(r"image-service: PROFILE_TOKEN must have 16 to 256 characters.*\n", done.stderr), done.stderr)
        true(token not in done.stderr, "it is not repeated")


@test
def under_hotline_it_serves_hotlines_report():
    if os.environ.get("SAN"):
        raise Skip("a sanitizer's runtime and a preloaded library do not go together")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "p.html")
        prefix = [os.path.join(BUILD, "hotline"), "--cpu", "--html", "--profile-interval=1", "--outfile=" + path]
        with Service(prefix=prefix, environment={"PROFILE_TOKEN": TOKEN, "PROFILE_FILE": path}) as service:
            for _ in range(3):
                equal(service.process_image(noise_png(640, 480), operation="noise_reduction").status, 200)

            def served():
                reply = service.request("GET", "/profile", headers=bearer())
                return reply.body if reply.status == 200 and b"noise_reduction" in reply.body else None
            report = wait_until(served, "the report with the work is served")
            true(report.rstrip().endswith(b"</html>") and b"http-equiv=\"Content-Security-Policy\"" in report, "whole, with its policy")
            equal(service.stop(), 0)
            with open(path, "rb") as file:
                true(TOKEN.encode() not in report + file.read(), "the report does not tell the token")


@test
def with_profile_the_report_is_found_without_another_setting():
    if os.environ.get("SAN"):
        raise Skip("a sanitizer's runtime and a preloaded library do not go together")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "p.html")
        with Service("--profile=" + path, environment={"PROFILE_TOKEN": TOKEN}) as service:
            equal(service.request("GET", "/profile", headers=bearer()).status in (200, 503), True)
            with open(path + ".new", "wb") as file:
                file.write(REPORT)
            os.rename(path + ".new", path)
            equal(service.request("GET", "/profile", headers=bearer()).body, REPORT)
            equal(json.loads(service.get("/health").body)["status"], "healthy")


run()
