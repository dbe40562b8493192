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
    assert status == 2 and "there is: audit ladders" in errors
