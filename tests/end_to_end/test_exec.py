#!/usr/bin/python3
"""exec and posix_spawn in every form: the program to come gets its arguments and its environment, is profiled where that is possible,
and where it is not, the loader has nothing to complain about."""
import os
import shutil
import subprocess
import tempfile

from hotline_run import check, finish, function, profile, skip, target, without_messages

EXECS = os.path.abspath(target("execs"))
FORMS = ["execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "execveat", "posix_spawn", "posix_spawnp"]


def every_form():
    for form in FORMS:
        plain = subprocess.run([EXECS, form, EXECS], capture_output=True, text=True, check=False)
        report, status, out, err = profile(EXECS, form, EXECS)
        arguments = [line for line in out.splitlines() if line.startswith("argument ")]
        check((status, arguments) == (plain.returncode, plain.stdout.splitlines()[:-1]) == (7, ["argument 1", "argument 2"]),
              form + ": the program gets its arguments", (status, out, err))
        check(report["self_check"]["processes"] == 2 and out.endswith("libhotline.so\n"), form + ": it joins", report["self_check"])


def ticks_go_on():
    for form in ("execvp", "execve", "posix_spawn"):
        report, status, _, err = profile(EXECS, "missing", form, options=["-F", "200"])
        check(status == 2 and report["self_check"]["cpu_seconds_sampled"] >= 0.75,
              form + " of a file that is not there: the program goes on and is sampled", (status, err, report["self_check"]))
    report, status, _, err = profile(EXECS, "vfork", "execve", EXECS, options=["-F", "200"])
    check(status == 7 and report["self_check"]["cpu_seconds_sampled"] >= 0.75 and function(report, "burn", "total_percent") > 95,
          "exec in the child of a vfork: the parent ticks on", (status, err, report["self_check"]))


def unchanged(name, *command, environment=None, reason):
    """Whatever the program prints and returns is what it prints and returns alone; hotline says that it was left out."""
    plain = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    report, status, out, err = profile(*command, environment=environment)
    check((status, out, without_messages(err)) == (plain.returncode, plain.stdout, plain.stderr), name + ": output and status unchanged",
          (plain, status, out, err))
    check(report["self_check"]["programs_left_out"] == {reason: 1}, name + ": the report says why", report["self_check"])


def other_loaders():
    loader = subprocess.run(["readelf", "-p", ".interp", EXECS], capture_output=True, text=True, check=True).stdout.split()[-1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        own, program, script = (os.path.join(folder, name) for name in ("ld.so", "program", "script"))
        shutil.copy(loader, own)
        subprocess.run(["gcc", "-D_GNU_SOURCE", "-o", program, "tests/targets/execs.c", "-Wl,--dynamic-linker=" + own], check=True)
        with open(script, "w", encoding="ascii") as file:
            file.write("#! %s\n" % program)
        os.chmod(script, 0o755)
        for form in FORMS:
            unchanged("a program with another loader, " + form, EXECS, form, program, reason="loader")
        for form in ("execvp", "posix_spawn"):
            unchanged("a script for it, " + form, EXECS, form, script, reason="loader")


def chroots():
    if os.geteuid() != 0:
        skip("chroot", "needs root")
        return
    libraries = [word for word in subprocess.run(["ldd", "/bin/ls", EXECS], capture_output=True, text=True, check=True).stdout.split()
                 if word.startswith("/") and not word.endswith(":")]
    with tempfile.TemporaryDirectory() as folder:
        for path in ["/bin/ls", *libraries]:
            os.makedirs(folder + os.path.dirname(path), exist_ok=True)
            shutil.copy(path, folder + path)
        os.makedirs(folder + "/etc", exist_ok=True)
        unchanged("chroot", "chroot", folder, "/bin/ls", "/", reason="loader")


def dropped_privileges():
    """The library lies where a worker that gave up its rights may not look."""
    if os.geteuid() != 0:
        skip("dropped privileges", "needs root")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("hotline", "libhotline.so"):
            shutil.copy(os.path.join(os.environ.get("BUILD", "build"), name), folder)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ls", "/nowhere"]
        plain = subprocess.run(command, capture_output=True, text=True, check=False)
        done = subprocess.run([os.path.join(folder, "hotline"), "-o", os.path.join(folder, "r.json"), *command], capture_output=True,
                              text=True, check=False)
        check((done.returncode, without_messages(done.stderr)) == (plain.returncode, plain.stderr), "a library that may not be read: no complaint",
              (plain, done))


def no_children():
    """--no-children: a child that is forked, executed or spawned takes no part and has no trace of us; an exec of the program itself does."""
    for mode in ("forks", "exec", "spawn", "many"):
        report, status, out, err = profile(target("crowd"), mode, options=["--no-children", "-F", "200"])
        facts = report["self_check"]
        check(status == 0 and out == "" and facts["processes"] == 1 and facts["cpu_seconds_sampled"] < 0.3,
              "--no-children, %s: only the program itself" % mode, (status, out, err, facts))
    report, status, out, err = profile(EXECS, "posix_spawn", EXECS, options=["--no-children"])
    check(status == 7 and out.endswith("preload none\n"), "--no-children: the child has no preload", (status, out, err))
    report, status, out, err = profile("sh", "-c", "exec %s missing execve" % EXECS, options=["--no-children", "-F", "200"])
    check(status == 2 and report["self_check"]["cpu_seconds_sampled"] > 0.75, "--no-children: the program may exec itself another",
          (status, err, report["self_check"]))
    report, status, out, err = profile("sh", "-c", "%s missing execve; exit 5" % EXECS, options=["--no-children", "-F", "200"])
    check(status == 5 and report["self_check"]["cpu_seconds_sampled"] < 0.3, "--no-children: nor does a shell's child",
          (status, err, report["self_check"]))


def set_uid():
    """The loader of a set-uid program passes over LD_PRELOAD, and takes it from its children."""
    if os.geteuid() != 0:
        skip("set-uid children", "needs root")
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = os.path.join(folder, "program")
        shutil.copy(EXECS, program)
        os.chown(program, 65534, 65534)
        os.chmod(program, 0o6755)
        for command in (["sh", "-c", program + " show; echo $?"], ["sh", "-c", program + " execve /bin/true; echo $?"]):
            plain = subprocess.run(command, capture_output=True, text=True, check=False)
            _, status, out, err = profile(*command)
            check((status, out, without_messages(err)) == (plain.returncode, plain.stdout, plain.stderr), "a set-uid child: unchanged",
                  (plain, status, out, err))


def descriptors():
    """Every descriptor above 2 closed by the kernel's own call: the children join all the same, as other users, too."""
    script = "import os,sys; os.closerange(3, 65536); %sos.execv(sys.argv[1], [sys.argv[1], 'missing', 'execve'])"
    users = ["", "os.setgroups([]); os.setgid(65534); os.setuid(65534); "] if os.geteuid() == 0 else [""]
    for user in users[:1]:
        report, status, _, err = profile("/usr/bin/python3", "-c", script % user, EXECS, options=["-F", "200"])
        check(status == 2 and report["self_check"]["cpu_seconds_sampled"] >= 0.75, "every descriptor closed: joins all the same",
              (status, err, report["self_check"]))
    for user in users[1:]:
        report, status, _, err = profile("/usr/bin/python3", "-c", "import os,sys; %sos.execv(sys.argv[1], [sys.argv[1], 'missing', 'execve'])"
                                         % user, EXECS, options=["-F", "200"])
        check(status == 2 and report["self_check"]["cpu_seconds_sampled"] >= 0.75, "rights given up, then exec: joins all the same",
              (status, err, report["self_check"]))
        report, status, _, err = profile("/usr/bin/python3", "-c", script % user, EXECS, options=["-F", "200"])
        check(status == 2 and "ld.so" not in err, "both: runs unchanged", (status, err))
        check(report["self_check"]["cpu_seconds_sampled"] >= 0.75 or report["self_check"]["processes_not_joined"] == 1,
              "both: joins, or the report says that it did not", report["self_check"])


every_form()
set_uid()
descriptors()
no_children()
ticks_go_on()
other_loaders()
chroots()
dropped_privileges()
finish()
