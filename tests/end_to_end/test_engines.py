#!/usr/bin/python3
"""The two engines against known truths: work in step with the kernel's tick, a thread that sleeps at every tick, a codec's shares;
and what the perf engine must not do: interrupt calls, kill what execs, hold descriptors."""
import json
import os
import subprocess
import sys
import tempfile

from hotline_run import HOTLINE, check, finish, function, near_share, profile, skip, target

PROGRAM = target("engines")
PERF = ["--engine=perf", "-F", "997"]


def truths(out):
    return {words[0]: [float(word) for word in words[1:]] for words in (line.split() for line in out.splitlines()) if len(words) > 1}


def run(*arguments, options=(), **how):
    report, status, out, err = profile(PROGRAM, *arguments, options=options, **how)
    check(status == 0 and report is not None, " ".join(arguments) + " " + " ".join(options) + " runs unchanged", (status, err))
    return report, out


def thread(report, name):
    """The thread's seconds: sampled, measured, missed, and the number of its samples; all 0 when it is not in the report."""
    for row in report["threads"]:
        if row["name"] == name:
            return row["cpu_seconds_sampled"], row["cpu_seconds_measured"] or 0, row["cpu_seconds_missed"], row["samples"]
    return 0, 0, 0, 0


def perf_may_see_the_kernel():
    report, _, _, _ = profile(PROGRAM, "closing", "0.1", options=PERF)
    engine = report["engine"]
    return engine["name"] == "perf" and "kernel is not sampled" not in engine["why"]


def tick_locked_work():
    report, out = run("locked", "4", options=PERF)
    share, truth = function(report, "behind_the_tick", "total_percent"), truths(out)["behind_the_tick"][0]
    check(abs(share - truth) <= 1, "perf: work in step with the tick has its share", (share, truth))
    check(report["engine"]["name"] == "perf" and abs(report["engine"]["achieved_hz"] - 997) < 10, "perf: the rate is what was asked for",
          report["engine"])


def the_sleeper(engine):
    """Bursts of 0.9 ms every 4 ms, at four places between two ticks: the tick can meet one or two of them."""
    missed = []
    for phase in ("0.1", "1.1", "2.1", "3.1"):
        report, out = run("sleeper", "3", phase, options=["--engine=" + engine, "-F", "997" if engine == "perf" else "250"])
        cpu, wall = truths(out)["sleeper"]
        sampled, measured, lacking, samples = thread(report, "sleeper")
        check(abs(measured - cpu) < 0.03 * cpu, engine + ": the thread's CPU clock is in the report, phase " + phase, (measured, cpu))
        if engine == "perf":
            check(abs(100 * sampled / wall - 100 * cpu / wall) < 1, "perf: the sleeper has its share, phase " + phase, (sampled, cpu, wall))
            check(samples > 0.9 * 997 * cpu, "perf: and its samples, phase " + phase, samples)
        else:
            if truths(out)["late"][0] < 0.1:  # on a busy machine the bursts are anywhere, and the tick meets them
                missed.append(lacking)
            check(abs(sampled + lacking - measured) <= 0.11 * measured, "timer: what is not sampled is said to be missed, phase " + phase,
                  report["threads"])
    if engine == "timer" and len(missed) < 4:
        skip("timer: the tick misses the sleeper", "the machine is too busy to keep a thread in step with the tick")
    elif engine == "timer":
        check(max(missed) > 0.2, "timer: the tick misses the sleeper at some phase, and the report says how much", missed)


def codec_shares():
    report, out = run("codec", "8", options=PERF)
    samples = report["self_check"]["samples"]
    for name, truth in truths(out).items():
        if name == "cpu_seconds":
            continue
        share = function(report, name, "total_percent")
        check(abs(share - truth[0]) <= 0.5, "perf: %s within half a point of the CPU clock" % name, (share, truth, samples))
        near_share(share, truth[0], samples, "perf: %s within the sampling error" % name)
    check(report["self_check"]["complete_stacks_percent"] >= 99.9, "perf: stacks are complete in libjpeg's bare SIMD code",
          report["self_check"])


def shares():
    report, _, _, err = profile(target("shares"), "70_30", "3", options=PERF)
    samples = report["self_check"]["samples"]
    near_share(function(report, "spin_70"), 70, samples, "perf: 70/30")
    near_share(function(report, "spin_30"), 30, samples, "perf: 30/70")
    report, _, _, err = profile(target("shares"), "99_1", "3", options=PERF)
    near_share(function(report, "spin_1"), 1, report["self_check"]["samples"], "perf: 99/1")
    report, _, _, err = profile(target("shares"), "thread", "1", options=PERF)
    check(all(abs(row["cpu_seconds_sampled"] - 1) < 0.02 for row in report["threads"] if row["samples"] > 20) and
          len([row for row in report["threads"] if row["samples"] > 900]) == 2, "perf: every thread is sampled", report["threads"])
    report, _, _, err = profile(target("shares"), "system", "2", options=PERF)
    facts = report["self_check"]
    check(abs(facts["cpu_seconds_sampled"] - facts["cpu_seconds_measured"]) < 0.02 * facts["cpu_seconds_measured"],
          "perf: long system calls count in full", (facts, err))


def bursts_after_silence():
    """The collector looks rarely while nothing happens: a ring that fills wakes it."""
    report, _ = run("bursts", options=PERF)
    facts = report["self_check"]
    check(facts["samples"] > 100 and facts["dropped"] == 0, "perf: no sample is lost when work begins suddenly", facts)


def nothing_is_interrupted():
    _, out = run("waits", options=["--engine=perf", "-F", "9973"])
    check(out.startswith("interrupted 0 of 7500\n"), "perf: no waiting call fails with EINTR", out)


def execs_and_descriptors():
    report, out = run("execs", options=["--engine=perf", "-F", "9973"])
    check(out == "failed 0 of 200\nreplaced\n", "perf: what execs while it is sampled lives", out)
    check(function(report, "run_execs", "total_percent") > 30, "perf: children are sampled", report["functions"][:5])
    report, _ = run("closing", "1", options=PERF)
    samples = {row["tid"]: row["samples"] for row in report["threads"]}
    check(len([n for n in samples.values() if n > 900]) == 2, "perf: a program that closes every descriptor is sampled on", samples)


def off_and_on():
    report, status, _, err = profile(target("engines"), "closing", "1", options=[*PERF, "--off"])
    check(status == 0 and report["self_check"]["samples"] == 0, "perf, --off: no samples", (report["self_check"], err))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.json")
        with subprocess.Popen([HOTLINE, *PERF, "--off", "--json", "-o", path, PROGRAM, "locked", "6"], stderr=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, text=True) as running:
            running.stderr.readline()  # it runs
            switched = subprocess.run([HOTLINE, "--on", "--for=2s", "--pid=%d" % running.pid], capture_output=True, text=True, check=False)
            check(switched.returncode == 0, "perf: --on --for", switched.stderr)
            running.communicate(timeout=60)
        with open(path, encoding="utf-8") as file:

            facts = json.load(file)["self_check"]
        check(0.9 * 997 * facts["cpu_seconds_measured"] < facts["samples"] < 2300 and facts["cpu_seconds_measured"] > 0.2,
              "perf: a window of two seconds", facts)


def what_the_kernel_refuses():
    report, _ = run("denied", "1", options=PERF)
    check(report["self_check"]["samples"] > 200 and "1 thread kept" in report["engine"]["why"] + "1 thread kept" * (
        report["engine"]["name"] == "timer"), "perf refused: the timer samples, and the report says why", report["engine"])
    if os.geteuid() != 0:
        skip("perf for an ordinary user", "only root can become one")
        return
    with tempfile.TemporaryDirectory() as folder:  # where that user may write, and read the programs
        os.chmod(folder, 0o777)
        for path in (HOTLINE, os.path.join(os.path.dirname(HOTLINE), "libhotline.so"), target("shares")):
            subprocess.run(["cp", path, folder], check=True)
        output = os.path.join(folder, "r.json")
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", os.path.join(folder, "hotline"), *PERF,
                               "--json", "-o", output, os.path.join(folder, "shares"), "70_30", "2"], capture_output=True, text=True,
                              check=False)
        check(done.returncode == 0, "perf for an ordinary user: runs unchanged", done.stderr)

        with open(output, encoding="utf-8") as file:
            report = json.load(file)
        # A daemon's descriptors are closed: the event's number is then the first one, 0.
        for stream in ("<&-", "<&- >&-"):
            done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", '"$@" ' + stream, "sh",
                                   os.path.join(folder, "hotline"), *PERF, "--json", "-o", output, os.path.join(folder, "shares"), "70_30", "0.5"],
                                  capture_output=True, text=True, check=False)
            check(done.returncode == 0, "perf for an ordinary user, %s: runs unchanged" % stream, (done.returncode, done.stderr))
    engine = report["engine"]
    check(engine["name"] == "timer" or "kernel is not sampled" in engine["why"] or perf_level() <= 1,
          "perf for an ordinary user: the report says what is not seen", engine)
    near_share(function(report, "spin_70"), 70, report["self_check"]["samples"], "perf for an ordinary user: shares are right")


def perf_level():
    try:
        with open("/proc/sys/kernel/perf_event_paranoid", encoding="utf-8") as file:
            return int(file.read())
    except OSError:
        return 2


def main():
    if os.environ.get("SAN"):
        skip("engines", "targets are not built with sanitizers, and the collector's would dominate")
        finish()
    the_sleeper("timer")
    if not perf_may_see_the_kernel():
        skip("the perf engine", "perf_event_open with kernel time is not permitted here")
        finish()
    tick_locked_work()
    the_sleeper("perf")
    codec_shares()
    shares()
    bursts_after_silence()
    nothing_is_interrupted()
    execs_and_descriptors()
    off_and_on()
    what_the_kernel_refuses()
    finish()


main()
