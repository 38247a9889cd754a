"""What the browser tests share: Debian's Chromium, and playwright-core and axe-core, which npm fetches into the build folder."""
import os
import shutil
import subprocess

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
