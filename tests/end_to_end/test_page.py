#!/usr/bin/python3
"""The upload page without a browser: its policy, its form against the contract, its samples."""
import base64
import hashlib
import html.parser
import json
import os
import re
import sys

from PIL import Image, ImageChops, ImageStat

from pictures import decode, jpeg
from service import Service, multipart
from tap import equal, run, test, true

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
VOID = {"meta", "link", "br", "hr", "img", "input"}
FOREIGN_VOID = {"rect", "circle", "path"}
SERVICE = Service("--workers=2")
PAGE = SERVICE.get("/")
TEXT = PAGE.body.decode("utf-8")
CONTRACT = SERVICE.get("/openapi.json").json["components"]["schemas"]["Form"]["properties"]


class Page(html.parser.HTMLParser):
    """Nesting, attributes, the form's controls."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.errors, self.elements, self.controls, self.select = [], [], [], [], None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if len(values) != len(attributes):
            self.errors.append("twice the same attribute in <%s>" % tag)
        self.elements.append((tag, values))
        if tag not in VOID:
            self.stack.append(tag)
        if tag in ("input", "select") and "name" in values:
            self.controls.append(dict(values, tag=tag, options=[], selected=None))
        if tag == "option":
            self.controls[-1]["options"].append(values["value"])
            if "selected" in values:
                self.controls[-1]["selected"] = values["value"]

    def handle_startendtag(self, tag, attributes):
        if tag not in FOREIGN_VOID:
            self.errors.append("<%s/>" % tag)
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.errors.append("</%s> in %s at %s" % (tag, self.stack[-3:], self.getpos()))
        else:
            self.stack.pop()

    def handle_comment(self, data):
        self.errors.append("a comment: " + data[:40])


MARKUP = Page(TEXT)


def digest(text):
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def control(name):
    return [c for c in MARKUP.controls if c["name"] == name]


@test
def the_policy_allows_the_one_style_and_the_one_script_by_their_hashes():
    styles, scripts = re.findall(r"<style>(.*?)</style>", TEXT, re.S), re.findall(r"<script>(.*?)</script>", TEXT, re.S)
    equal((len(styles), len(scripts)), (1, 1))
    equal(PAGE.headers["content-security-policy"],
          "default-src 'none'; script-src %s; style-src %s; img-src 'self' blob: data:; connect-src 'self'; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'" % (digest(scripts[0]), digest(styles[0])))


@test
def the_page_has_its_headers():
    equal((PAGE.status, PAGE.headers["content-type"]), (200, "text/html; charset=utf-8"))
    equal(PAGE.headers["cross-origin-opener-policy"], "same-origin")
    equal(PAGE.headers["x-content-type-options"], "nosniff")
    equal(PAGE.headers["cache-control"], "no-cache")
    true("server" not in PAGE.headers, "no server version")


@test
def a_client_that_has_it_is_not_sent_it_again():
    for path in ("/", "/openapi.json", "/samples/night.jpg"):
        full = SERVICE.get(path)
        tag = full.headers["etag"]
        true(re.fullmatch(r'"[0-9a-f]{16}"', tag), tag)
        for known in (tag, "W/" + tag, '"x", %s' % tag, "*"):
            reply = SERVICE.request("GET", path, headers={"If-None-Match": known})
            equal((reply.status, reply.body, reply.headers["etag"]), (304, b"", tag), known)
        equal(SERVICE.request("GET", path, headers={"If-None-Match": '"0000000000000000"'}).body, full.body, "another version")
    equal(len({SERVICE.get(path).headers["etag"] for path in ("/", "/openapi.json", "/samples/night.jpg", "/samples/scene.jpg")}), 4)
    with SERVICE.connect() as raw:  # what comes after a reply without a body is read right
        for _ in range(2):
            raw.send(b"GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n")
            equal(raw.reply(bodyless=True).status, 304)
        raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        equal(raw.reply().body, PAGE.body)


@test
def head_and_options():
    for path in ("/", "/openapi.json", "/samples/scene.jpg"):
        head, get = SERVICE.request("HEAD", path), SERVICE.get(path)
        equal((head.status, head.body), (200, b""))
        for name in ("content-type", "content-length", "content-security-policy", "cache-control", "etag"):
            equal(head.headers[name], get.headers[name], name)
        options = SERVICE.request("OPTIONS", path)
        equal((options.status, options.headers["allow"]), (200, "GET, HEAD, OPTIONS"))
        equal(SERVICE.request("POST", path, b"x").status, 405)


@test
def the_markup_is_well_formed():
    equal((MARKUP.errors, MARKUP.stack), ([], []))
    true(TEXT.startswith("<!DOCTYPE html>\n<html lang=\"en\">"), "a doctype and a language")
    ids = [values["id"] for _, values in MARKUP.elements if "id" in values]
    equal(len(ids), len(set(ids)), "ids are unique")
    for _, values in MARKUP.elements:
        for name in ("for", "aria-describedby", "aria-labelledby"):
            for target in values.get(name, "").split():
                true(target in ids, "%s=%s points somewhere" % (name, target))
    true("{{" not in re.sub(r"<(style|script)>.*?</\1>", "", TEXT, flags=re.S), "every template name was replaced")


@test
def nothing_is_loaded_from_elsewhere_and_nothing_runs_inline():
    for tag, values in MARKUP.elements:
        for name, value in values.items():
            true(not name.startswith("on") and name != "style", "<%s %s>" % (tag, name))
            if name in ("src", "href", "action", "formaction", "poster", "srcset", "data"):
                true(re.match(r"(/(?!/)|#|data:image/svg\+xml,)", value), "<%s %s=%s> stays here" % (tag, name, value[:60]))
    for asset in re.findall(r"<(?:style|script)>(.*?)</", TEXT, re.S):
        addresses = set(re.findall(r"\w+://[\w.]+", asset))
        equal(addresses, set(), "addresses in the assets")
        true("@import" not in asset and "url(" not in asset and "eval(" not in asset and "innerHTML" not in asset, "no back door")


@test
def every_control_has_a_label():
    labelled = {values["for"] for tag, values in MARKUP.elements if tag == "label" and "for" in values}
    for found in MARKUP.controls:
        true(found["id"] in labelled, found["id"])


@test
def the_forms_fields_are_those_of_the_contract():
    form = [values for tag, values in MARKUP.elements if tag == "form"]
    equal([(f["action"], f["method"], f["enctype"]) for f in form], [("/process", "post", "multipart/form-data")])
    equal({c["name"] for c in MARKUP.controls}, set(CONTRACT))
    equal([c["name"] for c in MARKUP.controls if "disabled" in c], ["sigma"], "what a form cannot leave out, the script adds")
    equal([c["value"] for c in control("operation")] + ["edge", "edge_detection"], CONTRACT["operation"]["enum"])
    equal([c["value"] for c in control("operation") if "checked" in c], [CONTRACT["operation"]["default"]])
    for name, schema in CONTRACT.items():
        if name in ("image", "operation"):
            continue
        found, = control(name)
        if "enum" in schema:
            equal((found["options"], found["selected"]), (schema["enum"], schema["default"]), name)
            continue
        low = float(found["min"])
        true(low == schema["minimum"] if "minimum" in schema else schema["exclusiveMinimum"] < low <= schema["exclusiveMinimum"] + 0.01, name)
        equal(float(found["max"]), float(schema["maximum"]), name)
        if "default" in schema:
            equal(float(found["value"]), float(schema["default"]), name)
        slider = [float(x) for x in found["data-slider"].split()]
        true(slider[0] >= (low if name != "sigma" else 0) and slider[1] <= float(found["max"]), name + "'s slider stays in range")


def as_a_browser_sends_it(operation):
    """Everything in the form that is not disabled, as it is when the page has been opened and a file chosen."""
    fields = []
    for found in MARKUP.controls:
        if "disabled" in found or (found.get("type") == "radio" and found["value"] != operation):
            continue
        if found.get("type") == "file":
            fields.append((found["name"], jpeg(), "picture.jpg"))
        else:
            fields.append((found["name"], found["selected"] if found["tag"] == "select" else found["value"]))
    return fields


@test
def the_form_as_it_is_works_for_every_operation():
    for operation in [c["value"] for c in control("operation")]:
        reply = SERVICE.post(multipart(as_a_browser_sends_it(operation)))
        equal((reply.status, reply.headers["content-type"]), (200, "image/jpeg"), operation)
        equal(reply.headers["content-disposition"], "attachment; filename=processed_%s.jpg" % operation)
        given = {} if operation != "rotate" else {"angle": control("angle")[0]["value"]}
        equal(reply.body, SERVICE.process_image(jpeg(), operation=operation, **given).body, operation + ": the page's defaults are the service's")


@test
def limits_are_those_of_the_running_service():
    true("up to 20 MB" in TEXT and 'data-max-bytes="20971520"' in TEXT, "by default")
    with Service("--max-body-bytes=1536K", "--max-pixels=1000000") as other:
        page = other.get("/")
        true("up to 1.5 MB" in page.body.decode() and 'data-max-bytes="1572864"' in page.body.decode(), "as configured")
        true(page.headers["etag"] != PAGE.headers["etag"], "another page, another tag")
        true("1572864" in other.get("/openapi.json").json["info"]["description"], "the description says so, too")


@test
def samples_are_small_and_are_those_of_the_project():
    sys.path.insert(0, os.path.join(ROOT, "service", "page"))
    import make_samples  # pylint: disable=import-outside-toplevel
    total = 0
    links = [values["href"] for tag, values in MARKUP.elements if tag == "a" and values.get("href", "").startswith("/samples/")]
    equal(sorted(links), sorted("/samples/%s.jpg" % name for name in make_samples.SAMPLES))
    for name in make_samples.SAMPLES:
        reply = SERVICE.get("/samples/%s.jpg" % name)
        equal((reply.status, reply.headers["content-type"]), (200, "image/jpeg"))
        equal(reply.headers["cache-control"], "public, max-age=86400")
        equal(reply.headers["content-security-policy"], "default-src 'none'; sandbox")
        total += len(reply.body)
        picture, fresh = decode(reply.body), make_samples.shrink(name)
        equal(picture.size, fresh.size, name)
        image, = [values for tag, values in MARKUP.elements if tag == "img" and values["src"] == "/samples/%s.jpg" % name]
        equal((int(image["width"]), int(image["height"])), picture.size, name + ": the page reserves the right room")
        # A quarter of the size: what is noise, JPEG may change.
        difference = sum(ImageStat.Stat(ImageChops.difference(picture.reduce(4), fresh.reduce(4))).mean) / 3
        true(difference < 3, "%s is the picture in sample_images/ (%.2f levels apart)" % (name, difference))
        true(not Image.open(os.path.join(ROOT, "sample_images", name + ".jpg")).size == picture.size, "made smaller")
    true(total < 150 * 1024, "%d bytes in all" % total)
    equal(SERVICE.get("/samples/").status, 404)
    equal(SERVICE.get("/samples/../samples/scene.jpg").status, 404)
    equal(json.loads(SERVICE.get("/samples/none.jpg").body)["code"], "not_found")


@test
def the_service_ends_well():
    equal(SERVICE.stop(), 0, "exit status")


run()
