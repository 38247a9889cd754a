#!/usr/bin/python3
"""Code made at run time has the names that the program writes to /tmp/perf-PID.map; what somebody else put there is not read."""
import os
import tempfile

from hotline_run import check, finish, function, near_share, profile, target

OUTSIDE = "[code outside every module]"
OPTIONS = ["-F", "250", "--profile-interval=0.2"]

report, status, out, err = profile(target("jit"), "names", options=OPTIONS)
samples = report["self_check"]["samples"]
check(status == 0 and out == "", "a program that makes code runs unchanged", (status, out, err))
near_share(function(report, "<b>made & short</b>"), 30, samples, "a made function's share, by its latest name")
near_share(function(report, "made_long"), 70, samples, "and the other one's")
check(function(report, OUTSIDE) == 0 and function(report, "old_name") == 0, "nothing is left without a name", report["functions"][:5])
report, status, _, _ = profile(target("jit"), "none", options=OPTIONS)
check(status == 0 and function(report, OUTSIDE) > 95, "without a map: code outside every module", report["functions"][:5])
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "secret")
    with open(path, "w", encoding="ascii") as file:
        file.write("0 7fffffffffffffff secret\n")
    report, status, _, _ = profile(target("jit"), "link", path, options=OPTIONS)
    check(status == 0 and function(report, "secret") == 0 and function(report, OUTSIDE) > 95, "a map that is a link is not followed",
          report["functions"][:5])
finish()
