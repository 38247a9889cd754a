"""Half a CPU and 512 MB, as on Render's starter plan: a control group of version 2, or one of version 1 per controller."""
import os

NAME = "hotline-rehearsal"
CPU_SHARE = 0.5
PERIOD_US = 100000
MEMORY_BYTES = 512 << 20
ROOT = "/sys/fs/cgroup"


def groups_of_process(text):
    """What /proc/self/cgroup says. ret: {controller: path}, version 2 under ""."""
    found = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = path.rstrip("/")
    return found


def _write(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


class Limits:
    """Makes the groups; `missing` says in words which limit could not be set and why."""

    _FILES = {  # controller: version 2, version 1
        "cpu": ([("cpu.max", "%d %d" % (CPU_SHARE * PERIOD_US, PERIOD_US))],
                [("cpu.cfs_period_us", PERIOD_US), ("cpu.cfs_quota_us", int(CPU_SHARE * PERIOD_US))]),
        "memory": ([("memory.max", MEMORY_BYTES)], [("memory.limit_in_bytes", MEMORY_BYTES)]),
    }

    def __init__(self, root=ROOT, process="/proc/self/cgroup"):
        self.folders = {}  # of each controller
        self.binds = []    # (folder, where the container sees it)
        self.missing = []
        with open(process, encoding="ascii") as file:
            groups = groups_of_process(file.read())
        for controller, (second, first) in self._FILES.items():
            try:
                if os.path.exists(os.path.join(root, "cgroup.controllers")):
                    self._set_second(root, groups.get("", ""), controller, second)
                else:
                    self._set_first(root, groups, controller, first)
            except OSError as why:
                self.missing.append("no %s limit (%s)" % (controller, why.strerror))

    def _set_second(self, root, own, controller, values):
        """Below our own group if that may have groups, else below the root's, which always may."""
        for parent in dict.fromkeys((root + own, root)):
            try:
                if controller not in open(parent + "/cgroup.controllers", encoding="ascii").read().split():
                    raise FileNotFoundError(2, "the controller is not there")
                _write(parent + "/cgroup.subtree_control", "+" + controller)
                self._make(parent + "/" + NAME, controller, values, ROOT)
                return
            except OSError as why:
                last = why
        raise last

    def _set_first(self, root, groups, controller, values):
        if controller not in groups:
            raise FileNotFoundError(2, "the controller is not there")
        for parent in dict.fromkeys((root + "/" + controller + groups[controller], root + "/" + controller)):
            if os.path.isdir(parent):
                self._make(parent + "/" + NAME, controller, values, ROOT + "/" + controller)
                return
        raise FileNotFoundError(2, "no hierarchy at %s/%s" % (root, controller))

    def _make(self, folder, controller, values, seen_at):
        os.makedirs(folder, exist_ok=True)
        for name, value in values:
            _write(os.path.join(folder, name), value)
        self.folders[controller] = folder
        if (folder, seen_at) not in self.binds:
            self.binds.append((folder, seen_at))

    def enter(self):
        """The calling process and its children from now on."""
        for folder in dict.fromkeys(self.folders.values()):
            _write(os.path.join(folder, "cgroup.procs"), 0)


def remove_groups(root=ROOT, process="/proc/self/cgroup"):
    """Those of this run or of one that was killed; a group with a process in it stays."""
    with open(process, encoding="ascii") as file:
        groups = groups_of_process(file.read())
    folders = [root + groups.get("", ""), root]
    for controller in ("cpu", "memory"):
        folders += [root + "/" + controller + groups.get(controller, ""), root + "/" + controller]
    for folder in dict.fromkeys(folders):
        try:
            os.rmdir(os.path.join(folder, NAME))
        except OSError:
            pass
