"""Nobody takes the log: every way in which standard error or the journal can be gone.

Nothing depends on it. Alerts are read, people told, the audit is whole, and what was not
written is counted.
"""
import contextlib
import fcntl
import os
import socket

import pytest

import kit
from harness import MAY_LOOK_INSIDE, wait_for
from mounts import mounts_of_its_own

pytestmark = pytest.mark.row("F5")
SETTINGS = kit.FILES + """
targets:
  - {name: duty, type: folder, path: "{outbox}"}
routes:
  - ladder: [{after: 0s, notify: [duty]}]
fallback: duty
"""
ALERTS = 40


def errors_to(site, redirection):
    """The daemon's streams are redirected as a shell does it."""
    site.wrapper = ["sh", "-c", f'exec "$0" "$@" {redirection}']


@contextlib.contextmanager
def closed(site):
    errors_to(site, "<&- >&- 2>&-")
    # Else the next file that is opened would be taken for standard error.
    yield lambda: [streams_are_null(site, number) for number in range(3)]


def streams_are_null(site, number):
    if MAY_LOOK_INSIDE:
        assert os.readlink(f"/proc/{site.process.pid}/fd/{number}") == "/dev/null"


@contextlib.contextmanager
def full(site):
    errors_to(site, "2>/dev/full")
    yield


@contextlib.contextmanager
def reader_gone(site):
    errors_to(site, f'2>"{fifo(site)}"')
    with reading(site) as end:
        yield lambda: os.close(end.pop())


@contextlib.contextmanager
def reader_asleep(site):
    errors_to(site, f'2>"{fifo(site)}"')
    with reading(site):
        yield


def fifo(site):
    path = site.folder / "errors"
    os.mkfifo(path)
    return path


@contextlib.contextmanager
def reading(site):
    """Somebody has opened the pipe, and takes nothing out of it."""
    end = [os.open(site.folder / "errors", os.O_RDONLY | os.O_NONBLOCK)]
    fcntl.fcntl(end[0], fcntl.F_SETPIPE_SZ, 4096)
    yield end
    for one in end:
        os.close(one)


@contextlib.contextmanager
def journal_asleep(site):
    """The journal's socket is there and full: nobody reads it."""
    run = site.folder / "journal"
    run.mkdir()
    site.log.touch()
    stream = site.log.stat()
    site.more_environment = {"JOURNAL_STREAM": f"{stream.st_dev}:{stream.st_ino}"}
    mounts_of_its_own(site, 'mount -t tmpfs none /run && mkdir -p /run/systemd/journal && '
                      'mount --bind "$0" /run/systemd/journal', run)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(run / "socket"))
        yield


@pytest.mark.parametrize("trouble", [closed, full, reader_gone, reader_asleep, journal_asleep])
def test_nobody_takes_the_log(site, trouble):
    """Alerts come and people are told as if nothing were wrong."""
    site.settings(SETTINGS)
    with trouble(site) as begin:
        site.launch("--debug")
        wait_for(site.answers, "the daemon to answer")
        if begin:
            begin()
        for number in range(1, ALERTS + 1):
            kit.put(site, kit.alert(number), name=f"{number}.json")
        wait_for(lambda: site.value(
            "select count(*) from v_deliveries where state = 'sent'") == ALERTS, "the notices")
        assert len([one for one in site.outbox.iterdir() if one.suffix == ".eml"]) == ALERTS
        assert site.ctl("audit", "verify")[0] == 0
        assert site.stop() == 0
    assert site.value("pragma integrity_check") == "ok"
