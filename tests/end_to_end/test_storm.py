#!/usr/bin/python3
"""Many of everything: threads at once, libraries that change places, and what the handler takes of a thread's stack."""
import os
import subprocess
import tempfile

from hotline_run import check, finish, function, profile, target

# What the handler uses of the stack besides the kernel's signal frame, which holds the processor's registers (AVX-512: 3.4 KB): 0.9 to
# 1.5 KB measured. The smallest stacks that the C library allows have 16 KiB and more.
MOST_HANDLER_BYTES = 3072


def live_threads():
    report, status, out, err = profile(target("storm"), "live", "10000", options=["-F", "250"], timeout=300)
    facts = report["self_check"]
    check(status == 0 and out == "49995000\n", "10,000 threads at once: run unchanged", (status, out, err))
    check(facts["dropped"] == facts["threads_without_slot"] == facts["threads_without_timer"] == 0 and facts["samples"] > 1000 and
          facts["complete_stacks_percent"] >= 99.9, "10,000 threads at once: everyone has its timer, no sample is lost", facts)


def starved_collector():
    """Once, on a busy machine, 10,000 runnable threads kept hotline from its turn until no ring was free, and a sample was lost."""
    report, status, out, err = profile(target("storm"), "starved", "10000", options=["-F", "250"], timeout=300)
    facts = report["self_check"]
    check(status == 0 and out == "49995000\n", "10,000 threads while hotline gets no turn: run unchanged", (status, out, err))
    check(facts["dropped"] == 0 and facts["samples"] > 1000 and facts["complete_stacks_percent"] >= 99.9,
          "10,000 threads while hotline gets no turn: no sample is lost", facts)


def stack_use():
    plain = subprocess.run([target("storm"), "stack", "1"], capture_output=True, text=True, check=True).stdout.split()
    report, status, out, err = profile(target("storm"), "stack", "5000", options=["-F", "250"])  # rounds of a loop: 0.6 s on a quick processor
    used, frame = (int(word) for word in out.split())
    check(status == 0 and report["self_check"]["samples"] > 50 and used > frame, "the handler's stack is seen", (status, out, err, plain))
    check(used - frame <= MOST_HANDLER_BYTES, "it takes little more than the kernel: %d bytes" % (used - frame), (used, frame))
    check(used + 4096 <= 16384, "threads with 16 KiB of stack have room for it", used)


def changing_libraries():
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name + ".so") for name in ("first", "second")]
        for path, name in zip(paths, ("first", "second")):
            code = ("#include <time.h>\nstatic volatile unsigned long sink;\n__attribute__((noinline)) void hot_%s(double s) {"
                    " struct timespec n; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &n); double e = n.tv_sec + n.tv_nsec * 1e-9 + s;"
                    " do { for (int i = 0; i < 20000; i++) sink = sink * 7 + 1; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &n); }"
                    " while (n.tv_sec + n.tv_nsec * 1e-9 < e); }\nvoid plugin_work(double s) { hot_%s(s); }\n" % (name, name))
            subprocess.run(["gcc", "-shared", "-fPIC", "-g", "-O1", "-x", "c", "-o", path, "-"], input=code, text=True, check=True)
        report, status, out, err = profile(target("storm"), "libraries", "10000", *paths, options=["-F", "1000"])
        facts, shares = report["self_check"], [function(report, name, "total_percent") for name in ("hot_first", "hot_second")]
        check(status == 0 and out == "10000\n", "10,000 times dlopen and dlclose: runs unchanged", (status, out, err))
        check(facts["dropped"] == 0 and facts["complete_stacks_percent"] >= 99.9, "10,000 times dlopen and dlclose: whole stacks", facts)
        check(all(share > 30 for share in shares), "10,000 times dlopen and dlclose: each library's time is its own", shares)


live_threads()
starved_collector()
stack_use()
changing_libraries()
finish()
