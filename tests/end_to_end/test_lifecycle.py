#!/usr/bin/python3
"""The service as a process: start, configuration, overload, clients that leave, clients that do not read, SIGTERM, PID 1, --profile."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from pictures import LONG_WORK, decode, flat_png, jpeg, long_picture, noise_png
from service import HANG_GUARD_S, PREFIX, PROGRAM, Service, form, post_head, wait_until
from tap import Skip, equal, run, test, true

LONG_JOBS = ("--job-timeout=3600", "--memory-budget=16G")


def long_request():
    body = form(long_picture(), **LONG_WORK)
    return post_head(len(body)) + body


def occupy(service):
    """Keep one worker busy; closing the connection frees it."""
    raw = service.connect().send(long_request())
    service.wait_for(in_flight=1)
    return raw


def run_program(*arguments, environment=None):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=HANG_GUARD_S, check=False,
                          stdin=subprocess.DEVNULL, env=dict(os.environ, **(environment or {})))


def one_line(text):
    return text.count("\n") == 1 and text.endswith("\n")


@test
def health_answers_while_every_worker_is_busy():
    with Service("--workers=2", *LONG_JOBS) as service:
        with service.connect() as first, service.connect() as second:
            first.send(long_request())
            second.send(long_request())
            service.wait_for(in_flight=2)
            for _ in range(20):
                equal(service.get("/health").json["in_flight"], 2)
        service.wait_for(in_flight=0)


@test
def a_full_queue_is_a_503_that_says_when_to_come_back():
    with Service("--workers=1", "--queue=1", *LONG_JOBS) as service:
        with occupy(service), service.connect() as second, service.connect() as third:
            second.send(long_request())
            service.wait_for(in_flight=1, queued=1)
            body = form(jpeg())
            for _ in range(3):  # the body was read: the connection goes on
                reply = third.send(post_head(len(body)) + body).reply()
                equal((reply.status, reply.code, reply.headers["retry-after"]), (503, "overloaded", "1"))
            equal(service.health()["queued"], 1)
        service.wait_for(in_flight=0, queued=0)
        equal(service.process_image(jpeg()).status, 200, "when there is room again")


@test
def a_picture_that_never_fits_the_memory_budget_is_a_422_and_one_that_does_not_fit_now_a_503():
    budget_mib = 64
    while True:
        with Service("--workers=1", "--job-timeout=3600", "--memory-budget=%dM" % budget_mib) as service:
            with service.connect().send(long_request()) as first:
                wait_until(lambda: service.health()["in_flight"] == 1 or has_reply(first), "it runs or is refused")
                if has_reply(first):
                    reply = first.reply()
                    equal((reply.status, reply.code), (422, "image_too_large"))
                    equal(service.process_image(jpeg()).status, 200, "a small one fits")
                    budget_mib = budget_mib * 3 // 2
                    continue
                # It needs more than two thirds of this budget: there cannot be room for another.
                with service.connect().send(long_request()) as second:
                    reply = second.reply()
                    equal((reply.status, reply.code, reply.headers["retry-after"]), (503, "overloaded", "1"))
            service.wait_for(in_flight=0)
            with service.connect().send(long_request()) as again:  # what was taken has been given back
                service.wait_for(in_flight=1)
                true(not has_reply(again), "accepted")
            service.wait_for(in_flight=0)
            return


def has_reply(raw):
    raw.socket.setblocking(False)
    try:
        return raw.socket.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return False
    finally:
        raw.socket.settimeout(HANG_GUARD_S)


@test
def uploads_share_a_budget_too():
    with Service("--max-body-bytes=1M", "--memory-budget=4M", "--body-timeout=600") as service:  # room for 2 MiB of uploads
        half_sent, body = [], form(jpeg()) + b"x" * (300 << 10)

        def refused_beside_half_an_upload():  # on a busy machine the first ones may be cut off for idling before it comes to this
            half_sent.append(service.connect().send(post_head(1 << 20) + b"x" * (900 << 10)))
            return refusal(service.post(body))
        reply = wait_until(refused_beside_half_an_upload, "there is no room for another upload")
        equal((reply.code, reply.headers["retry-after"]), ("overloaded", "1"))
        for raw in half_sent:
            raw.close()
        wait_until(lambda: not refusal(service.post(body)), "there is room again")


def refusal(reply):
    true(reply.status in (200, 503), reply.body[:200])
    return reply if reply.status == 503 else None


@test
def jobs_of_clients_that_left_are_stopped():
    with Service("--workers=1", *LONG_JOBS) as service:
        running = occupy(service)
        queued = service.connect().send(long_request())
        service.wait_for(in_flight=1, queued=1)
        queued.close()
        service.wait_for(in_flight=1, queued=0)  # the one that runs is not disturbed
        started = time.monotonic()
        running.close()
        service.wait_for(in_flight=0)
        stopped_after = time.monotonic() - started
        service.wait_for_log("POST /process 499")
        equal(len([line for line in service.log if " 499 " in line]), 2)
        # Stopped at the next band and not at the end: far less of the same work takes longer than stopping did.
        started = time.monotonic()
        equal(service.process_image(flat_png(2500, 2500), **LONG_WORK).status, 200)
        true(stopped_after < time.monotonic() - started, "stopped after %.2f s" % stopped_after)


@test
def a_client_that_closes_its_sending_side_is_gone():
    with Service("--workers=1", *LONG_JOBS) as service, occupy(service) as raw:
        raw.socket.shutdown(socket.SHUT_WR)
        service.wait_for(in_flight=0)
        true(raw.is_closed(), "closed")


@test
def a_job_over_its_deadline_is_a_503():
    with Service("--workers=2", "--job-timeout=0.1") as service:
        reply = service.process_image(long_picture(), **LONG_WORK)
        equal((reply.status, reply.code), (503, "processing_timeout"))
        service.wait_for(in_flight=0)
        equal(service.process_image(jpeg()).status, 200)


@test
def a_client_that_does_not_read_is_cut_off():
    picture = noise_png(2000, 2000)
    with Service("--reply-timeout=0.5") as service:
        whole = service.process_image(picture, format="png", operation="rotate", angle="90")
        equal(whole.status, 200)
        true(len(whole.body) > 10 << 20, "more than the sockets' buffers hold")
        with service.connect(receive_buffer=4096) as raw:
            body = form(picture, format="png", operation="rotate", angle="90")
            raw.send(post_head(len(body)) + body)
            wait_until(lambda: len([line for line in service.log if "POST /process 200" in line]) == 2, "the request has ended")
            try:
                raw.reply()
                raise AssertionError("it got everything")
            except (EOFError, ConnectionResetError):
                pass


@test
def the_last_request_is_finished_after_sigterm():
    with Service("--workers=1", "--drain-timeout=3600", *LONG_JOBS) as service:
        on_health, on_process, working = service.connect(), service.connect(), service.connect()
        for raw in (on_health, on_process):  # connections that are open and have been used
            equal(raw.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").reply().status, 200)
        body = form(flat_png(2500, 2500), **LONG_WORK)
        working.send(post_head(len(body)) + body)
        service.wait_for(in_flight=1)
        service.terminate()

        def refused():
            try:
                socket.create_connection(("127.0.0.1", service.port), HANG_GUARD_S).close()
                return False
            except ConnectionRefusedError:
                return True
        wait_until(refused, "new connections are refused")
        equal(service.process.poll(), None, "it is still at work")
        reply = on_health.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").reply()
        equal((reply.status, reply.json["status"], reply.json["in_flight"]), (503, "draining", 1))
        small = form(jpeg())
        reply = on_process.send(post_head(len(small)) + small).reply()
        equal((reply.status, reply.code, reply.headers["connection"]), (503, "shutting_down", "close"))
        reply = working.reply()
        equal((reply.status, decode(reply.body).size), (200, (2500, 2500)))
        equal(service.wait(), 0, "exit status")


@test
def an_upload_that_began_before_sigterm_is_finished():
    with Service() as service, service.connect() as raw:
        body = form(jpeg())
        raw.send(post_head(len(body), "Expect: 100-continue\r\n"))
        equal(raw.read_head()[0], 100, "its head was seen")
        raw.send(body[:100])
        raw_seen = service.connect()
        equal(raw_seen.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").reply().status, 200)
        service.terminate()
        wait_until(lambda: b"draining" in raw_seen.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").reply().body, "it drains")
        equal(raw.send(body[100:]).reply().status, 200)
        equal(service.wait(), 0)


@test
def what_does_not_end_in_time_is_cancelled():
    with Service("--workers=1", "--drain-timeout=0.2", *LONG_JOBS) as service:
        with occupy(service), service.connect() as second:
            second.send(long_request())
            service.wait_for(queued=1)
            service.terminate()
            equal(service.wait(), 0)
        true(any("cancelled" in line for line in service.messages), service.messages)


@test
def idle_connections_do_not_keep_it_alive():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Service() as service, service.connect() as idle, service.connect() as used:
            equal(used.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").reply().status, 200)
            idle.send(b"GET /hea")
            service.process.send_signal(number)
            equal(service.wait(), 0)


@test
def as_process_1_it_ends_on_sigterm():
    if PREFIX or os.geteuid() != 0 or not shutil.which("unshare"):
        raise Skip("needs root, unshare and no SERVICE_PREFIX")
    if subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("no new PID namespaces here")
    with Service(prefix=["unshare", "--pid", "--fork", "--kill-child"]) as service:
        equal(service.pid, 1, "its own idea of its pid")
        with open("/proc/%d/task/%d/children" % (service.process.pid, service.process.pid), encoding="ascii") as file:
            os.kill(int(file.read().split()[0]), signal.SIGTERM)
        equal(service.wait(), 0)


@test
def many_clients_at_once_all_get_an_answer():
    with Service("--workers=2", "--queue=4") as service:
        answers = []

        def client():
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=HANG_GUARD_S)
            for _ in range(10):
                body = form(jpeg(), operation="enhance")
                connection.request("POST", "/process", body, {"Content-Type": "multipart/form-data; boundary=----boundary7MA4YWxkTrZu0gW"})
                reply = connection.getresponse()
                reply.read()
                answers.append(reply.status)
            connection.close()
        threads = [threading.Thread(target=client) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(len(answers), 240)
        true(set(answers) <= {200, 503} and 200 in answers, set(answers))
        equal(service.health()["queued"], 0)


@test
def connections_beyond_the_limit_do_no_harm():
    with Service("--max-connections=8") as service:
        many = [socket.create_connection(("127.0.0.1", service.port), HANG_GUARD_S) for _ in range(40)]
        for connection in many:
            connection.close()
        wait_until(lambda: answers(service), "it answers again")


def answers(service):
    try:
        return service.get("/health").status == 200
    except (ConnectionError, http.client.HTTPException):
        return False


@test
def it_listens_on_ipv4_and_ipv6():
    with Service() as service:
        if not any("[::]" in line for line in service.messages):
            raise Skip("no IPv6 here")
        connection = http.client.HTTPConnection("::1", service.port, timeout=HANG_GUARD_S)
        connection.request("GET", "/health")
        equal(connection.getresponse().status, 200)
        connection.close()
        service.wait_for_log(" ::1 GET /health 200")


@test
def the_settings_are_printed_at_start():
    with Service("--queue=7", environment={"MAX_SIDE": "4000", "JOB_TIMEOUT": "2.5"}) as service:
        text = "\n".join(service.messages)
        for setting in ("queue=7", "max-side=4000", "job-timeout=2.5s", "max-body-bytes=20MiB", "kernels "):
            true(setting in text, setting)


@test
def the_log_has_three_forms():
    with Service("--log=json") as service:
        service.get("/nothing?\"<&\\")
        line = json.loads(service.wait_for_log("nothing")[0])
        equal((line["status"], line["method"], line["target"], line["client"]), (404, "GET", "/nothing?\"<&\\", "127.0.0.1"))
        equal(service.stop(), 0)
    with Service(environment={"LOG": "off"}) as service:
        service.get("/health")
        equal(service.stop(), 0)
        equal(service.log, [])
    with Service() as service:
        with service.connect() as raw:
            raw.send(b"GET /a\x7fb HTTP/1.1\r\nHost: x\r\n\r\n").read_head()
        service.wait_for_log("GET /a?b ")


@test
def a_reader_of_the_log_that_is_stuck_does_not_stop_the_service():
    process = subprocess.Popen([PROGRAM, "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        port = int(process.stderr.readline().split(b"listening on port ")[1].split()[0])
        with socket.create_connection(("127.0.0.1", port), HANG_GUARD_S) as connection:
            ask = b"GET /" + b"x" * 200 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
            reader = connection.makefile("rb")
            for _ in range(1000):  # 260 KB of lines, more than a pipe holds
                connection.sendall(ask)
                length = 0
                while (line := reader.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                true(length > 0 and len(reader.read(length)) == length, "an answer")
    finally:
        process.terminate()
        process.stdout.close()
        process.stderr.close()
        equal(process.wait(HANG_GUARD_S), 0)


@test
def mistakes_at_start_are_one_line_and_a_status():
    done = run_program("--bogus")
    true((done.returncode, done.stdout) == (2, "") and one_line(done.stderr) and "--bogus" in done.stderr, done)
    done = run_program(environment={"PORT": "http"})
    true(done.returncode == 2 and one_line(done.stderr) and "PORT" in done.stderr, done)
    done = run_program(environment={"IMAGE_SIMD": "v9"})
    true(done.returncode == 2 and one_line(done.stderr) and "v9" in done.stderr, done)
    with Service() as service:
        done = run_program("--port=%d" % service.port)
        true(done.returncode == 1 and one_line(done.stderr) and "port %d is in use" % service.port in done.stderr, done)
    done = run_program("--help")
    true((done.returncode, done.stderr) == (0, "") and "--max-body-bytes" in done.stdout, done)


@test
def every_kernel_table_gives_the_same_picture():
    results = {}
    for simd in ("scalar", "v2", "v3", "v4"):
        try:
            with Service(environment={"IMAGE_SIMD": simd}) as service:
                true(any("kernels " + simd in line for line in service.messages), service.messages)
                results[simd] = service.process_image(noise_png(61, 43), operation="noise_reduction", format="png").body
        except AssertionError as refusal:
            true(simd != "scalar" and "not known to this processor" in str(refusal), refusal)
    true(len(set(results.values())) == 1, results.keys())


class BesideHotline:
    """A directory with the service and, if asked for, something called hotline beside it."""

    def __init__(self, script=None):
        self.folder = tempfile.TemporaryDirectory()
        self.program = os.path.join(self.folder.name, "image-service")
        shutil.copy(PROGRAM, self.program)
        if script:
            path = os.path.join(self.folder.name, "hotline")
            with open(path, "w", encoding="ascii") as file:
                file.write(script)
            os.chmod(path, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def run(self, *arguments, **environment):
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=HANG_GUARD_S, check=False,
                              env=dict(os.environ, **environment))


@test
def profile_starts_the_same_service_under_the_hotline_beside_it():
    script = "#!/bin/sh\nfor word; do echo \"$word\"; done\necho \"PROFILE=${PROFILE-unset}\"\n"
    with BesideHotline(script) as place:
        expected = ["--cpu", "--html", "--outfile=/tmp/a b.html", place.program, "--port=0", "--log", "off", "PROFILE=unset"]
        equal(place.run("--profile=/tmp/a b.html", "--port=0", "--log", "off").stdout.splitlines(), expected, "a flag")
        equal(place.run("--port=0", "--profile", "/tmp/a b.html", "--log", "off").stdout.splitlines(), expected, "a flag of two words")
        equal(place.run("--port=0", "--log", "off", PROFILE="/tmp/a b.html").stdout.splitlines(), expected, "the environment")


@test
def profile_without_a_hotline_is_one_clear_line():
    with BesideHotline() as place:
        done = place.run("--profile=/tmp/a.html")
        true(done.returncode == 1 and one_line(done.stderr) and place.folder.name + "/hotline" in done.stderr, done)


@test
def the_service_links_nothing_of_the_profiler():
    needed = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True).stdout
    true("hotline" not in needed, needed)
    symbols = subprocess.run(["nm", "-D", PROGRAM], capture_output=True, text=True, check=True).stdout
    hotline = [line.split() for line in symbols.splitlines() if "hotline" in line]
    true(hotline and all(line[-2] in "wv" for line in hotline), hotline)


run()
