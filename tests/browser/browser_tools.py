"""What the browser tests share: Debian's Chromium, and playwright-core and axe-core, which npm fetches into the build folder."""
import json
import os
import shutil
import subprocess
import tempfile

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
MODULES = os.path.join(BUILD, "browser")
WANTED = ["playwright-core@1", "axe-core@4"]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


def find_chromium():
    """Its path, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def find_modules():
    """node_modules with playwright-core and axe-core, or None and why not."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node and npm are not here"
    folder = os.path.join(MODULES, "node_modules")
    if not all(os.path.isdir(os.path.join(folder, name.split("@")[0])) for name in WANTED):
        os.makedirs(MODULES, exist_ok=True)
        try:
            done = subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", MODULES, *WANTED],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180, check=False)
        except subprocess.TimeoutExpired:
            return None, "npm did not answer"
        if done.returncode != 0:
            return None, "npm could not fetch playwright-core and axe-core"
    return folder, None


def write_report(kind, page, data=os.devnull, *arguments):
    """A report of a made profile; data: its JSON, of what the arguments select."""
    subprocess.run([BUILD + "/tests/tools/write_report", kind, page, data, *arguments], check=True, stderr=subprocess.DEVNULL)


def write_pages(folder, kinds):
    """ret: { kind: its report }"""
    pages = {kind: os.path.join(folder, kind + ".html") for kind in kinds}
    for kind, page in pages.items():
        write_report(kind, page)
    return pages


def write_selections(folder, selections, name):
    """selections: [(kind, arguments)]. ret: [{ "kind", name: the arguments, "json": a file }]"""
    plan = []
    for i, (kind, arguments) in enumerate(selections):
        plan.append({"kind": kind, name: arguments, "json": os.path.join(folder, "%d.json" % i)})
        write_report(kind, os.devnull, plan[-1]["json"], *arguments)
    return plan


def drive(script, what, make_plan):
    """Run a script of checks, which prints TAP, in a browser. make_plan(folder): writes the files there; what the script is to know. ret: exit status."""
    chromium = find_chromium()
    modules, why = find_modules() if chromium else (None, "chromium is not here")
    if not modules:
        print("ok 1 - %s in a browser # SKIP %s" % (what, why))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "plan.json")
        plan = make_plan(folder)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(plan, file)
        command = ["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), script), modules, chromium, path]
        return subprocess.run(command, check=False).returncode
