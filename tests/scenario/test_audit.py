"""triagectl audit ladders: what was due and left no trace, of past episodes too,
and what cannot be proven."""
import json
import sqlite3

import pytest

import kit
from harness import Clock, wait_for

SETTINGS = kit.FILES + """
targets:
  - {name: first, type: folder, path: "{outbox}/first"}
  - {name: second, type: folder, path: "{outbox}/second"}
routes:
  - name: worst
    ladder:
      - {after: 0s, notify: [first]}
      - {after: 1s, notify: [second]}
      - {after: 1h, notify: [second]}
fallback: first
"""
TITLE = "Suspicious process 1"


@pytest.fixture
def late(site, tmp_path):
    """A daemon with two episodes of one alert, five minutes old."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    site.settings(SETTINGS)
    site.start()
    kit.put(site, kit.alert(1))
    kit.wait_delivery(site, "kind = 'escalated' and state = 'sent'")
    clock.jump(300)
    number = kit.alert_row(site, TITLE)["id"]
    assert site.ctl("close", number, "--as", "benign")[0] == 0
    assert site.ctl("reopen", number)[0] == 0
    wait_for(lambda: len(kit.deliveries(site, "kind = 'escalated' and state = 'sent'")) == 2,
             "the second episode")
    clock.jump(300)
    return site, clock


def audit(site):
    """(status, what it says to programs)."""
    status, out, errors = site.ctl("--json", "audit", "ladders")
    assert out, errors
    return status, json.loads(out)


def forget(site, where):
    with sqlite3.connect(site.folder / "state" / "triaged.db") as db:
        db.execute(f"delete from delivery where {where}")


def test_steps_that_were_taken_are_proven(late):
    site, _ = late
    status, found = audit(site)
    assert (status, found["proven"], found["ladders"]) == (0, True, [])
    assert found["counts"]["proven"] == 2 and found["counts"]["steps"] == 4
    assert "2 ladders are proven" in site.ctl("audit", "ladders")[1]


def test_a_step_without_a_trace_is_found(late):
    site, _ = late
    for episode, said in ((1, "1 ladder lacks a step"), (2, "2 ladders lack a step")):
        forget(site, f"target = 'second' and episode = {episode}")
        status, found = audit(site)
        assert (status, found["proven"]) == (1, False)
        assert [(row["episode"], row["state"], row["step"]) for row in found["ladders"]] == [
            (lost, "missing", 2) for lost in range(1, episode + 1)]
        assert said in site.ctl("audit", "ladders")[1]


def test_a_later_episode_proves_nothing_of_the_one_before(late):
    """What was skipped on record in the second one was not in the first."""
    site, _ = late
    forget(site, "target = 'second'")
    with sqlite3.connect(site.folder / "state" / "triaged.db") as db:
        began = db.execute("select started_ms from ladder where episode = 2").fetchone()[0]
        db.execute("insert into event (alert_id, at_ms, actor, kind, detail, hash) values "
                   "(1, ?, 'triaged', 'step-skipped', '{\"route\": \"worst\", \"step\": 2}', x'00')",
                   (began,))
    assert [row["episode"] for row in audit(site)[1]["ladders"]] == [1]


def test_a_step_that_waits_for_the_daemon_is_late(late):
    site, clock = late
    site.kill()
    clock.jump(3600)
    status, found = audit(site)
    assert (status, found["counts"]["late"]) == (1, 1)
    assert [(row["state"], row["step"]) for row in found["ladders"]] == [("late", 3)]
    site.start()
    wait_for(lambda: audit(site)[0] == 0, "the step to be taken")


def test_other_settings_prove_nothing_of_before(late):
    site, _ = late
    site.file.write_text(site.file.read_text().replace("after: 1h", "after: 2h"))
    status, found = audit(site)
    assert (status, found["counts"]["older_settings"], found["counts"]["proven"]) == (0, 2, 0)
    assert "2 ladders cannot be proven" in site.ctl("audit", "ladders")[1]


def test_what_is_no_audit(site):
    site.settings(SETTINGS)
    status, _, errors = site.ctl("audit", "letters")
    assert status == 2 and "there are: audit ladders, audit verify" in errors


# --- audit verify ---

def verify(site, *options):
    """(status, what it says to programs)."""
    status, out, errors = site.ctl("--json", "audit", "verify", *options)
    assert out, errors
    return status, json.loads(out)


def tamper(site, text):
    with sqlite3.connect(site.folder / "state" / "triaged.db") as db:
        db.executescript(text)


@pytest.fixture
def logged(site):
    """A daemon with an alert that somebody closed."""
    site.settings(SETTINGS)
    site.start()
    kit.put(site, kit.alert(1))
    number = kit.wait_alert(site, TITLE)["id"]
    assert site.ctl("close", number, "--as", "benign")[0] == 0
    return site


def test_a_whole_log(logged):
    status, found = verify(logged)
    assert (status, found["whole"], found["fault"], found["daemon_agrees"]) == (0, True, "whole", True)
    assert found["events"] == found["head_id"] and found["alerts"] == 1
    out = logged.ctl("audit", "verify")[1]
    assert "is whole" in out and "the running daemon names the same" in out and "\x1b" not in out
    # The head it tells is taken back as a proof, and so is the one of the journal.
    head = f"{found['head_id']}:{found['head_hash']}"
    assert verify(logged, "--since-hash", head, "--since-hash", found["head_hash"])[0] == 0
    assert f"{head}\n" in logged.ctl("audit", "verify")[1]  # whole, to be noted down
    logged.stop()
    told = [line for line in logged.log_text().splitlines() if "the head of the audit log" in line]
    assert len(told) == 1
    event, digest = (told[0].split(f"{name}=")[1].split()[0] for name in ("event", "hash"))
    status, found = verify(logged, "--since-hash", f"{event}:{digest}")
    assert (status, found["daemon_agrees"]) == (0, False)
    out = logged.ctl("audit", "verify")[1]
    assert "proven by nothing outside" in out and "does not answer" in out


def test_an_altered_row(logged):
    row = logged.rows("select * from v_events where kind = 'closed'")[0]
    tamper(logged, "update event set actor = 'mallory\x1b[31m' where kind = 'closed'")
    status, found = verify(logged)
    assert (status, found["fault"], found["event"]) == (1, "altered", row["id"])
    assert (found["event_ms"], found["alert_id"], found["kind"]) == (row["at_ms"], 1, "closed")
    status, out, _ = logged.ctl("audit", "verify")
    assert status == 1 and f"event {row['id']} does not follow" in " ".join(out.split()) and "\x1b" not in out


def test_rows_taken_out(logged):
    row = logged.rows("select * from v_events where kind = 'opened'")[0]["id"]
    tamper(logged, f"delete from event where id = {row}")
    status, found = verify(logged)
    assert (status, found["fault"], found["event"], found["last_event"]) == (1, "missing", row, row)


def test_an_end_cut_off_knowingly(logged):
    """The engine's own count is put right too: only the daemon knows better."""
    last = logged.value("select max(id) from v_events")
    head = logged.rows("select * from v_events order by id desc limit 1")[0]["hash"]
    tamper(logged, f"delete from event where id = {last};"
                   f"update sqlite_sequence set seq = {last - 1} where name = 'event';"
                   "update alert set state = 0, closed_ms = null, closed_by = null;")
    status, found = verify(logged)
    assert (status, found["fault"], found["event"]) == (1, "cut", last)
    assert "the running daemon wrote it" in " ".join(logged.ctl("audit", "verify")[1].split())
    logged.kill()
    assert verify(logged)[0] == 0  # nothing outside of the file knows of it
    status, found = verify(logged, "--since-hash", head)
    assert (status, found["fault"]) == (1, "unmarked")
    status, found = verify(logged, "--since-hash", f"{last}:{head}")
    assert (status, found["fault"], found["last_event"]) == (1, "cut", last)


def test_an_alert_changed_past_the_log(logged):
    tamper(logged, "update alert set state = 0, closed_ms = null, closed_by = null")
    status, found = verify(logged)
    assert (status, found["fault"]) == (1, "state")
    assert "alert 1 is not in the state" in logged.ctl("audit", "verify")[1]


def test_heads_that_are_none(logged):
    status, _, errors = logged.ctl("audit", "verify", "--since-hash", "12:abc")
    assert status == 2 and "is no head of the audit log" in errors
    status, _, errors = logged.ctl("audit", "ladders", "--since-hash", "a" * 64)
    assert status == 2 and "belongs to audit verify" in errors
