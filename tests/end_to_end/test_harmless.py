#!/usr/bin/python3
"""What profilers stumble over: handlers that jump out of ours, masks, libraries that change places, limits, other
pid namespaces, programs built with AddressSanitizer, and programs of Debian whose output must not change."""
import os
import resource
import shutil
import subprocess
import sys
import tempfile

from hotline_run import HOTLINE, check, finish, function, near_share, profile, skip, target, without_messages


def facts_of(report):
    return report["self_check"]


def jumps_and_masks():
    report, status, _, err = profile(target("tricky"), "jump", "2", options=["-F", "200"])
    facts = facts_of(report)
    check(status == 0 and facts["cpu_seconds_sampled"] >= 0.9 * facts["cpu_seconds_measured"] >= 1.5,
          "handlers that jump out of ours do not end sampling", (status, facts, err))
    report, status, _, _ = profile(target("tricky"), "mask", options=["-F", "200"])
    check(status == 0 and function(report, "handler_work", "total_percent") >= 90,
          "a handler that blocks every signal is sampled, and sees the mask it asked for", (status, report["functions"][:4]))
    report, status, _, _ = profile(target("tricky"), "interrupt", options=["-F", "200"])
    check(status == 0, "siginterrupt() is honoured", status)


def plugins():
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "second"):
            code = ("#include <time.h>\nstatic volatile unsigned long sink;\n__attribute__((noinline)) void hot_%s(double s) {"
                    " struct timespec n; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &n); double e = n.tv_sec + n.tv_nsec * 1e-9 + s;"
                    " do { for (int i = 0; i < 20000; i++) sink = sink * 7 + 1; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &n); }"
                    " while (n.tv_sec + n.tv_nsec * 1e-9 < e); }\nvoid plugin_work(double s) { hot_%s(s); }\n" % (name, name))
            subprocess.run(["gcc", "-shared", "-fPIC", "-g", "-O1", "-x", "c", "-o", os.path.join(folder, name + ".so"), "-"], input=code,
                           text=True, check=True)
        program = os.path.abspath(target("tricky"))
        report, status, _, err = profile(program, "plugins", "2", "./first.so", "./second.so", options=["-F", "200"], cwd=folder)
        samples = facts_of(report)["samples"]
        check(status == 0, "two plugins at one address: runs unchanged", err)
        near_share(function(report, "hot_first", "total_percent"), 20, samples, "the first one's share, by a relative path")
        near_share(function(report, "hot_second", "total_percent"), 80, samples, "the second one's share, in the first one's place")
        many = 700  # a process's list holds 640
        for i in range(many):
            shutil.copy(os.path.join(folder, "first.so"), os.path.join(folder, "%d.so" % i))
        report, status, _, err = profile(program, "many-plugins", "3", str(many), folder, "./second.so", options=["-F", "250"], cwd=folder)
        share = 3 / (3 + many * 0.008) * 100
        check(status == 0, "%d plugins, one after the other: runs unchanged" % many, err)
        found = function(report, "hot_second", "total_percent")
        check(0.8 * share < found < 1.2 * share, "the last of %d plugins is known: %.0f %% of %.0f %%" % (many + 1, found, share),
              (facts_of(report), report["functions"][:5]))


def limits():
    def small_address_space():
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))

    def few_files():
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    if os.environ.get("SAN"):
        skip("ulimit -v", "a sanitizer reserves terabytes of addresses itself")
    else:
        report, status, _, err = profile(target("endings"), preexec_fn=small_address_space)
        check(status == 3 and facts_of(report)["processes_not_joined"] == 1, "ulimit -v: the program keeps its memory, the report says so",
              (status, err))
    report, status, _, err = profile(target("crowd"), "forks", preexec_fn=few_files)
    check(status == 0 and facts_of(report)["cpu_seconds_sampled"] > 1.6, "ulimit -n 24: everybody is sampled", (status, err))
    report, status, _, err = profile(target("endings"), preexec_fn=small_files)
    check(status == 3 and facts_of(report)["samples"] > 40, "ulimit -f: the session is none of the program's files", (status, err))


def locked_memory():
    """mlockall() locks the program's memory, and not the session's 196 MiB."""
    plain = subprocess.run([target("tricky"), "locked", "0.1"], capture_output=True, text=True, check=False)
    if plain.returncode == 77 or os.environ.get("SAN"):
        skip("mlockall", "may not lock memory here, or a sanitizer's memory would be locked")
        return
    report, status, out, err = profile(target("tricky"), "locked", "1", options=["-F", "200"])
    before, under = ({line.split()[0]: int(line.split()[1]) for line in text.splitlines()} for text in (plain.stdout, out))
    check(status == 0 and under["page"] == before["page"] == 1, "mlockall: the program's pages are there", (plain, out, err))
    check(under["VmRSS:"] - before["VmRSS:"] < 8192 and facts_of(report)["samples"] > 150 and facts_of(report)["dropped"] == 0,
          "mlockall: the session is not among them, and sampling goes on", (before, under, facts_of(report)))


def filters():
    """seccomp: a filter that would kill at our system calls ends sampling, one that refuses them does not."""
    for mode, way in (("strict", "prctl"), ("strict", "syscall"), ("strictest", "prctl"), ("lenient", "syscall")):
        plain = subprocess.run([target("filtered"), mode, way], capture_output=True, text=True, check=False)
        report, status, out, err = profile(target("filtered"), mode, way, options=["-F", "250"])
        facts, name = facts_of(report), "a seccomp filter, %s by %s: " % (mode, way)
        check((status, out, plain.returncode) == (0, "before\nafter\n", 0), name + "runs unchanged", (plain, status, out, err))
        share = facts["cpu_seconds_sampled"] / facts["cpu_seconds_measured"]
        check((share > 0.85) == (mode == "lenient") and share > 0.3 and facts["processes_withdrawn"] == (mode != "lenient"),
              name + "sampled as long as it may be, and said so", facts)


def filters_and_the_rest():
    """The perf engine's calls and those of --wall: no filter ends the program for them."""
    for mode, way, options in (("perf", "prctl", ["--engine=perf"]), ("everywhere", "syscall", ["--wall"]),
                               ("everywhere", "syscall", ["--wall", "--engine=perf"])):
        report, status, out, err = profile(target("filtered"), mode, way, options=[*options, "-F", "250"])
        check((status, out) == (0, "before\nafter\n"), "a seccomp filter, %s, with %s: runs unchanged" % (mode, " ".join(options)),
              (status, out, err, facts_of(report)))


def filters_of_all_threads():
    """A filter that one thread installs for all of them: the others are in our handler, in our part of a thread's start or of its end, or
    hold a timer whose next signal could not return."""
    runs, bad = 3, []
    for options in (["-F", "997"], ["-F", "997", "--engine=perf"]):
        for _ in range(runs):
            report, status, out, err = profile(target("filtered"), "threads", "syscall", options=options)
            if (status, out, facts_of(report)["processes_withdrawn"]) != (0, "before\nafter\n", 1) or facts_of(report)["samples"] < 10:
                bad.append((options, status, out, err, facts_of(report)))
    check(not bad, "a seccomp filter for all threads, %d times: runs unchanged" % (2 * runs), (len(bad), bad[:1]))


def filters_and_exec():
    """A filter outlives exec: the library must not be preloaded into the next program, whose constructor would be killed."""
    report, status, out, err = profile(target("filtered"), "exec", "syscall", options=["-F", "250"])
    check((status, out, without_messages(err)) == (0, "before\nafter\n", "") and facts_of(report)["processes_withdrawn"] == 1,
          "a seccomp filter and an exec: runs unchanged", (status, out, err, facts_of(report)))


def namespaces():
    if os.geteuid() != 0 or subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True, check=False).returncode:
        skip("another pid namespace", "needs root and unshare")
        return
    report, status, _, err = profile("unshare", "--pid", "--fork", target("endings"))
    facts = facts_of(report)
    check(status == 3 and facts["processes_not_joined"] == 1 and facts["cpu_seconds_measured"] < 0.5,
          "another pid namespace: not joined, and said so", (status, facts, err))


def unseen():
    with tempfile.TemporaryDirectory() as folder:
        path, program = os.path.join(folder, "r.txt"), os.path.join(folder, "endings_static")
        subprocess.run(["gcc", "-static", "-O1", "-D_GNU_SOURCE", "-o", program, "tests/targets/endings.c", "-lpthread"], check=True)
        subprocess.run([HOTLINE, "--text", "-o", path, "sh", "-c", "'%s' thread; exit 0" % program],
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        check("used by processes that hotline could not see" in text, "CPU time of processes that did not join is pointed out", text)


def sanitizer():
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "shares_asan")
        subprocess.run(["gcc", "-fsanitize=address", "-g", "-O1", "-D_GNU_SOURCE", "-o", program, "tests/targets/shares.c", "-lpthread",
                        "-lm"], check=True)
        report, status, _, err = profile(program, "qsort", "1", options=["-F", "250"])
        check(status == 0 and "AddressSanitizer" not in err and facts_of(report)["samples"] > 150, "a program built with AddressSanitizer",
              (status, err))
        # Its children are no such programs, and a plain program's child may be one.
        child = os.path.join(folder, "child_asan")
        subprocess.run(["gcc", "-fsanitize=address", "-g", "-O1", "-D_GNU_SOURCE", "-o", child, "tests/targets/execs.c"], check=True)
        for name, command in (("a child of it", [child, "posix_spawn", os.path.abspath(target("execs"))]),
                              ("as the child of a plain program", [target("execs"), "execve", child]),
                              ("as the child of a shell", ["sh", "-c", child + " posix_spawnp /bin/true; echo $?"])):
            plain = subprocess.run(command, capture_output=True, text=True, check=False)
            report, status, out, err = profile(*command)
            lines = [line for line in out.splitlines() if not line.startswith("preload ")]
            check((status, lines, without_messages(err)) == (plain.returncode, [line for line in plain.stdout.splitlines()
                                                                                if not line.startswith("preload ")], plain.stderr)
                  and facts_of(report)["processes"] >= 2 and "asan" not in out, "AddressSanitizer, %s: unchanged, and in the report" % name,
                  (plain, status, out, err, facts_of(report)))


def gprof():
    """A program built with -pg has SIGPROF for itself, inside the C library: its gmon.out is what it is without us, and we use another signal."""
    def ticks(program, folder):
        listed = subprocess.run(["gprof", "-b", "-p", program, os.path.join(folder, "gmon.out")], capture_output=True, text=True, check=True)
        return sum(float(line.split()[2]) for line in listed.stdout.splitlines() if line.split()[-1:] == ["spin_compare"])

    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "profiled")
        subprocess.run(["gcc", "-pg", "-g", "-O1", "-D_GNU_SOURCE", "-o", program, "tests/targets/shares.c", "-lpthread", "-lm"], check=True)
        subprocess.run([program, "qsort", "1"], cwd=folder, check=True)
        plain = ticks(program, folder)
        report, status, _, err = profile(program, "qsort", "1", options=["-F", "250"], cwd=folder)
        facts = facts_of(report)
        under = ticks(program, folder)
        check(status == 0 and 0.9 <= facts["cpu_seconds_sampled"] / facts["cpu_seconds_measured"] <= 1.1, "a program built with -pg is sampled",
              (status, facts, err))
        check(abs(plain - under) <= 0.25 * plain + 0.1, "and its own profile is what it is without us", (plain, under))


def debian_programs():
    script = "import threading,subprocess,sys\nt=[threading.Thread(target=lambda:sum(range(200000))) for _ in range(4)]\n" \
             "[x.start() for x in t];[x.join() for x in t]\nprint(subprocess.run(['sort','-r'],input='a\\nb\\n',text=True," \
             "capture_output=True).stdout)\nsys.exit(5)"
    commands = {
        "python3 with threads and a child": ["/usr/bin/python3", "-c", script],
        "a shell pipeline": ["sh", "-c", "seq 20000 | sort -r | gzip -9 | gunzip | tail -n 2; exit 4"],
        "xz with threads": ["sh", "-c", "head -c 3000000 %s | xz -T2 -1 | xz -d | sha256sum" % sys.executable],
        "perl": ["perl", "-e", "my %h; $h{$_ % 997}++ for 1..300000; print scalar(keys %h), \"\\n\"; exit 3"],
        "a command that is killed": ["sh", "-c", "echo before; kill -TERM $$"],
        "gcc": ["sh", "-c", "echo 'int main(void){return 0;}' | gcc -S -o - -x c - | wc -l"],
    }
    for name, command in commands.items():
        plain = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        with tempfile.TemporaryDirectory() as folder:
            under = subprocess.run([HOTLINE, "--json", "-o", os.path.join(folder, "r.json"), *command], capture_output=True, text=True,
                                   stdin=subprocess.DEVNULL, check=False)
        status = plain.returncode if plain.returncode >= 0 else 128 - plain.returncode
        check((under.stdout, under.returncode, without_messages(under.stderr)) == (plain.stdout, status, plain.stderr),
              name + ": output and status unchanged", (plain, under))


jumps_and_masks()
plugins()
limits()
locked_memory()
filters()
filters_and_the_rest()
filters_of_all_threads()
filters_and_exec()
namespaces()
unseen()
sanitizer()
gprof()
debian_programs()
finish()
