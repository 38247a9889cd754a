"""The commit -> the image that Render would build, without a Docker engine: buildah runs the Dockerfile on a base made by debootstrap.

Everything stays in one folder. Layers are kept, so that what did not change is not built again; superseded ones are removed."""
import json
import os
import shutil
import subprocess

from steps import require

BASE = "docker.io/library/debian:bookworm-slim"
IMAGE = "localhost/image-service"
BUILD_STAGE = "localhost/image-service-build"  # named, so that its layers are not taken for left-overs
SSHD = "localhost/image-service-sshd"
DEBIAN = "http://deb.debian.org/debian"
SSHD_DOCKERFILE = """FROM %s
USER root
RUN apt-get update -q && apt-get install -y -q --no-install-recommends openssh-server && rm -rf /var/lib/apt/lists/*
RUN install -d -m 0755 /run/sshd
USER app
""" % IMAGE


def mirror(index_targets):
    """The address from which this system gets Debian, or Debian's own. index_targets: lines `REPO_URI|ORIGIN|SUITE|COMPONENT`."""
    for line in index_targets.splitlines():
        address, origin, suite, component = (line.strip().split("|") + [""] * 4)[:4]
        if origin == "Debian" and component == "main" and "-" not in suite and address.startswith(("http://", "https://")):
            return address.rstrip("/")
    return DEBIAN


def _known_mirror():
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)|$(ORIGIN)|$(SUITE)|$(COMPONENT)", "Created-By: Packages"]
    return mirror(subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False).stdout.decode())


class Builder:
    """buildah with a storage of its own."""

    def __init__(self, folder, logs):
        self.folder, self.logs = folder, logs
        self._command = ["buildah", "--root", os.path.join(folder, "storage"), "--runroot", os.path.join(folder, "run"),
                         "--storage-driver", "overlay", *self._storage_options()]

    def _storage_options(self):
        """Where the kernel cannot put an overlay on this file system (an overlay itself), FUSE can."""
        test = os.path.join(self.folder, "overlay-test")
        shutil.rmtree(test, ignore_errors=True)
        for name in ("lower", "upper", "work", "merged"):
            os.makedirs(os.path.join(test, name))
        options = "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work" % (test, test, test)
        done = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, test + "/merged"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            subprocess.run(["umount", test + "/merged"], check=True)
        shutil.rmtree(test)
        return [] if done.returncode == 0 else ["--storage-opt", "overlay.mount_program=/usr/bin/fuse-overlayfs"]

    def _has(self, image):
        listed = self.logs.read("buildah", [*self._command, "images", "--format", "{{.Name}}:{{.Tag}}"])
        return image in listed.split() or image + ":latest" in listed.split()

    def make_base(self):
        """Debian's minimal system under the name that the Dockerfile begins with. ret: False when it was there already."""
        if self._has(BASE):
            return False
        tree, source = os.path.join(self.folder, "base"), _known_mirror()
        shutil.rmtree(tree, ignore_errors=True)
        extra = ["--include=ca-certificates"] if source.startswith("https:") else []
        self.logs.run("debootstrap", ["debootstrap", "--variant=minbase", *extra, "bookworm", tree, source])
        shutil.rmtree(os.path.join(tree, "var/cache/apt/archives"), ignore_errors=True)
        container = self.logs.read("buildah", [*self._command, "from", "scratch"]).strip()
        self.logs.run("buildah", [*self._command, "add", "-q", container, tree])
        self.logs.run("buildah", [*self._command, "config", "--cmd", "/bin/bash", container])
        self.logs.run("buildah", [*self._command, "commit", "-q", "--rm", container, BASE])
        shutil.rmtree(tree)
        return True

    def _build(self, name, *options):
        self.logs.run("build", [*self._command, "build", "--isolation", "chroot", "--layers", "--pull-never", "-t", name, *options])

    def build(self, context):
        """What `docker build -t image-service CONTEXT` does."""
        self._build(BUILD_STAGE, "--target", "build", context)
        self._build(IMAGE, context)
        self.logs.run("buildah", [*self._command, "rmi", "--prune"])

    def facts(self):
        """ret: (bytes of the image, its configuration as Docker shows it)."""
        image = json.loads(self.logs.read("buildah", [*self._command, "inspect", "--type", "image", IMAGE]))
        images = json.loads(self.logs.read("buildah", [*self._command, "images", "--json", IMAGE]))
        return images[0]["size"], image["Docker"]["config"]

    def mount(self):
        """A root file system of the image, for the commands that look into it. ret: its folder."""
        return self._mount(IMAGE)

    def mount_with_sshd(self, context):
        """The same with an sshd, which on Render is Render's. ret: its folder."""
        os.makedirs(context, exist_ok=True)
        with open(os.path.join(context, "Dockerfile"), "w", encoding="utf-8") as file:
            file.write(SSHD_DOCKERFILE)
        self._build(SSHD, context)
        self.logs.run("buildah", [*self._command, "rmi", "--prune"])
        return self._mount(SSHD)

    def _mount(self, image):
        container = self.logs.read("buildah", [*self._command, "from", "--pull-never", image]).strip()
        root = self.logs.read("buildah", [*self._command, "mount", container]).strip()
        require(os.path.isdir(root), "buildah mounted nothing", self.logs.path("buildah"))
        return root

    def remove_containers(self):
        """What a run that was killed left behind, and what this one made."""
        self.logs.run("buildah", [*self._command, "rm", "--all"])
