"""Starts image-service on a free port, talks to it over real sockets, stops it by its pid.

SERVICE_PREFIX: words put before the service's command (a profiler's command line, for example); the tests must not notice.
HANG_GUARD_S is no expectation of speed: it only turns a hang into a failure.
"""
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import threading
import time

BUILD = os.environ.get("BUILD", "build")
PROGRAM = os.path.join(BUILD, "image-service")
PREFIX = shlex.split(os.environ.get("SERVICE_PREFIX", ""))
HANG_GUARD_S = float(os.environ.get("HANG_GUARD_S", "120"))
BOUNDARY = "----boundary7MA4YWxkTrZu0gW"


class Reply:
    """status, headers (names in lower case), body; `json` when it is one."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, {k.lower(): v for k, v in headers}, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["code"]


def wait_until(condition, what):
    """Until `condition()` is true; its value."""
    end = time.monotonic() + HANG_GUARD_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError("waited in vain until " + what)


def multipart(parts, boundary=BOUNDARY):
    """parts: (name, content) or (name, content, file name). ret: a body."""
    body = b""
    for part in parts:
        name, content = part[0], part[1]
        content = content if isinstance(content, bytes) else str(content).encode()
        file_name = "; filename=\"%s\"" % part[2] if len(part) > 2 else ""
        body += b"--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n" % (
            boundary.encode(), name.encode(), file_name.encode(), content)
    return body + b"--%s--\r\n" % boundary.encode()


def form(image, **fields):
    """The body of a form with a file and text fields."""
    return multipart(list(fields.items()) + [("image", image, "picture.jpg")])


def post_head(length, extra=""):
    """The head of a POST /process; length None: none is declared."""
    declared = "" if length is None else "Content-Length: %d\r\n" % length
    return ("POST /process HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=%s\r\n%s%s\r\n" %
            (BOUNDARY, declared, extra)).encode()


class Raw:
    """A connection on which the test decides about every byte."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(HANG_GUARD_S)
        self.socket.connect(("127.0.0.1", port))
        self.kept = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def close(self):
        self.socket.close()

    def read_head(self):
        """Status and headers of the next reply (or of an interim one)."""
        while b"\r\n\r\n" not in self.kept:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("closed after %r" % self.kept)
            self.kept += data
        head, self.kept = self.kept.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        return int(lines[0].split()[1]), [tuple(line.split(": ", 1)) for line in lines[1:]]

    def reply(self, bodyless=False):
        """The next reply with its body (bodyless: one to HEAD)."""
        status, headers = self.read_head()
        length = 0 if bodyless else int(dict((k.lower(), v) for k, v in headers).get("content-length", 0))
        while len(self.kept) < length:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("closed in a body")
            self.kept += data
        body, self.kept = self.kept[:length], self.kept[length:]
        return Reply(status, headers, body)

    def is_closed(self):
        """Wait for the server to close; whether nothing but that came."""
        try:
            return self.kept == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


class Service:
    """A running service: `with Service("--workers=1") as service:`."""

    def __init__(self, *flags, environment=None, prefix=None):
        clean = {k: v for k, v in os.environ.items() if k not in ("PORT", "LOG", "PROFILE", "WORKERS", "QUEUE")}
        command = (PREFIX if prefix is None else prefix) + [PROGRAM, "--port=0", *flags]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=dict(clean, **(environment or {})))
        self.log, self.messages, self.port, self.pid = [], [], None, None
        self._readers = [threading.Thread(target=self._read, args=(self.process.stdout, self.log), daemon=True),
                         threading.Thread(target=self._read, args=(self.process.stderr, self.messages), daemon=True)]
        for reader in self._readers:
            reader.start()
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def _wait_until_it_listens(self):
        def found():
            if self.process.poll() is not None:
                raise AssertionError("the service ended with %s: %s" % (self.process.returncode, self.messages))
            return [line for line in list(self.messages) if "listening on port " in line]
        line = wait_until(found, "the service listens")[0]
        self.port = int(line.split("listening on port ")[1].split()[0])
        self.pid = int(line.split("pid ")[1].split(",")[0])
        wait_until(lambda: self.get("/health").status == 200, "/health is healthy")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        """The exit status."""
        try:
            status = self.process.wait(HANG_GUARD_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the service did not end") from None
        for reader in self._readers:
            reader.join(HANG_GUARD_S)
        return status

    def stop(self):
        """SIGTERM; ret: the exit status."""
        self.terminate()
        return self.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()
        if self.pid and self.pid != self.process.pid and PREFIX:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG_GUARD_S)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            reply = connection.getresponse()
            return Reply(reply.status, reply.getheaders(), reply.read())
        finally:
            connection.close()

    def get(self, path):
        return self.request("GET", path)

    def post(self, body, headers=None):
        return self.request("POST", "/process", body,
                            dict({"Content-Type": "multipart/form-data; boundary=" + BOUNDARY}, **(headers or {})))

    def process_image(self, image, **fields):
        return self.post(form(image, **fields))

    def connect(self, **options):
        return Raw(self.port, **options)

    def health(self):
        return self.get("/health").json

    def wait_for(self, **counts):
        """Until /health shows these numbers, for example queued=1."""
        wait_until(lambda: all(self.health()[k] == v for k, v in counts.items()), "health shows %s" % counts)

    def wait_for_log(self, text):
        return wait_until(lambda: [line for line in list(self.log) if text in line], "a log line has " + text)
