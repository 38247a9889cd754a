"""A mount and process namespace for the rehearsal: when it ends, however it ends, the kernel ends every process and every mount that was
made inside. What is left for us to remove are plain files and control groups."""
import ctypes
import os
import signal
import sys

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x4000, 0x40000, 2, 4, 8
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LIBC = ctypes.CDLL(None, use_errno=True)


REFUSED = 77


class Refused(Exception):
    """The kernel does not let us; the text says what."""


class Interrupted(BaseException):
    """A signal asked us to stop."""


def _call(name, *arguments):
    if getattr(LIBC, name)(*arguments) != 0:
        raise Refused("%s: %s" % (name, os.strerror(ctypes.get_errno())))


def _make_mounts_private():
    """From here on, in this process and its children; /proc shows only those."""
    _call("unshare", CLONE_NEWNS)
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def _mount(source, target, kind, flags):
    _call("mount", source and source.encode(), target.encode(), kind and kind.encode(), ctypes.c_ulong(flags), None)


def _stop_once(number, _):
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(signal.Signals(number).name)


def _inside(main):
    """The first process of the new world. It does not outlive the one outside."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in SIGNALS:
        signal.signal(number, _stop_once)
    try:
        _make_mounts_private()
    except Refused as why:
        print(why, file=sys.stderr, flush=True)
        os._exit(REFUSED)
    try:
        status = main()
    except Interrupted as why:
        print("\nstopped by %s" % why, file=sys.stderr)
        status = 128 + getattr(signal, str(why))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def run_in_own_world(main, clean_up):
    """Run main() in a world of its own, then clean_up() outside of it. ret: what main() returned, a status.

    Refused, before anything has been done, when the kernel does not permit it."""
    _call("unshare", CLONE_NEWPID)  # of the child; the mounts are unshared by the child, because out here /proc must stay what it is
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _inside(main)
    for number in SIGNALS:  # the one inside decides; a terminal has told it already, and it listens to the first only
        signal.signal(number, lambda got, _: os.kill(child, got))
    _, status = os.waitpid(child, 0)
    clean_up()
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == REFUSED:
        raise Refused("a mount namespace of its own")
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
