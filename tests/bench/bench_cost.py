#!/usr/bin/python3
"""What being profiled costs, measured in one run: image-service alone and under `hotline --cpu --html` (100 Hz), in pairs. The two of a
pair are up at the same time and answer the same requests in turns, one at a time, so that a processor that is slower for a while slows
both alike. Each thus works half of the time, and a report every 30 s is one in 15 s of its work. CPU time is the kernel's own count
of each process's nanoseconds; what is printed is the median of the pairs and the two quartiles around it. Then where hotline's own
CPU time goes, step by step, since what happens once (the start, the debug info) weighs on a short run and not on a long one. Then the
worked example: the same operation with the plain C kernels and with the ones for this processor, and what the report said of each.

    make bench-cost          PAIRS=5  ROUNDS=  requests of each kind in a pair; default: as many as take about 17 s of each service
                             BENCH_JSON=FILE   writes the figures that the README states: {name: [quartile, median, quartile]}
"""
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "end_to_end"))
from service import BUILD, PROGRAM, Service, form  # noqa: E402

HOTLINE = os.path.join(BUILD, "hotline")
PAIRS = int(os.environ.get("PAIRS", "5"))
RUN_S = 17  # of each of a pair: with REPORT_EVERY_S one report in the middle, one at the end
REPORT_EVERY_S = 30
OPERATIONS = ["blur", "sharpen", "edge_detect", "grayscale", "enhance", "rotate", "noise_reduction"]
PICTURES = ["scene.jpg", "night.jpg", "facade.jpg", "portrait.jpg", "document.png", "badge.png"]
START_UPS = 11
STEP_RUNS = 3
REPORT_CPU_S = 2.5
named = {}  # the figures of the README


def cpu_s(pid):
    """CPU time of a process with all its threads, also ended ones: the clock that clock_getcpuclockid() gives."""
    return time.clock_gettime(~pid << 3 | 2)


def peak_mib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


def bodies():
    work = []
    for name in PICTURES:
        with open(os.path.join(ROOT, "sample_images", name), "rb") as file:
            picture = file.read()
        work += [form(picture, operation=operation) for operation in OPERATIONS]
    return work


def send(service, work, rounds):
    start = time.monotonic()
    for _ in range(rounds):
        for body in work:
            status = service.post(body).status
            if status != 200:
                raise RuntimeError("the service answered %d" % status)
    return time.monotonic() - start


def ended_cpu_s(process):
    """Wait for a process to end; its CPU time, without that of its children, as the unreaped process still tells it."""
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with open("/proc/%d/stat" % process.pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answer_in_turns(services, work, rounds):
    """Each service answers each request of the work, once the one first, once the other. ret: the seconds that each took."""
    wall = [0.0] * len(services)
    for turn in range(rounds):
        for at, body in enumerate(work):
            order = (0, 1) if (turn + at) % 2 == 0 else (1, 0)
            for which in order:
                wall[which] += send(services[which], [body], 1)
    return wall


def run_pair(work, rounds, folder):
    """The service alone and under hotline on the same work. ret: what each cost."""
    report = os.path.join(folder, "profile.html")
    prefix = [HOTLINE, "--cpu", "--html", "--json", "--profile-interval=%d" % REPORT_EVERY_S, "--outfile=" + report]
    with Service("--log=off") as plain, Service("--log=off", prefix=prefix) as under:
        walls = answer_in_turns((plain, under), work, rounds)
        costs = [{"wall": wall, "service": cpu_s(service.pid), "service_mib": peak_mib(service.pid)} for wall, service in zip(walls, (plain, under))]
        costs[1].update(hotline=cpu_s(under.process.pid), hotline_mib=peak_mib(under.process.pid))
        under.terminate()
        costs[1]["hotline_in_all"] = ended_cpu_s(under.process)
        under.wait()
    with open(report[:-len("html")] + "json", encoding="utf-8") as file:
        costs[1]["report"] = json.load(file)
    return costs


def start_up_ms(prefix):
    """From the start of the command until the service says that it listens."""
    start = time.monotonic()
    with subprocess.Popen([*prefix, PROGRAM, "--port=0", "--log=off"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        try:
            while "listening on port" not in process.stderr.readline():
                if process.poll() is not None:
                    raise RuntimeError("the service ended")
            took = 1000 * (time.monotonic() - start)
        finally:
            process.terminate()
            process.communicate()
    return took


def show(what, values, unit, digits=2, name=None):
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    if name:
        named[name] = [low, middle, high]
    print("%-58s %9.*f %-3s (quartiles %.*f .. %.*f, n=%d)" % (what, digits, middle, unit, digits, low, digits, high, len(values)), flush=True)
    return middle


def compare(folder):
    work = bodies()
    rounds = int(os.environ.get("ROUNDS", "0"))
    if not rounds:
        with Service("--log=off") as service:
            rounds = max(1, round(RUN_S / send(service, work, 1)))
    requests = rounds * len(work)
    print("%d requests of each of a pair (%d operations on %d pictures, %d times), one client, %d pairs" % (
        requests, len(OPERATIONS), len(PICTURES), rounds, PAIRS), flush=True)
    pairs = [run_pair(work, rounds, folder) for _ in range(PAIRS)]
    plain, under = zip(*pairs)
    show("CPU time of the service alone, per request", [1000 * a["service"] / requests for a in plain], "ms")
    show("CPU time of the service, profiled / alone", [b["service"] / a["service"] for a, b in pairs], "", 4, "cost_service_ratio")
    show("wall time of the work, profiled / alone", [b["wall"] / a["wall"] for a, b in pairs], "", 4)
    show("CPU time of hotline in % of the service's, while it runs", [100 * b["hotline"] / b["service"] for b in under], "%", 3)
    show("  the same with hotline's start and last report", [100 * b["hotline_in_all"] / b["service"] for b in under], "%", 3,
         "cost_hotline_percent")
    facts = [b["report"]["self_check"] for b in under]
    show("CPU time in the sampler: samples x median handler time", [
        100 * f["samples"] * f["handler_ns_p50"] * 1e-9 / f["cpu_seconds_measured"] for f in facts], "%", 4)
    show("samples per second of CPU time", [f["samples"] / f["cpu_seconds_measured"] for f in facts], "")
    show("peak memory of the service alone", [a["service_mib"] for a in plain], "MiB", 1)
    show("peak memory of the service, profiled", [b["service_mib"] for b in under], "MiB", 1)
    show("peak memory of hotline", [b["hotline_mib"] for b in under], "MiB", 1, "cost_hotline_mib")
    print("samples lost: %d of %d" % (sum(f["dropped"] for f in facts), sum(f["samples"] for f in facts)))


def report_now(service):
    """Have the report written. ret: what it cost hotline, in ms of CPU time."""
    before = cpu_s(service.process.pid)
    subprocess.run([HOTLINE, "--dump", "--pid=%d" % service.process.pid], check=True, capture_output=True)
    return 1000 * (cpu_s(service.process.pid) - before)


def show_steps(folder):
    work, start, reading, first, later = bodies(), [], [], [], []
    for _ in range(STEP_RUNS):
        prefix = [HOTLINE, "--cpu", "--html", "--profile-interval=0", "--outfile=" + os.path.join(folder, "steps.html")]
        with Service("--log=off", prefix=prefix) as service:
            time.sleep(0.5)  # the tables of the modules are made now
            start.append(1000 * cpu_s(service.process.pid))
            send(service, work, 4)
            reading.append(100 * (cpu_s(service.process.pid) - start[-1] / 1000) / cpu_s(service.pid))
            first.append(report_now(service))
            later += [report_now(service) for _ in range(3)]
    print("\nhotline's own CPU time, step by step")
    show("  start: session, unwind tables of the modules", start, "ms", 1)
    show("  reading and adding up samples, in % of the service's", reading, "%", 3)
    show("  the first report: debug info is read", first, "ms", 1, "first_report_ms")
    show("  each further report", later, "ms", 1)


def compare_start(folder):
    prefix = [HOTLINE, "--cpu", "--html", "--outfile=" + os.path.join(folder, "start.html")]
    alone, under = [], []
    for _ in range(START_UPS):
        alone.append(start_up_ms([]))
        under.append(start_up_ms(prefix))
    show("from the start to listening, alone", alone, "ms", 1)
    show("from the start to listening, profiled", under, "ms", 1)
    show("  start-up delay", [b - a for a, b in zip(alone, under)], "ms", 1, "cost_start_ms")


def hot_line(report):
    """The line with the most time of its own, of the libraries it calls and of the kernel for it."""
    share, path, line = max((row["own_percent"] + row["library_percent"] + row["system_percent"], file["path"], row["line"])
                            for file in report["files"] for row in file["lines"])
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read().splitlines()[line - 1].strip()
    function = max(report["functions"], key=lambda row: row["self_percent"])
    return "%4.1f %%  %s:%d  %s   (hottest function: %.1f %% %s; %d samples)" % (
        share, os.path.relpath(path, ROOT) if path.startswith(ROOT) else path, line, text[:80],
        function["self_percent"], function["name"], report["self_check"]["samples"])


def kernel_environment(kernels):
    return {"IMAGE_SIMD": kernels} if kernels else None


def operation_cost(kernels, body, requests):
    """ret: CPU seconds per request."""
    with Service("--log=off", environment=kernel_environment(kernels)) as service:
        service.post(body)
        before = cpu_s(service.pid)
        send(service, [body], requests)
        return (cpu_s(service.pid) - before) / requests


def operation_report(kernels, body, folder):
    """The report on so many requests that it can be believed: REPORT_CPU_S of CPU time."""
    report = os.path.join(folder, "gain.json")
    with Service("--log=off", environment=kernel_environment(kernels), prefix=[HOTLINE, "--cpu", "--json", "--outfile=" + report]) as service:
        while cpu_s(service.pid) < REPORT_CPU_S:
            service.post(body)
        service.stop()
    with open(report, encoding="utf-8") as file:
        return json.load(file)


def compare_kernels(operation, picture, requests, folder, name):
    with open(os.path.join(ROOT, "sample_images", picture), "rb") as file:
        body = form(file.read(), operation=operation)
    ratios = [operation_cost("scalar", body, requests) / operation_cost(None, body, requests) for _ in range(PAIRS)]
    print("\n%s on %s, IMAGE_SIMD=scalar against the default" % (operation, picture))
    print("  hottest line, scalar:  " + hot_line(operation_report("scalar", body, folder)))
    print("  hottest line, default: " + hot_line(operation_report(None, body, folder)))
    show("  CPU time per request, scalar / default", ratios, "x", 2, name)


def main():
    print("%s, %s, %d CPUs, load %.1f" % (platform.release(), processor(), len(os.sched_getaffinity(0)), os.getloadavg()[0]))
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-cost-") as folder:
        compare(folder)
        compare_start(folder)
        show_steps(folder)
        compare_kernels("noise_reduction", "night.jpg", 2, folder, "dct_gain")
        compare_kernels("blur", "scene.jpg", 15, folder, "blur_gain")
    print("\nmeasured in %d s" % (time.monotonic() - start))
    if os.environ.get("BENCH_JSON"):
        with open(os.environ["BENCH_JSON"], "w", encoding="ascii") as file:
            json.dump(named, file)


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
