#!/usr/bin/python3
"""Programs with known CPU shares: what the report says is right within the sampling error, in own / library / system, and every stack
reaches its root. The true shares follow from iteration counts (tests/targets/shares.c)."""
from hotline_run import check, finish, function, line_number, lines_of, near_share, profile, target

SOURCE = "tests/targets/shares.c"


def run(mode, seconds):
    report, status, out, err = profile(target("shares"), mode, str(seconds))
    check(status == 0 and report is not None and out == "", "%s: runs unchanged" % mode, err)
    self_check = report["self_check"]
    samples = self_check["samples"]
    check(samples >= 85 * seconds * (2 if mode == "thread" else 1), "%s: 100 samples per CPU second" % mode, samples)
    check(abs(self_check["cpu_seconds_sampled"] - self_check["cpu_seconds_measured"]) <= 0.05 * self_check["cpu_seconds_measured"] + 0.03,
          "%s: CPU sampled equals CPU measured" % mode, self_check)
    check(self_check["dropped"] == 0, "%s: nothing dropped" % mode, self_check)
    check(self_check["complete_stacks_percent"] >= 99.5, "%s: stacks are complete" % mode, self_check)
    return report, samples


def main():
    report, samples = run("70_30", 6)
    near_share(function(report, "spin_70"), 70.0, samples, "70 / 30: the larger share")
    near_share(function(report, "spin_30"), 30.0, samples, "70 / 30: the smaller share")
    roots = function(report, "main", "total_percent")
    check(roots >= 99.8, "70 / 30: main holds everything", roots)
    own = sum(row["own_percent"] for row in lines_of(report, "shares.c"))
    check(own >= 99.0, "70 / 30: all of it is own code", own)

    report, samples = run("99_1", 8)
    near_share(function(report, "spin_99"), 99.0, samples, "99 / 1: the larger share")
    near_share(function(report, "spin_1"), 1.0, samples, "99 / 1: the smaller share")

    report, samples = run("thread", 3)
    roots = function(report, "thread_function", "total_percent")
    check(roots >= 99.8, "threads by pthread_create and thrd_create: their functions hold everything", roots)
    near_share(function(report, "thrd_function", "total_percent"), 50.0, samples, "threads: half of it under thrd_create's")
    busy = [thread for thread in report["threads"] if thread["cpu_seconds_sampled"] > 1]
    check(len(busy) == 2 and all(abs(t["cpu_seconds_sampled"] - t["cpu_seconds_measured"]) < 0.15 for t in busy),
          "threads: each thread's sampled time equals its CPU clock", report["threads"])

    report, samples = run("qsort", 4)
    lines = {row["line"]: row for row in lines_of(report, "shares.c")}
    call = lines.get(line_number(SOURCE, "the line of the library's part"), {})
    callback = function(report, "compare", "total_percent")
    check(callback >= 95, "a qsort callback: the time is in the callback", callback)
    check(call.get("total_percent", 0) >= 99 and call.get("own_percent", 100) < 1,
          "a qsort callback: the calling line is on every stack and has no time of its own", call)
    own = sum(row["own_percent"] for row in lines.values())
    library = sum(row["library_percent"] for row in lines.values())
    check(abs(own + library - 100) < 1.5 and abs(library - call.get("library_percent", -1)) < 0.5,
          "a qsort callback: own + library is everything, and the library's part stands at the call", (own, library, call))

    report, samples = run("system", 4)
    lines = {row["line"]: row for row in lines_of(report, "shares.c")}
    call = lines.get(line_number(SOURCE, "the line of the kernel's part"), {})
    check(call.get("system_percent", 0) >= 95, "a loop of system calls: its time is system time at the calling line", call)
    check(report["self_check"]["system_seconds"] >= 0.9 * report["self_check"]["cpu_seconds_measured"],
          "a loop of system calls: the kernel's own count agrees", report["self_check"])
    finish()


main()
