"""What happens when: every step is timed, said in a line when it is done, and listed at the end; what goes wrong is one sentence."""
import contextlib
import os
import subprocess
import time


class Failed(Exception):
    """A sentence; `log`: the file whose end tells more."""

    def __init__(self, sentence, log=None):
        super().__init__(sentence)
        self.log = log


def require(condition, sentence, log=None):
    if not condition:
        raise Failed(sentence, log)


def wait_for(condition, sentence, seconds, log=None):
    """Until `condition()` is true; its value. The limit turns a hang into a failure, no more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise Failed("%s: not within %d s" % (sentence, seconds), log)


class TimeLine:
    """Steps with the seconds each took."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._start = clock()
        self.steps = []  # (name, seconds, remark)

    @contextlib.contextmanager
    def step(self, name):
        """`with step("image") as remark: remark("312 MB")`."""
        remarks = []
        start = self._clock()
        yield remarks.append
        self.steps.append((name, self._clock() - start, ", ".join(remarks)))
        print(self._line(*self.steps[-1]), flush=True)

    @staticmethod
    def _line(name, seconds, remark):
        return "%7.1f s  %s%s" % (seconds, name, ": " + remark if remark else "")

    def text(self):
        """The list, with the sum of all."""
        lines = [self._line(*step) for step in self.steps]
        return "\n".join(lines + [self._line("from the clone to the end", self._clock() - self._start, "")])


class Logs:
    """Runs commands whose words go to a file; a failure shows the end of it."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name + ".log")

    def run(self, name, command, **options):
        """Run to the end, output to the log `name`. Failed unless the status is 0."""
        with open(self.path(name), "ab") as log:
            log.write(("$ %s\n" % " ".join(command)).encode())
            log.flush()
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False, **options)
        require(done.returncode == 0, "%s ended with status %d" % (" ".join(command[:6]), done.returncode), self.path(name))

    def read(self, name, command, **options):
        """Run to the end; ret: its standard output as text."""
        with open(self.path(name), "ab") as log:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, check=False, **options)
        require(done.returncode == 0, "%s ended with status %d" % (" ".join(command[:6]), done.returncode), self.path(name))
        return done.stdout.decode("utf-8", "replace")


def last_lines(path, count=20):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()[-count:]
