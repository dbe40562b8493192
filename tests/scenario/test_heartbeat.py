"""A sign of life while all is well, and silence when it is not."""
import json
import sqlite3

import pytest

import fakes
import kit
import proofs
from harness import Clock, wait_for
from ports import free_port
from test_life import get

BEAT = """
targets:
  - {name: folder, type: folder, path: "{outbox}"}
  - {name: pulse, type: heartbeat, url: "{url}/beat", interval: 10s, allow-private: true}
routes:
  - ladder: [{after: 0s, notify: [folder]}]
fallback: folder
"""


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


def beats(sink):
    return sink.requests("/beat", "POST")


def pulse(site):
    """The heartbeat as triagectl status knows it."""
    return site.ctl_json("status")["daemon"]["heartbeats"][0]


def findings(site):
    return {(f["about"], f["name"]): f for f in json.loads(site.ctl("--json", "doctor")[1])["findings"]}


def test_beats(site, sink, tmp_path):
    """At the start, and at every interval: who is there, and what is open."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    port = free_port()
    site.settings(f"listen: 127.0.0.1:{port}\n" + kit.FILES + BEAT, url=sink.url)
    site.start()
    sink.wait_requests(1, "/beat")
    kit.put(site, kit.alert())
    kit.wait_delivery(site, "state = 'sent'")
    clock.jump(11)
    last = json.loads(sink.wait_requests(2, "/beat")[1]["body"])
    assert last["type"] == "heartbeat" and last["host"] and last["version"]
    assert last["open"] == {"critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0}
    assert last["overdue"] == 0 and last["owed"] == 0
    assert 0 <= last["poll_age_seconds"] < 60
    wait_for(lambda: pulse(site)["state"] == "beats", "the state")
    assert "pulse: beats, last arrived" in site.ctl("status")[1]
    assert 'triaged_heartbeat_age_seconds{target="pulse"} ' in get(port, "/metrics")[2]
    assert not site.rows("select 1 from v_deliveries where target = 'pulse'")
    assert site.log_text().count("heartbeats arrive") == 1


def test_nobody_hears_it(site, sink):
    """Told once, in status and doctor too; test-notify tries at once and says how it went."""
    site.settings(kit.FILES + BEAT, url=sink.url)
    sink.fault(status=503)
    site.start()
    wait_for(lambda: pulse(site)["state"] == "lost", "the loss")
    status, out, _ = site.ctl("test-notify", "pulse")
    assert status == 1 and "lost" in out and "HTTP 503" in out
    assert site.log_text().count("a heartbeat did not arrive") == 1
    finding = findings(site)["target", "pulse"]
    assert finding["grade"] == "trouble" and "HTTP 503" in finding["cause"]
    assert "/beat" not in site.log_text() + out + finding["cause"]
    sink.heal()
    status, out, _ = site.ctl("test-notify", "pulse")
    assert status == 0 and "pulse: beats" in out
    assert site.log_text().count("heartbeats arrive") == 1
    assert ("target", "pulse") not in findings(site)


def test_a_store_that_refuses(site, sink):
    """No sign of life while nothing can be stored, asked for or not; then it goes on."""
    site.settings(kit.FILES + BEAT, url=sink.url)
    site.start()
    sink.wait_requests(1, "/beat")
    wait_for(lambda: pulse(site)["state"] == "beats", "the first one")
    before = len(beats(sink))
    lock = sqlite3.connect(site.state / "triaged.db", isolation_level=None)
    lock.execute("begin immediate")
    status, out, errors = site.ctl("test-notify", "pulse")
    assert status == 1 and "the database refuses changes" in out, errors
    assert len(beats(sink)) == before
    assert pulse(site)["state"] == "silent"
    assert "no heartbeat is sent, because triaged is not well" in site.log_text()
    lock.execute("rollback")
    lock.close()
    sink.wait_requests(before + 1, "/beat")
    wait_for(lambda: pulse(site)["state"] == "beats", "the next one")


def test_a_source_that_hangs(site, sink, tmp_path):
    """A poll that runs for hours without a page silences it."""
    clock = Clock(tmp_path)
    with fakes.Azure(tmp_path, {"alerts": 3, "subscriptions": 1}, env=clock.environment) as azure:
        proofs.configure(site, azure)
        site.file.write_text(site.file.read_text().replace(
            "targets:\n", f"targets:\n  - {{name: pulse, type: heartbeat, url: {sink.url}/beat, "
            "interval: 10s, allow-private: true}\n"))
        site.more_environment = {**site.more_environment, **clock.environment}
        azure.fault(path="*/alerts", hang=True)
        site.start()
        azure.wait_requests(1, "*/alerts")
        sink.wait_requests(1, "/beat")
        clock.jump(2 * 3600)
        wait_for(lambda: "a source makes no progress" in site.log_text(), "the silence")
        azure.heal()
        wait_for(lambda: pulse(site)["state"] == "beats", "the next one")


def test_is_no_target_for_notices(site, sink):
    """A route, a rotation or the fallback that names it is refused."""
    site.settings(kit.FILES + BEAT.replace("notify: [folder]", "notify: [pulse]"), url=sink.url)
    status, _, errors = site.run("--check-config")
    assert status == 1 and "a heartbeat, which is no target for notices" in errors
