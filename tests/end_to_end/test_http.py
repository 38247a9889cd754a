#!/usr/bin/python3
"""The protocol below the contract, byte by byte: framing, limits of headers, keep-alive, Expect, chunks, and requests that two
servers in a row would read differently."""
import re
import time

from pictures import decode, jpeg
from service import BOUNDARY, HANG_GUARD_S, Raw, Service, form, post_head
from tap import equal, run, test, true

SERVICE = Service("--max-body-bytes=1M")
BODY = form(jpeg(), operation="grayscale")
TYPE = b"Content-Type: multipart/form-data; boundary=" + BOUNDARY.encode() + b"\r\n"


def ask(data, bodyless=False):
    """Send on a fresh connection, read one reply. ret: the reply, whether the server closed after it."""
    with SERVICE.connect() as raw:
        raw.send(data)
        reply = raw.reply(bodyless)
        return reply, reply.headers.get("connection", "").lower() == "close" and raw.is_closed()


def refused(data, status, code, closes):
    reply, closed = ask(data)
    equal((reply.status, reply.code), (status, code), data[:100])
    equal(closed, closes, "closes after %s" % data[:100])


def chunked(body, size, trailer=b""):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailer + b"\r\n"


def request(method="GET", path="/health", headers=b"", body=b""):
    return b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n%s" % (method.encode(), path.encode(), headers, body)


@test
def a_connection_serves_many_requests():
    with SERVICE.connect() as raw:
        for _ in range(3):
            equal(raw.send(request()).reply().status, 200)
            equal(raw.send(post_head(len(BODY)) + BODY).reply().status, 200)
        equal(raw.send(request(headers=b"Connection: close\r\n")).reply().status, 200)
        true(raw.is_closed(), "closed when asked to")


def id_of(headers=b"", **what):
    return ask(request(headers=headers, **what))[0].headers.get("x-request-id", "")


@test
def every_answer_has_a_request_id():
    ids = {id_of(), id_of(), id_of(path="/nothing"), id_of(path="/"), id_of(method="DELETE"), id_of(headers=b"Host: twice\r\n")}
    equal(len(ids), 6, ids)
    for name in ids:
        true(re.fullmatch("[0-9a-f]{32}", name), name)
    for data in (post_head(len(BODY)) + BODY, post_head(len(BODY), "X-Request-Id: mine\r\n") + BODY):
        with SERVICE.connect() as raw:
            reply = raw.send(data).reply()
            equal(reply.status, 200)
            true(re.fullmatch("[0-9a-f]{32}|mine", reply.headers["x-request-id"]), reply.headers)
    # Past libmicrohttpd: a body that turns out to be too large.
    head = b"POST /process HTTP/1.1\r\nHost: x\r\nX-Request-Id: too-large\r\nTransfer-Encoding: chunked\r\n" + TYPE + b"\r\n"
    with SERVICE.connect() as raw:
        reply = raw.send(head + chunked(b"x" * 1100000, 100000)).reply()
        equal((reply.status, reply.headers["x-request-id"]), (413, "too-large"))


@test
def a_clients_request_id_stays_if_it_is_sane():
    for name in ("a", "order-17", "A1b2_.:~+/=@", "x" * 64):
        equal(id_of(b"X-Request-ID: %s\r\n" % name.encode()), name)
    for name in (b"", b"x" * 65, b"two words", b'q"uote', b"<script>", b"\xc3\xa9", b"a;b", b"a,b"):
        true(re.fullmatch("[0-9a-f]{32}", id_of(b"X-Request-Id: %s\r\n" % name)), name)
    true(re.fullmatch("[0-9a-f]{32}", id_of(b"X-Request-Id: a\r\nX-Request-Id: b\r\n")), "of two there is none")


@test
def a_traceparent_gives_its_trace_id():
    trace = b"0af7651916cd43dd8448eb211c80319c"
    good = b"00-" + trace + b"-b7ad6b7169203331-01"
    equal(id_of(b"traceparent: " + good + b"\r\n"), trace.decode())
    equal(id_of(b"Traceparent: " + good + b"\r\nX-Request-Id: mine\r\n"), "mine")
    equal(id_of(b"traceparent: 01" + good[2:] + b"-more\r\nX-Request-Id: not sane\r\n"), trace.decode(), "a later version")
    for bad in (good[:-1], good + b"-more", b"ff" + good[2:], good.replace(b"0af", b"0AF"), good.replace(trace, b"0" * 32),
                good.replace(b"b7ad6b7169203331", b"0" * 16), good.replace(b"-", b"_"), b""):
        name = id_of(b"traceparent: " + bad + b"\r\n")
        true(re.fullmatch("[0-9a-f]{32}", name) and name != trace.decode(), bad)


@test
def http_1_0_is_answered_and_closed():
    with SERVICE.connect() as raw:
        equal(raw.send(b"GET /health HTTP/1.0\r\n\r\n").reply().status, 200)
        true(raw.is_closed(), "closed")


@test
def an_absolute_target_is_its_path():
    equal(ask(request(path="http://localhost/health"))[0].status, 200)
    equal(ask(request(path="http://localhost"))[0].status, 200)
    equal(ask(request(path="http://localhost/nothing"))[0].status, 404)


@test
def requests_behind_an_error_are_answered():
    with SERVICE.connect() as raw:
        bad = form(jpeg(), operation="nope")
        raw.send(request(path="/nothing") + request() + post_head(len(bad)) + bad + request("PUT", "/process", b"Content-Length: 3\r\n", b"abc") +
                 post_head(len(BODY)) + BODY + request(headers=b"Connection: close\r\n"))
        equal([raw.reply().status for _ in range(6)], [404, 200, 400, 405, 200, 200])


@test
def a_body_may_come_in_chunks_of_any_size():
    for size in (1, 7, 1000, len(BODY)):
        data = post_head(None, "Transfer-Encoding: chunked\r\n") + chunked(BODY, size)
        reply, _ = ask(data)
        equal(reply.status, 200, "chunks of %d" % size)
        equal(decode(reply.body).mode, "L")
    reply, _ = ask(post_head(None, "Transfer-Encoding: chunked\r\n") + chunked(BODY, 100, b"X-Trailer: 1\r\n"))
    equal(reply.status, 200, "with a trailer")


@test
def a_body_may_come_byte_by_byte():
    with SERVICE.connect() as raw:
        raw.send(post_head(len(BODY)))
        for i in range(len(BODY)):
            raw.send(BODY[i:i + 1])
        equal(raw.reply().status, 200)


@test
def expect_100_continue_is_answered_before_the_body():
    with SERVICE.connect() as raw:
        raw.send(post_head(len(BODY), "Expect: 100-continue\r\n"))
        equal(raw.read_head()[0], 100)
        equal(raw.send(BODY).reply().status, 200)


@test
def expect_100_continue_spares_a_client_a_useless_upload():
    for head, status in [(post_head(2 << 20, "Expect: 100-continue\r\n"), 413),
                         (request("POST", "/nothing", b"Content-Length: 1000\r\nExpect: 100-continue\r\n"), 404),
                         (request("POST", "/process", b"Content-Length: 1000\r\nExpect: 100-continue\r\n"), 415)]:
        with SERVICE.connect() as raw:
            equal(raw.send(head).reply().status, status)
            true(raw.is_closed(), "closed: nobody knows whether the body comes")


@test
def other_expectations_are_refused():
    refused(request(headers=b"Expect: 200-ok\r\n"), 417, "expectation_failed", False)
    refused(post_head(len(BODY), "Expect: everything\r\n") + BODY, 417, "expectation_failed", False)


@test
def a_length_is_required():
    refused(request("POST", "/process", TYPE), 411, "length_required", False)


@test
def too_much_is_refused_before_it_is_sent():
    refused(post_head((1 << 20) + 1), 413, "payload_too_large", True)
    refused(request("POST", "/nothing", b"Content-Length: 99999999999\r\n"), 404, "not_found", True)


@test
def too_much_in_chunks_is_refused_when_it_is_too_much():
    with SERVICE.connect() as raw:
        raw.send(post_head(None, "Transfer-Encoding: chunked\r\n"))
        try:
            for _ in range(64):
                raw.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = raw.reply()
        equal((reply.status, reply.code), (413, "payload_too_large"))


@test
def a_long_address_is_refused():
    equal(ask(request(path="/health?" + "x" * (2048 - 8)))[0].status, 200)
    refused(request(path="/health?" + "x" * (2049 - 8)), 414, "uri_too_long", False)
    refused(request("POST", "/process?" + "x" * 3000, TYPE + b"Content-Length: 4\r\n", b"abcd"), 414, "uri_too_long", False)


@test
def many_or_large_headers_are_refused():
    equal(ask(request(headers=b"X-A: 1\r\n" * 99))[0].status, 200)
    refused(request(headers=b"X-A: 1\r\n" * 100), 431, "headers_too_large", True)
    equal(ask(request(headers=b"X-A: " + b"y" * 8100 + b"\r\n"))[0].status, 200)
    refused(request(headers=b"X-A: " + b"y" * 8200 + b"\r\n"), 431, "headers_too_large", True)


@test
def headers_beyond_all_bounds_end_the_connection():
    with SERVICE.connect() as raw:
        try:
            raw.send(b"GET /health HTTP/1.1\r\n" + b"X-A: %s\r\n" % (b"y" * 1000) * 200)
            status = raw.read_head()[0]
        except (ConnectionError, EOFError):
            return
        true(status in (400, 413, 414, 431, 500), "%d" % status)  # the library's own page: it never reaches us


@test
def ambiguous_framing_is_refused():
    smuggled = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    both = b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(smuggled)
    refused(request("POST", "/process", TYPE + both, b"0\r\n\r\n" + smuggled), 400, "bad_request", True)
    refused(request("POST", "/process", TYPE + b"Content-Length: 5\r\nContent-Length: 5\r\n", b"abcde"), 400, "bad_request", True)
    refused(request("POST", "/process", TYPE + TYPE + b"Content-Length: 5\r\n", b"abcde"), 400, "bad_request", True)
    refused(request(headers=b"Host: other\r\n"), 400, "bad_request", True)


@test
def strange_transfer_encodings_are_refused():
    for coding in (b"gzip, chunked", b"identity", b"chunked, chunked", b"xchunked", b"chunked;x=1", b"\x0bchunked"):
        with SERVICE.connect() as raw:
            raw.send(request("POST", "/process", TYPE + b"Transfer-Encoding: " + coding + b"\r\n", b"0\r\n\r\n"))
            reply = raw.reply()
            true((reply.status, reply.code) in ((501, "unsupported_transfer_encoding"), (400, "bad_request")), coding)
            true(raw.is_closed(), "closed")
    refused(request("POST", "/process", TYPE + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 501,
            "unsupported_transfer_encoding", True)
    refused(b"POST /process HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, "unsupported_transfer_encoding", True)


@test
def bad_header_names_and_control_characters_are_refused():
    for line in (b"X Y: 1", b"X(Y): 1", b"X-Y : 1", b"X-Y: a\x01b", b"X-Y: a\x7fb", b"Caf\xc3\xa9: 1"):
        with SERVICE.connect() as raw:
            raw.send(request(headers=line + b"\r\n"))
            equal(raw.read_head()[0], 400, line)


@test
def a_bad_content_length_is_refused():
    for value in (b"-1", b"5x", b"0x5", b"+5", b"5, 5", b""):
        with SERVICE.connect() as raw:
            raw.send(request("POST", "/process", TYPE + b"Content-Length: " + value + b"\r\n"))
            true(raw.read_head()[0] in (400, 411, 413), value)


@test
def nonsense_never_ends_the_service():
    for data in (b"\r\n\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 3000,
                 b"GET / HTTP/1.1\r\n\r\n", b"POST /process HTTP/1.1\r\nHost: x\r\nContent-Length: 5", b"G", b""):
        with Raw(SERVICE.port) as raw:
            raw.send(data)
    equal(SERVICE.health()["status"], "healthy")


def drip(raw, data, seconds_between=0.02):
    """Send byte by byte until the server answers or closes."""
    raw.socket.settimeout(seconds_between)
    end = time.monotonic() + HANG_GUARD_S
    for i in range(len(data)):
        true(time.monotonic() < end, "a slow client is not cut off")
        try:
            raw.send(data[i:i + 1])
            got = raw.socket.recv(65536)
            raw.kept += got
            if not got or b"\r\n\r\n" in raw.kept:
                break
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            break
    raw.socket.settimeout(HANG_GUARD_S)


@test
def slow_clients_are_cut_off_although_they_are_never_idle():
    with Service("--header-timeout=0.5", "--body-timeout=0.7", "--keepalive-timeout=0.5") as service:
        with service.connect() as raw:
            drip(raw, request(headers=b"X-Slow: " + b"y" * 8000))
            equal(raw.kept, b"", "no reply to half a head")
            true(raw.is_closed(), "closed")
        with service.connect() as raw:
            raw.send(post_head(100000))
            drip(raw, b"x" * 100000)
            reply = raw.reply()
            equal((reply.status, reply.code), (408, "request_timeout"))
            true(raw.is_closed(), "closed")
        service.wait_for_log("POST /process 408")
        with service.connect() as raw:
            equal(raw.send(request()).reply().status, 200)
            true(raw.is_closed(), "an idle connection is closed")
        with service.connect() as raw:
            equal(raw.send(request()).reply().status, 200)
            drip(raw, request(headers=b"X-Slow: " + b"y" * 8000))
            true(raw.is_closed(), "so is one that dribbles its second request")
        equal(service.health()["status"], "healthy")


@test
def a_body_slower_than_4_kib_per_second_is_cut_off():
    with Service("--body-timeout=600") as service, service.connect() as raw:
        raw.send(post_head(1 << 20))
        drip(raw, b"x" * 100000, 0.1)
        reply = raw.reply()
        equal((reply.status, reply.code), (408, "request_timeout"))


@test
def no_keepalive_closes_after_each_reply():
    with Service("--no-keepalive") as service, service.connect() as raw:
        equal(raw.send(request()).reply().headers["connection"], "close")
        true(raw.is_closed(), "closed")


@test
def the_service_is_well_at_the_end():
    equal(SERVICE.health()["status"], "healthy")
    equal(SERVICE.stop(), 0, "exit status")


run()
