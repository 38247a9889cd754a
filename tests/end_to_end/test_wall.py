#!/usr/bin/python3
"""--wall: known waits have their shares, and the program does not notice: its output, its errors, its cancellations and its CPU time are
those of a run alone."""
import os
import subprocess
import tempfile

from hotline_run import HOTLINE, check, finish, function, lines_of, line_number, near_share, profile, skip, target

PROGRAM = target("waits")
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "targets", "waits.c")
WALL = ["--wall"]


def alone(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True).stdout


def run(*arguments, options=WALL):
    report, status, out, err = profile(PROGRAM, *arguments, options=options)
    check(status == 0 and report is not None, " ".join(arguments) + ": runs", (status, err))
    return report, out


def known_shares():
    report, out = run("shares", "6")
    truth = {words[0]: float(words[1]) for words in (line.split() for line in out.splitlines())}
    everything = sum(truth.values())
    places = {row["waits_in"]: row for row in report["wait"]["places"]}
    for name, seconds in truth.items():
        found = places.get(name, {"wait_percent": 0, "wait_s": 0})
        check(abs(found["wait_percent"] - 100 * seconds / everything) < 1, "%s: its share within a point" % name, (found, truth))
        check(abs(found["wait_s"] - seconds) < 0.01 * everything, "%s: its seconds" % name, (found, truth))
    lines = {row["line"]: row for row in lines_of(report, "waits.c")}
    held = lines.get(line_number(SOURCE, "pthread_mutex_lock(&contended);"), {})
    check(held.get("wait_s", 0) > 0.9 * truth["pthread_mutex_lock"], "the line's own column", held)
    check(len(report["locks"]) == 1 and report["locks"][0]["waits_in"] == "pthread_mutex_lock" and
          abs(report["locks"][0]["wait_s"] - truth["pthread_mutex_lock"]) < 0.1, "the contended lock is listed", report["locks"])
    # main() spins for 0.4 of the time; nothing else computes.
    check(function(report, "run_shares", "total_percent") > 95, "CPU time is told apart from waiting", report["functions"][:4])
    facts = report["self_check"]
    check(abs(facts["cpu_seconds_sampled"] - facts["cpu_seconds_measured"]) < 0.1 * facts["cpu_seconds_measured"],
          "CPU time is sampled as ever", facts)


def waits_in_step():
    """Turns that fill whole periods of the sampling: a countdown would meet the same site again and again."""
    report, out = run("step", "8")
    truth = {words[0]: float(words[1]) for words in (line.split() for line in out.splitlines())}
    places = {row["function"]: row for row in report["wait"]["places"]}
    everything = sum(truth.values())
    for name in ("wait_seven", "wait_three"):
        found = places.get(name, {"wait_s": 0})
        check(abs(100 * (found["wait_s"] - truth[name]) / everything) < 1, "waits in step, each longer than the period: %s within a point" % name,
              (found, truth))
    short = ("wait_six_tenths", "wait_four_tenths")
    sampled = [places.get(name, {"wait_s": 0, "wait_samples": 0}) for name in short]
    near_share(100 * sampled[0]["wait_s"] / max(sum(row["wait_s"] for row in sampled), 1e-9), 100 * truth[short[0]] / sum(truth[name] for name in short),
               sum(row["wait_samples"] for row in sampled), "waits in step, shorter than the period: within the sampling error")


def names_and_kinds():
    report, _ = run("others")
    locks = report["locks"]
    check([lock["name"] for lock in locks] == ["table_lock"] and locks[0]["waits_in"] == "pthread_rwlock_timedrdlock" and
          abs(locks[0]["wait_s"] - 1) < 0.05, "a lock is named by its variable; a condition is no lock", locks)
    waits = {row["waits_in"]: row["wait_s"] for row in report["wait"]["places"]}
    check(abs(waits.get("pthread_cond_clockwait", 0) - 1) < 0.05, "a condition's wait is there all the same", waits)


def handlers_that_jump():
    for _ in range(3):
        report, out = run("jump", "2", options=["--cpu", "--wall"])
        facts = report["self_check"]
        check(facts["cpu_seconds_sampled"] > 0.85 * facts["cpu_seconds_measured"] > 0.85, "handlers that jump out of waits do not end sampling",
              (facts, out))


def nothing_changes():
    for mode in ("errors", "cancel", "forks"):
        _, out = run(mode)
        check(out == alone(mode), mode + ": says the same as alone", out)
    report, out = run("idle", "3")
    words = out.split()
    check(words[:4] == ["returned", "1", "interrupted", "0"], "an idle event loop is not disturbed", out)
    check(float(words[5]) < 15, "and costs next to nothing", out)  # milliseconds of CPU time, the start included
    check(report["self_check"]["samples"] == 0 and report["wait"]["samples"] == 1 and report["wait"]["seconds"] > 2.9,
          "its wait is one sample that stands for all of it", report["wait"])
    report, _ = run("forks")
    slept = [row for row in report["wait"]["places"] if row["waits_in"] == "usleep"]
    check(len(slept) == 1 and abs(slept[0]["wait_s"] - 4 * 0.5) < 0.15, "forked children's waits are in the same report", slept)


def without_wall():
    report, _ = run("shares", "1", options=[])
    check("wait" not in report and "locks" not in report, "without --wall there is nothing of it")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("hotline", "libhotline.so"):
            subprocess.run(["cp", os.path.join(os.path.dirname(HOTLINE), name), folder], check=True)
        done = subprocess.run([os.path.join(folder, "hotline"), "--wall", "-o", os.path.join(folder, "r.html"), "true"], capture_output=True,
                              text=True, check=False)
        check(done.returncode == 125 and "libhotline_wait.so" in done.stderr and len(done.stderr.splitlines()) == 1,
              "without its library it says so in a line", (done.returncode, done.stderr))


def off():
    report, _ = run("shares", "1", options=["--wall", "--off"])
    check(report["wait"]["samples"] == 0, "--off: nothing is sampled", report["wait"])


def children_that_stay():
    """--wait-children: the report is finished when they have ended; SIGTERM ends the wait."""
    for option, low, high in (([], 0, 1.0), (["--wait-children"], 1.8, 2.3)):
        report, _ = run("leaves", "2", options=option)
        sampled = report["self_check"]["cpu_seconds_sampled"]
        check(low <= sampled <= high, "a child that computes for two seconds after the program's end, %s" % (option or "left alone"), sampled)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.json")
        with subprocess.Popen([HOTLINE, "--wait-children", "-o", path, PROGRAM, "leaves", "8"], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as running:
            running.stdout.read()  # the program has ended
            running.terminate()
            _, err = running.communicate(timeout=20)
        check(running.returncode == 0 and os.path.exists(path), "SIGTERM ends the wait, and the report is there", (running.returncode, err))


def locks_stay_cheap():
    """Uncontended pairs of lock and unlock, in nanoseconds of CPU time: interleaved runs, the best of each."""
    plain, under = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(3):
            plain.append(float(alone("locks")))
            done = subprocess.run([HOTLINE, "--wall", "--text", "-o", os.path.join(folder, "r.txt"), PROGRAM, "locks"], capture_output=True,
                                  text=True, check=True)
            under.append(float(done.stdout))
    check(min(under) < min(plain) + 6, "a free lock costs a few nanoseconds more", (plain, under))


def main():
    if os.environ.get("SAN"):
        skip("--wall", "targets are not built with sanitizers, and the collector's would dominate")
        finish()
    known_shares()
    waits_in_step()
    names_and_kinds()
    handlers_that_jump()
    nothing_changes()
    without_wall()
    off()
    children_that_stay()
    locks_stay_cheap()
    finish()


main()
