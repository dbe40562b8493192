"""The package: it comes, it is right, it goes."""
import os
import pwd
import shutil
import stat
from pathlib import Path

from lab import must, seen, sh, tried

# What stays by the custom of Debian: the user (its files may be anywhere), and what the machine
# itself writes about everything that happens on it.
NOT_OURS = ("/proc", "/sys", "/dev", "/run/systemd", "/run/user", "/run/udev", "/run/log", "/tmp",
            "/var/tmp", "/var/log/journal", "/var/lib/dpkg", "/root/boot", "/var/lib/systemd",
            "/var/log/apt", "/mnt", "/var/cache", "/root")
STAYS = {"/var/log/user.log", "/var/log/syslog", "/var/log/daemon.log", "/var/log/auth.log",
         "/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/.pwd.lock",
         "/etc/subuid-", "/etc/subgid-"}


def files():
    """What came into this root since it booted and is still there."""
    found = set()
    for top in ("/mnt/changes", "/run"):
        for folder, folders, names in os.walk(top):
            inside = folder.removeprefix("/mnt/changes")
            folders[:] = [name for name in folders if f"{inside}/{name}" not in NOT_OURS]
            found.update(f"{inside}/{name}" for name in (*folders, *names)
                         if os.path.lexists(f"{inside}/{name}")
                         and not os.path.lexists(f"/mnt/before{inside}/{name}"))
    return found


def mode(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


def installed(lab):
    """The package is installed: dpkg -i"""
    lab.before = files()
    tried(f"dpkg -i {Path(lab.package).name}")
    out = sh("dpkg", "-i", lab.package)
    must("warning" not in out.stdout + out.stderr, out.stdout + out.stderr)
    user = pwd.getpwnam("triaged")
    must(mode("/etc/triaged/credentials") == 0o700, "others can open the folder of secrets")
    must(Path("/run/triaged-root").is_dir(), "systemd-tmpfiles did not make /run/triaged-root")
    again = sh("dpkg", "--verify", "triaged").stdout
    must(not again, f"dpkg --verify says: {again}")
    new = sorted(files() - lab.before)
    seen(f"user triaged is {user.pw_uid}, {len(new)} files and folders came, dpkg --verify "
         "finds nothing changed, /etc/triaged/credentials is 0700")


def unit_is_right(lab):
    """The unit, the users, the folders and the catalogue please systemd's own tools"""
    del lab
    hook = Path("/usr/local/libexec/triaged-hook")  # the site's part, which verify wants to see
    hook.parent.mkdir(exist_ok=True)
    shutil.copy("/bin/true", hook)
    for words in (["systemd-analyze", "verify", "--man=no", "triaged.service",
                   "triaged-hook.socket", "triaged-hook@x.service"],
                  ["systemd-sysusers", "--dry-run", "triaged.conf"],
                  ["systemd-tmpfiles", "--create", "triaged.conf"]):
        tried(" ".join(words))
        out = sh(*words)
        must(words[1] != "verify" or not out.stdout + out.stderr, out.stdout + out.stderr)
    tried("systemd-analyze security --threshold=11 triaged.service")
    last = sh("systemd-analyze", "security", "--threshold=11", "--no-pager",
              "triaged.service").stdout.strip().splitlines()[-1]
    seen(last)
    tried("journalctl --update-catalog, --dump-catalog")
    must("rror" not in sh("journalctl", "--update-catalog").stderr, "the catalogue does not "
         "compile")
    texts = sh("journalctl", "--dump-catalog").stdout.count("Defined-By: triaged\n")
    ids = Path("/mnt/source/include/triaged/messages.h").read_text().count("\n#define MSG_")
    must(texts == ids, f"{texts} texts in the journal's catalogue for {ids} message ids")
    hook.unlink()
    seen(f"verify says nothing, {texts} of {ids} message ids have their text")


def purged(lab):
    """The package goes: dpkg --purge leaves nothing"""
    for path in ("/home/anna-files", "/usr/local/libexec", "/etc/probe", "/usr/probe", "/probe",
                 "/run/probe"):  # what the site and the experiments put there
        if os.path.isfile(path):
            os.unlink(path)
        else:
            shutil.rmtree(path, ignore_errors=True)
    tried("dpkg --purge triaged, while the daemon runs")
    sh("systemctl", "start", "triaged", check=False)
    out = sh("dpkg", "--purge", "triaged")
    must("warning" not in out.stdout + out.stderr, out.stdout + out.stderr)
    must(not sh("pgrep", "-x", "triaged", check=False).stdout, "a triaged still runs")
    left = sorted(path for path in files() - lab.before - STAYS)
    must(not left, "left behind:\n" + "\n".join(left[:40]))
    state = sh("systemctl", "show", "-P", "LoadState", "triaged.service").stdout.strip()
    must(state == "not-found", f"systemd still knows the unit: {state}")
    seen("no file, no folder, no unit, no process; the user stays, as Debian has it")
