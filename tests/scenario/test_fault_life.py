"""Stopped, killed and told to read its settings again, in the middle of everything."""
import signal

import pytest

import fakes
import kit
import proofs
from harness import wait_for

# Two are told, and one of them leaves.
BOTH = kit.FILES + """
targets:
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true}
  - {name: duty, type: folder, path: "{outbox}/duty"}
routes:
  - ladder: [{after: 0s, notify: [soc]}]
fallback: duty
"""
ONE = """
targets:
  - {name: duty, type: folder, path: "{outbox}/duty"}
routes:
  - ladder: [{after: 0s, notify: [duty]}]
fallback: duty
"""
MOMENTS = {
    # name: (what hangs, which request must have come)
    "sign-in": ({"path": "*/token", "hang": True}, "*/token"),
    "subscriptions": ({"path": "/subscriptions", "hang": True}, "/subscriptions"),
    "page": ({"path": "*/alerts", "slow_bytes": 200, "slow_ms": 300}, "*/alerts"),
    "refused": ({"path": "*/alerts", "arm": "throttled"}, "*/alerts"),
}


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 31, "alerts": 40, "subscriptions": 2, "page": 10}) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


def all_told(site):
    rows = site.rows("select state from v_deliveries")
    return rows and {row["state"] for row in rows} <= {"sent", "superseded"}


def whole(site, azure, sink):
    """What the cloud has is stored, who had to be told was told once."""
    wait_for(lambda: set(proofs.stored(site)) == set(proofs.truth(azure)) and all_told(site),
             "all alerts and messages")
    proofs.check_equal(site, azure)
    proofs.check_database(site)
    keys = proofs.check_deliveries(site, azure, sink)
    assert set(proofs.sink_keys(sink)) == set(keys)
    return keys


@pytest.mark.row("F1")
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kill", [False, True], ids=["term", "term-kill"])
def test_stopped_in_the_middle(site, azure, sink, moment, kill):
    """It ends within its ten seconds, or is killed while it ends; nothing is lost or told twice,
    and no message stays leased."""
    fault, path = MOMENTS[moment]
    proofs.configure(site, azure, sink)
    azure.fault(**fault)
    site.start()
    azure.wait_requests(1, path)
    if kill:
        site.signal(signal.SIGTERM)
        site.kill()
    else:
        assert site.stop() == 0
        assert not site.rows("select 1 from v_deliveries where state = 'leased'")
        assert not site.rows("select 1 from v_polls where ended_ms is null")
    azure.heal()
    site.start()
    keys = whole(site, azure, sink)
    assert sum(proofs.sink_keys(sink).values()) == len(keys), "told twice"


@pytest.mark.row("F2")
def test_read_again_a_hundred_times(site, azure, sink):
    """While it polls and sends: every reload is answered, nothing is lost or told twice."""
    proofs.configure(site, azure, sink, interval="1s")
    azure.fault(path="*/alerts", delay_ms=20)
    sink.fault(path="/soc", delay_ms=50, times=30)
    site.start()
    for turn in range(100):
        site.signal(signal.SIGHUP)
        if turn % 10 == 0:
            azure.script(add=1)
            assert site.ctl("reload")[0] == 0
    keys = whole(site, azure, sink)
    assert sum(proofs.sink_keys(sink).values()) == len(keys), "told twice"
    assert reloads(site) > 10


def reloads(site):
    return site.log_text().count("settings read again")


@pytest.mark.row("F2")
def test_half_of_a_file(site, azure, sink):
    """Each settings file that is cut somewhere is refused or means something else, in words; the
    daemon goes on with what it has."""
    proofs.configure(site, azure, sink)
    text = site.file.read_text()
    site.start()
    for part in range(1, 12):
        site.file.write_text(text[:len(text) * part // 12])
        status, out, errors = site.ctl("--socket", site.folder / "control.sock", "reload")
        assert (status == 0) == ("read again" in out + errors), (part, out, errors)
        assert site.ctl_reaches()
    site.file.write_text(text)
    assert site.ctl("reload")[0] == 0
    whole(site, azure, sink)


@pytest.mark.row("F2")
@pytest.mark.parametrize("running", [True, False], ids=["reload", "restart"])
def test_what_is_owed_to_who_is_gone(site, sink, running):
    """A target leaves the settings while messages to it wait, and a source with it: each message
    is superseded and says who is told instead, that one is, and no alert goes."""
    site.settings(BOTH, sink=sink.url)
    sink.fault(path="/soc", status=503)
    kit.put(site, *(kit.alert(number) for number in range(1, 6)))
    site.start()
    wait_for(lambda: len(kit.deliveries(site, "target = 'soc' and state = 'retry'")) == 5,
             "what is owed")
    if not running:
        site.stop()
    site.settings(ONE)
    if running:
        status, out, errors = site.ctl("reload")
        assert status == 0, (out, errors)
    else:
        site.start()
    wait_for(lambda: not kit.deliveries(site, "state not in ('sent', 'superseded')"),
             "the end of all messages")
    assert {row["last_error"] for row in kit.deliveries(site, "target = 'soc'")} == {
        "the target is no longer configured; target duty is told instead"}
    told = {row["alert_id"]: row for row in kit.deliveries(site, "state = 'sent'")}
    assert set(told) == {row["id"] for row in site.rows("select id from v_alerts where state = 'open'")}
    assert len(told) == 5
    for row in told.values():
        assert row["target"] == "duty" and "no longer configured; you are told instead" in row["reason"]
    assert site.log_text().count("a target left the settings while it was owed a notice") == 5
    assert "duty" in site.ctl("why", next(iter(told)))[1]
    proofs.check_database(site)
