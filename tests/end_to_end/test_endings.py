#!/usr/bin/python3
"""However the program ends, the report is there, holds every sample up to the last instant, and says how it ended. And when hotline is
killed, the program goes on unharmed and its timers go."""
import os
import signal
import subprocess
import tempfile
import time

from hotline_run import HOTLINE, check, finish, function, profile, target


def ending(how, said, status):
    report, returned, _, err = profile(target("endings"), how)
    check(returned == status, "%s: exit status %d" % (how, status), (returned, err))
    check(report is not None and report["ended"] == said, "%s: the report says how it ended" % how, report and report["ended"])
    burned = 0.9 if how == "thread" else 0.6
    sampled = report["self_check"]["cpu_seconds_sampled"]
    check(abs(sampled - burned) <= 0.05, "%s: all %.1f s are there" % (how, burned), report["self_check"])
    check(function(report, "burn", "total_percent") >= 99, "%s: and in the right function" % how, report["functions"][:5])


def posix_timers(pid):
    with open("/proc/%d/timers" % pid, encoding="ascii") as file:
        return sum(line.startswith("ID:") for line in file)


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def hotline_killed():
    with tempfile.TemporaryDirectory() as folder:
        hotline = subprocess.Popen([HOTLINE, "--json", "--outfile", os.path.join(folder, "r.json"), target("endings"), "forever"],
                                   stderr=subprocess.PIPE, text=True)
        line = hotline.stderr.readline()
        pid = int(line.split("(pid ")[1].split(",")[0].rstrip(")"))
        try:
            check(wait_until(lambda: posix_timers(pid) == 1), "the program has its timer")
            hotline.kill()
            hotline.wait()
            check(wait_until(lambda: posix_timers(pid) == 0), "hotline killed: the program's timer goes")
            with open("/proc/%d/stat" % pid, encoding="ascii") as file:
                state = file.read().rsplit(")", 1)[1].split()[0]
            check(state in "RS", "hotline killed: the program goes on", state)
        finally:
            os.kill(pid, signal.SIGKILL)


ending("return", {"how": "exit", "code": 3}, 3)
ending("_exit", {"how": "exit", "code": 9}, 9)
ending("thread", {"how": "exit", "code": 7}, 7)
ending("abort", {"how": "signal", "code": signal.SIGABRT}, 128 + signal.SIGABRT)
ending("segv", {"how": "signal", "code": signal.SIGSEGV}, 128 + signal.SIGSEGV)
ending("kill", {"how": "signal", "code": signal.SIGKILL}, 128 + signal.SIGKILL)
hotline_killed()
finish()
