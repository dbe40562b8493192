"""Boots a real systemd and lives there with the package: make check-boot.

    check_boot.py PACKAGE.deb [EXPERIMENT...]

Every experiment prints what it tried and what was seen. What cannot be tried here is a failure,
never passed over in silence. Standard library only.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = Path(os.environ.get("TRIAGED_BUILD", SOURCE / "build")).resolve()


def missing():
    """What this machine lacks, in words for whoever can mend it."""
    if os.geteuid() != 0:
        yield "root: a container that boots is made by root alone (sudo make check-boot)"
    for program, where in (("systemd-nspawn", "the package that debian/control names for "
                            "pkg.triaged.boot"), ("unshare", "util-linux"),
                           ("nsenter", "util-linux"), ("dpkg", "a Debian")):
        if not shutil.which(program):
            yield f"{program}: comes with {where}"
    systems = Path("/proc/filesystems").read_text()
    if "overlay" not in systems and subprocess.run(
            ["modprobe", "overlay"], stderr=subprocess.DEVNULL, check=False).returncode:
        yield "overlayfs: the kernel has none"


def main():
    """The exit status: 0 every experiment did well, 1 one did not or could not be tried."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    lacks = list(missing())
    for what in lacks:
        print(f"check-boot: missing: {what}", file=sys.stderr)
    if lacks:
        print("check-boot: FAILED, nothing was tried", file=sys.stderr)
        return 1
    if "CHECK_BOOT_INSIDE" not in os.environ:
        os.environ["CHECK_BOOT_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private",
                              sys.executable, __file__, *sys.argv[1:]])
    from box import BootError, Box
    package = Path(sys.argv[1]).resolve()
    folders = {SOURCE: "/mnt/source", BUILD: "/mnt/build", package.parent: "/mnt/package"}
    try:
        with Box(folders) as box:
            return box.run("env", "TRIAGED_BUILD=/mnt/build", sys.executable,
                           "/mnt/source/tests/boot/inside.py", f"/mnt/package/{package.name}",
                           *sys.argv[2:])
    except BootError as error:
        print(f"check-boot: FAILED, the container did not boot:\n{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
