#!/usr/bin/python3
"""The cheap parts of `make render-rehearsal`: what it refuses, what it reads, what it would run. The whole needs minutes and root."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from unittest import mock

from service import BUILD, Service
from tap import Skip, equal, run, test, true

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
FOLDER = os.path.join(ROOT, "tests", "rehearsal")
SCRIPT = os.path.join(FOLDER, "render_rehearsal")
sys.path.insert(0, FOLDER)
import fetched_report  # noqa: E402
import image  # noqa: E402
import limits  # noqa: E402
import steps  # noqa: E402
import traffic  # noqa: E402
from container import bwrap_command  # noqa: E402

_report = []


def report():
    """A real report of the service under hotline, made once."""
    if os.environ.get("SAN"):
        raise Skip("a sanitizer's runtime and a preloaded library do not go together")
    if not _report:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "p.html")
            with Service(prefix=[os.path.join(BUILD, "hotline"), "--cpu", "--html", "--outfile=" + path]) as service:
                with open(os.path.join(ROOT, "sample_images", "night.jpg"), "rb") as file:
                    picture = file.read()
                while samples(service.process.pid) < 260:
                    equal(service.process_image(picture, operation="noise_reduction").status, 200)
                equal(service.stop(), 0)
            with open(path, encoding="utf-8") as file:
                _report.append(file.read())
    return _report[0]


def samples(pid):
    text = subprocess.run([os.path.join(BUILD, "hotline"), "--status", "--pid=%d" % pid], stdout=subprocess.PIPE, check=True).stdout.decode()
    return int(re.search(r"(\d+) samples", text)[1])


def judged(text, private=()):
    return "; ".join(fetched_report.problems(text, ROOT, private))


@test
def without_root_it_says_so_and_does_nothing():
    loader = importlib.machinery.SourceFileLoader("render_rehearsal", SCRIPT)
    script = importlib.util.module_from_spec(importlib.util.spec_from_loader("render_rehearsal", loader))
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, BUILD=folder):
        loader.exec_module(script)
        out = io.StringIO()
        with mock.patch.object(os, "geteuid", return_value=1000), contextlib.redirect_stdout(out):
            try:
                script.start()
                raise AssertionError("it did not stop")
            except SystemExit as end:
                equal(end.code, 0, "status")
        true(re.fullmatch(r"make render-rehearsal: skipped: it needs root .*\n", out.getvalue()), out.getvalue())
        equal(os.listdir(folder), [], "what it has made")


@test
def missing_packages_are_named_and_skipped():
    if os.geteuid() != 0:
        raise Skip("without root it does not come that far")
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, BUILD=folder, NO_INSTALL="1", PACKAGES="no-such-package-here")
        done = subprocess.run([SCRIPT], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
                              check=False)
        equal(done.returncode, 0, done.stderr)
        true("apt-get install -y --no-install-recommends no-such-package-here" in done.stdout, done.stdout)
        equal(done.stdout.splitlines()[-1], "make render-rehearsal: skipped: packages are missing, see above")
        equal(os.listdir(folder), [], "what it has made")


@test
def a_good_report_passes():
    equal(judged(report(), [ROOT + "/no/such/place"]), "")
    parsed = fetched_report.Report(report())
    true(parsed.samples >= 260 and parsed.headline and parsed.hot[0][0] > 0, (parsed.samples, parsed.headline, parsed.hot[:1]))
    true(re.fullmatch(r"\d+ samples; [\d.]+ % \w+\(\) \S*service/operate/\S+\.c:\d+", fetched_report.summary(report())),
         fetched_report.summary(report()))


@test
def samples_are_counted_beyond_a_thousand():
    grouped = re.sub(r"(?<=<dt>Samples</dt><dd>)[\d\s]*\d", "1\u202f234\u202f567", report())
    equal(fetched_report.Report(grouped).samples, 1234567)


@test
def a_bad_report_is_refused_for_what_is_wrong():
    good = report()
    shown = fetched_report.Report(good)
    operate = next(line for line in shown.hot if "service/operate/" in line[2])
    true("not whole" in judged(good[:-100]), "cut")
    true("rests on 199 samples" in judged(re.sub(r"<dt>Samples</dt><dd>\d+", "<dt>Samples</dt><dd>199", good)), "too few samples")
    true("no line of service/operate" in judged(good.replace("service/operate/", "service/elsewhere/")), "no line of the operations")
    row = re.search(r'<tr id="%s".*?</tr>' % operate[4], good, re.S)[0]
    true("opens with" in judged(re.sub(r"(<h1.*?<bdi>)noise_reduction(.*?</h1>)", r"\1blur\2", good)), "another operation on top")
    true("in the sources" in judged(good.replace(row, re.sub(r"<code>.*</code>", "<code>int x;</code>", row))), "another text")
    true("reads None" in judged(good.replace(row, "")), "no text")
    true("no time of libjpeg" in judged(good.replace("libjpeg", "libother")), "no libjpeg")
    true(max(shown.modules.values()) > 1 and any("libjpeg.so" in name for name in shown.modules), shown.modules)
    true("it tells the path /home/me/hotline" in judged(good + "<p>/home/me/hotline/x.c</p></html>", ["/home/me/hotline"]), "a private path")
    true("path of the build stage, /src/service/main.c" in judged(good.replace("<main>", "<main><i>/src/service/main.c</i>")), "a build path")
    equal(judged(good.replace("<main>", "<main><i>/app/src/service/main.c, /usr/src/x.c</i>")), "", "the image's own paths are fine")


@test
def what_is_packed_for_the_script_is_searched_as_well():
    everything = fetched_report.Report(report()).everything()
    added = everything[len(report()):]
    true(len(added) > 1000 and "noise_reduction" in added, "the packed data is unpacked")


@test
def the_traffic_is_the_readmes():
    readme = ("x\n```sh\ncurl https://my-own.onrender.com/process\n```\ny\n```sh\nmake\n```\n```\ncurl https://a.onrender.com/process\n```\n"
              "```sh\ncurl https://my-own.onrender.com/profile\n```\n")
    equal(traffic.script(readme, "http://127.0.0.1:1"), "curl http://127.0.0.1:1/process\n")
    with_variable = "```sh\nURL=https://a.onrender.com\ncurl -F image=@x $URL/process\n```\n```sh\ncurl $URL/profile\n```\n"
    equal(traffic.script(with_variable, "http://h:1"), "URL=http://h:1\ncurl -F image=@x $URL/process\n")
    equal(traffic.script("nothing", "http://127.0.0.1:1"), "")
    log = ("2026-01-01T00:00:00.000Z 1.2.3.4 GET /health 200 - in=0 out=130 0.1ms\n"
           "2026-01-01T00:00:00.000Z 1.2.3.4 POST /process 200 blur in=1 out=1 1.0ms\n"
           "2026-01-01T00:00:00.000Z 1.2.3.4 POST /process?a=b 503 - in=1 out=1 1.0ms\n")
    equal(traffic.uploads(log), [200, 503])


@test
def the_mirror_is_the_systems_own():
    listed = ("http://security.debian.org/debian-security/|Debian|stable-security|main\n"
              "https://packages.example.com/apt/|Somebody|stable|main\n"
              "file:/srv/debian/|Debian|stable|main\n"
              "http://mirror.example.org/debian/|Debian|stable|main\n")
    equal(image.mirror(listed), "http://mirror.example.org/debian")
    equal(image.mirror(""), image.DEBIAN)
    equal(image.mirror("http://archive.ubuntu.com/ubuntu/|Ubuntu|jammy|main\n"), image.DEBIAN)


def fake_groups(folder, second):
    """Control group file systems as files. ret: (root, the file that stands for /proc/self/cgroup)."""
    root, process = os.path.join(folder, "cgroup"), os.path.join(folder, "self")
    names = [""] if second else ["cpu/outer", "memory"]
    for name in names:
        os.makedirs(os.path.join(root, name))
    if second:
        for name, text in (("cgroup.controllers", "cpuset cpu memory pids\n"), ("cgroup.subtree_control", "")):
            with open(os.path.join(root, name), "w", encoding="ascii") as file:
                file.write(text)
    with open(process, "w", encoding="ascii") as file:
        file.write("0::/\n" if second else "3:cpu,cpuacct:/outer\n2:memory:/not/there\n0::/\n")
    return root, process


def contents(*path):
    with open(os.path.join(*path), encoding="ascii") as file:
        return file.read()


@test
def the_limits_are_set_in_both_versions_of_control_groups():
    with tempfile.TemporaryDirectory() as folder:
        root, process = fake_groups(folder, True)
        made = limits.Limits(root, process)
        equal((made.missing, made.binds), ([], [(root + "/hotline-rehearsal", "/sys/fs/cgroup")]))
        equal(contents(root, "hotline-rehearsal", "cpu.max"), "50000 100000")
        equal(contents(root, "hotline-rehearsal", "memory.max"), str(512 << 20))
    with tempfile.TemporaryDirectory() as folder:
        root, process = fake_groups(folder, False)
        made = limits.Limits(root, process)
        equal(made.missing, [])
        equal(made.binds, [(root + "/cpu/outer/hotline-rehearsal", "/sys/fs/cgroup/cpu"),
                           (root + "/memory/hotline-rehearsal", "/sys/fs/cgroup/memory")])
        equal(contents(root, "cpu/outer/hotline-rehearsal/cpu.cfs_quota_us"), "50000")
        made.enter()
        equal(contents(root, "memory/hotline-rehearsal/cgroup.procs"), "0")
    with tempfile.TemporaryDirectory() as folder:
        root, process = fake_groups(folder, False)
        with open(process, "w", encoding="ascii") as file:
            file.write("0::/\n")
        made = limits.Limits(root, process)
        equal((len(made.missing), made.binds), (2, []), "a limit that cannot be set is said")


@test
def the_container_gets_the_command_word_for_word():
    words = bwrap_command("/root", [("/g", "/sys/fs/cgroup")], {"PORT": 10000}, ["/app/hotline", "--cpu", "/app/image-service"])
    equal(words[-4:], ["--", "/app/hotline", "--cpu", "/app/image-service"])
    text = " ".join(words)
    for part in ("--as-pid-1", "--unshare-pid", "--unshare-net", "--ro-bind /root /", "--clearenv", "--setenv PORT 10000", "--cap-drop ALL",
                 "--die-with-parent", "--reuid 10001", "--bounding-set=-all"):
        true(part in text, part)


@test
def the_time_line_adds_up():
    ticks = iter([0.0, 1.0, 3.5, 4.0, 4.1, 10.0])
    line = steps.TimeLine(clock=lambda: next(ticks))
    with line.step("build") as remark:
        remark("280 MB")
        remark("cached")
    with line.step("stop"):
        pass
    equal(line.text().splitlines(), ["    2.5 s  build: 280 MB, cached", "    0.1 s  stop", "   10.0 s  from the clone to the end"])


@test
def a_failed_command_is_a_sentence_with_its_log():
    with tempfile.TemporaryDirectory() as folder:
        logs = steps.Logs(folder)
        try:
            logs.run("x", ["sh", "-c", "echo because; exit 3"])
        except steps.Failed as why:
            equal(str(why), "sh -c echo because; exit 3 ended with status 3")
            true("because" in steps.last_lines(why.log), "the log has its words")
            return
    raise AssertionError("it did not fail")


@test
def a_world_of_its_own_leaves_no_process_and_no_mount():
    program = """
import os, subprocess, sys
sys.path.insert(0, %r)
from own_world import Refused, run_in_own_world
def main():
    subprocess.run(["mount", "-t", "tmpfs", "inner", sys.argv[1]], check=True)
    child = subprocess.Popen(["sleep", "3210"], start_new_session=True)
    print("inside", os.getpid(), os.readlink("/proc/self"), sys.argv[2], flush=True)
    if sys.argv[2] == "wait":
        child.wait()
    return 5
try:
    sys.exit(run_in_own_world(main, lambda: print("cleaned", os.path.exists("/proc/self"), flush=True)))
except Refused as why:
    print("refused", why)
""" % FOLDER
    if os.geteuid() != 0:
        raise Skip("making namespaces needs root")
    with tempfile.TemporaryDirectory() as folder:
        def begin(how):
            return subprocess.Popen([sys.executable, "-c", program, folder, how], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, start_new_session=True)
        process = begin("return")
        out, err = process.communicate(timeout=60)
        if out.startswith("refused"):
            raise Skip("the kernel refuses: " + out)
        equal((process.returncode, out), (5, "inside 1 1 return\ncleaned True\n"), err)
        process = begin("wait")
        process.stdout.readline()
        process.terminate()
        out, err = process.communicate(timeout=60)
        equal((process.returncode, out, err), (143, "cleaned True\n", "\nstopped by SIGTERM\n"))
        process = begin("wait")
        process.stdout.readline()
        process.kill()  # nobody is left to clean up but the kernel
        process.communicate(timeout=60)
        end = time.monotonic() + 60
        while sleepers() and time.monotonic() < end:
            time.sleep(0.02)
        equal(sleepers(), [], "processes left behind")
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as file:
            true(folder not in file.read(), "a mount was left behind")


def sleepers():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                if file.read() == b"sleep\x003210\x00":
                    found.append(int(pid))
        except OSError:
            pass
    return found


run()
