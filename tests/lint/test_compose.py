#!/usr/bin/python3
"""docker-compose.yaml, where there is no Docker to ask: it says the same as render.yaml and the Dockerfile, and its health check works."""
import os
import re
import subprocess
import sys

import yaml

import check_render

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
from service import Service  # noqa: E402
from tap import equal, run, test, true  # noqa: E402

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
# https://docs.docker.com/reference/compose-file/services/: those that make sense here
SERVICE_KEYS = {"image", "build", "command", "ports", "environment", "cpus", "mem_limit", "read_only", "tmpfs", "cap_drop", "security_opt",
                "stop_grace_period", "healthcheck", "profiles"}


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


TEXT = read("docker-compose.yaml")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
BLUEPRINT = read("render.yaml")


def start_command(text):
    return yaml.safe_load(text)["services"][0]["dockerCommand"]


PLAIN, PROFILED = start_command(BLUEPRINT), start_command(check_render.swapped(BLUEPRINT))


@test
def it_has_the_keys_that_compose_knows():
    equal(set(COMPOSE), {"services"})
    for name, service in SERVICES.items():
        equal(set(service) - SERVICE_KEYS, set(), name)
        true(all(isinstance(value, str) for value in service["environment"].values()), "environment: text only")
        true(isinstance(service["command"], str) and all(isinstance(port, str) for port in service["ports"]), "command and ports: text")


@test
def the_commands_are_renders():
    equal(SERVICES["plain"]["command"], PLAIN)
    equal(SERVICES["profiled"]["command"], PROFILED)
    for service in SERVICES.values():
        true(not set(service["command"]) & set("$`\"'|&;<>"), "compose would read $, and no shell the rest")
        equal(service["build"], ".", "the Dockerfile of this folder")
    equal(SERVICES["profiled"]["profiles"], ["hotline"], "`docker compose up` starts the plain one only")
    true("profiles" not in SERVICES["plain"], "which needs no profile")


@test
def it_is_confined_as_on_render():
    equal(len({tuple(service["ports"]) for service in SERVICES.values()}), len(SERVICES), "each has a port of its own on this machine")
    for service in SERVICES.values():
        equal((service["cpus"], service["mem_limit"], service["read_only"], service["cap_drop"]), (0.5, "512m", True, ["ALL"]))
        equal(service["security_opt"], ["no-new-privileges:true"])
        true(any(mount.split(":")[0] == "/tmp" for mount in service["tmpfs"]), "the report needs a /tmp, the root being read-only")
        equal(service["stop_grace_period"], "60s", "longer than DRAIN_TIMEOUT")
        inner = {port.split(":")[1] for port in service["ports"]}
        equal(inner, {service["environment"]["PORT"]}, "the published port is the one it listens on")
    true("EXPOSE " + SERVICES["plain"]["environment"]["PORT"] + "\n" in read("Dockerfile"), "the Dockerfile names the same")


@test
def the_lines_in_the_comment_name_what_exists():
    lines = re.findall(r"^#   (docker .*?)(?:   .*)?$", TEXT, re.M)
    true(len(lines) == 9, lines)
    for line in lines:
        words = line.split()
        if words[1] == "compose":
            for index, word in enumerate(words):
                if word == "--profile":
                    true(words[index + 1] in SERVICES["profiled"]["profiles"], line)
            if "exec" in words:
                true(words[words.index("exec") + 2] in SERVICES, line)
        elif "/app/hotline" in line:
            equal(line[line.index("/app/hotline"):], PROFILED)
    report = re.search(r"--outfile=(\S+)", PROFILED)[1]
    equal(sum("cat %s >" % report in line for line in lines), 2, "lines that fetch the report")


@test
def the_health_check_tells_a_healthy_service():
    for service in SERVICES.values():
        check = service["healthcheck"]["test"]
        equal(check[:3], ["CMD", "/bin/bash", "-c"], "bash is in the image, curl is not")
        true("/127.0.0.1/%s " % service["environment"]["PORT"] in check[3], "it asks the right port")
    command = SERVICES["plain"]["healthcheck"]["test"][1:]

    def ask(port):
        words = [command[0], command[1], command[2].replace("/8080", "/%d" % port)]
        return subprocess.run(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False).returncode
    with Service() as running:
        equal(ask(running.port), 0)
        port = running.port
        equal(running.stop(), 0)
        true(ask(port) != 0, "a stopped service is not healthy")


run()
