#!/usr/bin/python3
"""--off, --on, --dump and --status by pid, under load."""
import json
import os
import signal
import subprocess
import tempfile
import time

from hotline_run import HOTLINE, check, finish, target


def ask(verb, pid):
    return subprocess.run([HOTLINE, "--" + verb, "--pid=%d" % pid], capture_output=True, text=True, timeout=60, check=False)


def cpu_seconds(pid):
    with open("/proc/%d/schedstat" % pid, encoding="ascii") as file:
        return int(file.read().split()[0]) * 1e-9


def burn_until(pid, seconds):
    """Until the program has used `seconds` more of CPU time: what matters to a CPU profiler is the program's own clock."""
    start, end = cpu_seconds(pid), time.monotonic() + 60
    while cpu_seconds(pid) - start < seconds and time.monotonic() < end:
        time.sleep(0.01)


def samples(pid, path):
    done = ask("dump", pid)
    with open(path, encoding="utf-8") as file:
        return json.load(file)["self_check"]["samples"], done


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "r.json")
    hotline = subprocess.Popen([HOTLINE, "--off", "--json", "--profile-interval=0", "--outfile", path, target("endings"), "forever"],
                               stderr=subprocess.PIPE, text=True)
    pid = int(hotline.stderr.readline().split("(pid ")[1].split(",")[0].rstrip(")"))
    try:
        burn_until(pid, 0.5)
        count, done = samples(pid, path)
        check(done.returncode == 0 and count == 0, "started with --off: no sample; --dump wrote the report", (done, count))
        check(ask("on", pid).returncode == 0, "--on by the program's pid")
        burn_until(pid, 1.0)
        first, _ = samples(pid, path)
        check(70 <= first <= 130, "--on: 100 samples per CPU second from then on", first)
        check(ask("off", hotline.pid).returncode == 0, "--off by hotline's pid")
        burn_until(pid, 0.3)
        second, _ = samples(pid, path)
        burn_until(pid, 0.7)
        third, _ = samples(pid, path)
        check(second - first <= 40 and third - second <= 2, "--off: sampling stops", (first, second, third))
        status = ask("status", pid)
        check(status.returncode == 0 and "off" in status.stdout and path in status.stdout, "--status says it", status)
        listed = subprocess.run([HOTLINE, "--status"], capture_output=True, text=True, timeout=60, check=False)
        check(str(pid) in listed.stdout, "--status lists the session", listed)
        window = subprocess.run([HOTLINE, "--on", "--for=800ms", "--pid=%d" % pid], capture_output=True, text=True, timeout=60, check=False)
        check(window.returncode == 0, "--on --for=800ms: a window", window)
        end = time.monotonic() + 60
        while "on," in ask("status", pid).stdout and time.monotonic() < end:
            time.sleep(0.02)
        burn_until(pid, 0.3)
        fourth, _ = samples(pid, path)
        burn_until(pid, 0.5)
        fifth, _ = samples(pid, path)
        check(fourth > third + 10 and fifth - fourth <= 2, "it closes by itself", (third, fourth, fifth))
        ask("on", pid)
        burn_until(pid, 0.5)
        os.kill(hotline.pid, signal.SIGTERM)
        check(hotline.wait(timeout=60) == 128 + signal.SIGTERM, "SIGTERM to hotline reaches the program", hotline.returncode)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        check(report["ended"] == {"how": "signal", "code": signal.SIGTERM} and report["self_check"]["samples"] > third + 30,
              "and the final report has what came after --on", (report["ended"], report["self_check"]))
    finally:
        if hotline.poll() is None:
            os.kill(pid, signal.SIGKILL)
            hotline.wait()
    nobody = ask("on", pid)
    check(nobody.returncode == 1 and nobody.stderr.count("\n") == 1, "a pid without a session: one clear line, exit 1", nobody)
finish()
