#!/usr/bin/python3
"""make install, make uninstall; what is installed works from where it is; the manual, the completion and --help name the same options."""
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile

from tap import Skip, equal, run, test, true

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
FOLDER = "wrapper/install/"
FILES = {
    "bin/hotline": 0o755, "bin/image-service": 0o755, "include/hotline.h": 0o644, "lib/libhotline.so": 0o644, "lib/libhotline_wait.so": 0o644,
    "lib/pkgconfig/hotline.pc": 0o644, "share/bash-completion/completions/hotline": 0o644, "share/doc/hotline/LICENSE": 0o644,
    "share/doc/hotline/README.md": 0o644, "share/doc/hotline/folders": 0o644, "share/man/man1/hotline.1": 0o644,
    "share/man/man1/image-service.1": 0o644,
}


def make(target, prefix, destdir="", umask=0o022, check=True):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "DESTDIR", "PREFIX"))}
    command = ["make", "-s", target, "PREFIX=" + prefix, "DESTDIR=" + destdir, "BUILD=" + os.path.relpath(BUILD)]
    command += [name + "=" + os.environ[name] for name in ("CC", "SAN") if os.environ.get(name)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, umask=umask, timeout=600, check=False)
    true(done.returncode == 0 or not check, done.stdout + done.stderr)
    return done


def tree(folder):
    """What is in `folder`: path -> mode of files, None of folders."""
    found = {}
    for top, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(top, name), folder)] = None
        for name in files:
            path = os.path.join(top, name)
            found[os.path.relpath(path, folder)] = stat.S_IMODE(os.stat(path).st_mode)
    return found


def files_of(folder):
    return {path: mode for path, mode in tree(folder).items() if mode is not None}


def installed(work):
    """A finished installation that all tests look at. ret: its prefix inside the staging folder."""
    if not os.listdir(work):
        make("install", "/usr/local", work, umask=0o077)
    return os.path.join(work, "usr/local")


def target(name):
    return os.path.join(BUILD, "tests/targets", name)


WORK = tempfile.TemporaryDirectory(prefix="hotline-install-")


@test
def the_installed_files_are_these():
    prefix = installed(WORK.name)
    equal(files_of(prefix), FILES)
    folders = {os.path.dirname(path) for path in FILES}
    true(all(stat.S_IMODE(os.stat(os.path.join(prefix, folder)).st_mode) == 0o755 for folder in folders), "folders anybody may enter")


@test
def the_installed_hotline_profiles_with_its_own_library():
    prefix = installed(WORK.name)
    hotline = os.path.join(prefix, "bin/hotline")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.json")
        done = subprocess.run([hotline, "-o", path, target("tags"), "0.5"], capture_output=True, text=True, cwd="/", timeout=120, check=False)
        equal((done.returncode, done.stdout), (0, "profiled\n"), done.stderr)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        true(report["self_check"]["samples"] > 10, report["self_check"])
        true(any(line["self_percent"] > 0 for file in report["files"] for line in file["lines"]), "lines of code")
        done = subprocess.run([hotline, "-o", path, "sh", "-c", 'echo "$LD_PRELOAD"'], capture_output=True, text=True, timeout=120, check=True)
        preloaded = done.stdout.strip().split(":")
        true(os.path.realpath(os.path.join(prefix, "lib/libhotline.so")) in preloaded, preloaded)


@test
def the_installed_service_starts_and_finds_hotline():
    service = os.path.join(installed(WORK.name), "bin/image-service")
    done = subprocess.run([service, "--profile=/nowhere/report.html", "--help"], capture_output=True, text=True, timeout=60, check=False)
    equal(done.returncode, 0, done.stderr)
    done = subprocess.run([service, "--profile=/nowhere/report.html"], capture_output=True, text=True, timeout=60, check=False)
    true(done.returncode == 125 and "hotline:" in done.stderr, done)


@test
def pkg_config_leads_to_the_header():
    if not shutil.which("pkg-config"):
        raise Skip("pkg-config is not here")
    prefix = installed(WORK.name)
    environment = dict(os.environ, PKG_CONFIG_PATH=os.path.join(prefix, "lib/pkgconfig"), PKG_CONFIG_SYSROOT_DIR=WORK.name)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "hotline"], capture_output=True, text=True, env=environment, check=True).stdout
    equal(flags.split(), ["-I" + os.path.join(prefix, "include")])
    version = subprocess.run(["pkg-config", "--modversion", "hotline"], capture_output=True, text=True, env=environment, check=True).stdout
    said = subprocess.run([os.path.join(prefix, "bin/hotline"), "--version"], capture_output=True, text=True, check=True).stdout
    equal("hotline " + version, said)
    with open("tests/targets/tags.c", encoding="utf-8") as file:
        text = file.read()
    source = text.replace('"profiler/hotline.h"', "<hotline.h>")
    true(source != text, "tags.c includes the header")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "tags")
        subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Werror", *flags.split(), "-x", "c", "-", "-o", program,
                        "-lpthread"], input=source, text=True, cwd=folder, check=True)
        equal(subprocess.run([program, "0.05"], capture_output=True, text=True, check=True).stdout, "plain\n")
        done = subprocess.run([os.path.join(prefix, "bin/hotline"), "-o", os.path.join(folder, "x.json"), program, "0.1"], capture_output=True,
                              text=True, check=True)
        equal(done.stdout, "profiled\n")


@test
def uninstall_leaves_nothing():
    with tempfile.TemporaryDirectory() as work:
        make("install", "/opt/some where", work)
        make("uninstall", "/opt/some where", work)
        equal(tree(work), {})


@test
def uninstall_leaves_what_was_there_before():
    with tempfile.TemporaryDirectory() as prefix:
        for name in ("include", "share/man", "lib/empty"):  # empty, as in many a /usr/local
            os.makedirs(os.path.join(prefix, name))
        before = tree(prefix)
        make("install", prefix)
        make("install", prefix)  # an update must not forget which folders the first one made
        equal(files_of(prefix), FILES)
        foreign = os.path.join(prefix, "share/doc/other")
        with open(foreign, "w", encoding="utf-8") as file:
            file.write("of somebody else\n")
        make("uninstall", prefix)
        equal(tree(prefix), dict(before, **{"share/doc": None, "share/doc/other": 0o644}))
        make("uninstall", prefix)  # once more: nothing to do, no failure


@test
def a_relative_prefix_is_refused():
    done = make("install", "somewhere", check=False)
    true(done.returncode != 0 and "absolute" in done.stderr and not os.path.exists("somewhere"), done)


# -- one set of options ---------------------------------------------------------------------------------------------------------------

def options_of_table():
    """wrapper/options.c: {(name, letter, value)}."""
    with open("wrapper/options.c", encoding="utf-8") as file:
        table = re.search(r"struct option_row table\[\] = \{(.*?)\n\};", file.read(), re.S)[1]
    rows = re.split(r'(?=\.name = ")', table)[1:]
    found = set()
    for row in rows:
        letter, value = re.search(r"\.letter = '(.)'", row), re.search(r'\.value = "([^"]*)"', row)
        found.add((re.match(r'\.name = "([^"]*)"', row)[1], letter and letter[1], value and value[1]))
    return found


def options_of_help():
    text = subprocess.run([os.path.join(BUILD, "hotline"), "--help"], capture_output=True, text=True, check=True).stdout
    return {(name, letter or None, value or None)
            for letter, name, value in re.findall(r"^ {2}(?:-(.), | {4})--([a-z-]+)(?:=(\S+))?(?: |$)", text, re.M)}


def items_of_manual(path):
    """The .It lines about flags: {(name, letter, value)}, and the text that follows each by name."""
    with open(path, encoding="utf-8") as file:
        parts = re.split(r"^\.It ", file.read(), flags=re.M)[1:]
    found, texts = set(), {}
    for part in parts:
        item = re.match(r"(?:Fl (\w) , )?Fl -([a-z-]+)(?: Ns = Ns Ar (\S+))?(?: , Ev (\S+))?", part)
        if item:
            true((item[2], item[1], item[3]) not in found, item[0] + ": once")
            found.add((item[2], item[1], item[3]))
            texts[item[2]] = part
    return found, texts


def differences(a, b):
    return {"only the first": sorted(a - b, key=str), "only the second": sorted(b - a, key=str)} if a != b else None


@test
def help_and_table_agree():
    table = options_of_table()
    true(len(table) > 15, table)
    equal(differences(table, options_of_help()), None)


@test
def the_manual_has_every_option_of_hotline():
    items, texts = items_of_manual(FOLDER + "hotline.1")
    equal(differences(options_of_table(), items), None)
    for name, text in texts.items():
        true(len(text.split("\n.It")[0].split("\n", 1)[1].strip()) > 5, "--%s is explained" % name)


@test
def the_manual_has_every_setting_of_the_service():
    text = subprocess.run([os.path.join(BUILD, "image-service"), "--help"], capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^  --(\S+) +([A-Z_]+) +(.{9}) \S", text, re.M)
    true(len(rows) > 15, rows)
    items, texts = items_of_manual(FOLDER + "image-service.1")
    equal(differences({name for name, _, _ in rows} | {"help"}, {name for name, _, _ in items}), None)
    with open("service/config.c", encoding="utf-8") as file:
        kinds = dict(re.findall(r'\{"([A-Z_]+)", (KIND_\w+)', file.read()))
    takes_value = {name for name, _, value in items if value}
    for name, variable, _ in rows:
        true("Ev " + variable in texts[name].split("\n")[0], name + ": its variable")
        equal(name in takes_value, kinds[variable] != "KIND_SWITCH", name + ": takes a value")
        default = re.search(r"^  --%-18s %-18s (.{9}) " % (name, variable), text, re.M)[1].strip()
        true(not default or "Default: %s." % default in texts[name], "%s: its default is %s" % (name, default))


@test
def the_manuals_are_well_formed():
    if not shutil.which("mandoc"):
        raise Skip("mandoc is not here")
    for name in ("hotline.1", "image-service.1"):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", FOLDER + name], capture_output=True, text=True, check=False)
        equal(done.stdout + done.stderr, "", name)


# -- completion -----------------------------------------------------------------------------------------------------------------------

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
ASK = r"""
source %s; source %s
compopt() { :; }
_demo() { COMPREPLY=("$COMP_CWORD:$2"); }; complete -F _demo demo-program
COMP_LINE=$1; COMP_POINT=${#1}; COMP_TYPE=9; COMP_KEY=9; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_hotline "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%%s\n' "${COMPREPLY[@]}"
"""


def complete(line, folder="."):
    """What bash offers after `line`, split into words as bash does: at spaces, and before and behind runs of = and :."""
    if not os.path.exists(BASH_COMPLETION):
        raise Skip("bash-completion is not here")
    words = re.findall(r"[=:]+|[^\s=:]+", line) + ([""] if line.endswith(" ") else [])
    script = os.path.abspath(FOLDER + "hotline.bash")
    done = subprocess.run(["bash", "--norc", "-c", ASK % (BASH_COMPLETION, script), "bash", line, *words], capture_output=True, text=True,
                          cwd=folder, env=dict(os.environ, PATH=BUILD + ":" + os.environ["PATH"]), timeout=60, check=False)
    return set(done.stdout.split())


@test
def completion_offers_every_option():
    offered = complete("hotline --")
    equal(differences({"--" + name + ("=" if value else "") for name, _, value in options_of_table()}, offered), None)
    equal(differences({"-" + letter for _, letter, _ in options_of_table() if letter}, {word for word in complete("hotline -") if len(word) == 2}),
          None)
    equal(complete("hotline --profile-"), {"--profile-interval=", "--profile-all", "--profile-only=", "--profile-exclude="})


@test
def completion_knows_which_options_take_a_value():
    for name, letter, value in options_of_table():
        program = complete("hotline --%s%s demo-program here" % (name, " value" if value else ""))
        equal(program, {"1:here"}, "--" + name)
        if value:
            equal(complete("hotline --%s=value demo-program here" % name), {"1:here"}, "--%s=" % name)
        if letter:
            equal(complete("hotline -%s%s demo-program here" % (letter, " value" if value else "")), {"1:here"}, "-" + letter)


@test
def completion_offers_values_and_files():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "result-folder"))
        with open(os.path.join(folder, "result.html"), "w", encoding="utf-8"):
            pass
        for line in ("hotline -o res", "hotline --outfile res", "hotline --json --outfile=res"):
            equal(complete(line, folder), {"result.html", "result-folder"}, line)
        for line in ("hotline --program-path=res", "hotline --source-root res"):
            equal(complete(line, folder), {"result-folder"}, line)
    equal(complete("hotline --for="), {"10s", "30s", "1m", "5m"})
    true("100" in complete("hotline -F "), "rates")


@test
def completion_goes_on_in_the_program():
    equal(complete("hotline demo-program --some --opt"), {"2:--opt"})
    equal(complete("hotline --json -- demo-program a"), {"1:a"})
    equal(complete("hotline --tag=a=b -o x.html demo-program a"), {"1:a"})
    true("demo-program" not in complete("hotline --json demo-prog"), "a name that is no command is none")
    true("hotline" in complete("hotline --json hotl"), "commands of the search path")


@test
def completion_knows_the_running_sessions():
    if not os.path.exists(BASH_COMPLETION):
        raise Skip("bash-completion is not here")
    hotline = os.path.join(BUILD, "hotline")
    with tempfile.TemporaryDirectory() as folder:
        with subprocess.Popen([hotline, "--off", "-o", os.path.join(folder, "x.html"), "--", "cat"], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
            started = running.stderr.readline()  # "hotline: profiling cat (pid N, ..."
            try:
                offered = complete("hotline --on --pid=")
            finally:
                running.stdin.close()
            running.stderr.read()
        true({str(running.pid), re.search(r"\(pid (\d+)", started)[1]} <= offered, (running.pid, started, offered))


run()
