#!/usr/bin/python3
"""hotline.h: tags split the profile, nest, are restored and are carried to other threads; in pie, no-pie and static programs, by gcc and
clang, in C and C++; and without a profiler every call does nothing."""
import os
import shutil
import subprocess
import tempfile

from hotline_run import check, finish, near_share, profile, skip, target


def share(report, **wanted):
    return sum(row["cpu_percent"] for row in report["tags"]["sets"] if all(row["tags"].get(k) == v for k, v in wanted.items()))


def split():
    report, status, out, _ = profile(target("tags"), "4", options=["--tag=region=here"], environment={"HOTLINE_TAGS": "tier=gold,x=y"})
    samples = report["self_check"]["samples"]
    check(status == 0 and out == "profiled\n", "the program sees the profiler, and its tags are restored at the end", (status, out))
    near_share(share(report, operation="blur"), 70, samples, "70 % under operation=blur")
    near_share(share(report, operation="sharpen"), 30, samples, "30 % under operation=sharpen")
    near_share(share(report, operation="blur", stage="inner"), 35, samples, "a nested tag holds half of it")
    rows = report["tags"]["sets"]
    wilson = lambda percent: 196 / (1 + 3.8415 / samples) * ((percent / 100) * (1 - percent / 100) / samples + 3.8415 / (4 * samples ** 2)) ** 0.5
    check(rows and all(abs(row["cpu_error_percent"] - wilson(row["cpu_percent"])) < 0.01 for row in rows),
          "every share of a tag set says how far off it may be: half of the 95 % interval", rows)
    check(report["tags"]["static"] == {"region": "here", "tier": "gold", "x": "y"}, "static tags of --tag and HOTLINE_TAGS",
          report["tags"]["static"])
    report, status, _, _ = profile(target("tags"), "1", "helper")
    check(status == 0 and share(report, request="42") >= 99, "a helper thread carries the context along", report["tags"])


def switch():
    report, status, _, err = profile(target("tags"), "1", "switch")
    measured = report["self_check"]["cpu_seconds_sampled"]
    check(status == 0 and 0.6 <= measured <= 1.3, "hotline_off() and hotline_on(): half of the run is sampled", report["self_check"])


def builds():
    source = "tests/targets/tags.c"
    kinds = {"pie": ["-fPIE", "-pie"], "no-pie": ["-fno-pie", "-no-pie"], "static": ["-static"], "static-pie": ["-fPIE", "-static-pie"],
             "lazy binding": ["-fPIE", "-pie", "-Wl,-z,lazy"], "-O0": ["-O0", "-fPIE", "-pie"]}
    with tempfile.TemporaryDirectory() as folder:
        for compiler in ("gcc", "clang"):
            for kind, flags in kinds.items():
                name = "%s, %s" % (compiler, kind)
                if not shutil.which(compiler):
                    skip(name, compiler + " is not here")
                    continue
                program = os.path.join(folder, "tags")
                subprocess.run([compiler, "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-I.", *flags, "-o", program,
                                source, "-lpthread"], check=True)
                plain = subprocess.run([program, "0.05"], capture_output=True, text=True, timeout=60, check=False)
                check(plain.returncode == 0 and plain.stdout == "plain\n", name + ": does nothing without a profiler", plain)
                if "static" in kind:
                    _, status, out, err = profile(program, "0.05")
                    check(status == 125 and "statically linked" in err, name + ": hotline says why it cannot", (status, err))
                    _, status, out, _ = profile(program, "0.05", options=["--force"])
                    check(status == 0 and out == "plain\n", name + ": --force runs it unprofiled", (status, out))
                    continue
                report, status, out, _ = profile(program, "0.6")
                check(status == 0 and out == "profiled\n" and share(report, operation="blur") > 40,
                      name + ": tagged under hotline", (status, out, report and report["tags"]))
        program = os.path.join(folder, "tags_cc")
        subprocess.run(["g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-I.", "-x", "c++", "-o", program, "-", "-lpthread"], check=True,
                       text=True, input='#include "profiler/hotline.h"\n#include <cstdio>\nint main() { try { HOTLINE_TAG("a", "b"); throw 1; }'
                       ' catch (int) {}\n std::puts(hotline_context_get().word ? "left" : "restored"); }\n')
        for runner, name in ((lambda: subprocess.run([program], capture_output=True, text=True, check=False).stdout, "plain"),
                             (lambda: profile(program)[2], "under hotline")):
            out = runner()
            check(out == "restored\n", "C++11, a scope left by an exception, " + name, out)


def sleeper():
    report, status, out, err = profile(target("sleeper"), "1")
    check(status == 0 and out == "1\n", "a thread asleep in epoll_wait is never woken", (out, err))
    report, status, out, err = profile(target("sleeper"), "1", options=["--off"])
    check(out == "1\n" and report["self_check"]["samples"] == 0, "nor with --off, which takes no samples", (out, report["self_check"]))


split()
switch()
builds()
sleeper()
finish()
