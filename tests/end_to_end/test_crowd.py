#!/usr/bin/python3
"""Forks, execs, thread churn, small and foreign stacks: one session for the whole tree, nothing lost, nobody harmed."""
from hotline_run import check, finish, function, profile, target


# least: of threads shorter than a tick, what they use before their timer runs and after it goes is not seen.
def run(mode, cpu_seconds, name, least=0.85, root="burn"):
    report, status, out, err = profile(target("crowd"), mode, options=["-F", "200"], timeout=300)
    check(status == 0 and out == "", name + ": runs unchanged", (status, out, err))
    facts = report["self_check"]
    sampled, measured = facts["cpu_seconds_sampled"], facts["cpu_seconds_measured"]
    check(cpu_seconds == 0 or least * cpu_seconds <= sampled <= 1.2 * cpu_seconds + 0.4, name + ": its CPU time is there", facts)
    check(least * measured - 0.1 <= sampled <= 1.1 * measured + 0.1, name + ": sampled equals measured", facts)
    check(facts["dropped"] == 0 and facts["processes_not_joined"] == 0, name + ": nothing dropped, everybody joined", facts)
    if cpu_seconds:
        share = function(report, root, "total_percent")
        check(share >= 90, name + ": in the right function", (share, report["functions"][:6]))
    return report


report = run("forks", 2.0, "four forked workers", root="worker")
check(report["self_check"]["complete_stacks_percent"] >= 99.5, "forked workers: stacks are complete", report["self_check"])
check(len({t["pid"] for t in report["threads"]}) >= 4, "forked workers: each has its thread", report["threads"])
run("exec", 1.0, "fork and exec", root="worker")
run("spawn", 1.0, "posix_spawn", root="worker")
run("closed", 1.0, "every descriptor closed, then fork and exec", root="worker")
run("many", 0, "800 short children")
run("churn", 1.0, "5000 short threads", least=0.6)
run("stacks", 2.4, "threads with the smallest stacks")
# A sample from before the first table cannot cross: two of a hundred were enough to fail on a busy machine.
report = run("altstack", 2.0, "a handler on an alternate stack", root="on_signal")
check(report["self_check"]["complete_stacks_percent"] >= 99 and function(report, "main", "total_percent") >= 90,
      "a handler on an alternate stack: up to main, on the thread's own", report["self_check"])
report = run("coroutine", 0.5, "a coroutine")
check(function(report, "coroutine", "total_percent") < 10, "a coroutine: known by its leaf only", report["functions"][:6])
report = run("deep", 4.0, "400 calls deep", root="deep")
check(report["self_check"]["complete_stacks_percent"] >= 99.5 and function(report, "main", "total_percent") >= 99.5,
      "400 calls deep: up to main", report["self_check"])
finish()
