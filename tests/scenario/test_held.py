"""Somebody else holds the database: a read transaction for long, or the write lock. Polls go on or
are refused with a word, the loop never stands still, and nothing is lost.
"""
import contextlib
import re
import sqlite3
import urllib.request

import pytest

import kit
import sweep
from harness import wait_for
from test_disk import sink  # noqa: F401
from ports import free_port
from test_limits import sent

SETTINGS = """listen: 127.0.0.1:{port}
targets:
  - {name: t0, type: webhook, url: "{url}/t0", allow-private: true, rate: off}
routes:
  - {ladder: [{after: 0s, notify: [t0]}]}
fallback: t0
"""


@pytest.fixture
def working(site, sink):  # noqa: F811
    """A daemon that has told of an alert, and where its metrics are."""
    site.port = free_port()
    site.settings(kit.FILES + SETTINGS, port=site.port, url=sink.url)
    kit.put(site, kit.alert(1))
    site.start()
    wait_for(lambda: sent(site, 1), "the first message")
    return site


def metric(site, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])


def check_stall(site):
    """Less than a second; other programs may have the machine while make check runs."""
    stall = metric(site, "triaged_loop_stall_seconds")
    print(f"the loop stood still for {stall} s at most")
    assert stall < 1 or not sweep.SLOW


@contextlib.contextmanager
def other(site, begin):
    with contextlib.closing(sqlite3.connect(site.state / "triaged.db", isolation_level=None,
                                            timeout=20)) as db:
        db.execute(begin)
        db.execute("SELECT count(*) FROM v_alerts").fetchone()
        yield db
        db.execute("ROLLBACK")


@pytest.mark.row("A10")
def test_a_reader_stays(working):
    """A read transaction that does not end: alerts come in and are told all the same, the journal
    that cannot be emptied is a metric, and it is emptied after."""
    with other(working, "BEGIN"):
        for n in range(2, 6):
            kit.put(working, *(kit.alert(i, description="x" * 20000) for i in range(1, n + 1)))
            wait_for(lambda n=n: sent(working, n), f"message {n}")
        assert metric(working, 'triaged_db_bytes{file="wal"}') > 4 * 20000
        check_stall(working)
    assert working.stop() == 0


@pytest.mark.row("A10")
def test_another_writer_stays(working):
    """BEGIN IMMEDIATE in a shell: polls are refused with a word that tells what to look for,
    questions are answered, the loop goes on; and then everything is stored."""
    with other(working, "BEGIN IMMEDIATE"):
        kit.put(working, *(kit.alert(n) for n in range(1, 4)))
        wait_for(lambda: "is held by another program" in working.log_text(), "a word of it")
        assert "close a shell" in working.log_text()
        assert working.ctl("list")[0] == 0 and working.ctl("status")[0] == 0
        assert working.value("SELECT count(*) FROM v_alerts WHERE source = 'exported'") == 1
        check_stall(working)
    wait_for(lambda: sent(working, 3), "the messages")
    assert working.stop() == 0
