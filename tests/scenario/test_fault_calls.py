"""Every system call of a whole `triaged --once` (fetch, commit, deliver): killed at it, or it fails.

strace does it to the program that is shipped. A few points of each sweep are drawn; make soak, or
TRIAGED_SLOW=1, tries every point, from a database that is not there yet too.
"""
import random
import re
import shutil
import subprocess
from collections import Counter

import pytest

import battery
import proofs
import sweep

KILLS, ERRORS = 6, 10
pytestmark = pytest.mark.skipif(proofs.SANITIZED, reason="strace shows the sanitizer's calls too")

# Calls that leave something behind, on the disk or at a peer; a kill at another one leaves the
# same as at the next of these.
LEAVING = """pwrite64 write fdatasync fsync ftruncate openat rename renameat renameat2 unlink mkdir
    link fchmod fchown sendto sendmsg connect shutdown close""".split()
# How each can fail.
FAILING = {
    "EIO": """pwrite64 write fdatasync fsync ftruncate pread64 read openat rename renameat unlink
        fchmod newfstatat""",
    "ENOSPC": "pwrite64 write openat mkdir ftruncate rename renameat fdatasync fsync",
    "EINTR": "read write pread64 pwrite64 openat connect sendto recvfrom epoll_wait poll fdatasync",
    "ECONNRESET": "connect sendto recvfrom",
    "EMFILE": "openat socket socketpair pipe2 epoll_create1",
    "ENOMEM": "mmap epoll_ctl",
}


def trace(estate, calls, inject=None, point="count"):
    """A run under strace: (how it ended, the lines of the trace)."""
    file = estate.site.folder / "trace"
    file.unlink(missing_ok=True)
    # With a trace of nothing strace would inject nothing.
    wrapper = ["strace", "-f", "-o", file, "-e", "trace=" + ",".join(calls)]
    if inject:
        wrapper += ["-e", f"inject={inject}"]
    harmed = estate.run(point, wrapper)
    return harmed, file.read_text(errors="replace").splitlines()


def called(lines):
    """How often each call was made, from the first one of the program itself: what the loader
    does before belongs to nobody."""
    names = [match[1] for match in (re.match(r"\d+ +(\w+)\(", line) for line in lines) if match]
    return Counter(names)


def loading(lines):
    """The same of the loader alone: it ends with the settings file, whose name root alone is shown:
    then the process hides itself."""
    end = next(i for i, line in enumerate(lines)
               if "triaged.yaml" in line or "openat(AT_FDCWD, 0x" in line)
    return called(lines[:end])


@pytest.fixture(scope="module")
def strace():
    """Skips where there is none, or where nobody may trace."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    done = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True,
                          check=False)
    if done.returncode:
        pytest.skip("this machine lets nobody trace: " + done.stderr.decode()[-200:])


@pytest.fixture(params=["known", "first"])
def estate(request, tmp_path, strace):
    if request.param == "first" and not sweep.SLOW:
        pytest.skip("TRIAGED_SLOW=1 runs it")
    with sweep.Estate(tmp_path, fresh=request.param == "first") as e:
        yield e


def points(estate, calls):
    """[(call, k)] of a run that nothing disturbs."""
    names = sorted(set(calls))
    estate.lay()
    harmed, lines = trace(estate, {*names, "openat"})
    assert harmed.status == 0, harmed
    estate.check(harmed)
    before, after = loading(lines), called(lines)
    return [(name, k) for name in names for k in range(before[name] + 1, after[name] + 1)]


def drawn(found, n):
    return found if sweep.SLOW else random.Random(battery.seed()).sample(found, n)


@pytest.mark.row("A2")
def test_killed_at_each_call(estate, capsys):
    """kill -9 at each call that leaves something behind; the next start loses nothing."""
    tally = sweep.Tally("killed")
    for call, k in drawn(points(estate, LEAVING), KILLS):
        with tally:
            estate.lay()
            harmed, _ = trace(estate, [call], f"{call}:signal=KILL:when={k}", f"{call} {k} killed")
            tally.tried[call] += harmed.status == -9
            sweep.check_end(harmed, deliberate=(9,))
            estate.heal(harmed)
    tally.close(capsys)


@pytest.mark.row("A3")
def test_each_call_fails(estate, capsys):
    """Each call fails once with each error it can have: no crash, it is said, nothing is lost."""
    found = points(estate, " ".join(FAILING.values()).split())
    found = [(error, call, k) for error, calls in FAILING.items() for call, k in found
             if call in calls.split()]
    tally = sweep.Tally("failed")
    for error, call, k in drawn(found, ERRORS):
        with tally:
            estate.lay()
            harmed, lines = trace(estate, [call], f"{call}:error={error}:when={k}",
                                  f"{call} {k} {error}")
            tally.tried[error] += any("(INJECTED)" in line for line in lines)
            sweep.check_end(harmed)
            if harmed.status:
                tally.said[f"{error} {call}: {harmed.words()}"] += 1
            estate.heal(harmed)
    tally.close(capsys)
