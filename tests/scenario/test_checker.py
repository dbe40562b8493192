"""The checker of the battery must be able to fail: whatever is spoilt behind its back turns red,
by the invariant that it is about. (What a daemon could do wrong: make soak-breaks.)"""
import contextlib
import json
import shutil
import sqlite3

import pytest

import checker
import harness
from storm import Storm

# {what is done to a database in which nothing is wrong: by which invariant it is found}
SPOILT = {
    "DELETE FROM revision WHERE alert_id = 7": "I1",
    "UPDATE revision SET raw = replace(raw, 'High', 'Low')": "I1",
    "DELETE FROM delivery WHERE target = 'mail'": "I2",
    "UPDATE delivery SET state = 1 WHERE id = 3": "I2",
    "UPDATE delivery SET state = 4 WHERE id = 3": "I2",
    "UPDATE delivery SET key = 'f' || substr(key, 2) WHERE target = 'soc'": "I3",
    "INSERT INTO delivery (key, alert_id, episode, target, kind, step, severity, state, created_ms, "
    "not_before_ms, reason) SELECT 'new', alert_id, episode, target, 9, step, severity, 2, "
    "created_ms, not_before_ms, '' FROM delivery WHERE target = 'soc' LIMIT 1": "I3",
    "UPDATE poll SET fetched = fetched + 1": "I4",
    "UPDATE poll SET noop = noop - 1, fetched = fetched - 1 WHERE noop > 0": "I4",
    "UPDATE event SET actor = 'nobody' WHERE id = 3": "I5",
    "DELETE FROM event WHERE id = 4": "I5",
    "DELETE FROM alert WHERE id = 7": "I5",
    "UPDATE clock SET due_ms = due_ms + 1000": "I6",
    "INSERT INTO delivery (key, alert_id, episode, target, recipient, kind, step, severity, state, created_ms, "
    "not_before_ms, reason) SELECT 'new', alert_id, episode, target, recipient, kind, step, severity, 5, "
    "created_ms, not_before_ms, reason FROM delivery WHERE kind = 0 AND alert_id > 0 LIMIT 1": "I6",
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A site that has been through something, and is looked at: nothing is wrong."""
    with contextlib.ExitStack() as stack:
        site = harness.Site(tmp_path_factory.mktemp("sound"))
        storm = Storm(site, 3, stack, alerts=30)
        storm.begin()
        storm.live(0.05, awake=True)
        storm.quiet()
        assert site.stop() == 0
        assert not storm.examine().faults
        yield storm


@contextlib.contextmanager
def spoil(storm):
    """Its state to do something to, put back afterwards."""
    state = storm.site.state
    shutil.copytree(state, state.with_name("kept"))
    try:
        yield state
    finally:
        shutil.rmtree(state)
        state.with_name("kept").rename(state)


@pytest.mark.parametrize("statement", SPOILT)
def test_a_spoilt_database_is_red(sound, statement):
    with spoil(sound) as state:
        db = sqlite3.connect(state / "triaged.db", isolation_level=None)
        db.execute("PRAGMA ignore_check_constraints = ON")
        for trigger, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        assert db.execute(statement).rowcount > 0
        db.close()
        assert SPOILT[statement] in sound.examine().red


def test_a_secret_in_a_file_is_red(sound):
    with spoil(sound) as state:
        (state / "core").write_text("xx canary-storm-secret xx")
        assert sound.examine().red == ["I7"]


def test_a_token_at_a_receiver_is_red(sound):
    token = next(line["headers"]["authorization"] for line in sound.azure.log()
                 if "authorization" in line["headers"])
    log = sound.sink.log_file.read_text()
    try:
        with sound.sink.log_file.open("a") as file:
            file.write(json.dumps({"headers": {"authorization": token}, "status": 500}) + "\n")
        assert sound.examine().red == ["I7"]
    finally:
        sound.sink.log_file.write_text(log)


def test_growth_is_red(sound):
    """A process that holds more than before."""
    before = checker.Vitals("self")
    for name, more in (("resident", checker.GROWTH), ("files", 5), ("sockets", 17),
                       ("threads", 2)):
        after = checker.Vitals("self")
        setattr(after, name, getattr(before, name) + more)
        assert sound.examine(vitals=(before, after)).red == ["I8"], name
    assert sound.examine(stall_s=1.5).red == ["I8"]
