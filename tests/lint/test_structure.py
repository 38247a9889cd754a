#!/usr/bin/python3
"""The rules of the structure, proved on the sources and on the object code: who may include whom, what signal-safe code may call,
that libhotline.so needs nothing but libc, that the service carries nothing of the profiler but weak symbols."""
import os
import re
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
number = 0
failed = 0


def check(name, problems):
    global number, failed
    number += 1
    print("%s %d - %s" % ("not ok" if problems else "ok", number, name))
    for problem in problems:
        print("# " + problem)
    failed += bool(problems)


def sources(*folders):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders],
                            capture_output=True, text=True, check=True).stdout.split()
    return [path for path in listed if path.endswith((".c", ".h")) and os.path.exists(path)]


def includes(path):
    with open(path, encoding="utf-8") as file:
        return re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read(), re.M)


def include_problems():
    problems = []
    for path in sources("service", "profiler", "wrapper"):
        for target in includes(path):
            side, wanted = path.split("/")[0], target.split("/")[0]
            stage = "/".join(path.split("/")[:2])
            if side == "service" and wanted in ("profiler", "wrapper") and target != "profiler/hotline.h":
                problems.append("%s includes %s: the service may include hotline.h only" % (path, target))
            if side in ("profiler", "wrapper") and wanted == "service":
                problems.append("%s includes %s: the profiler knows no service" % (path, target))
            if side == "profiler" and wanted == "wrapper":
                problems.append("%s includes %s: the wrapper is above the profiler" % (path, target))
            if stage in ("profiler/session", "profiler/unwind") and not target.startswith(("profiler/session/", "profiler/unwind/")):
                problems.append("%s includes %s: session and unwind stand alone" % (path, target))
            if stage == "profiler/sampler" and not target.startswith(
                    ("profiler/sampler/", "profiler/session/", "profiler/unwind/", "profiler/hotline.h")):
                problems.append("%s includes %s: the sampler sees session and unwind only" % (path, target))
            if stage == "profiler/collector" and target.startswith("profiler/sampler/"):
                problems.append("%s includes %s: the collector never sees the sampler" % (path, target))
    return problems


# decode -> operate -> encode: a stage may see what comes before it, never what comes after.
SERVICE_STAGES = ["service/decode", "service/operate", "service/encode"]


def pipeline_problems():
    problems = []
    for path in sources(*SERVICE_STAGES):
        stage = SERVICE_STAGES.index("/".join(path.split("/")[:2]))
        for target in includes(path):
            folder = "/".join(target.split("/")[:2])
            if folder in SERVICE_STAGES and SERVICE_STAGES.index(folder) > stage:
                problems.append("%s includes %s, a later stage" % (path, target))
            if folder in ("service/http",):
                problems.append("%s includes %s: only http knows HTTP" % (path, target))
    return problems


def duplicate_names():
    seen, problems = {}, []
    for path in sources("service", "profiler", "wrapper"):
        name = os.path.basename(path)
        if name in seen and name != "main.c":
            problems.append("%s and %s: file names are unique in the tree" % (path, seen[name]))
        seen[name] = path
    return problems


def script_problems(folder):
    """The files of a page make one script, where the later of two functions with one name silently takes the place of the other."""
    seen, problems = {}, []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".js"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                for function in re.findall(r"^(?:async )?function (\w+)", file.read(), re.M):
                    if function in seen:
                        problems.append("%s and %s both have a function %s" % (seen[function], name, function))
                    seen[function] = name
    return problems if seen else ["no script in " + folder]


# What a file marked [S] may call: nothing that allocates, locks or waits.
SIGNAL_SAFE = set("strnlen clock_gettime syscall prctl mmap munmap madvise __errno_location _dl_find_object".split())


def signal_safe_problems():
    marked = []
    for path in sources("profiler/session", "profiler/unwind", "profiler/sampler"):
        with open(path, encoding="utf-8") as file:
            if path.endswith(".c") and "[S]" in file.readline():
                marked.append(path)
    if len(marked) < 6:
        return ["only %d files are marked [S]" % len(marked)]
    objects = [os.path.join(BUILD, "sampler", path[:-2] + ".o") for path in marked]
    with tempfile.TemporaryDirectory() as folder:
        whole = os.path.join(folder, "signal_safe.o")
        subprocess.run(["ld", "-r", "-o", whole, *objects], check=True)
        undefined = subprocess.run(["nm", "-u", whole], capture_output=True, text=True, check=True).stdout.split()
    # The sampler's own state, and the chain to the program's handler for a signal that is not ours.
    own = {"sampler", "thread_state", "hooks_signal_chain", "_GLOBAL_OFFSET_TABLE_", "U", "w"}
    return ["signal-safe code uses " + name for name in sorted(set(undefined) - SIGNAL_SAFE - own)]


def interposable_problems():
    """What a sanitizer or a test double in the program may have replaced must not be reached from the handler."""
    undefined = subprocess.run(["nm", "-D", "--undefined-only", os.path.join(BUILD, "libhotline.so")], capture_output=True, text=True,
                               check=True).stdout
    return ["libhotline.so calls the process's " + name for name in ("memcpy", "memset", "memmove", "memcmp", "malloc", "free", "calloc")
            if re.search(r"\b%s(@|$)" % name, undefined, re.M)]


def library_problems(library):
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", subprocess.run(
        ["readelf", "-d", os.path.join(BUILD, library)], capture_output=True, text=True, check=True).stdout)
    return [library + " needs " + name for name in needed if name not in ("libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1")]


# What libhotline_wait.so may use: it finds the C library's functions, tries locks, tells libhotline.so; nothing else, no memory, no lock.
WAITS_USE = set("dlsym dlvsym pthread_mutex_trylock pthread_rwlock_tryrdlock pthread_rwlock_trywrlock mtx_trylock hotline_api_wait_begin "
                "hotline_api_wait_end __libc_single_threaded __cxa_finalize __gmon_start__ _ITM_deregisterTMCloneTable _ITM_registerTMCloneTable".split())


def waits_problems():
    listed = subprocess.run(["nm", "-D", "--undefined-only", os.path.join(BUILD, "libhotline_wait.so")], capture_output=True, text=True,
                            check=True).stdout
    names = {line.split()[-1].split("@")[0] for line in listed.splitlines()}
    return ["libhotline_wait.so uses " + name for name in sorted(names - WAITS_USE)] if names else ["libhotline_wait.so uses nothing at all"]


def service_problems():
    binary = os.path.join(BUILD, "image-service")
    dynamic = subprocess.run(["readelf", "-d", binary], capture_output=True, text=True, check=True).stdout
    problems = [line.strip() for line in dynamic.splitlines() if "NEEDED" in line and "hotline" in line]
    symbols = subprocess.run(["readelf", "-W", "--dyn-syms", binary], capture_output=True, text=True, check=True).stdout
    found = [line for line in symbols.splitlines() if "hotline" in line]
    problems += [line.strip() for line in found if " WEAK " not in line]
    return problems if found else ["the service has no hotline symbol: its requests are not tagged"]


check("who may include whom", include_problems())
check("a stage of the service never sees a later one", pipeline_problems())
check("file names are unique", duplicate_names())
check("names in the scripts of pages are unique", script_problems("profiler/collector/assets") + script_problems("service/page"))
check("signal-safe files use the allow-list only", signal_safe_problems())
check("libhotline.so has memcpy and its kin of its own", interposable_problems())
check("libhotline.so needs libc only", library_problems("libhotline.so"))
check("libhotline_wait.so needs libc only", library_problems("libhotline_wait.so"))
check("libhotline_wait.so uses its few functions only", waits_problems())
check("the service carries weak hotline symbols and no hotline library", service_problems())
sys.exit(1 if failed else 0)
