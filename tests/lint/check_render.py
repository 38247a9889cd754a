#!/usr/bin/python3
"""Checks a Render blueprint before Render does: check_render.py [FILE...]. One line per problem; exit status 1 if there is any.

Render's published JSON schema lets mistakes pass that its servers then refuse, above all a startCommand on a Docker service; this
check knows them. `swapped(text)` performs the documented change of the start command: the active command is commented out, the
commented one becomes active.
"""
import re
import sys

import yaml

TOP_FIELDS = {
    "services", "databases", "envVarGroups", "projects", "ungrouped", "previews", "previewsEnabled", "previewsExpireAfterDays", "version",
    "buildSources"}
SERVICE_FIELDS = {
    # what it is
    "type", "name", "region", "plan", "runtime", "numInstances", "scaling", "disk", "domain", "domains", "renderSubdomainPolicy",
    "ipAllowList", "maintenanceMode",
    # where it comes from
    "repo", "branch", "rootDir", "image", "registryCredential", "buildSource", "buildFilter", "autoDeploy", "autoDeployTrigger",
    "initialDeployHook", "preDeployCommand", "previews", "pullRequestPreviewsEnabled", "previewPlan",
    # how it starts, runs and stops
    "dockerCommand", "dockerContext", "dockerfilePath", "buildCommand", "startCommand", "healthCheckPath", "maxShutdownDelaySeconds",
    "envVars"}
TYPES = {"web", "worker", "pserv"}
RUNTIMES = {"docker", "image", "node", "python", "ruby", "go", "rust", "elixir", "static"}
REGIONS = {"oregon", "ohio", "virginia", "frankfurt", "singapore"}
PLANS = {"free", "starter", "standard", "pro", "pro plus", "pro max", "pro ultra"}
SIZED_PLAN = re.compile(r"^\d+(\.\d+)?c-\d+(mb|g)$")
DEPLOY_TRIGGERS = {"off", "commit", "checksPass"}
TAKEN_PORTS = {"18012", "18013", "19099"}
SHELL_CHARACTERS = re.compile(r"[&|;<>$`*?'\"\\(){}~#]")
COMMAND = re.compile(r"^(?P<indent>\s*)(?P<mark># )?(?P<text>(?:dockerCommand|startCommand): /.*)$")


class _Loader(yaml.SafeLoader):
    """YAML silently keeps the last of two equal keys; here they are an error."""


def _mapping(loader, node, deep=False):
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, "the key %r stands here twice" % key, key_node.start_mark)
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _command_problem(command):
    """Render splits dockerCommand into words and runs it without a shell."""
    if not isinstance(command, str) or not command.split():
        return "is empty"
    found = SHELL_CHARACTERS.search(command)
    if found:
        return "contains %s, but no shell will see it: plain words only" % found[0]
    if not command.startswith("/"):
        return "must begin with an absolute path"
    return None


def _variable_problem(variable):
    if not isinstance(variable, dict):
        return "is not a mapping"
    if "fromGroup" in variable:
        return None
    if not variable.get("key"):
        return "has no key"
    if not {"value", "generateValue", "sync", "fromService", "fromDatabase"} & set(variable):
        return "%s has no value" % variable["key"]
    value = variable.get("value", "")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return "%s: the value must be text or a number (quote it)" % variable["key"]
    if variable["key"] == "PORT" and str(value) in TAKEN_PORTS:
        return "PORT: %s is taken by Render itself" % value
    return None


def _service_problems(service):
    for field in sorted(set(service) - SERVICE_FIELDS):
        yield "%s: Render knows no such field" % field
    for field, allowed in (("type", TYPES), ("runtime", RUNTIMES)):
        if service.get(field) not in allowed:
            yield "%s: %r is none of %s" % (field, service.get(field), ", ".join(sorted(allowed)))
    if not isinstance(service.get("name"), str) or not service.get("name"):
        yield "name: is missing"
    if service.get("region", "oregon") not in REGIONS:
        yield "region: %r is none of %s" % (service["region"], ", ".join(sorted(REGIONS)))
    plan = service.get("plan", "starter")
    if plan not in PLANS and not SIZED_PLAN.match(str(plan)):
        yield "plan: %r is none of %s" % (plan, ", ".join(sorted(PLANS)))
    if service.get("autoDeployTrigger", "commit") not in DEPLOY_TRIGGERS:
        yield "autoDeployTrigger: %r is none of %s (quote \"off\": bare, YAML reads it as false)" % (
            service["autoDeployTrigger"], ", ".join(sorted(DEPLOY_TRIGGERS)))
    delay = service.get("maxShutdownDelaySeconds", 30)
    if isinstance(delay, bool) or not isinstance(delay, int) or not 1 <= delay <= 300:
        yield "maxShutdownDelaySeconds: %r is not a whole number from 1 to 300" % delay
    path = service.get("healthCheckPath")
    if path is not None and not str(path).startswith("/"):
        yield "healthCheckPath: must begin with /"
    for variable in service.get("envVars") or []:
        problem = _variable_problem(variable)
        if problem:
            yield "envVars: " + problem
    yield from _start_problems(service)


def _start_problems(service):
    if service.get("runtime") in ("docker", "image"):
        for field in ("startCommand", "buildCommand"):
            if field in service:
                yield "%s: a %s service must not have it; the start command is dockerCommand" % (field, service["runtime"])
        if "dockerCommand" in service:
            problem = _command_problem(service["dockerCommand"])
            if problem:
                yield "dockerCommand: " + problem
    elif service.get("runtime") in RUNTIMES - {"static"}:
        for field in ("startCommand", "buildCommand"):
            if not service.get(field):
                yield "%s: a %s service needs it" % (field, service["runtime"])
        if "dockerCommand" in service:
            yield "dockerCommand: only Docker services have it"


def problems(text):
    """All that is wrong with a blueprint, as a list of sentences."""
    try:
        blueprint = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        return ["not YAML: " + " ".join(str(error).split())]
    if not isinstance(blueprint, dict):
        return ["a blueprint is a mapping"]
    found = ["%s: Render knows no such field" % field for field in sorted(set(map(str, blueprint)) - TOP_FIELDS)]
    services = blueprint.get("services") or []
    if not isinstance(services, list) or not all(isinstance(service, dict) for service in services):
        return found + ["services: is not a list of mappings"]
    names = [service.get("name") for service in services]
    found += ["services: two of them are called %s" % name for name in sorted(set(map(str, names))) if list(map(str, names)).count(name) > 1]
    for service in services:
        found += ["service %s: %s" % (service.get("name", "without a name"), problem) for problem in _service_problems(service)]
    return found


def swapped(text):
    """The blueprint after its reader has commented out the active start command and uncommented the other one."""
    def turn(line):
        found = COMMAND.match(line)
        return found["indent"] + ("" if found["mark"] else "# ") + found["text"] if found else line
    return "".join(line if line == "\n" else turn(line.rstrip("\n")) + "\n" for line in text.splitlines(keepends=True))


def main():
    status = 0
    for path in sys.argv[1:] or ["render.yaml"]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for state, version in (("", text), (", after the swap of the start command", swapped(text))):
            for problem in problems(version):
                print("%s%s: %s" % (path, state, problem))
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
