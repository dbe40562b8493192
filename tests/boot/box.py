"""A machine that boots: this one's root, below a file system that is thrown away.

systemd runs there as process 1, with a journal, control groups and the sandbox of units. Nothing
is downloaded and nothing of this machine changes; the network is shared, loopback included.
Needs root, systemd-nspawn and overlayfs, and a mount namespace of its own (see check_boot.py).
"""
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

BOOT_LIMIT = 60
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Without them IPAddressDeny= and its like are silently not enforced in there.
CAPABILITIES = "CAP_BPF,CAP_PERFMON,CAP_NET_ADMIN,CAP_SYS_RESOURCE"
CALLS = "bpf landlock_create_ruleset landlock_add_rule landlock_restrict_self"
CHANGES = "/mnt/changes"  # what was written since the boot, seen from inside
BEFORE = "/mnt/before"  # what was there


class BootError(Exception):
    """It did not come up; the text has what it said."""


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


class Box:
    """with Box({"/outside": "/inside"}) as box: box.run("systemctl", "status")"""

    def __init__(self, read_only):
        self.read_only = read_only
        self.work = Path(tempfile.mkdtemp(prefix="check-boot-"))
        self.root = self.work / "root"
        self.console = None
        self.nspawn = None
        self.leader = None

    def __enter__(self):
        try:
            self._lay()
            self._boot()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def _lay(self):
        mount("-t", "tmpfs", "-o", "size=2g,mode=755", "tmpfs", str(self.work))
        for name in ("root", "upper", "scratch"):
            (self.work / name).mkdir()
        mount("-t", "overlay", "-o", f"lowerdir=/,upperdir={self.work}/upper,"
              f"workdir={self.work}/scratch", "overlay", str(self.root))
        # nspawn wants a file system of memory there, also outside.
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
        (self.root / "etc/machine-id").write_text("")
        # On machines that boot nothing it forbids packages to start and stop services.
        (self.root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)
        shutil.rmtree(self.root / "var/log/journal", ignore_errors=True)
        (self.root / "var/log/journal").mkdir(parents=True)

    def _boot(self):
        self.console = (self.work / "console").open("w+b")
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}",
             "--machine=check-boot", "--register=no", "--keep-unit", "--console=pipe",
             f"--capability={CAPABILITIES}", f"--system-call-filter={CALLS}",
             f"--bind-ro={self.work}/upper:{CHANGES}", f"--bind-ro=/:{BEFORE}:norbind",
             *(f"--bind-ro={outside}:{inside}" for outside, inside in self.read_only.items()),
             "--", "systemd.unit=basic.target"],
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console)
        end = time.monotonic() + BOOT_LIMIT
        while not self._is_up():
            if time.monotonic() > end or self.nspawn.poll() is not None:
                self.console.seek(0)
                raise BootError(self.console.read().decode(errors="replace"))
            time.sleep(0.05)

    def _is_up(self):
        if self.leader is None:
            children = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children")
            for pid in children.read_text().split() if children.exists() else ():
                if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                    self.leader = int(pid)
        if self.leader is None:
            return False
        asked = subprocess.run(self._command("systemctl", "is-system-running"),
                               capture_output=True, text=True, check=False)
        return asked.stdout.strip() in ("running", "degraded")

    def _command(self, *words):
        return ["nsenter", "-t", str(self.leader), "-a", "env", "-i", "HOME=/root",
                "LANG=C.UTF-8", f"PATH={PATH}", "PYTHONDONTWRITEBYTECODE=1", *words]

    def run(self, *words):
        """A command inside, as root, with our outputs; its exit status."""
        return subprocess.run(self._command(*words), check=False).returncode

    def _end(self):
        if self.leader is not None:
            try:
                os.kill(self.leader, signal.SIGRTMIN + 4)  # power off
            except ProcessLookupError:
                pass
        if self.nspawn is not None:
            try:
                self.nspawn.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()
        if self.console is not None:
            self.console.close()
        for place in (self.root, self.work):
            subprocess.run(["umount", "-l", place], stderr=subprocess.DEVNULL, check=False)
        self.work.rmdir()
