"""Without systemd: as another init, or root by hand, starts it."""
import os
import shutil
import signal
import subprocess
from pathlib import Path

from lab import SETTINGS, must, pid, probe_results, seen, sh, show, tried, wait_for
from sandbox import install_probe, run_as_hook

CREDENTIALS = Path("/etc/triaged/by-hand")
# What is left to the file system: namespaces, sockets and calls are the unit's to take away.
OF_FILES = ["write /etc", "write /usr", "write /", "write /run", "read /home", "read /root",
            "read the state of others", "execute from the state folder",
            "execute from the log folder", "execute from /run/triaged", "execute from /tmp",
            "execute from /var/tmp", "write a control group"]


class ByHand:
    """triaged as a child of ours, started by root; the unit is stopped meanwhile."""

    def __init__(self, lab, more=""):
        sh("systemctl", "stop", "triaged")
        lab.settings()
        SETTINGS.write_text(SETTINGS.read_text() + more)
        CREDENTIALS.mkdir(exist_ok=True)
        for name in ("azure-secret", "smtp-password"):
            (CREDENTIALS / name).write_text(lab.secrets[name])
            (CREDENTIALS / name).chmod(0o400)
            shutil.chown(CREDENTIALS / name, "triaged", "triaged")
        self.log = Path("/root/boot/by-hand.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/triaged"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": "/usr/bin:/bin", "CREDENTIALS_DIRECTORY": str(CREDENTIALS)})

    def __enter__(self):
        wait_for(lambda: self.process.poll() is not None or
                 sh("triagectl", "reload", check=False).returncode == 0, "it to answer")
        must(self.process.poll() is None, self.log.read_text())
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        shutil.rmtree(CREDENTIALS)
        # It was root's for a while, perhaps.
        sh("chown", "-R", "triaged:triaged", "/var/lib/triaged")
        SETTINGS.write_text("")

    def status(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def back_to_the_unit(lab):
    lab.settings()
    sh("systemctl", "start", "triaged")
    wait_for(lambda: show("ActiveState") == "active" and pid(), "the unit")


def root_becomes_triaged(lab):
    """Started by root, without systemd, it becomes the user triaged and does its work"""
    shutil.rmtree("/run/triaged", ignore_errors=True)
    tried("triaged, by root, with CREDENTIALS_DIRECTORY; /run/triaged is not there")
    with ByHand(lab) as by_hand:
        status = by_hand.status()
        user = sh("id", "-u", "triaged").stdout.strip()
        must(status["Uid"].split() == [user] * 4, f"Uid {status['Uid']}")
        must("0" not in status["Groups"].split(), f"Groups {status['Groups']}")
        must(int(status["CapPrm"], 16) == 0 and status["NoNewPrivs"] == "1", str(status))
        must(os.stat(f"/proc/{by_hand.process.pid}/mem").st_uid == 0, "it can be dumped")
        lab.raise_alerts(3)
        text = lab.wait_nothing_lost()
    back_to_the_unit(lab)
    seen(f"Uid {' '.join(status['Uid'].split())}, no capability, NoNewPrivs 1, not dumpable;\n"
         + text)
    tried("the same with user: no-such-account")
    sh("systemctl", "stop", "triaged")
    SETTINGS.write_text(SETTINGS.read_text() + "user: no-such-account\n")
    done = sh("/usr/sbin/triaged", check=False)
    back_to_the_unit(lab)
    must(done.returncode == 78, f"status {done.returncode}")
    seen(f"status 78: {done.stderr.strip()}")


def landlock(lab):
    """Without systemd it takes the file system from itself by Landlock, even as root"""
    install_probe()
    Path("/home/anna-files").mkdir(parents=True, exist_ok=True)
    tried("triaged, by root, with user: root; the attempts on files, as its hook")
    with ByHand(lab, "user: root\n") as by_hand:
        results = probe_results(run_as_hook(lab, "/usr/bin/python3", "/usr/local/libexec/probe.py",
                                            reload=("triagectl", "reload"), more="user: root\n"))
        log = by_hand.log.read_text()
    back_to_the_unit(lab)
    let = [name for name in OF_FILES if results[name]["outcome"] != "refused"]
    must(not let, f"allowed: {', '.join(let)}\n{log}")
    line = next(line for line in log.splitlines() if "limited itself" in line)
    allowed = sum(row["outcome"] == "allowed" for row in results.values())
    seen(f"{len(OF_FILES)} attempts on files are refused to root ({allowed} others, which are the "
         f"unit's to\nrefuse, are not); log: {line}")
