#!/usr/bin/python3
"""POST /process and the other addresses, as well-meaning clients use them: every operation, every field, every mistake in the
contract's table. Run under any SERVICE_PREFIX it must give the same answers."""
import json
import shutil
import subprocess
import tempfile
import threading
import time

from pictures import decode, encode, flat_png, gradient, jpeg, noise_png, png
from service import BOUNDARY, HANG_GUARD_S, Service, form, multipart
from tap import Skip, equal, run, test, true

OPERATIONS = ["blur", "sharpen", "edge_detect", "grayscale", "enhance", "rotate", "noise_reduction"]
SERVICE = Service("--workers=2", "--max-body-bytes=2M", "--max-pixels=4000000", "--max-output-pixels=6000000", "--max-side=5000")


def error(reply, status, code, field=None):
    equal(reply.status, status, "status of %r" % reply.body[:300])
    equal(reply.headers["content-type"], "application/json")
    true(reply.body.endswith(b"}\n"), "an error is one line of JSON")
    equal(reply.code, code, "code")
    true(isinstance(reply.json["error"], str) and reply.json["error"], "error is a sentence")
    equal(reply.json.get("field"), field, "field")
    protected(reply)


def protected(reply):
    equal(reply.headers["x-content-type-options"], "nosniff")
    equal(reply.headers["cache-control"], "no-store")
    true("default-src 'none'" in reply.headers["content-security-policy"], "a policy")
    true("server" not in reply.headers, "no server version")


def picture(reply, kind="JPEG"):
    equal(reply.status, 200, "status of %r" % reply.body[:300])
    image = decode(reply.body)
    equal(image.format, kind)
    return image


@test
def every_operation_answers_a_jpeg_with_the_contracts_headers():
    for operation in OPERATIONS:
        reply = SERVICE.process_image(jpeg(), operation=operation)
        image = picture(reply)
        equal(image.mode, "L" if operation == "grayscale" else "RGB", operation)
        true(operation == "rotate" or image.size == (96, 64), "%s: the size stays" % operation)
        equal(reply.headers["content-type"], "image/jpeg")
        equal(reply.headers["content-disposition"], "attachment; filename=processed_%s.jpg" % operation)
        seconds = reply.headers["x-processing-time"]
        true(seconds.endswith("s") and len(seconds.split(".")[1]) == 4, "X-Processing-Time %s has 3 decimals" % seconds)
        stages = [part.split(";dur=")[0] for part in reply.headers["server-timing"].split(", ")]
        equal(stages, ["queue", "decode", "operate", "encode"])
        true(all(float(part.split("dur=")[1]) >= 0 for part in reply.headers["server-timing"].split(", ")), "times are numbers")
        true("x-ignored-fields" not in reply.headers, "nothing was ignored")
        protected(reply)


@test
def the_default_is_the_original_blur_as_jpeg_of_quality_85():
    equal(SERVICE.process_image(jpeg()).body, SERVICE.process_image(jpeg(), operation="blur", radius="5", quality=85,
                                                                    format="jpeg").body)


@test
def every_parameter_changes_the_picture():
    for operation, field, value in [("blur", "radius", "1"), ("sharpen", "amount", "3"), ("enhance", "color", "0"),
                                    ("enhance", "contrast", "3"), ("enhance", "sharpness", "4"), ("rotate", "angle", "30"),
                                    ("noise_reduction", "method", "mean"), ("noise_reduction", "sigma", "5"),
                                    ("blur", "quality", "10")]:
        source = noise_png(64, 48)
        plain = SERVICE.process_image(source, operation=operation)
        changed = SERVICE.process_image(source, operation=operation, **{field: value})
        equal((plain.status, changed.status), (200, 200))
        true(plain.body != changed.body, "%s=%s of %s has an effect" % (field, value, operation))


@test
def formats_in_and_out():
    equal(picture(SERVICE.process_image(png(), format="png"), "PNG").size, (96, 64))
    equal(picture(SERVICE.process_image(png(), format="same"), "PNG").size, (96, 64))
    equal(picture(SERVICE.process_image(jpeg(), format="same"), "JPEG").size, (96, 64))
    reply = SERVICE.process_image(jpeg(), format="png", operation="sharpen")
    equal(reply.headers["content-type"], "image/png")
    equal(reply.headers["content-disposition"], "attachment; filename=processed_sharpen.png")
    picture(reply, "PNG")


@test
def webp_is_written_or_refused_by_name():
    reply = SERVICE.process_image(jpeg(), format="webp")
    if reply.status == 200:
        picture(reply, "WEBP")
    else:
        error(reply, 400, "invalid_parameter", "format")


@test
def alpha_survives_in_png():
    image = gradient().convert("RGBA")
    image.putalpha(77)
    equal(picture(SERVICE.process_image(encode(image, "PNG"), format="png", operation="sharpen"), "PNG").mode, "RGBA")
    equal(picture(SERVICE.process_image(encode(image, "PNG"), operation="sharpen")).mode, "RGB")


@test
def results_do_not_depend_on_which_worker_or_which_request_came_before():
    expected = {operation: SERVICE.process_image(png(), operation=operation, format="png").body for operation in OPERATIONS}
    wrong = []

    def ask(operation):
        for _ in range(4):
            if SERVICE.process_image(png(), operation=operation, format="png").body != expected[operation]:
                wrong.append(operation)

    threads = [threading.Thread(target=ask, args=(operation,)) for operation in OPERATIONS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(wrong, [])


@test
def ignored_fields_are_named():
    reply = SERVICE.process_image(jpeg(), flavour="1", angle="90", **{"a b": "x"})
    equal(reply.status, 200)
    equal(reply.headers["x-ignored-fields"], "flavour, a%20b, angle")


@test
def the_originals_three_sentences_stay():
    reply = SERVICE.post(multipart([("operation", "blur")]))
    error(reply, 400, "missing_image", "image")
    equal(reply.json["error"], "No image provided")
    reply = SERVICE.post(multipart([("image", b"", "")]))
    error(reply, 400, "no_image_selected", "image")
    equal(reply.json["error"], "No image selected")
    reply = SERVICE.process_image(jpeg(), operation="n\"o\xe9pe")
    error(reply, 400, "invalid_operation", "operation")
    equal(reply.json["error"], "Invalid operation: n\"o\xe9pe")
    equal(reply.json["allowed"], OPERATIONS)
    error(SERVICE.process_image(jpeg(), operation=""), 400, "invalid_operation", "operation")


@test
def field_mistakes():
    error(SERVICE.post(multipart([("image", b"", "a.jpg")])), 400, "empty_image", "image")
    error(SERVICE.post(multipart([("image", jpeg())])), 400, "field_too_long" if len(jpeg()) > 4096 else "missing_image", "image")
    error(SERVICE.post(multipart([("image", jpeg(), "a"), ("image", jpeg(), "b")])), 400, "duplicate_field", "image")
    error(SERVICE.post(multipart([("radius", "1"), ("image", jpeg(), "a"), ("radius", "1")])), 400, "duplicate_field", "radius")
    error(SERVICE.process_image(jpeg(), radius="1" * 4097), 400, "field_too_long", "radius")
    for field, value in [("radius", "0"), ("radius", "nan"), ("radius", "5px"), ("radius", ""), ("radius", "101"), ("amount", "-1"),
                         ("color", "4.5"), ("angle", "361"), ("sigma", "0"), ("strength", "3"), ("quality", "0"),
                         ("quality", "1.5"), ("format", "gif"), ("method", "median"), ("method", "magic"),
                         ("quality_level", "best")]:
        error(SERVICE.process_image(jpeg(), **{field: value}), 400, "invalid_parameter", field)


@test
def multipart_mistakes():
    def refused(body, content_type):
        error(SERVICE.post(body, {"Content-Type": content_type}), 400, "invalid_multipart")
    good = form(jpeg())
    named = "multipart/form-data; boundary=" + BOUNDARY
    refused(good, "multipart/form-data")
    refused(good, "multipart/form-data; boundary=")
    refused(good, "multipart/form-data; boundary=" + "x" * 71)
    refused(good, "multipart/form-data; boundary=a; boundary=b")
    refused(good, "multipart/form-data; boundary=other")
    refused(good[:-30], named)
    refused(b"", named)
    refused(b"\x00" * 1000, named)
    refused(multipart([("x", "1")] * 17), named)
    refused(b"--%s\r\nContent-Type: text/plain\r\n\r\nx\r\n--%s--" % (BOUNDARY.encode(), BOUNDARY.encode()), named)
    refused(b"--%s\r\nContent-Disposition: form-data; name=\"a\"\r\nX: %s\r\n\r\nx\r\n--%s--" % (
        BOUNDARY.encode(), b"y" * 4096, BOUNDARY.encode()), named)
    refused(b"--%s\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\nx\r\n--%s--" % (
        BOUNDARY.encode(), BOUNDARY.encode()), named)


@test
def body_types():
    error(SERVICE.post(b"{}", {"Content-Type": "application/json"}), 415, "unsupported_media_type")
    error(SERVICE.post(b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}), 415, "unsupported_media_type")
    error(SERVICE.request("POST", "/process", form(jpeg())), 415, "unsupported_media_type")


@test
def what_is_not_an_image():
    for data in (b"hello, world", b"<svg/>", b"\x00", b"%PDF-1.4", b"II*\x00" + bytes(100), b"\xff\xd8", jpeg()[2:]):
        error(SERVICE.process_image(data), 415, "unsupported_image")


@test
def damaged_images():
    whole = png()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for data in (jpeg()[:len(jpeg()) // 2], jpeg()[:20], whole[:len(whole) // 2], whole[:20], bytes(flipped)):
        error(SERVICE.process_image(data), 422, "invalid_image")


@test
def images_that_are_too_large():
    error(SERVICE.process_image(flat_png(2500, 2000)), 422, "image_too_large")
    error(SERVICE.process_image(flat_png(5001, 10)), 422, "image_too_large")
    header = bytearray(png())
    header[16:24] = (30000).to_bytes(4, "big") * 2
    import zlib  # the header's CRC must be right, or it is merely damaged
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    error(SERVICE.process_image(bytes(header)), 422, "image_too_large")
    error(SERVICE.process_image(flat_png(1900, 1900), operation="rotate"), 422, "image_too_large")  # the result would be
    equal(SERVICE.process_image(flat_png(1900, 1900), operation="rotate", angle="90").status, 200)


@test
def the_limit_of_the_upload():
    limit = 2 << 20
    body = form(jpeg(), filler="")
    for size, status in [(limit, 200), (limit + 1, 413)]:
        padded = body + b"x" * (size - len(body))  # an epilogue counts and is ignored
        reply = SERVICE.post(padded)
        equal(reply.status, status, "a body of %d bytes" % size)
    error(reply, 413, "payload_too_large")
    equal(reply.headers["connection"], "close")


@test
def a_client_that_sends_far_too_much_still_reads_the_answer():
    reply = SERVICE.post(b"x" * (30 << 20))
    error(reply, 413, "payload_too_large")


@test
def addresses_and_methods():
    error(SERVICE.get("/nothing"), 404, "not_found")
    error(SERVICE.get("/process/"), 404, "not_found")
    error(SERVICE.get("/health%00x"), 404, "not_found")
    error(SERVICE.get("/%68ealth"), 404, "not_found")
    error(SERVICE.request("POST", "/nothing", b"x" * 1000), 404, "not_found")
    equal(SERVICE.get("/health?probe=1").status, 200)
    for method, path, allow in [("GET", "/process", "OPTIONS, POST"), ("PUT", "/process", "OPTIONS, POST"),
                                ("HEAD", "/process", "OPTIONS, POST"), ("DELETE", "/health", "GET, HEAD, OPTIONS"),
                                ("POST", "/", "GET, HEAD, OPTIONS"), ("PATCH", "/health", "GET, HEAD, OPTIONS")]:
        reply = SERVICE.request(method, path, b"x" if method in ("POST", "PUT", "PATCH") else None)
        equal((reply.status, reply.headers["allow"]), (405, allow), "%s %s" % (method, path))
        if method != "HEAD":
            error(reply, 405, "method_not_allowed")


@test
def options_and_head():
    for path, allow in [("/process", "OPTIONS, POST"), ("/", "GET, HEAD, OPTIONS"), ("*", "GET, HEAD, OPTIONS, POST")]:
        reply = SERVICE.request("OPTIONS", path)
        equal((reply.status, reply.headers["allow"], reply.body), (200, allow, b""), path)
    for path in ("/", "/health"):
        head, get = SERVICE.request("HEAD", path), SERVICE.get(path)
        equal((head.status, head.body), (200, b""))
        for name in ("content-type", "content-security-policy", "cache-control"):
            equal(head.headers[name], get.headers[name], name)
        true(int(head.headers["content-length"]) > 50, "HEAD tells the length")


@test
def health_has_all_its_fields():
    before = time.time()
    reply = SERVICE.get("/health")
    health = reply.json
    equal(sorted(health), ["in_flight", "queued", "service", "status", "timestamp", "uptime_s", "workers"])
    equal((health["status"], health["service"], health["workers"]), ("healthy", "image-processor", 2))
    true(before - 1 <= health["timestamp"] <= time.time() + 1, "timestamp is now")
    true(0 <= health["uptime_s"] <= SERVICE.get("/health").json["uptime_s"], "uptime grows")
    equal(reply.headers["content-type"], "application/json")
    protected(reply)


@test
def the_page_is_a_form_that_needs_no_javascript():
    reply = SERVICE.get("/")
    page = reply.body.decode()
    equal((reply.status, reply.headers["content-type"]), (200, "text/html; charset=utf-8"))
    true('action="/process"' in page and 'enctype="multipart/form-data"' in page and 'name="image"' in page, "an upload form")
    true(all(operation in page for operation in OPERATIONS), "all operations")
    policy = reply.headers["content-security-policy"]
    for rule in ("default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        true(rule in policy, rule)
    equal(reply.headers["cross-origin-opener-policy"], "same-origin")
    equal(reply.headers["x-content-type-options"], "nosniff")


@test
def uploads_from_other_sites_are_refused():
    error(SERVICE.post(form(jpeg()), {"Sec-Fetch-Site": "cross-site"}), 403, "cross_site")
    for site in ("same-origin", "same-site", "none"):
        equal(SERVICE.post(form(jpeg()), {"Sec-Fetch-Site": site}).status, 200, site)


def a_file(folder):
    path = folder + "/picture.jpg"
    with open(path, "wb") as file:
        file.write(jpeg())
    return path


@test
def curl_is_understood():
    if not shutil.which("curl"):
        raise Skip("no curl")
    with tempfile.TemporaryDirectory() as folder:
        for extra in ([], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"], ["--http1.0"]):
            done = subprocess.run(["curl", "-sS", "-m", "%d" % HANG_GUARD_S, *extra, "-F", "image=@" + a_file(folder), "-F",
                                   "operation=sharpen", "-F", "format=png", "http://127.0.0.1:%d/process" % SERVICE.port],
                                  capture_output=True, check=True)
            equal(decode(done.stdout).size, (96, 64), extra)


@test
def node_fetch_is_understood():
    node = shutil.which("node")
    if not node or subprocess.run([node, "-e", "fetch; FormData"], capture_output=True, check=False).returncode != 0:
        raise Skip("no node with fetch")
    script = """
        const [path, port] = process.argv.slice(1);
        const form = new FormData();
        form.append("operation", "rotate");
        form.append("angle", "90");
        form.append("image", new Blob([require("fs").readFileSync(path)], {type: "image/jpeg"}), "caf\\u00e9 \\"1\\".jpg");
        fetch(`http://127.0.0.1:${port}/process`, {method: "POST", body: form}).then(async reply => {
            const body = Buffer.from(await reply.arrayBuffer());
            console.log(JSON.stringify([reply.status, reply.headers.get("content-type"), body.length > 100]));
        });"""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([node, "-e", script, a_file(folder), str(SERVICE.port)], capture_output=True, check=True,
                              timeout=HANG_GUARD_S)
    equal(json.loads(done.stdout), [200, "image/jpeg", True])


@test
def every_request_left_one_line_in_the_log():
    marker = "/marked?%d" % id(SERVICE)
    SERVICE.get(marker)
    line, = SERVICE.wait_for_log("GET " + marker)
    true(" 404 " in line and " 127.0.0.1 " in line, line)


@test
def the_service_is_well_at_the_end():
    equal(SERVICE.health()["status"], "healthy")
    equal((SERVICE.health()["queued"], SERVICE.health()["in_flight"]), (0, 0))
    equal(SERVICE.stop(), 0, "exit status")


run()
