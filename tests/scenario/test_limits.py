"""A process that may have little: 32 descriptors, no more threads, 64 MiB of addresses. It does what
it can, says what it cannot, never spins, and goes on when it may have more.
"""
import contextlib
import os
import resource
import shutil
import socket
import time

import pytest

import harness
import kit
import proofs
import sweep
from harness import MAY_LOOK_INSIDE, wait_for
from test_disk import clock, harm, sink, under_way  # noqa: F401

DESCRIPTORS = 32
HOOKS = """
targets:
{targets}
routes:
  - {ladder: [{after: 0s, notify: [{names}]}]}
fallback: t0
"""


def settings(site, sink, targets=1, host="127.0.0.1"):
    """So many targets, each told of every alert of the folder."""
    lines = [f"  - {{name: t{n}, type: webhook, url: \"http://{host}:{sink.port}/t{n}\", "
             "allow-private: true, rate: off}" for n in range(targets)]
    site.settings(kit.FILES + HOOKS, targets="\n".join(lines),
                  names=", ".join(f"t{n}" for n in range(targets)))


def sent(site, n):
    rows = kit.deliveries(site, "kind = 'opened'")
    return len(rows) == n and all(row["state"] == "sent" for row in rows)


def worked(pid):
    """Seconds that it has worked."""
    fields = open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def crowd(site, n):
    """So many clients that connect and say nothing."""
    clients = []
    for _ in range(n):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.connect(str(site.folder / "control.sock"))
        clients.append(client)
    return clients


@pytest.mark.row("A15")
def test_few_descriptors(site, sink):
    """32 descriptors, twelve receivers at once and forty clients: everything is told in the end,
    and who waits for a descriptor does not spin."""
    settings(site, sink, targets=12)
    site.wrapper = ["prlimit", f"--nofile={DESCRIPTORS}"]
    site.start()
    clients = crowd(site, 40)
    kit.put(site, *(kit.alert(n) for n in range(1, 5)))
    before, began = worked(site.process.pid), time.monotonic()
    # Who spins would have worked for as long as it lasts.
    wait_for(lambda: time.monotonic() > began + 1, "a second to pass")
    used = worked(site.process.pid) - before
    if MAY_LOOK_INSIDE:
        assert len(os.listdir(f"/proc/{site.process.pid}/fd")) <= DESCRIPTORS
    for client in clients:
        client.close()
    wait_for(lambda: kit.alert_row(site, "Suspicious process 4"), "the alerts")
    wait_for(lambda: sent(site, 48), "all of them told")
    assert used < 0.5
    assert site.ctl("status")[0] == 0
    proofs.check_database(site)
    assert site.stop() == 0


@pytest.fixture
def own_name():
    """A name of this machine that is no "localhost", which nobody has to ask for."""
    name = socket.gethostname()
    with contextlib.suppress(OSError):
        if socket.gethostbyname(name) == "127.0.0.1":
            return name
    return pytest.skip("this machine's name is not 127.0.0.1")


@pytest.mark.row("A15")
def test_no_more_threads(site, own_name, sink, clock, harm):  # noqa: F811
    """A name cannot be resolved, since that takes a thread: said, and tried again."""
    settings(site, sink, host=own_name)
    site.start()
    tracer = harm(site, "clone,clone3", "error=EAGAIN")
    kit.put(site, kit.alert(1))
    row = kit.wait_delivery(site, "state = 'retry'")
    assert own_name in row["last_error"], row
    tracer.end()

    def is_sent():
        if not under_way(site):
            clock.jump(60)
        return site.ctl("status")[0] == 0 and sent(site, 1)
    wait_for(is_sent, "the message")
    assert site.stop() == 0


@pytest.mark.row("A15")
def test_no_thread_for_mail(site):
    """Mail has a thread of its own: without it there is no start, with the reason."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    site.settings(kit.FILES + """
targets:
  - {name: ops, type: email, server: "smtp://127.0.0.1:9", from: a@example.org, to: [b@example.org]}
fallback: ops
""")
    site.wrapper = ["strace", "-f", "-o", "/dev/null", "-e", "trace=clone,clone3",
                    "-e", "inject=clone,clone3:error=EAGAIN"]
    status, _, errors = site.once()
    assert status == 1 and "cannot start a thread for mail" in errors, errors


@pytest.mark.row("A15")
def test_few_addresses(site, sink):
    """64 MiB of addresses, most of which libraries take: it works, or ends with a word."""
    if proofs.SANITIZED or harness.COUNTED:
        pytest.skip("a sanitizer takes terabytes, counters a megabyte too many")
    settings(site, sink)
    kit.put(site, *(kit.alert(n) for n in range(1, 4)))
    site.wrapper = ["prlimit", f"--as={64 << 20}"]
    status, _, errors = site.once()
    sweep.check_end(sweep.Harmed("64 MiB", status, errors))
    # The last words are of the loader, when not even the libraries fit.
    assert status == 0 or "memory" in errors or "failed to map segment" in errors, errors
    site.wrapper = []
    status, _, errors = site.once()
    assert status == 0, errors
    assert sent(site, 3)


@pytest.mark.row("A15")
def test_addresses_run_out(site, sink):
    """A daemon that may have no more than it has: a large page does not fit, which is said or ends
    it; with more, nothing was lost."""
    if proofs.SANITIZED:
        pytest.skip("a sanitizer takes terabytes")
    settings(site, sink)
    site.start()
    kit.put(site, kit.alert(1))
    wait_for(lambda: sent(site, 1), "the first")
    pid = site.process.pid
    size = int(open(f"/proc/{pid}/statm", encoding="ascii").read().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))
    kit.put(site, *(kit.alert(n, description="x" * 150000) for n in range(2, 62)), name="many.json")
    wait_for(lambda: "memory" in site.log_text() or site.process.poll() is not None
             or sent(site, 61), "a word, or the work")
    if site.process.poll() is None:
        resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    else:
        sweep.check_end(sweep.Harmed("no more", site.ended(), site.log_text()))
        site.start()
    wait_for(lambda: sent(site, 61), "all of them")
    proofs.check_database(site)
    assert site.stop() == 0
