#!/usr/bin/python3
"""The deployment: the blueprint obeys Render's rules, also after the swap of the start command, and the image fits it."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

import check_render

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
from tap import Skip, equal, run, test, true  # noqa: E402

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("BUILD", "build")
PLAIN = "/app/image-service"
PROFILED = "/app/hotline --cpu --html --profile-interval=15 --outfile=/tmp/profile.html /app/image-service"


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def service(text):
    return yaml.safe_load(text)["services"][0]


def planned(*words):
    """The commands that make would run, whatever make runs this test."""
    clean = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(["make", "-n", "--no-print-directory", *words], cwd=ROOT, env=clean, stdout=subprocess.PIPE,
                          check=True).stdout.decode()


def refused(text, why):
    """The check names a problem that has `why` in it, and finds nothing wrong with the blueprint as it is."""
    true(text != BLUEPRINT, "the test changes the blueprint (%s)" % why)
    found = check_render.problems(text)
    true(any(why in problem for problem in found), "expected %r among %r" % (why, found))


BLUEPRINT = read("render.yaml")
COMMAND_LINE = "dockerCommand: " + PLAIN + "\n"


# ---- the blueprint ----

@test
def the_blueprint_obeys_renders_rules():
    equal(check_render.problems(BLUEPRINT), [])
    equal(service(BLUEPRINT)["dockerCommand"], PLAIN)
    equal(service(BLUEPRINT)["healthCheckPath"], "/health")


@test
def the_swap_gives_a_valid_blueprint_that_starts_hotline():
    after = check_render.swapped(BLUEPRINT)
    equal(check_render.problems(after), [])
    equal(service(after)["dockerCommand"], PROFILED)
    changed = [key for key, value in service(after).items() if service(BLUEPRINT).get(key) != value]
    equal(changed, ["dockerCommand"], "nothing but the command changes")
    equal(check_render.swapped(after), BLUEPRINT, "and back")


@test
def make_profile_on_and_off_perform_the_swap():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "render.yaml")

        def make(target):
            """The recipe runs in a folder that holds nothing but render.yaml."""
            subprocess.run(["bash", "-euo", "pipefail", "-c", planned(target)], cwd=folder, stdout=subprocess.PIPE, check=True)
            with open(path, encoding="utf-8") as file:
                return file.read()

        with open(path, "w", encoding="utf-8") as file:
            file.write(BLUEPRINT)
        equal(make("profile-off"), BLUEPRINT, "it is off already")
        equal(make("profile-on"), check_render.swapped(BLUEPRINT))
        equal(make("profile-on"), check_render.swapped(BLUEPRINT), "on twice")
        equal(make("profile-off"), BLUEPRINT, "and off again")


@test
def the_check_reports_what_render_refuses():
    refused(BLUEPRINT.replace(COMMAND_LINE, "startCommand: " + PLAIN + "\n"), "startCommand: a docker service must not have it")
    refused(BLUEPRINT.replace("healthCheckPath: /health", "buildCommand: make"), "buildCommand: a docker service must not have it")
    refused(BLUEPRINT.replace("runtime: docker", "runtime: c"), "runtime: 'c' is none of")
    refused(BLUEPRINT.replace("type: web", "type: website"), "type: 'website' is none of")
    refused(BLUEPRINT.replace("plan: starter ", "plan: small "), "plan: 'small' is none of")
    refused(BLUEPRINT.replace("region: oregon\n", "region: mars\n"), "region: 'mars' is none of")
    refused(BLUEPRINT.replace("autoDeployTrigger: commit", "autoDeployTrigger: off"), "quote \"off\"")
    refused(BLUEPRINT.replace("Seconds: 60", "Seconds: 600"), "not a whole number from 1 to 300")
    refused(BLUEPRINT.replace("Path: /health", "Path: health"), "healthCheckPath: must begin with /")
    refused(BLUEPRINT.replace("dockerContext:", "dockercontext:"), "dockercontext: Render knows no such field")
    refused(BLUEPRINT.replace("    runtime: docker\n", "    runtime: docker\n    runtime: docker\n"), "stands here twice")
    refused(BLUEPRINT.replace("value: region=oregon", "value: [a, b]"), "must be text or a number")
    refused(BLUEPRINT.replace("        value: region=oregon\n", ""), "HOTLINE_TAGS has no value")
    refused(BLUEPRINT.replace("key: HOTLINE_TAGS\n        value: region=oregon", "key: PORT\n        value: 18012"), "taken by Render")
    refused(BLUEPRINT + "workers: []\n", "workers: Render knows no such field")
    refused(BLUEPRINT.replace("services:", "services: {"), "not YAML")


@test
def a_docker_command_is_plain_words_with_an_absolute_path():
    for bad in ("app/image-service", "image-service", "PORT=1 /app/image-service", PLAIN + " --port=$PORT", PLAIN + " && true",
                "/bin/sh -c '" + PLAIN + "'", PLAIN + " > /tmp/log", PLAIN + " | cat", "\"\""):
        refused(BLUEPRINT.replace(COMMAND_LINE, "dockerCommand: %s\n" % bad), "dockerCommand: ")


@test
def other_runtimes_have_their_own_rules():
    native = "services:\n  - {type: web, name: x, runtime: node, buildCommand: npm ci, startCommand: node x.js}\n"
    equal(check_render.problems(native), [])
    true(any("startCommand: a node service needs it" in p for p in check_render.problems(native.replace(", startCommand: node x.js", ""))),
         "a missing start command is found")


@test
def the_check_is_a_command_too():
    script = os.path.join(ROOT, "tests", "lint", "check_render.py")
    equal(subprocess.run([sys.executable, script, os.path.join(ROOT, "render.yaml")], check=False).returncode, 0)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(BLUEPRINT.replace(COMMAND_LINE, "startCommand: " + PLAIN + "\n"))
        file.flush()
        done = subprocess.run([sys.executable, script, file.name], stdout=subprocess.PIPE, check=False)
    equal(done.returncode, 1)
    true(b"startCommand" in done.stdout, "it says what is wrong")


# ---- the image ----

def instructions(text):
    """The Dockerfile as (instruction, arguments), one list per stage."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    stages = []
    for line in filter(str.strip, joined.splitlines()):
        word, rest = line.split(None, 1)
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, " ".join(rest.split())))
    return stages


STAGES = instructions(read("Dockerfile"))


def values(stage, word):
    return [rest for name, rest in STAGES[stage] if name == word]


@test
def the_image_has_two_stages_and_no_entrypoint():
    equal(len(STAGES), 2)
    for stage in (0, 1):
        true("debian:bookworm-slim" in values(stage, "FROM")[0], "both begin with bookworm-slim")
        equal(values(stage, "ENTRYPOINT"), [], "ENTRYPOINT")
    equal([json.loads(command) for command in values(1, "CMD")], [PLAIN.split()], "CMD, without a shell")


@test
def the_image_runs_as_an_account_that_ssh_can_enter():
    equal(values(1, "USER"), ["app"])
    setup = " ".join(values(1, "RUN"))
    for part in ("useradd -m -u 10001 -s /bin/bash app", "usermod -p '*' app", "install -d -m 0700 -o app -g app /home/app/.ssh"):
        true(part in setup, part)
    words = [rest for name, rest in STAGES[1] if name in ("RUN", "COPY", "USER")]
    true(words.index("app") == len(words) - 1, "root sets everything up before")


@test
def the_image_holds_what_the_commands_name():
    makefile = read("Makefile")
    build = " ".join(values(0, "RUN"))
    equal(values(1, "COPY"), ["--from=build /out/ /app/"])
    for command in (PLAIN, PROFILED):
        for word in command.split():
            if word.startswith("/app/"):
                true("$(BUILD)/" + word[len("/app/"):] in makefile, "the Makefile makes %s" % word)
                true("build/" + word[len("/app/"):] in build, "the build stage copies %s" % word)
    true("build/libhotline.so" in build, "hotline finds its library beside itself")


@test
def debug_info_names_the_sources_where_the_image_has_them():
    build = " ".join(values(0, "RUN"))
    prefix = re.search(r"SOURCE_PREFIX=(\S+)", build)[1]
    equal(prefix, "/app/src/")
    true(re.search(r"cp -r service profiler wrapper /out/src/", build) and "chmod -R a=rX /out" in build, "sources, read-only")
    true("strip" not in build, "debug info is kept")
    with tempfile.TemporaryDirectory() as folder:
        plan = planned("-B", "-o", "build/.deps-build", "SOURCE_PREFIX=" + prefix, "BUILD=" + folder, folder + "/service/main.o")
        command = [line for line in plan.splitlines() if "service/main.c" in line][-1]
        subprocess.run(["bash", "-c", command.lstrip("@")], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        info = subprocess.run(["readelf", "--debug-dump=info", folder + "/service/main.o"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace")
    folders = re.findall(r"DW_AT_comp_dir\s*:.*?([^\s:]*)$", info, re.M)
    equal(folders, ["/app/src"], "the folder that the debug info names")


@test
def the_image_installs_every_library_the_products_need():
    if not shutil.which("dpkg-query"):
        raise Skip("this is not Debian")
    if os.environ.get("SAN"):
        raise Skip("a sanitizer build needs libraries that the image never sees")
    needed = set()
    for product in ("image-service", "hotline", "libhotline.so"):
        dynamic = subprocess.run(["readelf", "-d", os.path.join(BUILD, product)], stdout=subprocess.PIPE, check=True).stdout.decode()
        needed |= set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    installed = " ".join(values(1, "RUN"))
    missing = set()
    for library in needed:
        owner = subprocess.run(["dpkg-query", "-S", "*/" + library], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        packages = {line.split(":")[0] for line in owner.stdout.decode().splitlines()}
        if not any(re.search(r"\s%s\s" % re.escape(p), installed) or p in ("libc6", "libgcc-s1", "libstdc++6") for p in packages):
            missing.add(library)
    equal(missing, set(), "libraries without a package in the image")
    for package in ("openssh-sftp-server", "openssh-client"):
        true(package in installed, package + ", for scp")


@test
def the_build_gets_what_it_copies():
    ignored = read(".dockerignore").split()
    true("build" in ignored and ".git" in ignored, "what the image does not need stays outside")
    for path in (".ci/deps", "Makefile", "tests/tests.mk", "service", "profiler", "wrapper"):
        true(os.path.exists(os.path.join(ROOT, path)), path)
        true(path not in ignored, path + " is not ignored")
    true("!tests/tests.mk" in ignored, "the Makefile includes tests/tests.mk")


run()
