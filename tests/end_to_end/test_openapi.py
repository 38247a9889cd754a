#!/usr/bin/python3
"""/openapi.json against the running service: every address, every range at and beyond its ends, every default, every error code."""
import json
import math
import os
import re
import subprocess
import sys

from pictures import encode, gradient, jpeg
from service import BUILD, Service, form, multipart
from tap import Skip, equal, run, test, true

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SERVICE = Service("--workers=2", "--max-body-bytes=300000", "--max-pixels=100000", environment={"PROFILE_TOKEN": "secret-of-the-test"})
REPLY = SERVICE.get("/openapi.json")
DOCUMENT = REPLY.json
FORM = DOCUMENT["components"]["schemas"]["Form"]["properties"]
PICTURE = encode(gradient(16, 12), "PNG")


def source(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def resolve(node):
    while isinstance(node, dict) and "$ref" in node:
        target = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/")]
        node = target
    return node


def walk(node):
    yield node
    for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else []):
        yield from walk(child)


def conforms(value, schema):
    """What this document's schemas use of JSON Schema."""
    schema = resolve(schema)
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float)}
    if "type" in schema and (not isinstance(value, kinds[schema["type"]]) or isinstance(value, bool)):
        return False
    fine = all(conforms(value, part) for part in schema.get("allOf", []))
    fine &= value in schema.get("enum", [value]) and value == schema.get("const", value)
    fine &= value >= schema["minimum"] if "minimum" in schema else True
    if isinstance(value, dict):
        fine &= all(name in value for name in schema.get("required", []))
        fine &= all(conforms(value[name], part) for name, part in schema.get("properties", {}).items() if name in value)
    if isinstance(value, list) and "items" in schema:
        fine &= all(conforms(item, schema["items"]) for item in value)
    return fine


def documented(method, path, reply):
    """The reply is one that the document announces for this address."""
    responses = DOCUMENT["paths"][path][method]["responses"]
    response = resolve(responses.get(str(reply.status)) or responses["default"])
    if reply.status == 304:
        return
    kind = reply.headers["content-type"].split(";")[0]
    true(kind in response["content"], "%s %s: %d with %s" % (method, path, reply.status, kind))
    for name in response.get("headers", {}):
        true(name.lower() in reply.headers or name in ("X-Ignored-Fields", "Retry-After", "Allow"), "%s: %d has %s" % (path, reply.status, name))
    schema = response["content"][kind].get("schema")
    if schema:
        true(conforms(reply.json, schema), "%s %s: %d %s" % (method, path, reply.status, reply.body[:300]))


def operation_of(name):
    found = re.match(r"(\w+)(?:, method `\w+`)?: ", FORM[name]["description"])
    return found[1] if found else "blur"


def send(name, value):
    operation = operation_of(name)
    return SERVICE.process_image(PICTURE, **{"operation": operation, name: value})


def refused(name, value):
    reply = send(name, value)
    equal((reply.status, reply.json["code"], reply.json["field"]), (400, "invalid_parameter", name), "%s=%s" % (name, value))
    documented("post", "/process", reply)


def taken(name, value):
    reply = send(name, value)
    equal(reply.status, 200, "%s=%s: %r" % (name, value, reply.body[:200]))
    true("x-ignored-fields" not in reply.headers, name + " belongs to " + operation_of(name))
    documented("post", "/process", reply)


PARAMETERS = [name for name in FORM if name not in ("image", "operation")]
NUMBERS = [name for name in PARAMETERS if "enum" not in FORM[name]]
WORDS = [name for name in PARAMETERS if "enum" in FORM[name]]


@test
def the_document_is_json_whose_references_lead_somewhere():
    equal((REPLY.status, REPLY.headers["content-type"], DOCUMENT["openapi"]), (200, "application/json", "3.1.0"))
    references = [node["$ref"] for node in walk(DOCUMENT) if isinstance(node, dict) and "$ref" in node]
    true(len(references) > 10, "there are some")
    for reference in references:
        true(isinstance(resolve({"$ref": reference}), dict), reference)
    true("{{" not in REPLY.body.decode(), "every template name was replaced")
    identifiers = [node["operationId"] for node in walk(DOCUMENT) if isinstance(node, dict) and "operationId" in node]
    equal(len(identifiers), len(set(identifiers)), "operation ids are unique")


@test
def every_address_is_documented_and_answers():
    routes = re.findall(r'^    \{"(/[^"]*)", (true|false)', source("service/http/routes.c"), re.M)
    true(len(routes) >= 8, "routes.c was read")
    equal({path for path, _ in routes}, set(DOCUMENT["paths"]))
    for path, upload in routes:
        equal(list(DOCUMENT["paths"][path]), ["post" if upload == "true" else "get"], path)
        if upload == "true":
            continue
        headers = {"Authorization": "Bearer secret-of-the-test"} if path == "/profile" else {}
        reply = SERVICE.request("GET", path, headers=headers)
        true(reply.status == 200 or (path, reply.status) == ("/profile", 503), "%s answers %d" % (path, reply.status))
        documented("get", path, reply)
        wrong = SERVICE.request("DELETE", path)
        equal((wrong.status, wrong.headers["allow"]), (405, "GET, HEAD, OPTIONS"), path)
        documented("get", path, wrong)
    documented("get", "/profile", SERVICE.get("/profile"))


@test
def every_field_in_the_table_is_described_and_no_other():
    rules = source("service/http/fields.c").split("RULES[] = {")[1].split("\n};")[0]
    equal(set(re.findall(r'^    \{"(\w+)", OPERATION', rules, re.M)), set(PARAMETERS))
    for name in PARAMETERS:
        true(len(FORM[name]["description"]) > 10, name)


@test
def numbers_are_taken_up_to_their_ends_and_refused_beyond():
    true(len(NUMBERS) >= 9, "there are some")
    for name in NUMBERS:
        schema = FORM[name]
        whole = schema["type"] == "integer"
        high = schema["maximum"]
        taken(name, high)
        refused(name, high + 1 if whole else repr(math.nextafter(high, math.inf)))
        if "exclusiveMinimum" in schema:
            low = schema["exclusiveMinimum"]
            refused(name, low)
            taken(name, "1e-6" if name != "radius" else "0.001")
        else:
            low = schema["minimum"]
            taken(name, low)
            refused(name, low - 1 if whole else repr(math.nextafter(low, -math.inf)))
        if whole:
            refused(name, "%g" % (low + 0.5))
        else:
            taken(name, "%g" % (low + (high - low) / 3))
        for text in ("", " 1", "1 ", "1x", "nan", "inf", "0x1", "1,5", "one"):
            refused(name, text)


@test
def words_are_those_of_the_document():
    true(len(WORDS) >= 3, "there are some")
    for name in WORDS:
        for word in FORM[name]["enum"]:
            taken(name, word)
        for word in ("", "nonsense", FORM[name]["enum"][0].upper(), FORM[name]["enum"][0] + " "):
            refused(name, word)


@test
def defaults_are_what_happens_without_the_field():
    for name in PARAMETERS:
        bare = SERVICE.process_image(PICTURE, operation=operation_of(name))
        if "default" in FORM[name]:
            equal(send(name, FORM[name]["default"]).body, bare.body, name)
        else:
            true(name in ("angle", "sigma") and "Not given:" in FORM[name]["description"], name + " has no default, and it says what that means")
    bare = SERVICE.post(multipart([("image", PICTURE, "a.png")]))
    equal(bare.headers["content-disposition"], "attachment; filename=processed_%s.jpg" % FORM["operation"]["default"])


@test
def operations_are_those_of_the_document():
    canonical = []
    for operation in FORM["operation"]["enum"]:
        reply = SERVICE.process_image(PICTURE, operation=operation)
        documented("post", "/process", reply)
        canonical.append(re.search(r"processed_(\w+)\.jpg", reply.headers["content-disposition"])[1])
    wrong = SERVICE.process_image(PICTURE, operation="nonsense")
    equal((wrong.status, wrong.json["code"]), (400, "invalid_operation"))
    documented("post", "/process", wrong)
    equal(wrong.json["allowed"], [name for name in FORM["operation"]["enum"] if name in canonical])
    for alias in ("edge", "edge_detection"):
        equal(canonical[FORM["operation"]["enum"].index(alias)], "edge_detect", alias)


@test
def error_codes_are_those_of_the_status_table():
    table = dict((code, int(status)) for code, status in re.findall(r'= \{"(\w+)",\s*(\d+),', source("service/status.c")))
    true(len(table) > 25, "status.c was read")
    del table["ok"], table["cancelled"]
    equal(set(DOCUMENT["components"]["schemas"]["Error"]["properties"]["code"]["enum"]), set(table))
    seen = set()
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                for node in walk(resolve(response)):
                    codes = node.get("code", {}).get("enum", []) if isinstance(node, dict) else []
                    seen |= set(codes)
                    for code in codes:
                        true(code in table, "%s: %s is in the table" % (path, code))
                        true(status in ("default", str(table[code])), "%s: %s comes with %d, not %s" % (path, code, table[code], status))
    equal(seen, set(table), "every code is announced by some address")


@test
def what_goes_wrong_is_answered_as_documented():
    broken = jpeg()[:len(jpeg()) // 2]
    mistakes = {
        "missing_image": SERVICE.post(multipart([("operation", "blur")])),
        "no_image_selected": SERVICE.post(multipart([("image", b"", "")])),
        "empty_image": SERVICE.post(multipart([("image", b"", "a.jpg")])),
        "duplicate_field": SERVICE.post(multipart([("radius", "1"), ("radius", "1"), ("image", PICTURE, "a")])),
        "field_too_long": SERVICE.post(multipart([("radius", "1" * 5000), ("image", PICTURE, "a")])),
        "invalid_multipart": SERVICE.post(b"nonsense"),
        "unsupported_image": SERVICE.process_image(b"nonsense"),
        "invalid_image": SERVICE.process_image(broken),
        "image_too_large": SERVICE.process_image(encode(gradient(400, 300), "PNG")),
        "unsupported_media_type": SERVICE.post(b"{}", {"Content-Type": "application/json"}),
        "cross_site": SERVICE.post(form(PICTURE), {"Sec-Fetch-Site": "cross-site"}),
        "expectation_failed": SERVICE.post(form(PICTURE), {"Expect": "miracles"}),
        "uri_too_long": SERVICE.request("GET", "/" + "x" * 3000),
    }
    for code, reply in mistakes.items():
        equal(reply.json["code"], code)
        documented("post", "/process", reply)
    for head, code in ((b"POST /process HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n", "payload_too_large"),
                       (b"POST /process HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "unsupported_transfer_encoding"),
                       (b"POST /process HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n", "bad_request"),
                       (b"POST /process HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 150 + b"\r\n", "headers_too_large")):
        with SERVICE.connect() as raw:
            reply = raw.send(head).reply()
            equal(reply.json["code"], code)
            documented("post", "/process", reply)


@test
def the_limits_are_named():
    for number in ("300000", "100000"):
        true(re.search(r"\b%s\b" % number, DOCUMENT["info"]["description"]), number)


def find_validator():
    """The path to openapi-spec-validator below BUILD, fetched by pip if need be; None when that does not work."""
    folder = os.path.abspath(os.path.join(BUILD, "python"))
    if not os.path.isdir(os.path.join(folder, "openapi_spec_validator")):
        try:
            done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target", folder,
                                   "openapi-spec-validator"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=180, check=False)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode != 0:
            return None
    return folder


@test
def the_document_is_valid_openapi():
    folder = find_validator()
    if not folder:
        raise Skip("openapi-spec-validator is not here and pip could not fetch it")
    done = subprocess.run([sys.executable, "-c", "import json, sys\nfrom openapi_spec_validator import validate\nvalidate(json.load(sys.stdin))"],
                          input=json.dumps(DOCUMENT).encode(), capture_output=True, check=False, env=dict(os.environ, PYTHONPATH=folder))
    true(done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:])


@test
def the_service_ends_well():
    equal(SERVICE.stop(), 0, "exit status")


run()
