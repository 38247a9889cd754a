"""A root file system and a command -> a container like Render's: the command is PID 1, runs as the image's account without any capability,
on a read-only root, in a network that has nothing but its own loopback.

bubblewrap makes it; nobody outside can reach its ports, and nothing of it outlives the rehearsal's world (own_world.py)."""
import json
import os
import signal
import subprocess

from steps import require, wait_for

PORT = 10000  # Render's default
SSH_PORT = 2222
USER_ID = 10001
START_GUARD_S, STOP_GUARD_S = 60, 90


def bwrap_command(root, binds, environment, command):
    """bubblewrap itself needs root for the mounts; the account is entered last, which leaves no capability behind."""
    words = ["bwrap", "--die-with-parent", "--as-pid-1", "--new-session", "--clearenv"]
    words += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "rehearsal"]
    words += ["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp", "--tmpfs", "/sys"]
    for folder in ("/sys/fs", "/sys/fs/cgroup"):  # which bwrap would make for root only
        words += ["--perms", "0755", "--dir", folder]
    for folder, seen_at in binds:
        words += ["--ro-bind", folder, seen_at]
    words += ["--remount-ro", "/sys", "--chdir", "/app", "--cap-drop", "ALL"]
    for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):  # what setpriv needs to give up the rest
        words += ["--cap-add", capability]
    for name, value in environment.items():
        words += ["--setenv", name, str(value)]
    return words + ["setpriv", "--reuid", str(USER_ID), "--regid", str(USER_ID), "--clear-groups", "--inh-caps=-all",
                    "--bounding-set=-all", "--", *command]


class Container:
    """A running command; `with Container(...) as container:`."""

    def __init__(self, name, root, limits, environment, command, logs):
        self.name, self.logs = name, logs
        base = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/home/app", "PORT": PORT}
        reader, writer = os.pipe()
        words = bwrap_command(root, limits.binds, dict(base, **environment), command)
        words[1:1] = ["--info-fd", str(writer)]
        with open(logs.path(name + "-stdout"), "wb") as out, open(logs.path(name), "wb") as err:
            self._bwrap = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, pass_fds=[writer],
                                           preexec_fn=limits.enter)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as info:
            text = info.read()
        require(text.strip(), "bwrap did not start", logs.path(name))
        self.pid = json.loads(text)["child-pid"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bwrap.poll() is None:
            self._signal(signal.SIGKILL)
            self._bwrap.wait()

    def _signal(self, number):
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def log_text(self):
        """stdout and stderr of the command so far, the dashboard's Logs."""
        text = ""
        for path in (self.logs.path(self.name + "-stdout"), self.logs.path(self.name)):
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()
        return text

    def status(self):
        """/proc/PID/status as {name: value}."""
        with open("/proc/%d/status" % self.pid, encoding="ascii", errors="replace") as file:
            return {name: value.strip() for name, _, value in (line.partition(":") for line in file)}

    def from_loopback(self, command):
        """The words that run `command` outside of the container, but in its network."""
        return ["nsenter", "--net=/proc/%d/ns/net" % self.pid, "--", *command]

    def inside(self, command, as_app=True):
        """The words that run `command` in the container."""
        account = ["--setuid", str(USER_ID), "--setgid", str(USER_ID)] if as_app else []
        spaces = ["--mount", "--pid", "--net", "--ipc", "--uts"]
        return ["nsenter", "--target", str(self.pid), *spaces, "--root=/proc/%d/root" % self.pid, "--wd=/proc/%d/root" % self.pid,
                *account, "--", *command]

    def file(self, path):
        """A file of the container, seen from outside."""
        return "/proc/%d/root%s" % (self.pid, path)

    def wait_until_healthy(self):
        """As Render does before it sends traffic: GET /health until it is answered 200. ret: the answer."""
        command = self.from_loopback(["curl", "-fsS", "--noproxy", "*", "--max-time", "5", "http://127.0.0.1:%d/health" % PORT])

        def answer():
            require(self._bwrap.poll() is None, "the command ended with status %s" % self._bwrap.poll(), self.logs.path(self.name))
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            return done.returncode == 0 and json.loads(done.stdout)
        return wait_for(answer, "GET /health is answered 200", START_GUARD_S, self.logs.path(self.name))

    def stop(self):
        """SIGTERM to PID 1, as Render sends it. ret: the exit status."""
        self._signal(signal.SIGTERM)
        try:
            return self._bwrap.wait(STOP_GUARD_S)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._bwrap.wait()
            return "still running after %d s" % STOP_GUARD_S


class Ssh:
    """What is Render's part: an sshd that leads into the container; and a key to enter."""

    def __init__(self, root, folder, logs):
        self.folder, self.logs = folder, logs
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._key = os.path.join(folder, "key")
        logs.run("ssh", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._key])
        authorized = os.path.join(root, "home/app/.ssh/authorized_keys")
        with open(self._key + ".pub", "rb") as public, open(authorized, "wb") as file:
            file.write(public.read())
        os.chown(authorized, USER_ID, USER_ID)
        os.chmod(authorized, 0o600)
        with open(os.path.join(root, "etc/ssh/ssh_host_ed25519_key.pub"), encoding="ascii") as file:
            host_key = file.read()
        with open(os.path.join(folder, "known_hosts"), "w", encoding="ascii") as file:
            file.write("[127.0.0.1]:%d %s" % (SSH_PORT, host_key))

    def start(self, container):
        """sshd beside PID 1; it ends with the container. Without PAM, sshd itself refuses a locked account."""
        options = ["UsePAM=no", "ListenAddress=127.0.0.1", "PasswordAuthentication=no", "PermitRootLogin=no", "PidFile=none",
                   "Subsystem=sftp /usr/lib/openssh/sftp-server"]
        command = ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", str(SSH_PORT)]
        for option in options:
            command += ["-o", option]
        with open(self.logs.path("sshd"), "wb") as log:
            subprocess.Popen(container.inside(command, as_app=False), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: "Server listening" in open(self.logs.path("sshd"), encoding="utf-8", errors="replace").read(),
                 "sshd listens", START_GUARD_S, self.logs.path("sshd"))

    def _options(self, port_option):
        options = [port_option, str(SSH_PORT), "-i", self._key]
        for option in ("IdentitiesOnly=yes", "BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=20",
                       "UserKnownHostsFile=" + os.path.join(self.folder, "known_hosts"), "GlobalKnownHostsFile=/dev/null"):
            options += ["-o", option]
        return ["-F", "/dev/null", *options]

    def copy(self, container, how, path, to):
        """scp, with the options in `how`."""
        self.logs.run("ssh", container.from_loopback(["scp", *how, "-q", *self._options("-P"), "app@127.0.0.1:" + path, to]))

    def cat(self, container, path, to):
        """ssh ... cat PATH > TO"""
        command = container.from_loopback(["ssh", *self._options("-p"), "app@127.0.0.1", "cat " + path])
        with open(to, "wb") as out, open(self.logs.path("ssh"), "ab") as log:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log, check=False)
        require(done.returncode == 0, "ssh ended with status %d" % done.returncode, self.logs.path("ssh"))
