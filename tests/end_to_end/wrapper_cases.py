"""Shared by the tests of the hotline command: test points, temporary folders, starting programs, waiting for facts."""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
HOTLINE = os.path.join(BUILD, "hotline")
LIBRARY = os.path.join(BUILD, "libhotline.so")
PROBE = os.path.join(BUILD, "tests/targets/wrapper_probe")
NOBODY = 65534
PATIENCE_S = 60  # for what must happen; nothing is judged by how long it takes


class Skip(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Skip(why)


class Case:
    """One test's temporary folder and the processes it started."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="hotline-test-")
        os.chmod(self.folder, 0o755)
        self.started = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(self.path(name), mode)
        return self.path(name)

    def popen(self, words, **options):
        """Start a program in its own process group, so that its group's signals do not hit the tests."""
        options = dict(dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0,
                            cwd=self.folder), **options)
        process = subprocess.Popen(words, **options)
        self.started.append(process)
        return process

    def hotline(self, *words, **options):
        return self.popen([HOTLINE] + list(words), **options)

    def run(self, *words, input=b"", **options):
        """hotline to its end. ret: (exit status, stdout, stderr)."""
        return self.popen_run([HOTLINE] + list(words), input, **options)

    def popen_run(self, words, input=b"", **options):
        process = self.popen(words, **options)
        out, err = process.communicate(input, timeout=PATIENCE_S)
        return process.returncode, (out or b"").decode(), (err or b"").decode()

    def close(self):
        for process in self.started:
            if process.poll() is None:
                for child in descendants(process.pid) + [process.pid]:
                    try:
                        os.kill(child, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(fact, what):
    """Poll until fact() is true. ret: what it returned."""
    end = time.monotonic() + PATIENCE_S
    while True:
        result = fact()
        if result:
            return result
        assert time.monotonic() < end, "waited in vain until " + what
        time.sleep(0.005)


def stat_fields(pid):
    """(state, parent) or None when there is no such process."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        return fields[0].decode(), int(fields[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def state_of(pid):
    fields = stat_fields(pid)
    return fields[0] if fields else None


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat_fields(int(name))
            if fields and fields[1] == pid:
                found.append(int(name))
    return found


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def read_line(process):
    line = process.stdout.readline().decode()
    assert line, "the program ended: " + process.stderr.read().decode()
    return line.rstrip("\n")


def start_probe(case, *words, options=("--json", "-o", "p.json"), wrapper=()):
    """hotline with a probe that tells its signals. ret: (hotline's Popen, the probe's pid)."""
    process = case.popen(list(wrapper) + [HOTLINE] + list(options) + ["--", PROBE] + list(words))
    line = read_line(process)
    while not line.startswith("ready "):
        line = read_line(process)
    return process, int(line.split()[1])


def end_probe(process):
    """Let the probe end. ret: (exit status, the rest of its lines, stderr)."""
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out.decode().splitlines(), err.decode()


def sigqueue(pid, number, value):
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.sigqueue(pid, number, ctypes.c_void_p(value)) == 0


def compile_c(case, name, source, *flags, compiler="gcc"):
    case.write(name + ".c", source)
    done = subprocess.run([compiler, "-o", case.path(name), case.path(name + ".c")] + list(flags), capture_output=True)
    need(done.returncode == 0, "%s %s does not work here" % (compiler, " ".join(flags)))
    return case.path(name)


def one_line(text, pattern):
    """Whether stderr is one line of hotline that matches."""
    assert text.count("\n") == 1 and re.search("^hotline: .*" + pattern, text), "one line with %r, not %r" % (pattern, text)


def give_up(*_):
    raise TimeoutError("nothing happened for %d s" % (3 * PATIENCE_S))


def main(tests):
    failed = 0
    signal.signal(signal.SIGALRM, give_up)
    for i, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        case = Case()
        signal.alarm(3 * PATIENCE_S)
        try:
            test(case)
            print("ok %d - %s" % (i, name), flush=True)
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (i, name, why), flush=True)
        except Exception:
            failed += 1
            print("not ok %d - %s" % (i, name), flush=True)
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), flush=True)
        finally:
            case.close()
    print("1..%d" % len(tests))
    sys.exit(1 if failed else 0)
