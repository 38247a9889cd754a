#!/usr/bin/python3
"""hotline as supervisor: which signals reach the program, stopping and continuing together, orphans, pid 1, ends of every kind."""
import json
import os
import pty
import signal
import subprocess
import termios
import time

from wrapper_cases import (HOTLINE, PATIENCE_S, PROBE, children, compile_c, descendants, end_probe, main, need, read_line,
                           sigqueue, start_probe, stat_fields, state_of, wait_until)

QUIET = ("--profile-interval=0", "-o", "p.json")


def got(lines):
    return [int(line.split()[1]) for line in lines if line.startswith("got ")]


def signals_of_other_processes_are_passed_on(case):
    process, _ = start_probe(case, "signals")
    sent = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGTERM, signal.SIGWINCH,
            signal.SIGPIPE, signal.SIGURG, signal.SIGIO, signal.SIGVTALRM, signal.SIGXCPU, signal.SIGPWR, signal.SIGTTIN, signal.SIGABRT,
            signal.SIGSEGV, signal.SIGRTMIN, signal.SIGRTMIN + 5, signal.SIGRTMAX]
    for number in sent:
        process.send_signal(number)
        assert read_line(process) == "got %d 0" % number
    sigqueue(process.pid, signal.SIGRTMIN + 1, 4711)
    assert read_line(process) == "got %d 4711" % (signal.SIGRTMIN + 1)
    status, rest, _ = end_probe(process)
    assert status == 6 and rest == [], rest


def the_programs_own_signals_do_not_come_back(case):
    """kill(getppid(), SIGUSR1) and kill(0, SIGUSR2) reach hotline, too; SIGTERM behind them is a fence."""
    process = case.hotline("-o", "p.json", PROBE, "poke")
    lines = [read_line(process) for _ in range(2)]
    process.send_signal(signal.SIGTERM)
    while not lines[-1].startswith("got 15"):
        lines.append(read_line(process))
    status, rest, _ = end_probe(process)
    assert status == 6 and got(lines + rest) == [signal.SIGUSR2, signal.SIGTERM], lines + rest


def start_on_terminal(case, *words):
    """On a terminal of its own, in its foreground. ret: (pid, the terminal's other end)."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.chdir(case.folder)
            os.execv(words[0], list(words))
        finally:
            os._exit(99)
    settings = termios.tcgetattr(terminal)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, settings)
    return pid, terminal


def read_terminal(terminal, text, until):
    while until not in text:
        text += os.read(terminal, 4096).decode()
    return text


def the_terminals_signals_arrive_once(case):
    pid, terminal = start_on_terminal(case, HOTLINE, "-o", "p.json", PROBE, "signals")
    text = read_terminal(terminal, "", "rewritten every 15 s\r\n")
    text = read_terminal(terminal, text, "ready ")
    os.write(terminal, b"\x03")  # the whole foreground group gets SIGINT
    text = read_terminal(terminal, text, "got 2 0\r\n")
    os.kill(pid, signal.SIGUSR1)
    text = read_terminal(terminal, text, "got 10 0\r\n")
    os.write(terminal, b"\x04")  # end of input
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 6 and text.count("got 2 0") == 1, text
    os.close(terminal)


def signals_before_the_program_runs_are_not_lost(case):
    """Sent at every moment of the start, SIGTERM ends the program or hotline itself; nothing hangs, nothing is left behind."""
    outcomes = set()
    for delay_ms in (0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 15, 20, 30):
        process = case.hotline(*QUIET, "sleep", "1000")
        time.sleep(delay_ms / 1000)
        process.send_signal(signal.SIGTERM)
        status = process.wait(PATIENCE_S)
        outcomes.add(status)
        wait_until(lambda: not any(stat_fields(pid) for pid in descendants(process.pid)), "nothing is left")
    assert outcomes <= {143, -signal.SIGTERM}, outcomes
    assert 143 in outcomes


def sigterm_writes_the_report_at_once(case):
    process, _ = start_probe(case, "signals", options=QUIET)
    assert not os.path.exists(case.path("p.json"))
    process.send_signal(signal.SIGTERM)
    assert read_line(process) == "got 15 0"  # the program is draining and takes its time
    wait_until(lambda: os.path.exists(case.path("p.json")), "the report is written")
    with open(case.path("p.json")) as report:
        assert json.load(report)["ended"]["how"] == "running"
    assert end_probe(process)[0] == 6
    with open(case.path("p.json")) as report:
        assert json.load(report)["ended"] == {"how": "exit", "code": 6}


def signals_during_the_final_report_do_not_cut_it(case):
    process, pid = start_probe(case, "signals", options=QUIET)
    os.kill(pid, signal.SIGKILL)
    while process.poll() is None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            process.send_signal(number)
    assert process.returncode == 137
    with open(case.path("p.json")) as report:
        assert json.load(report)["ended"] == {"how": "signal", "code": 9}


def wait_for_state(pid, state):
    wait_until(lambda: state_of(pid) in state, "%d is %s" % (pid, state))


def a_stopped_program_stops_hotline(case):
    for number in (signal.SIGSTOP, signal.SIGTTIN, signal.SIGTTOU):
        process = case.hotline(*QUIET, "sleep", "1000")
        pid = wait_until(lambda: [child for child in children(process.pid) if open("/proc/%d/comm" % child).read() == "sleep\n"],
                         "the program runs")[0]
        os.kill(pid, number)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == number, status
        os.kill(process.pid, signal.SIGCONT)
        wait_for_state(pid, "SR")
        wait_for_state(process.pid, "SR")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 143


def a_stop_sent_to_hotline_stops_both(case):
    process, pid = start_probe(case, "signals", options=QUIET)
    process.send_signal(signal.SIGTSTP)
    wait_for_state(pid, "T")
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTSTP, status
    os.killpg(process.pid, signal.SIGCONT)  # as a shell's fg does
    wait_for_state(process.pid, "SR")
    process.send_signal(signal.SIGURG)  # behind SIGCONT, also where the lowest number goes first
    lines = [read_line(process)]
    while lines[-1] != "got 23 0":
        lines.append(read_line(process))
    assert lines.count("got 18 0") == 1, lines  # SIGCONT once, not once more from hotline
    assert end_probe(process)[0] == 6


def control_z_on_a_terminal(case):
    """A shell with job control sees a stopped job, and fg continues it."""
    script = 'set -m; "$0" -o p.json "$1" signals; echo stopped $?; fg >/dev/null; echo ended $?'
    pid, terminal = start_on_terminal(case, "/bin/bash", "-c", script, HOTLINE, PROBE)
    text = read_terminal(terminal, "", "ready ")
    os.write(terminal, b"\x1a")
    text = read_terminal(terminal, text, "stopped 148\r\n")  # 128 + SIGTSTP
    text = read_terminal(terminal, text, "got 18 0")
    os.write(terminal, b"\x04")
    text = read_terminal(terminal, text, "ended 6\r\n")
    os.waitpid(pid, 0)
    os.close(terminal)


def hotline_wakes_with_a_program_continued_by_its_own_pid(case):
    process, pid = start_probe(case, "signals", options=QUIET)
    for _ in range(5):
        os.kill(pid, signal.SIGSTOP)
        wait_for_state(process.pid, "T")
        os.kill(pid, signal.SIGCONT)
        wait_for_state(process.pid, "SR")
    process.send_signal(signal.SIGURG)  # behind SIGCONT, also where the lowest number goes first
    lines = [read_line(process)]
    while lines[-1] != "got 23 0":
        lines.append(read_line(process))
    assert lines.count("got 18 0") == 5, lines
    assert children(process.pid) == [pid]
    assert end_probe(process)[0] == 6


def quick_stops_and_continues_leave_both_running(case):
    process, pid = start_probe(case, "signals", options=QUIET)
    for _ in range(200):
        os.kill(pid, signal.SIGSTOP)
        os.kill(pid, signal.SIGCONT)
    process.send_signal(signal.SIGUSR1)
    while read_line(process) != "got 10 0":
        pass
    assert end_probe(process)[0] == 6


def a_program_killed_while_stopped_gets_its_report(case):
    process, pid = start_probe(case, "signals", options=QUIET)
    os.kill(pid, signal.SIGSTOP)
    wait_for_state(process.pid, "T")
    os.kill(pid, signal.SIGKILL)
    assert process.wait(PATIENCE_S) == 137
    with open(case.path("p.json")) as report:
        assert json.load(report)["ended"] == {"how": "signal", "code": 9}


def orphans_are_reaped_and_not_taken_for_the_program(case):
    process = case.hotline(*QUIET, PROBE, "orphans", "20")
    lines = [read_line(process) for _ in range(21)]
    orphans = [int(line.split()[1]) for line in lines if line.startswith("orphan ")]
    assert len(orphans) == 20, lines
    wait_until(lambda: not any(stat_fields(pid) for pid in orphans), "all orphans are reaped")
    assert end_probe(process)[0] == 6


def an_orphan_that_stops_does_not_stop_hotline(case):
    process = case.hotline(*QUIET, "sh", "-c", "(sh -c 'echo $PPID; kill -STOP $$' &) ; read line; exit 7")
    read_line(process)
    orphan = wait_until(lambda: [pid for pid in children(process.pid) if state_of(pid) == "T"], "the orphan has stopped")[0]
    assert state_of(process.pid) in "SR"
    os.kill(orphan, signal.SIGKILL)
    wait_until(lambda: stat_fields(orphan) is None, "it is reaped")
    assert end_probe(process)[0] == 7


def in_pid_namespace(case, *words):
    """words as pid 1. ret: (unshare's Popen, pid 1 as seen from here)."""
    prefix = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    need(subprocess.run(prefix + ["true"], capture_output=True).returncode == 0, "no pid namespaces here")
    process = case.popen(prefix + list(words))
    return process, lambda: wait_until(lambda: children(process.pid), "pid 1 is there")[0]


def as_pid_1_the_status_is_passed_on(case):
    for script, expected in (("exit 3", 3), ("kill -KILL $$", 137)):
        process, _ = in_pid_namespace(case, HOTLINE, *QUIET, "sh", "-c", script)
        assert process.wait(PATIENCE_S) == expected, process.stderr.read()
        with open(case.path("p.json")) as report:
            assert json.load(report)["pid"] == 2


def as_pid_1_signals_are_passed_on_and_orphans_reaped(case):
    process, pid_1 = in_pid_namespace(case, HOTLINE, *QUIET, PROBE, "orphans", "5")
    lines = [read_line(process) for _ in range(6)]
    hotline = pid_1()
    with open("/proc/%d/status" % hotline) as status:
        assert "NSpid:\t%d\t1\n" % hotline in status.read()
    wait_until(lambda: len(children(hotline)) == 1, "only the program is left")
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        os.kill(hotline, number)
        assert read_line(process) == "got %d 0" % number, lines
    program = children(hotline)[0]
    os.kill(program, signal.SIGSTOP)  # pid 1 cannot be stopped, and does not spin or fall over
    wait_for_state(program, "T")
    os.kill(program, signal.SIGCONT)
    os.kill(hotline, signal.SIGUSR2)
    while read_line(process) != "got 12 0":
        pass
    assert end_probe(process)[0] == 6


def the_program_survives_hotline(case):
    process, pid = start_probe(case, "signals")
    process.kill()
    process.wait()
    assert stat_fields(pid)[0] in "SR"
    os.kill(pid, signal.SIGUSR1)
    assert read_line(process) == "got 10 0"
    process.stdin.close()
    wait_until(lambda: stat_fields(pid) is None or state_of(pid) == "Z", "the program has ended by itself")
    process.stdin = None


def a_timer_set_before_hotline_is_the_programs(case):
    """perl -e 'alarm 1; exec @ARGV' hotline program: an old way to limit a program's time."""
    process = case.hotline(*QUIET, "sleep", "1000", preexec_fn=lambda: signal.setitimer(signal.ITIMER_REAL, 0.5))
    assert process.wait(PATIENCE_S) == 128 + signal.SIGALRM


def an_ignored_sigchld_is_survived(case):
    """With SIGCHLD ignored the kernel reaps children at once; hotline must still learn how its program ended."""
    process = case.hotline(*QUIET, "sh", "-c", "exit 9", preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert process.wait(PATIENCE_S) == 9


def a_failed_exec_is_told_by_its_errno(case):
    """The checks before the start cannot foresee everything: here the arguments are too long for one exec, but not for ours."""
    program = compile_c(case, "plain", "int main(void) { return 0; }\n")
    os.chmod(program, 0o755)
    words = ["x" * 100000] * 19  # below the limit together with a small environment, above it with the two new variables
    limit = os.sysconf("SC_ARG_MAX")
    used = sum(len(word) + 9 for word in words)
    need(limit - used > 0, "the limit is too small here")
    tail = "y" * 70000
    for bytes_left in (900, 600, 300, 200, 150, 100, 50):
        extra = limit - used - bytes_left
        filler = [tail] * (extra // 70009)
        filler.append("z" * max(extra - sum(len(word) + 9 for word in filler) - 9, 0))
        try:
            process = case.hotline("-o", "p.json", program, *words, *filler, env={})
        except OSError:  # too long for the first exec, too
            continue
        _, err = process.communicate(timeout=PATIENCE_S)
        if process.returncode == 126:
            assert b"Argument list too long" in err and b"profiling" not in err, err
            assert not os.path.exists(case.path("p.json"))
            return
        os.unlink(case.path("p.json"))
    need(False, "no length found that only fails in the second exec")


main([
    signals_of_other_processes_are_passed_on,
    the_programs_own_signals_do_not_come_back,
    the_terminals_signals_arrive_once,
    signals_before_the_program_runs_are_not_lost,
    sigterm_writes_the_report_at_once,
    signals_during_the_final_report_do_not_cut_it,
    a_stopped_program_stops_hotline,
    a_stop_sent_to_hotline_stops_both,
    control_z_on_a_terminal,
    hotline_wakes_with_a_program_continued_by_its_own_pid,
    quick_stops_and_continues_leave_both_running,
    a_program_killed_while_stopped_gets_its_report,
    orphans_are_reaped_and_not_taken_for_the_program,
    an_orphan_that_stops_does_not_stop_hotline,
    as_pid_1_the_status_is_passed_on,
    as_pid_1_signals_are_passed_on_and_orphans_reaped,
    the_program_survives_hotline,
    a_timer_set_before_hotline_is_the_programs,
    an_ignored_sigchld_is_survived,
    a_failed_exec_is_told_by_its_errno,
])
