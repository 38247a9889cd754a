#!/usr/bin/python3
"""The aarch64 build, under qemu: unit tests, the kernels, the service, and hotline with a program of known stacks.
Started by .ci/cross-aarch64, which sets SYSROOT, COMPILER, BUILD and TESTS."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../end_to_end"))
from tap import Skip, equal, run, test, true  # noqa: E402  pylint: disable=wrong-import-position

BUILD = os.path.abspath(os.environ["BUILD"])
SYSROOT = os.environ["SYSROOT"]
EMULATOR = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
WORK = tempfile.TemporaryDirectory(prefix="hotline-aarch64-")
# The loader by its place in the sysroot: the emulator maps the paths of libraries there, but hotline checks that the loader exists.
LINK = ["-Wl,--dynamic-linker=" + os.path.join(SYSROOT, "lib/ld-linux-aarch64.so.1")]


def emulated(*command, **popen):
    if not EMULATOR:
        raise Skip("qemu-aarch64 is not here (qemu-user-static)")
    options = dict({"capture_output": True, "text": True, "timeout": 600, "check": False, "stdin": subprocess.DEVNULL}, **popen)
    return subprocess.run([EMULATOR, "-L", SYSROOT, *command], **options)


def compiled(name, *arguments):
    path = os.path.join(WORK.name, name)
    if not os.path.exists(path):
        subprocess.run([os.environ["COMPILER"], "--sysroot=" + SYSROOT, "-std=gnu17", "-D_GNU_SOURCE", "-g", "-Wall", "-Wextra", "-Werror", "-I.",
                        "-o", path, *arguments], check=True)
    return path


def profile(program, *arguments, options=()):
    """ret: the JSON report, the text report, stdout."""
    shim = compiled("exec_through_emulator.so", "-shared", "-fPIC", "tests/cross/exec_through_emulator.c")
    out = os.path.join(WORK.name, "report")
    environment = dict(os.environ, EMULATOR=EMULATOR or "", EMULATOR_ROOT=SYSROOT)
    done = emulated("-E", "LD_PRELOAD=" + shim, os.path.join(BUILD, "hotline"), *options, "-o", out + ".json", "-o", out + ".txt", "--",
                    program, *arguments, env=environment)
    equal(done.returncode, 0, done.stderr)
    with open(out + ".json", encoding="utf-8") as file:
        report = json.load(file)
    with open(out + ".txt", encoding="utf-8") as file:
        return report, file.read(), done.stdout


def percent(report, name, key="self_percent", module=None):
    return sum(row[key] for row in report["functions"] if row["name"] == name and (not module or row["module"].endswith(module)))


@test
def the_products_are_for_aarch64():
    for name in ("hotline", "image-service", "libhotline.so"):
        header = subprocess.run(["readelf", "-h", os.path.join(BUILD, name)], capture_output=True, text=True, check=True).stdout
        true("AArch64" in header, name)
    dynamic = subprocess.run(["readelf", "-d", os.path.join(BUILD, "libhotline.so")], capture_output=True, text=True, check=True).stdout
    true(set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)) <= {"libc.so.6", "ld-linux-aarch64.so.1"}, dynamic)


def unit(path):
    def points():
        done = emulated(os.path.join(BUILD, path), env=dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP"))
        right = re.findall(r"^ok \d+ - (\w+)$", done.stdout, re.M)
        wrong = set(re.findall(r"^not ok \d+ - (\w+)$", done.stdout, re.M))
        true(right and not wrong and done.returncode in (0, 1), "%s: %s %s\n%s" % (path, done.returncode, wrong, done.stderr[-2000:]))
    points.__name__ = os.path.basename(path) + "_passes"
    test(points)


for unit_path in os.environ["TESTS"].split():
    unit(unit_path)

FRAMES = ["-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer"]


def chain(name, *flags):
    return compiled(name, "-O1", *flags, *LINK, "tests/cross/chain.c")


@test
def frame_pointers_give_the_whole_stack():
    for name, flags in (("chain", FRAMES), ("chain_signed", [*FRAMES, "-mbranch-protection=standard"])):
        report, _, _ = profile(chain(name, *flags), "1.5")
        true(report["self_check"]["samples"] >= 100, report["self_check"])
        equal(report["self_check"]["complete_stacks_percent"], 100, name)
        for function in ("main", "outer", "middle"):  # the rest: ld.so at the start, and qemu's own trampoline
            true(percent(report, function, "total_percent") >= 80, "%s: %s %s" % (name, function, report["functions"]))
        true(abs(percent(report, "leaf") - percent(report, "inner")) < 40, report["functions"])
        true(percent(report, "leaf") > 25 and percent(report, "inner", "total_percent") >= 80, report["functions"])


@test
def a_library_opened_late_has_its_name():
    plugin = compiled("libplugin.so", "-O1", "-shared", "-fPIC", "-DPLUGIN", *FRAMES, "tests/cross/chain.c")
    report, _, _ = profile(chain("chain", *FRAMES), "1", plugin)
    true(25 < percent(report, "plugin_work", "total_percent") < 75, report["functions"])
    true(percent(report, "leaf", module="libplugin.so") > 10, report["functions"])


@test
def the_report_says_what_it_cannot_do():
    report, text, _ = profile(chain("chain", *FRAMES), "0.2")
    true("stacks are followed by frame pointers only" in " ".join(text.split()), text)
    true("-fno-omit-frame-pointer" in text, text)
    true("frame pointers" in report["engine"]["why"], report["engine"])


@test
def tags_in_every_kind_of_program():
    for kind, flags in {"pie": ["-fPIE", "-pie"], "no-pie": ["-fno-pie", "-no-pie"], "lazy": ["-fPIE", "-pie", "-Wl,-z,lazy"]}.items():
        program = compiled("tags-" + kind, "-O1", *flags, *LINK, "tests/targets/tags.c", "-lpthread")
        equal(emulated(program, "0.05").stdout, "plain\n", kind)
        report, _, out = profile(program, "0.7")
        equal(out, "profiled\n", kind)
        blur = sum(row["cpu_percent"] for row in report["tags"]["sets"] if row["tags"].get("operation") == "blur")
        true(40 < blur < 95, report["tags"])
    equal(emulated(compiled("tags-static", "-O1", "-static", "tests/targets/tags.c", "-lpthread"), "0.05").stdout, "plain\n", "static")


@test
def the_service_answers():
    if not EMULATOR:
        raise Skip("qemu-aarch64 is not here (qemu-user-static)")
    with subprocess.Popen([EMULATOR, "-L", SYSROOT, os.path.join(BUILD, "image-service"), "--port=0", "--log=off"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as service:
        try:
            port, lines = None, []
            deadline = time.monotonic() + 60
            while not port and time.monotonic() < deadline:
                line = service.stdout.readline()
                if not line:
                    break
                lines.append(line)
                found = re.search(r"https?://[^\s:]+:(\d+)|port[ =](\d{2,5})", line)
                port = found and next(group for group in found.groups() if group)
            true(port, lines)
            with open("sample_images/badge.png", "rb") as file:
                picture = file.read()
            body = b"".join(b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % part for part in (
                (b"operation", b"", b"grayscale"), (b"format", b"", b"png"), (b"image", b'; filename="a.png"', picture))) + b"--x--\r\n"
            request = urllib.request.Request("http://127.0.0.1:%s/process" % port, body,
                                             {"Content-Type": "multipart/form-data; boundary=x"})
            with urllib.request.urlopen(request, timeout=120) as reply:
                equal(reply.read(8), b"\x89PNG\r\n\x1a\n")
        finally:
            service.terminate()
            service.stdout.read()
        equal(service.wait(60), 0)


run()
