"""Start, watch, stop: what systemd and monitoring see, and what stays behind."""
import contextlib
import datetime
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fakes
import kit
import test_schemas
from harness import Clock, wait_for
from ports import free_port

FOLDER = """
targets:
  - {name: folder, type: folder, path: "{outbox}"}
routes:
  - ladder: [{after: 0s, notify: [folder]}]
fallback: folder
"""
STOPPING = "not ready\ndaemon: stopping\n  next: systemctl status triaged\n"
HOOK = """
targets:
  - {name: hook, type: webhook, url: "{url}", allow-private: true}
routes:
  - ladder: [{after: 0s, notify: [hook]}]
fallback: hook
"""
CLOUD = """
sources:
  - name: azure
    type: defender-for-cloud
    tenant: {tenant}
    client-id: {client}
    client-secret: {credential: azure-secret}
    endpoints: {login: "{azure}", resource-manager: "{azure}"}
    interval: 1s
"""


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"alerts": 5, "subscriptions": 1}) as fake:
        yield fake


def ends_in_time(site, number):
    """Exit status after the signal; the promise is 10 s."""
    began = time.monotonic()
    site.signal(number)
    status = site.process.wait(timeout=20)
    took = time.monotonic() - began
    site.process = None
    assert took < 10, f"took {took:.1f} s"
    return status


# The end

@pytest.mark.row("F1")
def test_sigterm_during_a_poll(site, azure):
    """A listing that never answers holds nobody up, and is in the ledger as
    incomplete after the next start."""
    site.secret("azure-secret", "s")
    site.settings(CLOUD + FOLDER, azure=azure.url)
    azure.fault(path="*/alerts", hang=True)
    site.start()
    azure.wait_requests(1, "*/alerts")
    assert ends_in_time(site, signal.SIGTERM) == 0
    azure.heal()
    site.start()
    wait_for(lambda: site.rows("select * from v_polls where complete = 1 and scope != ''"),
             "a complete poll")
    assert not site.rows("select * from v_polls where complete = 1 and ended_ms is null")
    wait_for(lambda: site.value("select count(*) from v_alerts") == 5, "five alerts")


@pytest.mark.row("F1")
def test_sigterm_during_a_hanging_webhook(site, sink):
    """Status 0 within 10 s, no lease is left, and after the next start the same
    message goes again."""
    site.settings(kit.FILES + HOOK, url=sink.url)
    sink.fault(hang=True)
    kit.put(site, kit.alert())
    site.start()
    sink.wait_requests(1)
    assert ends_in_time(site, signal.SIGTERM) == 0
    row = kit.deliveries(site)[0]
    assert row["state"] in ("retry", "pending")
    sink.heal()
    site.start()
    first = sink.wait_requests(2)[0]
    assert {key.lower(): value for key, value in first["headers"].items()}[
        "webhook-id"] == row["key"]
    kit.wait_delivery(site, "state = 'sent' and key = ?", row["key"])


@pytest.mark.row("F1")
def test_second_sigterm_does_not_wait(site, sink):
    """An answer that would come in time is not waited for when somebody asks
    again."""
    port = free_port()
    site.settings(f"listen: 127.0.0.1:{port}\n" + kit.FILES + HOOK, url=sink.url)
    sink.fault(delay_ms=6000)
    kit.put(site, kit.alert())
    site.start()
    sink.wait_requests(1)
    site.signal(signal.SIGTERM)
    wait_for(lambda: get(port, "/-/ready")[::2] == (503, STOPPING), "its beginning to end")
    assert ends_in_time(site, signal.SIGTERM) == 0
    assert kit.deliveries(site)[0]["state"] in ("retry", "pending")


@pytest.mark.row("D2")
def test_killed_while_sending_says_so(site, sink):
    """Nobody knows whether it arrived: it goes again with the same id, marked."""
    site.settings(kit.FILES + HOOK, url=sink.url)
    sink.fault(hang=True)
    kit.put(site, kit.alert())
    site.start()
    sink.wait_requests(1)
    site.kill()
    assert kit.deliveries(site)[0]["state"] == "leased"
    sink.heal()
    site.start()
    sink.wait_requests(2)
    row = kit.wait_delivery(site, "state = 'sent'")
    assert row["maybe_duplicate"] == 1
    first, second = sink.bodies()
    assert first["data"]["notice"]["key"] == second["data"]["notice"]["key"]
    assert [body["data"]["notice"]["maybe_duplicate"] for body in (first, second)] == [False, True]


@pytest.mark.row("A9")
def test_second_daemon_names_the_first(site):
    """Two daemons never share a state directory."""
    site.settings(kit.FILES + FOLDER)
    site.start()
    for option in ((), ("--once",)):
        status, _, errors = site.run(*option)
        assert status == 1 and f"pid {site.process.pid}" in errors, errors
    assert site.ctl("status")[0] == 0
    assert site.stop() == 0
    assert site.once()[0] == 0


# --once

def test_once_says_how_it_went(site, azure, sink):
    """0 all complete and delivered, 1 something failed, 78 unusable settings,
    2 wrong usage."""
    site.secret("azure-secret", "s")
    site.settings(CLOUD + HOOK, azure=azure.url, url=sink.url)
    status, _, errors = site.once()
    assert status == 0, errors
    assert site.value("select count(*) from v_alerts") == 5
    azure.fault(path="*/alerts", arm="forbidden")
    status, _, errors = site.once()
    assert status == 1 and "poll incomplete" in errors
    azure.heal()
    azure.script(add=1)
    sink.fault(status=500)
    status, _, errors = site.once()
    assert status in (0, 1) and (status == 1) == bool(kit.deliveries(site, "state = 'retry'"))
    site.file.write_text(site.file.read_text() + "no-such-option: 1\n")
    status, _, errors = site.once()
    assert status == 78 and "no-such-option" in errors
    assert site.run("--onze")[0] == 2
    assert site.run("--once", "--demo")[0] == 2


# What systemd hears

@pytest.mark.row("F3")
def test_systemd_hears_ready_watchdog_and_stopping(site, tmp_path):
    """READY=1 once the socket answers, a status line, the watchdog fed in time,
    RELOADING=1 with its clock on SIGHUP, STOPPING=1 at the end."""
    site.settings(kit.FILES + FOLDER)
    path = tmp_path / "notify"
    words = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(path))
        heard.setblocking(False)

        def hear(pattern):
            try:
                while True:
                    words.extend(heard.recv(4096).decode().split("\n"))
            except BlockingIOError:
                return any(re.fullmatch(pattern, word) for word in words)

        plain = site.environment
        site.environment = lambda: {**plain(), "NOTIFY_SOCKET": str(path),
                                    "WATCHDOG_USEC": "1000000"}
        site.start()
        for pattern in ("READY=1", "STATUS=.*polled.*", "WATCHDOG=1"):
            wait_for(lambda p=pattern: hear(p), pattern)
        assert words.index("READY=1") < words.index("WATCHDOG=1")
        assert "STOPPING=1" not in words
        words.clear()
        site.signal(signal.SIGHUP)
        for pattern in ("RELOADING=1", r"MONOTONIC_USEC=\d+", "READY=1", "WATCHDOG=1"):
            wait_for(lambda p=pattern: hear(p), pattern)
        assert site.stop() == 0
        assert hear("STOPPING=1")


# What monitoring sees

METRICS = """triaged_alerts triaged_ingested_total triaged_poll_age_seconds triaged_polls_total
triaged_sla_overdue triaged_sla_breaches_total triaged_outbox triaged_deliveries_total
triaged_delivery_seconds triaged_detection_lag_seconds triaged_loop_stall_seconds
triaged_db_bytes triaged_db_limit_bytes triaged_removed_total triaged_acknowledge_links_total triaged_control_clients
triaged_control_sent_away_total triaged_control_requests_total triaged_build_info""".split()
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.]+|\+Inf)')


def get(port, path, method="GET"):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        c.request(method, path)
        answer = c.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        c.close()


def families(text):
    """{family: (type, {labels: value})} of the Prometheus text format."""
    found, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} twice"
            types[name] = kind
            found[name] = (kind, {})
        elif not line.startswith(("# HELP ", "# UNIT ")):
            match = SAMPLE.fullmatch(line)
            assert match, line
            name = match[1]
            if name not in types:
                name = re.sub("_(bucket|sum|count)$", "", name)
                assert types[name] == "histogram", line
            key = (match[1], match[2] or "")
            assert key not in found[name][1], f"{line}: twice"
            found[name][1][key] = float(match[3])
    assert text.endswith("\n")
    return found


def test_health_and_metrics_over_http(site):
    """Alive, ready, and every promised metric with the number the database
    has; anything but GET and HEAD is refused."""
    port = free_port()
    site.settings(f"listen: 127.0.0.1:{port}\n" + kit.FILES + kit.CROWN_JEWELS + FOLDER)
    kit.put(site, kit.alert(1), kit.alert(2, crown=True), kit.alert(3, severity="Odd\"\\\n"))
    site.start()
    wait_for(lambda: len(kit.deliveries(site, "state = 'sent'")) >= 3, "the notices")
    assert get(port, "/-/healthy")[::2] == (200, "ok\n")
    assert get(port, "/-/ready")[::2] == (200, "ready\n")
    assert get(port, "/nowhere")[0] == 404
    assert get(port, "/metrics", "POST")[0] == 415
    assert get(port, "/metrics", "PUT")[0] == 405
    assert get(port, "/ack/" + "A" * 76)[0] == 404
    status, headers, text = get(port, "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = families(text)
    for name in METRICS:
        assert found[name][1], name
    values = {f"{name}{{{labels}}}": value
              for _, samples in found.values() for (name, labels), value in samples.items()}
    assert values['triaged_alerts{severity="critical",state="open"}'] == 1
    assert values['triaged_deliveries_total{target="folder",result="sent"}'] >= 3
    assert values['triaged_ingested_total{source="exported",result="new"}'] == 3
    assert values['triaged_outbox{state="sent"}'] >= 3
    assert 0 <= values['triaged_poll_age_seconds{source="exported"}'] < 3600
    assert values["triaged_delivery_seconds_count{}"] >= 3
    assert "vm-1" not in text and "Suspicious" not in text


# A file source over time

def test_files_are_read_once_again_when_changed_and_named_when_half(site):
    """The same content is not read twice, a change is, and a file that ends in
    the middle makes the poll incomplete, with its name."""
    site.settings(kit.FILES + FOLDER)
    kit.put(site, kit.alert(1), name="one.json")
    site.start()
    kit.wait_alert(site)

    kit.put(site, kit.alert(1), name="copy.json")
    kit.put(site, kit.alert(1, description="Now with more."), name="one.json")
    wait_for(lambda: kit.alert_row(site, "Suspicious process 1")["description"] ==
             "Now with more.", "the change")
    assert site.value("select count(*) from v_alerts") == 1
    assert [row["noop"] for row in site.rows(
        "select noop from v_polls where scope like '%/copy.json'")] == [1]
    half = site.folder / "in/half.json"
    half.write_text('{"value": [{"id": "/x", "name": "cut off in the mid')
    # It stays so for a while, and delays no other file meanwhile.
    wait_for(lambda: site.value("select count(*) from v_polls where complete = 0 "
                                "and scope like '%/half.json'") >= 5, "incomplete polls")
    kit.put(site, kit.alert(2), name="two.json")
    kit.wait_alert(site, "Suspicious process 2")
    assert "half.json" in site.log_text()
    assert any("half.json" in row["scope"] and "middle of a value" in row["error"]
               for row in site.ctl_json("sources")["sources"] if row["error"])
    kit.put(site, kit.alert(3), name="half.json")
    kit.wait_alert(site, "Suspicious process 3")
    assert site.value("select count(*) from v_alerts where missing_since_ms is not null") == 0


# Secrets

def test_dump_hides_a_plain_webhook_url(site):
    """The URL of a webhook is a secret also where it stands in the file."""
    site.settings(kit.FILES + HOOK, url="https://hook.example.org/canary-path-Xw9")
    status, out, errors = site.run("--dump-config")
    assert status == 0 and "[secret]" in out and "canary" not in out + errors
    site.file.write_text(site.file.read_text().replace("https://", "htps://"))
    status, out, errors = site.run("--check-config")
    assert status == 1 and "canary" not in out + errors


# A reader that stays

READS = """import sqlite3, sys
with sqlite3.connect(sys.argv[1], isolation_level=None) as db:
    db.execute("BEGIN")
    db.execute("SELECT count(*) FROM v_alerts").fetchone()
    print(flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def passer_by(file):
    """Somebody else reads, too, for a moment."""
    with subprocess.Popen([sys.executable, "-c", READS, file], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as one:
        one.stdout.readline()
        yield
        one.stdin.close()


@pytest.mark.row("A10")
def test_status_names_who_holds_the_journal(site, tmp_path):
    """How large, since when, who, and what to do; no word of it before and after, nor of who
    reads for a moment."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    site.settings(FOLDER)
    site.start()
    file = site.state / "triaged.db"
    answer = site.ctl_json("status")
    assert answer["daemon"]["log_held"] is None and "Journal" not in site.ctl("status")[1]
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM v_alerts").fetchone()
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as writer:
            writer.execute("CREATE TABLE bulk (x)")
            for _ in range(10):
                writer.execute("INSERT INTO bulk VALUES (zeroblob(1048576))")

        def held():
            with passer_by(file):
                clock.jump(10)
                return site.ctl_json("status")["daemon"]["log_held"]
        told = wait_for(held, "a word of it")
        assert test_schemas.check(site.ctl_json("status")) == "triaged.status.v1"
        assert told["bytes"] >= 10 << 20 and told["pid"] == os.getpid()
        now_ms = time.time() * 1000 + clock.wall_ms
        assert 60000 <= now_ms - told["since_ms"] < 600000
        out = " ".join(site.ctl("status")[1].split())
        assert f"process {os.getpid()} HOLDS" in out and f"fuser -v {file}" in out
        reader.execute("ROLLBACK")
    wait_for(lambda: not held(), "it to be over")
    assert "Journal" not in site.ctl("status")[1]


# An upgrade

@pytest.mark.row("A12")
def test_upgrade_of_an_old_database(site, tmp_path):
    """The schema of long ago: systemd is asked for time, the journal names the copy, and the
    copy can be put back although the database is newer."""
    migrations = sorted((Path(__file__).parents[2] / "src/store/sqlite/migrations").glob("*.sql"))
    with sqlite3.connect(site.state / "triaged.db") as old:
        old.executescript(migrations[0].read_text())
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(60)
    site.more_environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
    site.settings(FOLDER)
    site.start()
    said = [manager.recv(4096).decode()]
    while said[-1] != "READY=1":
        said.append(manager.recv(4096).decode())
    manager.close()
    assert said[0] == "EXTEND_TIMEOUT_USEC=300000000"
    copy, = site.state.glob("triaged.db.before-2-*")
    line, = [line for line in site.log_text().splitlines() if "schema of this release" in line]
    assert f"from=1 to={len(migrations)} copy={site.state}/triaged.db.before-2-*" in line, line
    assert site.stop() == 0

    with sqlite3.connect(site.state / "triaged.db") as newer:
        newer.execute("PRAGMA user_version = 900")
    status, out, errors = site.ctl("restore", copy)
    assert status == 0, errors
    site.start()
    assert site.stop() == 0


def test_a_database_that_vanished(site):
    """The first start says that it makes one; a later one that there had been one before."""
    site.settings(kit.FILES + 'targets: [{name: ops, type: folder, path: "{outbox}"}]\nfallback: ops\n')
    status, _, said = site.once()
    assert status == 0 and "there was no database, a new one was made" in said
    assert site.value("SELECT count(*) FROM v_alerts") == 0
    for file in site.state.glob("triaged.db*"):
        file.unlink()
    status, _, said = site.once()
    assert status == 0 and "the database is gone, a new one was made" in said
    (row,) = site.rows("SELECT title, severity, source FROM v_alerts")
    assert row["title"] == "The database of triaged is gone, a new one was made"
    assert (row["severity"], row["source"]) == ("high", "triaged")
    assert site.value("SELECT count(*) FROM v_deliveries WHERE kind = 'opened'") == 1
    assert site.once()[0] == 0
    assert site.value("SELECT count(*) FROM v_alerts") == 1


def days_ago(days):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_new_database_says_so(site):
    """All is lost, and nothing beside shows that there had been a database: what is told in one
    digest as from before the first run says so, and the status for a day."""
    site.settings(kit.FILES + 'targets: [{name: ops, type: folder, path: "{outbox}"}]\nfallback: ops\n')
    clock = Clock(site.folder)
    site.more_environment.update(clock.environment)
    kit.put(site, kit.alert(1, severity="Medium", timeGeneratedUtc=days_ago(3)))
    site.start()
    wait_for(lambda: site.value("SELECT count(*) FROM v_alerts"), "the alert")
    clock.jump(600)
    kit.wait_delivery(site, "kind = 'digest'")
    reason = site.value("SELECT reason FROM v_deliveries WHERE kind = 'digest'")
    assert "the database is new, made at 20" in reason and "triagectl restore" in reason, reason
    status, out, _ = site.ctl("status")
    out = " ".join(out.split())
    assert status == 0 and "it is NEW: if triaged ran before that" in out, out
    made = json.loads(site.ctl("status", "--json")[1])["database"]
    assert made["made_ms"] == site.value("SELECT min(at_ms) FROM v_events")
    clock.jump(25 * 3600)
    wait_for(lambda: "NEW" not in site.ctl("status")[1], "a day to pass")
    assert ", made " in " ".join(site.ctl("status")[1].split())
    assert site.stop() == 0
