"""The event log to a SIEM: every event at least once and in order, whatever the
receiver, the disk or the daemon does meanwhile; and nothing of it holds ingestion."""
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

import fakes
import kit
from harness import wait_for
from syslog_receiver import Receiver

FOLDER = """
targets:
  - {name: folder, type: folder, path: "{outbox}"}
routes:
  - ladder: [{after: 0s, notify: [folder]}]
fallback: folder
"""


def configure(site, forward, more="", **words):
    site.settings(kit.FILES + FOLDER + more + f"forward:\n{forward}\n", **words)


def syslog(port, more="settle: 1s", kind="syslog-tcp"):
    return (f'  - {{name: siem, type: {kind}, server: "127.0.0.1:{port}", '
            f'from: beginning, {more}}}')


def into(path, more=""):
    return f'  - {{name: spool, type: file, path: "{path}", from: beginning{more}}}'


def alerts(site, first, last):
    kit.put(site, *[kit.alert(n) for n in range(first, last + 1)], name=f"{first}.json")


def last_event(site):
    return site.value("select max(id) from v_events")


def place(site, name="siem"):
    return site.value("select event_id from v_forwards where name = ?", name)


def wait_all(site, name="siem", limit=60):
    """Everything in the log has arrived for certain."""
    wait_for(lambda: site.rows("select * from v_forwards where name = ?", name) and
             place(site, name) == last_event(site), f"{name} to have everything", limit)


def assert_complete(site, receiver):
    got = receiver.events()
    assert set(got) == set(range(1, last_event(site) + 1))
    assert receiver.has_order()


def lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


# Syslog

@pytest.mark.parametrize("kind", ["syslog-tcp", "syslog-tls"])
def test_every_event_arrives(site, tmp_path, kind):
    tls = fakes.certificate(tmp_path) if kind == "syslog-tls" else None
    with Receiver(tls) as receiver:
        more = "settle: 1s" + (f', ca-file: "{tls[0]}"' if tls else "")
        configure(site, syslog(receiver.port, more, kind))
        site.start()
        alerts(site, 1, 20)
        kit.wait_alert(site, "Suspicious process 20")
        wait_all(site)
        assert_complete(site, receiver)
        assert len(receiver.connections) == 1
        assert len(receiver.events()) == last_event(site)
        opened = next(m for m in receiver.messages() if m.kind == "opened")
        assert opened.priority == 20 * 8 + 3 and opened.enterprise == 32473
        assert json.loads(opened.text)["alert"]["severity"] == "high"
        row = site.ctl_json("status")["forwards"][0]
        assert (row["name"], row["behind"]) == ("siem", 0)
        assert row["forwarded"] == last_event(site)


def test_lines_and_words_of_the_settings(site):
    with Receiver(lines=True) as receiver:
        configure(site, syslog(receiver.port, "settle: 0s, framing: lf, format: cef, "
                               "hostname: box, facility: security, enterprise-id: 4711"))
        site.start()
        alerts(site, 1, 2)
        kit.wait_alert(site, "Suspicious process 2")
        wait_all(site)
        assert_complete(site, receiver)
        message = next(m for m in receiver.messages() if m.kind == "opened")
        assert (message.host, message.enterprise) == ("box", 4711)
        assert message.priority == 13 * 8 + 3
        assert message.text.startswith("CEF:0|triaged|triaged|")
        assert " dvchost=box " in message.text


def test_from_now_begins_at_the_end(site):
    configure(site, into(site.folder / "unused.json"))
    site.start()
    alerts(site, 1, 3)
    kit.wait_alert(site, "Suspicious process 3")
    site.stop()
    old = last_event(site)
    configure(site, f'  - {{name: late, type: file, path: "{site.folder}/late.json"}}')
    site.start()
    alerts(site, 4, 5)
    kit.wait_alert(site, "Suspicious process 5")
    wait_all(site, "late")
    numbers = [line["id"] for line in lines(site.folder / "late.json")]
    # The start itself is written before destinations are looked at.
    assert numbers == list(range(old + 2, last_event(site) + 1))


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_a_slow_receiver_holds_nothing_else(site, mode):
    """Alerts are fetched, people told, another destination served."""
    with Receiver() as receiver:
        receiver.mode = mode
        forward = into(site.folder / "spool.json") + "\n"
        configure(site, forward + syslog(receiver.port, "settle: 5m"))
        site.start()
        for batch in range(4):
            alerts(site, 500 * batch + 1, 500 * batch + 500)
        kit.wait_alert(site, "Suspicious process 2000")
        wait_all(site, "spool")
        wait_for(lambda: len(list(site.outbox.iterdir())) >= 2000, "the notices")
        assert place(site) < last_event(site)
        status, out, _ = site.ctl("status")
        assert status == 0 and "siem" in out
        began = time.monotonic()
        site.stop()
        assert time.monotonic() - began < 10
        # What the kernel of the receiver had taken is no proof that it was read.
        receiver.kill()
        receiver.mode = "read"
        receiver.start()
        configure(site, forward + syslog(receiver.port))
        site.start()
        wait_all(site)
        assert_complete(site, receiver)


def test_a_receiver_that_dies_again_and_again(site, tmp_path):
    tls = fakes.certificate(tmp_path)
    with Receiver(tls) as receiver:
        configure(site, syslog(receiver.port, f'settle: 2s, ca-file: "{tls[0]}"', "syslog-tls"))
        site.start()
        for turn in range(3):
            alerts(site, 100 * turn + 1, 100 * turn + 100)
            seen = len(receiver.events())
            wait_for(lambda seen=seen: len(receiver.events()) > seen, "events")
            receiver.kill()
            kit.wait_alert(site, f"Suspicious process {100 * turn + 100}")
            receiver.mode = "reset" if turn == 1 else "read"
            receiver.start()
        wait_all(site)
        assert_complete(site, receiver)
        assert "events cannot be forwarded now" in site.log_text()
        assert "events are forwarded again" in site.log_text()


def test_killed_in_the_middle(site):
    with Receiver() as receiver:
        configure(site, syslog(receiver.port) + "\n" + into(site.folder / "spool.json"))
        for turn in range(4):
            site.start()
            alerts(site, 100 * turn + 1, 100 * turn + 100)
            seen = len(receiver.events())
            wait_for(lambda seen=seen: len(receiver.events()) > seen, "events")
            site.kill()
        site.start()
        kit.wait_alert(site, "Suspicious process 400")
        wait_all(site)
        wait_all(site, "spool")
        assert_complete(site, receiver)
        numbers = [line["id"] for line in lines(site.folder / "spool.json")]
        assert set(numbers) == set(range(1, last_event(site) + 1))


def test_a_certificate_that_is_not_trusted(site, tmp_path):
    """Refused: an alert about triaged itself at once; mended, it closes."""
    tls = fakes.certificate(tmp_path)
    with Receiver(tls) as receiver:
        configure(site, syslog(receiver.port, "settle: 0s", "syslog-tls"))
        site.start()
        alert = kit.wait_alert(site, "Events are not forwarded to siem")
        assert alert["severity"] == "medium"
        assert "not trusted" in alert["description"]
        status, out, _ = site.ctl("doctor")
        assert status == 1 and "not trusted" in out and "openssl s_client" in out
        error = site.value("select last_error from v_forwards")
        assert "not trusted" in error
        configure(site, syslog(receiver.port, f'settle: 0s, ca-file: "{tls[0]}"', "syslog-tls"))
        assert site.ctl("reload")[0] == 0
        wait_all(site)
        wait_for(lambda: kit.alert_row(site, "Events are not forwarded to siem")["state"] ==
                 "closed", "the alert to close")
        wait_all(site)
        assert_complete(site, receiver)
        assert site.ctl("doctor")[0] == 0


def test_a_client_certificate(site, tmp_path):
    tls = fakes.certificate(tmp_path)
    ca, both = fakes.signing_certificate(tmp_path)
    (tmp_path / "client-ca.pem").write_text(ca)
    site.secret("siem-pem", both)
    with Receiver(tls, client_ca=tmp_path / "client-ca.pem") as receiver:
        configure(site, syslog(receiver.port, f'settle: 1s, ca-file: "{tls[0]}", '
                               "client-certificate: {credential: siem-pem}", "syslog-tls"))
        site.start()
        wait_all(site)
        assert_complete(site, receiver)


def test_once_forwards_before_it_leaves(site):
    with Receiver() as receiver:
        configure(site, syslog(receiver.port) + "\n" + into(site.folder / "spool.json"))
        alerts(site, 1, 5)
        status, _, errors = site.once()
        assert status == 0, errors
        assert_complete(site, receiver)
        assert place(site) == last_event(site)


def test_once_does_not_wait_for_who_is_not_there(site):
    with Receiver() as receiver:
        port = receiver.port
    configure(site, syslog(port))
    alerts(site, 1, 2)
    began = time.monotonic()
    status, _, errors = site.once()
    assert status == 0, errors
    assert time.monotonic() - began < 20
    assert "connection refused" in site.value("select last_error from v_forwards")


def test_the_place_outlives_the_settings(site):
    path = site.folder / "spool.json"
    configure(site, into(path))
    site.start()
    alerts(site, 1, 2)
    kit.wait_alert(site, "Suspicious process 2")
    wait_all(site, "spool")
    site.settings(kit.FILES + FOLDER)
    assert site.ctl("reload")[0] == 0
    assert site.ctl_json("status")["forwards"] == []
    alerts(site, 3, 4)
    kit.wait_alert(site, "Suspicious process 4")
    configure(site, into(path))
    assert site.ctl("reload")[0] == 0
    wait_all(site, "spool")
    assert [line["id"] for line in lines(path)] == list(range(1, last_event(site) + 1))


@pytest.mark.parametrize("running", [True, False], ids=["reload", "restart"])
def test_who_leaves_with_a_backlog_is_told_of(site, running):
    """Renamed while its receiver is away: what the new name will not get is said, and the old
    name goes on with it at another address."""
    path = site.folder / "spool.json"
    with Receiver() as receiver:
        away = receiver.port
    configure(site, syslog(away))
    site.start()
    alerts(site, 1, 2)
    kit.wait_alert(site, "Suspicious process 2")
    configure(site, syslog(away).replace("siem", "new"))
    if running:
        status, out, errors = site.ctl("reload")
        out = " ".join(out.split())
        assert status == 0 and "warning: forward siem left the settings" in out, errors
        assert "have not arrived there; what is named siem again goes on with them" in out
    else:
        site.stop()
        site.start()
    behind = site.value("select behind from v_forwards where name = 'siem'")
    assert behind >= 2
    assert re.search("a destination of events left the settings before it had all "
                     f"destination=siem events={behind}\\b", site.log_text())
    configure(site, into(path).replace("spool,", "siem,"))
    assert site.ctl("reload")[0] == 0
    wait_all(site)
    numbers = [line["id"] for line in lines(path)]
    assert numbers == list(range(numbers[0], last_event(site) + 1)) and numbers[0] <= 3


def test_a_refused_reload_takes_no_destination_off_the_list(site):
    """The store refuses what comes later in a reload: the destinations of the settings that stay
    in use are still those for which the log is kept."""
    path = site.folder / "spool.json"
    configure(site, into(path))
    site.start()
    alerts(site, 1, 1)
    wait_all(site, "spool")
    site.settings(kit.FILES + FOLDER)
    with contextlib.closing(sqlite3.connect(site.state / "triaged.db")) as db:
        # What is listed under no name any more goes through; the next change does not.
        db.execute("create trigger refuse before update of due_ms on bundle "
                   "begin select raise(abort, 'no room'); end")
        db.execute("insert into bundle (cause, name, target, opened_ms, due_ms) "
                   "values (5, 'move', 'ops', 1, 99999999999999)")
        db.commit()
        status, out, errors = site.ctl("reload")
        assert status == 1 and "the old settings stay in use" in out, errors
    assert site.rows("select name, configured from v_forwards") == [
        {"name": "spool", "configured": 1}]
    assert [one["name"] for one in site.ctl_json("status")["forwards"]] == ["spool"]
    assert "no room" in " ".join(out.split()) and ":0:0:" not in out


# Files

def test_file_rotates_and_keeps_every_line(site):
    path = site.folder / "spool.json"
    configure(site, into(path, ", rotate: {size: 64KiB, keep: 500}"))
    site.start()
    for batch in range(4):
        alerts(site, 100 * batch + 1, 100 * batch + 100)
    kit.wait_alert(site, "Suspicious process 400")
    wait_all(site, "spool")
    files = sorted(site.folder.glob("spool.json*"),
                   key=lambda f: -int(f.suffix[1:]) if f.suffix[1:].isdigit() else 0)
    assert len(files) > 3
    assert all(f.stat().st_size <= 64 * 1024 + 200 * 1024 for f in files)
    assert all(f.stat().st_mode & 0o777 == 0o640 for f in files)
    numbers = [line["id"] for f in files for line in lines(f)]
    assert numbers == list(range(1, last_event(site) + 1))


def test_torn_line_and_logrotate(site):
    path = site.folder / "spool.json"
    configure(site, into(path))
    site.start()
    alerts(site, 1, 3)
    kit.wait_alert(site, "Suspicious process 3")
    wait_all(site, "spool")
    site.kill()
    whole = len(lines(path))
    with path.open("a") as file:
        file.write('{"type":"triaged.event","id":9')
    site.start()
    alerts(site, 4, 5)
    kit.wait_alert(site, "Suspicious process 5")
    wait_all(site, "spool")
    assert [line["id"] for line in lines(path)] == list(range(1, last_event(site) + 1))
    assert len(lines(path)) > whole
    # logrotate renames it, or takes it away.
    before = last_event(site)
    path.rename(site.folder / "aside.json")
    alerts(site, 6, 7)
    kit.wait_alert(site, "Suspicious process 7")
    wait_all(site, "spool")
    numbers = [line["id"] for line in lines(path)]
    assert numbers[0] > 1 and numbers[-1] == last_event(site)
    old = [line["id"] for line in lines(site.folder / "aside.json")]
    assert old + numbers == list(range(1, last_event(site) + 1)) and old[-1] >= before


def test_a_file_of_somebody_else_is_not_touched(site):
    path = site.folder / "spool.json"
    path.write_text("x" * 300000)
    configure(site, into(path))
    site.start()
    alert = kit.wait_alert(site, "Events are not forwarded to spool")
    assert str(path) in alert["description"]
    assert path.read_text() == "x" * 300000


def test_a_place_that_takes_nothing(site):
    """Directory gone: one alert that names the file; nothing is lost."""
    path = site.folder / "gone" / "spool.json"
    configure(site, into(path))
    site.start()
    alert = kit.wait_alert(site, "Events are not forwarded to spool")
    assert str(path) in alert["description"]
    alerts(site, 1, 2)
    kit.wait_alert(site, "Suspicious process 2")
    path.parent.mkdir()
    wait_all(site, "spool")
    wait_for(lambda: kit.alert_row(site, "Events are not forwarded to spool")["state"] ==
             "closed", "the alert to close")
    wait_all(site, "spool")
    assert [line["id"] for line in lines(path)] == list(range(1, last_event(site) + 1))
    assert site.value("select count(*) from v_alerts where title like 'Events are not%'") == 1


def test_metrics(site):
    path = site.folder / "spool.json"
    configure(site, into(path), more=f'listen: "unix:{site.folder}/http"\n')
    site.start()
    wait_all(site, "spool")
    done = subprocess.run(["curl", "-s", "--unix-socket", f"{site.folder}/http",
                           "http://x/metrics"], capture_output=True, text=True, check=True)
    assert 'triaged_forward_lag_events{destination="spool"} 0' in done.stdout
    assert (f'triaged_forwarded_total{{destination="spool"}} {last_event(site)}'
            in done.stdout)


# A receiver that is not ours

RSYSLOG = """
global(workDirectory="{folder}" maxMessageSize="16k"
       defaultNetstreamDriverCAFile="{cert}"
       defaultNetstreamDriverCertFile="{cert}"
       defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1"
       streamDriver.authMode="anon")
template(name="whole" type="string" string="%structured-data% %msg%\\n")
ruleset(name="in") { action(type="omfile" file="{folder}/got.log" template="whole") }
input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="in")
"""


class Rsyslog:
    """Debian's rsyslogd with a file and folder of its own."""

    def __init__(self, folder, tls, port):
        self.folder, self.port, self.process = Path(folder), port, None
        text = RSYSLOG
        for name, value in {"folder": folder, "cert": tls[0], "key": tls[1],
                            "port": port}.items():
            text = text.replace("{" + name + "}", str(value))
        self.conf = self.folder / "rsyslog.conf"
        self.conf.write_text(text)

    def start(self):
        self.process = subprocess.Popen(
            ["rsyslogd", "-n", "-f", self.conf, "-i", self.folder / "pid", "-C"],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "rsyslog.err").open("ab"))
        return self

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(timeout=30)

    def events(self):
        log = self.folder / "got.log"
        text = log.read_text() if log.exists() else ""
        return [int(line.split('event="')[1].split('"')[0]) for line in text.splitlines()
                if 'event="' in line]


def has_rsyslog():
    modules = list(Path("/usr/lib").glob("*/rsyslog/lmnsd_ossl.so"))
    return shutil.which("rsyslogd", path=os.environ["PATH"] + ":/usr/sbin") and modules


@pytest.mark.skipif(not has_rsyslog(), reason="rsyslogd with rsyslog-openssl is not installed")
def test_rsyslog_restarted_in_the_middle(site, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"] + ":/usr/sbin")
    folder = tmp_path / "rsyslog"
    folder.mkdir()
    tls = fakes.certificate(tmp_path)
    with Receiver() as free:
        port = free.port
    peer = Rsyslog(folder, tls, port).start()
    try:
        configure(site, syslog(port, f'settle: 2s, ca-file: "{tls[0]}"', "syslog-tls"))
        site.start()
        for turn in range(3):
            alerts(site, 200 * turn + 1, 200 * turn + 200)
            seen = len(peer.events())
            wait_for(lambda seen=seen: len(peer.events()) > seen, "events in its file")
            peer.stop()
            kit.wait_alert(site, f"Suspicious process {200 * turn + 200}")
            peer.start()
        wait_all(site)
        wait_for(lambda: set(peer.events()) >= set(range(1, last_event(site) + 1)),
                 "every event in its file", 20)
    finally:
        peer.stop(signal.SIGKILL)
