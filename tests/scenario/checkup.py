"""Asks triagectl doctor, and holds every screen to what a tired operator needs.

With DOCTOR_TRANSCRIPT=FILE each cause that a test has produced is written there as the
screen that names it.
"""
import json
import os
import re
import shlex
import shutil
import subprocess

import harness
from harness import wait_for

WIDTH = 80
# What a Next may begin with, and the package of Debian that has it.
PROGRAMS = {
    "apt-get": "apt", "az": "azure-cli", "cat": "coreutils", "curl": "curl", "df": "coreutils",
    "du": "coreutils", "fuser": "psmisc", "getent": "libc-bin", "journalctl": "systemd",
    "ls": "coreutils", "openssl": "openssl", "ping": "iputils-ping", "ps": "procps",
    "ss": "iproute2", "sudo": "sudo", "systemctl": "systemd", "timedatectl": "systemd",
    "triagectl": "triaged", "triaged": "triaged",
}
# Looks only, and is quick: these are run.
HARMLESS = {"cat", "curl", "df", "getent", "ls", "openssl", "ss", "triaged"}
# Not the machine the tests run on shall decide what they find.
OF_THE_MACHINE = ("machine", "clock", "time synchronization")


def ask(site, *options):
    """Where the site is: behind its wrapper."""
    done = subprocess.run(
        [*site.wrapper, harness.TRIAGECTL, "-c", site.file, *options, "doctor"], check=False,
        env={**site.environment(), "NO_COLOR": "1", "COLUMNS": str(WIDTH)},
        capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1) and done.stdout, done.stderr
    return done


def doctor(site):
    """(status, findings) of triagectl doctor, but what this very machine is to blame for."""
    done = ask(site, "--json")
    answer = json.loads(done.stdout)
    assert answer["healthy"] == (done.returncode == 0)
    return done.returncode, [f for f in answer["findings"]
                    if (f["about"], f["name"], f["step"]) != OF_THE_MACHINE]


def found(site, about, name, step=None):
    """The finding about that, or None."""
    for f in doctor(site)[1]:
        if (f["about"], f["name"]) == (about, name) and step in (None, f["step"]):
            return f
    return None


def wait_found(site, about, name, step=None, grade="trouble"):
    """The finding, once it is there."""
    def there():
        f = found(site, about, name, step)
        return f if f and f["grade"] == grade else None
    try:
        return wait_for(there, f"a finding about {about} {name}: {step}")
    except AssertionError as failure:
        raise AssertionError(f"{failure}; there is: {doctor(site)[1]}") from None


def wait_well(site):
    try:
        wait_for(lambda: doctor(site)[0] == 0, "the doctor to be content")
    except AssertionError as failure:
        raise AssertionError(f"{failure}; there is: {doctor(site)[1]}") from None


def screen(site):
    """What the operator sees on a terminal of 80 columns."""
    return ask(site).stdout


def commands(text):
    """Every Next of a screen, as a shell takes it when it is copied."""
    blocks = re.findall(r"^Next {8}(.*(?:\n {12}.*)*)", text, re.M)
    return [re.sub(r" \\\n +", " ", block) for block in blocks]


def check_next(site, command):
    """One line that a shell takes, of programs that there are, and that helps when run."""
    assert "\n" not in command and "{" not in command.replace("{print", ""), command
    assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0, command
    for part in command.split(" && "):
        program = shlex.split(part)[0]
        assert program in PROGRAMS, f"{program} is of no package that is known here: {command}"
        if program == "triagectl":
            # Changes nothing: its words and options are read, then its help is shown.
            assert run(site, f"{part} --help") == 0, part
        elif program in HARMLESS and shutil.which(program):
            assert run(site, part) not in (126, 127), part


def run(site, command):
    env = {**site.environment(), "PATH": f"{harness.BUILD}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", command], env=env, check=False, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60).returncode


def named(site, cause, about, name, step, says=(), following=None, grade="trouble"):
    """Wait for that finding and hold it to its words, its command and its screen."""
    f = wait_found(site, about, name, step, grade)
    for word in [says] if isinstance(says, str) else says:
        assert word in f["cause"], (word, f)
    if following is not None:
        assert f["next"] == following, f
    check_next(site, f["next"])
    text = screen(site)
    for line in text.splitlines():
        # A word is never cut.
        assert len(line) <= WIDTH or " " not in line.removesuffix(" \\").strip(), line
    assert f["next"] in commands(text), (f["next"], commands(text))
    assert f"{about} {name}: {step}" in " ".join(text.split())
    write_transcript(cause, text)
    return f


def write_transcript(cause, text):
    path = os.environ.get("DOCTOR_TRANSCRIPT")
    if not path:
        return
    # A remark about the machine the tests run on says nothing of the cause.
    text = re.sub(r"\n\nWhere +machine clock: time synchronization\n(?:.+\n?)*", "", text)
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"=== {cause} ===\n$ triagectl doctor\n{text.strip()}\n\n")
