#!/usr/bin/python3
"""hotline PROGRAM: what is refused and how, exit statuses, and that the program finds everything as it would without hotline."""
import fcntl
import json
import os
import re
import shutil
import signal
import stat
import struct
import subprocess

from wrapper_cases import (BUILD, HOTLINE, LIBRARY, NOBODY, PATIENCE_S, PROBE, compile_c, end_probe, main, need, one_line, start_probe,
                           wait_until)

PLAIN = "int main(void) { return 4; }\n"


def the_exit_status_is_the_programs_own(case):
    for script, status in (("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -KILL $$", 137), ("kill -ABRT $$", 134),
                           ("kill -TERM $$", 143)):
        assert case.run("sh", "-c", script)[0] == status, script
    assert os.path.exists(case.path("profile.html"))


def help_and_version_go_to_stdout(case):
    status, out, err = case.run("--help")
    assert status == 0 and "--profile-interval=S" in out and err == ""
    assert case.run("-V")[:2] == (0, "hotline 0.1.0\n")


def usage_errors_are_one_line_and_2(case):
    for words, pattern in ((["--no-such-flag", "true"], "no option --no-such-flag"), ([], "which program"), (["--html"], "which program"),
                           (["-o", "report", "true"], "which format"), (["--tag=x", "true"], "--tag=x"),
                           (["--program-path=/no/such", "true"], "--program-path=/no/such: No such"),
                           (["--source-root=/etc/passwd", "true"], "--source-root=/etc/passwd: Not a directory")):
        status, out, err = case.run(*words)
        assert status == 2 and out == "", (words, status)
        one_line(err, re.escape(pattern))


def a_missing_program_is_127(case):
    for name, pattern in (("no-such-program", r"not found in \$PATH"), ("./no/such", "No such file"), ("/etc/passwd/x", "Not a directory")):
        status, _, err = case.run(name)
        assert status == 127, name
        one_line(err, pattern)
    case.write("here", "#!/bin/sh\n", 0o755)
    status, _, err = case.run("here")
    assert status == 127
    one_line(err, "use ./ before its name")
    status, _, err = case.run(case.write("script", "#!/no/such/interpreter\n", 0o755))
    assert status == 127
    one_line(err, "/no/such/interpreter")


def what_is_not_executable_is_126(case):
    plain = case.write("plain", "#!/bin/sh\nexit 0\n", 0o644)
    for name, pattern in ((plain, "not executable"), (case.folder, "is a directory"), ("/dev/null", "not executable")):
        status, _, err = case.run(name)
        assert status == 126, name
        one_line(err, pattern)
    status, _, err = case.run("plain", env=dict(os.environ, PATH=case.folder))
    assert status == 126
    one_line(err, "found in .PATH, but not executable")


def the_search_path_is_walked_like_execvp_does(case):
    os.mkdir(case.path("a"))
    os.mkdir(case.path("b"))
    os.mkdir(case.path("a/prog"))  # a directory of that name is passed over
    case.write("b/prog", "#!/bin/sh\necho $0\n", 0o755)
    path = "%s:%s:%s" % (case.path("a"), case.path("b"), os.environ["PATH"])
    assert case.run("prog", env=dict(os.environ, PATH=path))[:2] == (0, case.path("b/prog") + "\n")
    case.write("prog2", "#!/bin/sh\necho here\n", 0o755)
    assert case.run("prog2", env=dict(os.environ, PATH="/nowhere::" + os.environ["PATH"]))[:2] == (0, "here\n")


def scripts_run_with_and_without_a_first_line(case):
    assert case.run(case.write("one", "#!/bin/sh -e\necho $1\nfalse\nexit 9\n", 0o755), "x")[:2] == (1, "x\n")
    assert case.run(case.write("two", "echo $0 $1\nexit 5\n", 0o755), "x")[:2] == (5, case.path("two") + " x\n")


def an_unwritable_report_is_125_before_the_program_starts(case):
    case.write("file", "")
    for name in ("no/such/folder/p.html", "file/p.html"):
        status, _, err = case.run("-o", name, "touch", case.path("started"))
        assert status == 125, name
        one_line(err, re.escape(name))
    os.mkdir(case.path("dir.html"))
    assert case.run("-o", "dir.html", "touch", case.path("started"))[0] == 125
    assert not os.path.exists(case.path("started"))
    assert sorted(os.listdir(case.folder)) == ["dir.html", "file"]


def refuse_and_force(case, program, pattern, forced_status):
    """125 with one line; with --force the program runs, hotline says so and writes nothing."""
    status, out, err = case.run("-o", "r.html", program)
    assert status == 125, (status, err)
    one_line(err, pattern)
    assert "--force" in err
    status, out, err = case.run("--force", "-o", "r.html", program)
    assert status == forced_status, (status, err)
    one_line(err, "without profiling.*" + pattern)
    assert not os.path.exists(case.path("r.html"))


def a_static_program_is_125_unless_forced(case):
    refuse_and_force(case, compile_c(case, "static", PLAIN, "-static"), "statically linked", 4)
    refuse_and_force(case, compile_c(case, "static_pie", PLAIN, "-static-pie"), "statically linked", 4)


def a_forced_program_is_supervised(case):
    program = compile_c(case, "static", "#include <unistd.h>\nint main(void) { write(1, \"up\\n\", 3); pause(); }\n", "-static")
    process = case.hotline("--force", program)
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 143


def a_set_uid_or_set_gid_program_is_125_unless_forced(case):
    need(os.getuid() == 0, "needs root to make one")
    need(not os.statvfs(case.folder).f_flag & os.ST_NOSUID, "the temporary folder is mounted nosuid")
    program = compile_c(case, "program", PLAIN)
    os.chown(program, NOBODY, -1)
    os.chmod(program, 0o4755)
    refuse_and_force(case, program, "set-uid", 4)
    os.chown(program, 0, NOBODY)
    os.chmod(program, 0o2755)
    refuse_and_force(case, program, "set-gid", 4)
    os.chown(program, 0, 0)
    os.chmod(program, 0o4755)  # root's own: no id changes, so the loader does not care
    assert case.run(program)[0] == 4


def a_program_for_another_machine_or_libc_is_125(case):
    with open(PROBE, "rb") as probe:
        image = bytearray(probe.read())
    loader = image.index(b"/lib64/ld-linux-x86-64.so.2\0") if os.uname().machine == "x86_64" else image.index(b"/lib/ld-linux-aarch64.so.1\0")
    end = image.index(b"\0", loader)
    musl = image[:loader] + b"/lib/ld-musl-abc.so.1".ljust(end - loader, b"\0") + image[end:]
    no_loader = image[:loader] + b"/no/such/loader".ljust(end - loader, b"\0") + image[end:]
    small = image[:4] + b"\1" + image[5:]
    other = image[:18] + struct.pack("<H", 21) + image[20:]  # EM_PPC64
    for name, content, pattern, expected in (("musl", musl, "musl", 125), ("small", small, "32-bit", 125), ("other", other, "another kind", 125),
                                             ("no_loader", no_loader, "/no/such/loader does not exist", 127)):
        status, _, err = case.run(case.write(name, bytes(content), 0o755))
        assert status == expected, (name, status)
        one_line(err, pattern)


def a_damaged_executable_is_not_hotlines_end(case):
    with open(PROBE, "rb") as probe:
        image = probe.read()
    for length in (1, 4, 16, 63, 64, 200, 900):
        cut = case.write("cut%d" % length, image[:length], 0o755)
        plain = case.popen_run(["env", cut])[0]
        expected = plain if plain >= 0 else 128 - plain  # a file that begins well may be killed in its exec
        status = case.run("--force", cut)[0]
        assert status in (expected, 126), (length, status, expected)


def the_library_is_found_beside_hotline_or_in_lib(case):
    os.makedirs(case.path("bin"))
    os.makedirs(case.path("with space"))
    for folder in ("bin", "with space"):
        shutil.copy(HOTLINE, case.path(folder))
    status, _, err = case.popen_run([case.path("bin/hotline"), "true"])
    assert status == 125
    one_line(err, "libhotline.so is neither in")
    os.makedirs(case.path("lib"))
    shutil.copy(LIBRARY, case.path("lib"))
    assert case.popen_run([case.path("bin/hotline"), "true"])[0] == 0
    shutil.copy(LIBRARY, case.path("with space"))
    status, _, err = case.popen_run([case.path("with space/hotline"), "true"])
    assert status == 125
    one_line(err, "LD_PRELOAD cannot name")
    os.symlink(case.path("bin/hotline"), case.path("link"))  # a link elsewhere is followed to the real place
    assert case.popen_run([case.path("link"), "true"])[0] == 0


def read_state(path):
    with open(path) as state:
        return state.read().splitlines()


def prepare_everything():
    """In the process that becomes the program, or hotline."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1, signal.SIGCHLD, signal.SIGRTMIN + 2])
    for number in (signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 1000, 7)
    signal.setitimer(signal.ITIMER_VIRTUAL, 2000)
    os.umask(0o027)
    os.nice(3)
    os.close(0)
    os.dup2(2, 9)
    os.set_inheritable(9, True)


def the_program_inherits_what_hotline_inherited(case):
    environment = [b"A=1", b"EMPTY=", b"LD_PRELOADED=no", b"HOTLINE_TAGS=a=b", b"NAME WITH SPACE=x", b"PATH=/usr/bin:/bin"]
    environment = dict(entry.split(b"=", 1) for entry in environment)
    words = [PROBE, "state"]
    arguments = ["", "a b", "--json", "\xff*"]
    options = dict(env=environment, preexec_fn=prepare_everything, process_group=0)
    without = case.popen(words + [case.path("without")] + arguments, **options)
    without.wait(PATIENCE_S)
    under = case.popen([HOTLINE, "-o", case.path("p.json"), "--"] + words + [case.path("under")] + arguments, **options)
    assert under.wait(PATIENCE_S) == 0, under.stderr.read()

    before, after = read_state(case.path("without")), read_state(case.path("under"))
    groups = [re.search(r"group (\d+)", " ".join(lines))[1] for lines in (before, after)]
    assert groups == [str(without.pid), str(under.pid)]  # hotline's process group, which is the starter's
    normal = [[re.sub(r"group \d+", "group", line).replace("/under", "/without") for line in lines] for lines in (before, after)]
    normal = [[re.sub(r"(pipe|socket):\[\d+\]", r"\1", line) for line in lines] for lines in normal]
    gone, new = [line for line in normal[0] if line not in normal[1]], [line for line in normal[1] if line not in normal[0]]
    assert gone == [], gone
    assert [line for line in normal[1] if line not in new] == normal[0]  # and in the same order
    assert len(new) == 3, new
    assert any(line == "environment LD_PRELOAD=" + LIBRARY for line in new), new
    assert any(re.match(r"environment HOTLINE_SESSION=\d+:%d:\d+:\d+$" % under.pid, line) for line in new), new
    session = [re.match(r"fd (\d+) /memfd:", line) for line in new]
    assert any(match and int(match[1]) > 100 for match in session), new
    assert "fd 0" not in " ".join(normal[1])  # it was closed and stays so


def an_inherited_ld_preload_is_kept(case):
    library = compile_c(case, "other.so", "int other;\n", "-shared", "-fPIC")
    environment = dict(os.environ, LD_PRELOAD=library, ASAN_OPTIONS="verify_asan_link_order=0")  # for a hotline built with ASan
    status, out, err = case.run("sh", "-c", "echo $LD_PRELOAD", env=environment)
    assert (status, out) == (0, "%s:%s\n" % (LIBRARY, library)), err


def a_program_built_with_address_sanitizer_runs(case):
    program = compile_c(case, "asan", PLAIN, "-fsanitize=address")
    status, _, err = case.run("-o", "p.json", program)
    assert status == 4 and "does not come first" not in err, err


def stdin_and_stdout_are_the_programs(case):
    data = bytes(range(256)) * 4096
    process = case.hotline("cat")
    out, _ = process.communicate(data, timeout=PATIENCE_S)
    assert process.returncode == 0 and out == data


def a_pipeline_ends_when_its_reader_does(case):
    done = subprocess.run(["bash", "-c", '"$0" -o "$1" yes | head -1; echo ${PIPESTATUS[*]}', HOTLINE, case.path("p.json")],
                          capture_output=True, timeout=PATIENCE_S)
    assert done.stdout == b"y\n141 0\n", done


def hotline_keeps_no_pipe_of_the_program_open(case):
    """The program closes its ends and goes on: readers must see the end at once, and hotline is still there."""
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    script = "exec 1>&- %d>&-; read line; exit 8" % write_end
    process = case.hotline("-o", "p.json", "sh", "-c", script, pass_fds=[write_end])
    os.close(write_end)
    assert process.stdout.read() == b""
    assert os.read(read_end, 1) == b""
    os.close(read_end)
    assert process.poll() is None
    process.stdin.write(b"\n")
    process.stdin.flush()
    assert process.wait(PATIENCE_S) == 8


def hotline_does_not_read_stdin(case):
    """Somebody's write into a pipe whose only reader has gone must fail, although hotline still runs."""
    process = case.hotline("-o", "p.json", "sh", "-c", "exec 0<&-; echo closed; exec sleep 1000")
    assert process.stdout.readline() == b"closed\n"
    try:
        process.stdin.write(b"x" * 65536)
        process.stdin.flush()
        raise AssertionError("hotline holds the pipe open")
    except BrokenPipeError:
        pass
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 143
    process.stdin = None


def closed_standard_descriptors_do_no_harm(case):
    done = subprocess.run(["bash", "-c", '"$0" -o p.json sh -c "exit 3" 0<&- 1>&- 2>&-; echo $?', HOTLINE], capture_output=True,
                          timeout=PATIENCE_S, cwd=case.folder)
    assert done.stdout == b"3\n", done
    with open(case.path("p.json")) as report:
        assert json.load(report)["ended"] == {"how": "exit", "code": 3}


def a_stderr_that_nobody_reads_does_not_hold_hotline_up(case):
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(write_end, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(write_end, True)
    process = case.hotline("-o", "p.json", "true", stderr=write_end)
    assert process.wait(PATIENCE_S) == 0
    os.close(read_end)
    os.close(write_end)


def several_outputs_and_names_with_the_pid(case):
    status, out, err = case.run("--json", "--text", "-o", "p-%p.json", "--tag=a=1", "sh", "-c", "echo $$; exit 2")
    pid = int(out)
    assert status == 2 and sorted(os.listdir(case.folder)) == ["p-%d.json" % pid, "p-%d.txt" % pid], os.listdir(case.folder)
    with open(case.path("p-%d.json" % pid)) as report:
        profile = json.load(report)
    assert profile["pid"] == pid and profile["ended"] == {"how": "exit", "code": 2} and profile["tags"]["static"] == {"a": "1"}
    assert stat.S_IMODE(os.stat(case.path("p-%d.json" % pid)).st_mode) == 0o600
    assert re.match(r"hotline: profiling (sh|dash) \(pid %d, CPU at 100 Hz\); report: %s/p-%d.json, .*/p-%d.txt, rewritten every 15 s\n"
                    % (pid, re.escape(case.folder), pid, pid), err), err


def a_report_on_stdout_comes_after_the_programs_own(case):
    status, out, _ = case.run("--json", "-o", "/dev/stdout", "--profile-interval=0", "echo", "mine")
    first, rest = out.split("\n", 1)
    assert status == 0 and first == "mine" and json.loads(rest)["hotline"] == "0.1.0"


def render_is_recognised(case):
    environment = dict(os.environ, RENDER_SERVICE_NAME="image-service", RENDER_SERVICE_ID="srv-abc", RENDER_INSTANCE_ID="srv-abc-1",
                       RENDER_GIT_COMMIT="c0ffee", RENDER_GIT_BRANCH="main", HOTLINE_TAGS="region=oregon,bad,commit=local")
    status, _, err = case.run("-o", "p.json", "true", env=environment)
    assert status == 0
    assert "scp -s srv-abc@ssh.oregon.render.com:%s/p.json ./p.json" % case.folder in err, err
    assert 'HOTLINE_TAGS: "bad" is left out' in err, err
    with open(case.path("p.json")) as report:
        tags = json.load(report)["tags"]["static"]
    assert tags == {"service": "image-service", "service_id": "srv-abc", "instance": "srv-abc-1", "commit": "local", "branch": "main",
                    "region": "oregon"}, tags


def a_running_session_is_switched_by_pid(case):
    process, pid = start_probe(case, "signals", options=("--off", "--profile-interval=0", "-o", "p.json"))
    for target in (process.pid, pid):
        status, out, err = case.run("--status", "--pid=%d" % target)
        assert status == 0 and "pid %d" % pid in out and "off" in out.split(", "), (out, err)
        assert "on" in case.run("--on", "--pid", str(target))[1].split(", ")
        assert "off" in case.run("--off", "--pid", str(target))[1].split(", ")
    assert not os.path.exists(case.path("p.json"))
    assert case.run("--dump", "--pid=%d" % pid)[0] == 0
    with open(case.path("p.json")) as report:
        assert json.load(report)["ended"]["how"] == "running"
    status, out, _ = case.run("--status")
    assert status == 0 and any(line.startswith("hotline %d: pid %d, " % (process.pid, pid)) for line in out.splitlines()), out
    assert end_probe(process)[0] == 6


def verbs_without_a_session_are_1_and_one_line(case):
    process = case.popen(["sleep", "1000"])
    status, out, err = case.run("--on", "--pid=%d" % process.pid)
    assert status == 1 and out == ""
    one_line(err, "process %d does not run under hotline" % process.pid)
    process.kill()
    process.wait()
    status, out, err = case.run("--dump", "--pid=%d" % process.pid)
    assert status == 1
    one_line(err, "there is no process %d" % process.pid)


def a_session_obeys_its_user_only(case):
    need(os.getuid() == 0, "needs root to be somebody else")
    case.write("hotline", open(HOTLINE, "rb").read(), 0o755)
    process, pid = start_probe(case, "signals")
    asked = subprocess.run([case.path("hotline"), "--off", "--pid=%d" % pid], user=NOBODY, capture_output=True, timeout=PATIENCE_S)
    assert asked.returncode == 1
    one_line(asked.stderr.decode(), "not permitted: the session belongs to uid 0")
    listed = subprocess.run([case.path("hotline"), "--status"], user=NOBODY, capture_output=True, timeout=PATIENCE_S)
    assert str(pid).encode() not in listed.stdout
    assert "on" in case.run("--status", "--pid=%d" % pid)[1].split(", ")
    assert end_probe(process)[0] == 6


def not_joined(case, pid):
    assert case.run("--dump", "--pid=%d" % pid)[0] == 0
    with open(case.path("p.json")) as report:
        return json.load(report)["self_check"]["processes_not_joined"]


def a_process_that_cannot_join_is_counted(case):
    """Its session variable names another file; the sampler in it says so to the control socket."""
    script = "echo up; read line; HOTLINE_SESSION=${HOTLINE_SESSION%:*}:1 sh -c 'echo down; read line'; exit 5"
    process = case.hotline("--profile-interval=0", "-o", "p.json", "sh", "-c", script)
    assert process.stdout.readline() == b"up\n"
    assert not_joined(case, process.pid) == 0
    process.stdin.write(b"\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"down\n"
    wait_until(lambda: not_joined(case, process.pid) == 1, "it is counted")
    assert end_probe(process)[0] == 5


main([
    the_exit_status_is_the_programs_own,
    help_and_version_go_to_stdout,
    usage_errors_are_one_line_and_2,
    a_missing_program_is_127,
    what_is_not_executable_is_126,
    the_search_path_is_walked_like_execvp_does,
    scripts_run_with_and_without_a_first_line,
    an_unwritable_report_is_125_before_the_program_starts,
    a_static_program_is_125_unless_forced,
    a_forced_program_is_supervised,
    a_set_uid_or_set_gid_program_is_125_unless_forced,
    a_program_for_another_machine_or_libc_is_125,
    a_damaged_executable_is_not_hotlines_end,
    the_library_is_found_beside_hotline_or_in_lib,
    the_program_inherits_what_hotline_inherited,
    an_inherited_ld_preload_is_kept,
    a_program_built_with_address_sanitizer_runs,
    stdin_and_stdout_are_the_programs,
    a_pipeline_ends_when_its_reader_does,
    hotline_keeps_no_pipe_of_the_program_open,
    hotline_does_not_read_stdin,
    closed_standard_descriptors_do_no_harm,
    a_stderr_that_nobody_reads_does_not_hold_hotline_up,
    several_outputs_and_names_with_the_pid,
    a_report_on_stdout_comes_after_the_programs_own,
    render_is_recognised,
    a_running_session_is_switched_by_pid,
    verbs_without_a_session_are_1_and_one_line,
    a_session_obeys_its_user_only,
    a_process_that_cannot_join_is_counted,
])
