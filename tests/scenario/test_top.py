"""triagectl top and watch: live, with the daemon and without it."""
import contextlib
import datetime
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import termios
import time

import pytest

import kit
from harness import TRIAGECTL, Clock, wait_for
from test_schemas import check
from test_screen import SGR, Terminal

SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
sla: {critical: {triage: 1h}}
targets:
  - {name: oncall, type: exec, command: [/bin/true]}
routes: [{ladder: [{after: 0s, notify: [oncall]}]}]
fallback: oncall
"""
LEAVE = "\x1b[?25h\x1b[?1049l"


@pytest.fixture
def filled(site):
    """Three alerts, the daemon up."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1, crown=True), kit.alert(2),
            kit.alert(3, severity="Low", alertDisplayName="evil \x1b[2J\u202e\u009b31m title"))
    site.start()
    kit.wait_alert(site, "Suspicious process 2")
    wait_for(lambda: site.value("select count(*) from v_alerts") == 3, "three alerts")
    return site


class Top(Terminal):
    def __init__(self, site, *arguments, **more):
        super().__init__(TRIAGECTL, "-c", site.file, "top", "--interval", "1s", *arguments,
                         folder=site.folder, **more)

    def is_as_before(self):
        return termios.tcgetattr(self.master) == self.before

    def see(self, text):
        """Shown from now on."""
        self.text = ""
        return self.read(text)


@pytest.fixture
def top(filled):
    started = []

    def start(*arguments, **more):
        started.append(Top(filled, *arguments, **more))
        return started[-1]
    yield start
    for one in started:
        one.close()


def test_keys(top):
    """Move, sort, look at one alert, go back, leave: the terminal as it was."""
    one = top()
    text = one.read("s sort (urgency)")
    assert not one.is_as_before()
    assert "Open 3" in text and "daemon up" in text and "Suspicious process 1" in text
    assert text.index("critical") < text.index("low")
    one.type("s")
    one.see("s sort (seen)")
    one.type("j\x1b[B\x1bOAk\r")
    one.see("q back")
    assert "Alert " in one.text
    one.type("q")
    one.see("s sort (seen)")
    one.type("q")
    assert one.ended() == 0 and one.text.endswith(LEAVE)
    assert one.is_as_before()


def test_new_alerts_come_by_themselves_and_a_daemon_that_is_down_is_told(top, filled):
    one = top("--severity", "critical,high")
    one.read("Suspicious process 2")
    kit.put(filled, kit.alert(7), name="more.json")
    one.see("Suspicious process 7")
    filled.stop()
    one.see("daemon not running")
    assert "Suspicious process 7" in one.text
    filled.start()
    one.see("daemon up")
    one.type("\x03")
    assert one.ended() == 0


def test_time_goes_on_without_the_daemon(top, filled, tmp_path):
    """Nobody writes to the database; what runs out is late all the same, also while it is looked at."""
    filled.stop()
    clock = Clock(tmp_path)
    one = top(**clock.environment)
    one.read("overdue 0")
    one.type("\r")
    one.see("q back")
    assert " late" not in one.text
    clock.jump(2 * 3600)
    one.see(" late")
    one.type("q")
    one.see("overdue \x1b[31m1")
    clock.jump(4 * 3600)
    one.see("overdue \x1b[31m2")
    one.type("q")
    assert one.ended() == 0


def test_another_size_is_another_screen(top):
    one = top(rows=10, columns=100)
    one.read("s sort (u")
    one.size(6, 40)
    os.kill(one.process.pid, signal.SIGWINCH)
    shown = one.see("s sort (u")
    # Told twice of its size, it may have begun to draw once more.
    shown = shown.replace("\x1b[H", "\r\n").replace("\x1b[K", "")
    for line in SGR.sub("", shown).split("\r\n"):
        assert len(line) <= 40
    one.type("q")
    assert one.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGABRT,
                                    signal.SIGSEGV])
def test_terminal_is_given_back_when_a_signal_ends_it(top, number):
    one = top()
    one.read("s sort")
    one.process.send_signal(number)
    assert one.ended() == -number and one.text.endswith(LEAVE)
    assert one.is_as_before()


@pytest.mark.row("G2")
def test_titles_never_drive_the_terminal(top):
    """Nothing of it is left but what we wrote ourselves."""
    one = top(columns=250)
    text = one.read("s sort")
    own = ("\x1b[?1049h", "\x1b[?25l", "\x1b[H", "\x1b[K", LEAVE)
    for sequence in own:
        text = text.replace(sequence, "")
    text = SGR.sub("", text)
    assert re.search(r"evil .*31m title", text)
    assert "\x1b" not in text and "\u202e" not in text and "\u009b" not in text


def test_no_terminal_to_speak_of(filled, top):
    one = top(TERM="dumb")
    assert one.ended() == 2 and "can move its cursor" in one.text and LEAVE not in one.text
    status, out, errors = filled.ctl("top")
    assert (status, out) == (2, "") and "top needs a terminal" in errors
    assert filled.ctl("top", "--interval", "0s")[0] == 2
    status, out, _ = filled.ctl("top", "--json")
    assert status == 2 and json.loads(out)["schema"] == "triaged.error.v1"


class Watch:
    """triagectl watch with its answer in a pipe."""

    def __init__(self, site, *arguments, **environment):
        self.process = subprocess.Popen(
            [TRIAGECTL, "-c", site.file, *arguments], env=site.environment() | {"TZ": "UTC"} | environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = ""

    def lines(self):
        self.text += (self.process.stdout.read() or b"").decode()
        return self.text.splitlines()

    def wait(self, *words):
        """The first line with all of @words."""
        return wait_for(lambda: next((line for line in self.lines()
                                      if all(word in line for word in words)), None), words)

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        status = self.process.wait(timeout=60)
        errors = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()
        return status, errors


@pytest.fixture
def watch(filled):
    started = []

    def start(*arguments, **environment):
        started.append(Watch(filled, *arguments, **environment))
        return started[-1]
    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_watch_tells_what_happens(filled, watch):
    one = watch("watch", "--since", "1h")
    line = one.wait("opened", "Suspicious process 1")
    assert " UTC" in line and "critical" in line
    filled.ctl("ack", "1")
    one.wait("acknowledged", "#1")
    assert sum("opened" in line for line in one.lines()) == 3
    assert "\x1b" not in one.text and "\u202e" not in one.text
    assert one.end() == (0, "")


def test_watch_begins_now_and_selects(filled, watch):
    one = watch("watch", "--json", "--severity", "low")
    all_of_it = watch("watch", "--json")
    filled.ctl("note", "1", "not for us")
    number = str(kit.alert_row(filled, "Suspicious process 2")["id"])
    low = str(filled.value("select id from v_alerts where severity = 'low'"))
    # Until it is heard: the watch may begin after the first one.
    wait_for(lambda: filled.ctl("note", low, "for us") and any(
        '"note"' in line for line in one.lines()), "a note")
    filled.ctl("note", number, "not for us")
    filled.ctl("close", low, "--as", "benign")
    event = json.loads(one.wait('"kind":"closed"'))
    assert event["schema"] == "triaged.watch.v1" and event["what"] == "event"
    assert event["event"]["severity"] == "low" and event["event"]["alert_id"] == int(low)
    kinds = {json.loads(line)["event"]["alert_id"] for line in one.lines()}
    assert kinds == {int(low)}
    assert {check(json.loads(line)) for line in one.lines()} == {"triaged.watch.v1"}
    all_of_it.wait('"kind":"closed"')
    assert one.end(signal.SIGTERM) == (0, "") and all_of_it.end() == (0, "")


def test_watch_on_eighty_columns(filled, watch):
    """The title has room, since the day stands above the lines."""
    one = watch("watch", "--since", "1h", COLUMNS="80")
    one.wait("opened", "Suspicious process 1")
    wait_for(lambda: sum("opened" in line for line in one.lines()) == 3, "the other alerts")
    lines = one.lines()
    days = [line for line in lines if re.fullmatch(r"20\d\d-\d\d-\d\d UTC", line)]
    assert lines[0] == days[0] and len(set(days)) == len(days), lines
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines), lines
    assert all(re.match(r"\d\d:\d\d:\d\d  \w", line) for line in lines if line not in days), lines


def test_watch_tells_when_a_message_was_given_up(filled, watch):
    """Each of them, at the time at which it was, however long ago it was owed."""
    filled.stop()
    hour_ms = 3600000
    now_ms = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(filled.state / "triaged.db", isolation_level=None)) as db:
        db.execute("BEGIN")
        db.execute("CREATE TEMP TABLE one AS SELECT * FROM delivery LIMIT 1")
        for number in range(1100):
            # The newest were given up long ago, the first one and a half hours ago.
            given_up = now_ms - (hour_ms * 3 // 2 if number == 0 else 12 * hour_ms)
            db.execute("UPDATE one SET id = ?, key = ?, state = 4, next_ms = null, sent_ms = null, "
                       "created_ms = ?, given_up_ms = ?, last_error = ?",
                       [100000 + number, f"copy-{number}", now_ms - 20 * hour_ms, given_up, f"word {number}"])
            db.execute("UPDATE one SET state = 0, next_ms = 1")
            db.execute("INSERT INTO delivery SELECT * FROM one")
        for number in [*range(1, 1100), 0]:
            db.execute("UPDATE delivery SET state = 4, next_ms = null WHERE id = ?", [100000 + number])
        db.execute("COMMIT")
    at = datetime.datetime.fromtimestamp((now_ms - hour_ms * 3 // 2) / 1000, datetime.timezone.utc)
    one = watch("watch", "--since", "2h")
    line = one.wait("given up", "message 100000 ", "word 0")
    assert line.startswith(at.strftime("%Y-%m-%d %H:%M:%S UTC")), line
    filled.start()
    filled.ctl("note", "1", "the end of it")
    one.wait("note", "#1")
    assert sum("given up" in line for line in one.lines()) == 1
    told = watch("watch", "--json", "--since", "20h")
    assert check(json.loads(told.wait('"what":"delivery"', '"id":100000'))) == "triaged.watch.v1"
    assert sum('"what":"delivery"' in line for line in told.lines()) == 1100


def test_watch_tells_after_a_clock_that_was_ahead(filled, watch):
    """What is given up is told in the order in which it was, whatever the clock said."""
    filled.stop()
    now_ms = int(time.time() * 1000)

    def give_up(number, at_ms):
        with contextlib.closing(sqlite3.connect(filled.state / "triaged.db")) as db:
            db.execute("pragma foreign_keys = on")
            db.execute("update delivery set state = 4, sent_ms = null, given_up_ms = ?, last_error = ? "
                       "where id = ?", [at_ms, f"word {number}", number])
            db.commit()
    give_up(1, now_ms + 7 * 86400000)
    one = watch("watch", "--since", "1h")
    one.wait("given up", "message 1 ")
    give_up(2, now_ms)
    one.wait("given up", "message 2 ", "word 2")
    # Once more: it was tried again, and given up again.
    with contextlib.closing(sqlite3.connect(filled.state / "triaged.db")) as db:
        db.execute("pragma foreign_keys = on")
        db.execute("update delivery set state = 0, next_ms = 1, given_up_ms = null where id = 2")
        db.execute("update delivery set state = 4, next_ms = null, given_up_ms = 1, last_error = 'again' where id = 2")
        db.commit()
    one.wait("given up", "message 2 ", "again")
    assert sum("given up" in line for line in one.lines()) == 3


def test_watch_outlives_the_daemon_and_its_database(filled, watch):
    one = watch("watch", "--since", "1h")
    one.wait("opened", "Suspicious process 2")
    filled.ctl("note", "1", "before")
    one.wait("note", "#1")
    assert filled.ctl("backup", filled.folder / "copy.db")[0] == 0
    filled.stop()
    filled.start()
    filled.ctl("phase", "1", "investigate")
    one.wait("phase", "#1")
    filled.stop()
    for name in ("triaged.db", "triaged.db-wal", "triaged.db-shm"):
        (filled.state / name).unlink(missing_ok=True)
    wait_for(lambda: (os.set_blocking(one.process.stderr.fileno(), False) or
                      one.process.stderr.read()), "a word about the missing database")
    shutil.copy(filled.folder / "copy.db", filled.state / "triaged.db")
    filled.start()
    told = len(one.lines())
    filled.ctl("close", "2", "--as", "benign")
    one.wait("closed", "#2")
    # Nothing of before is told again.
    assert not any("opened" in line for line in one.lines()[told:])
    os.set_blocking(one.process.stderr.fileno(), True)
    assert one.end()[0] == 0


def test_watch_tells_of_messages_that_were_given_up(filled, watch):
    one = watch("watch", "--json", "--since", "1h")
    one.wait('"opened"')
    filled.stop()
    db = sqlite3.connect(filled.state / "triaged.db")
    db.execute("update delivery set state = 4, sent_ms = null, given_up_ms = ?, "
               "last_error = 'HTTP 413' where id = 1", [int(time.time() * 1000)])
    db.commit()
    db.close()
    line = one.wait('"what":"delivery"')
    assert json.loads(line)["delivery"]["state"] == "dead", line
    assert {check(json.loads(line)) for line in one.lines()} == {"triaged.watch.v1"}
    assert one.end() == (0, "")


def test_watch_selects_messages_by_the_alerts_in_them(filled, watch):
    """A summary is about no single alert: it is told when one of those in it is asked for."""
    worst, low = (filled.value("select id from v_alerts where severity = ?", severity)
                  for severity in ("critical", "low"))
    one, other = (watch("watch", "--json", "--since", "1h", "--severity", severity)
                  for severity in ("critical", "info"))
    one.wait('"opened"')
    filled.stop()
    db = sqlite3.connect(filled.state / "triaged.db")
    db.execute("update delivery set state = 4, sent_ms = null, given_up_ms = ?, alert_id = null "
               "where id in (1, 2)", [int(time.time() * 1000)])
    db.executemany("insert into delivery_alert values (?, ?)", ((1, low), (1, worst), (2, low)))
    db.commit()
    db.close()
    line = one.wait('"what":"delivery"')
    assert json.loads(line)["delivery"]["id"] == 1, line
    assert sum('"delivery"' in line for line in one.lines()) == 1
    assert other.end() == (0, "") and '"delivery"' not in other.text
    assert one.end() == (0, "")


def test_watch_ends_when_nobody_reads(filled, watch):
    one = watch("watch")
    one.process.stdout.close()
    assert one.process.wait(timeout=60) in (0, -signal.SIGPIPE)
    assert one.process.stderr.read() == b""
    one.process.stderr.close()
