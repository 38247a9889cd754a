"""Where the tests find other people's programs: those that .ci/programs unpacked, then the system's own, not those of a version manager."""
import os
import shutil

from tap import Skip

# Of `build` whatever the BUILD: a sanitizer's build does not unpack its own.
UNPACKED = os.path.join(os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")), "build", "programs")
PATH = ":".join([UNPACKED + "/usr/sbin", UNPACKED + "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])


def require(*names):
    """Skip unless these are here: programs by their names, files by their paths."""
    for name in names:
        if not (os.path.exists(name) if "/" in name else shutil.which(name, path=PATH)):
            raise Skip(name + " is not installed")
