"""A backup in the middle of ingestion and delivery, put into a fresh place: it is whole for its
instant, and what goes on from there tells nobody twice under another key."""
import contextlib
import shutil
import time
from collections import defaultdict

import pytest

import battery
import checker
from harness import wait_for
from storm import Storm


def busy(storm, known):
    """More than @known alerts have been read; some were told, and a message is on its way."""
    states = {row["state"] for row in storm.site.rows(
        "SELECT state FROM v_deliveries WHERE target = 'soc'")}
    return {"sent", "leased"} <= states and storm.site.value(
        "SELECT count(*) FROM v_alerts") > known


def told(sink):
    """{native id: {event: keys under which the receiver heard of it}}"""
    found = defaultdict(lambda: defaultdict(set))
    for key, messages in checker.webhooks({"soc": sink}).items():
        for _, event, body in messages:
            alert = body.get("data", {}).get("alert")
            if alert:
                found[alert["native_id"]][*event[:4], alert["episode"]].add(key)
    return found


# What was behind the backup is lost with its disk.
@pytest.mark.row("A11", tampered=True)
def test_backup_under_load(site):
    """The copy holds for its instant what the checker asks of every database; in a fresh state
    directory it goes on, catches up, and each step of what it knows is told under the one key it had."""
    with contextlib.ExitStack() as stack:
        storm = Storm(site, battery.seed(), stack, alerts=100)
        site.start()
        backups = []
        known = 0
        for number in range(battery.size(3, 30)):
            storm.arrive(1)
            # Slow enough that messages are on their way at every moment.
            storm.sink.heal()
            storm.sink.fault(path="/soc", delay_ms=30, times=60)
            wait_for(lambda n=known: busy(storm, n), "messages on their way")
            backup = site.folder / f"backup-{number}.db"
            status, _, errors = site.ctl("backup", backup)
            assert status == 0, errors
            known = site.value("SELECT count(*) FROM v_alerts")
            backups.append(backup)
        site.kill()
        storm.kills += 1
        check_instants(storm, backups)
        go_on(storm, backups[storm.draw.randrange(len(backups) - 1)])


def check_instants(storm, backups):
    """Each is whole, and each knows more than the one before."""
    known = 0
    for backup in backups:
        place = storm.site.folder / backup.stem
        place.mkdir()
        shutil.copy(backup, place / "triaged.db")
        report = checker.Report()
        with checker.Database(place) as db:
            checker.check_file(report, db)
            checker.check_obligations(report, db, False, None)
            checker.check_polls(report, db, None, False)
            checker.check_clocks(report, db, {"soc": storm.sink}, None)
            # What it calls sent had been taken.
            taken = set(checker.webhooks({"soc": storm.sink}))
            sent = {row["key"] for row in db.rows(
                "SELECT key FROM v_deliveries WHERE state = 'sent' AND target = 'soc'")}
            n = db.rows("SELECT count(*) AS n FROM v_events")[0]["n"]
        assert not report.faults, report.faults
        assert sent and sent <= taken
        assert n > known
        known = n


def go_on(storm, backup):
    """From @backup, on a machine that has nothing else."""
    site = storm.site
    gone = backup.stat().st_mtime_ns // 10**6, time.time_ns() // 10**6
    shutil.rmtree(site.state)
    site.state.mkdir()
    status, out, errors = site.ctl("restore", backup)
    assert status == 0, (out, errors)
    storm.quiet()
    assert site.stop() == 0
    report = checker.examine(site, storm.azure, {}, {}, gone=gone)
    assert not report.faults, "\n".join(report.lines())
    assert report.counts["served"] >= storm.n_alerts and report.counts["lost"] == 0
    with checker.Database(site.folder / backup.stem) as db:
        known = {row["native_id"] for row in db.rows("SELECT native_id FROM v_alerts")}
        owed = {row["key"] for row in db.rows(
            "SELECT key FROM v_deliveries WHERE target = 'soc' AND kind = 'opened' "
            "AND state <> 'superseded'")}
    heard = told(storm.sink)
    assert known and set(heard) - known, "nothing came in behind the backup"
    # Of one that changed behind the backup the change is news, and told anew like an alert that
    # the backup does not know.
    changed = {row["native_id"] for row in site.rows(
        "SELECT a.native_id FROM v_alerts AS a JOIN v_revisions AS r ON r.alert_id = a.id "
        "WHERE r.revision > 1")}
    assert known - changed
    for native_id, events in heard.items():
        for event, keys in events.items():
            assert len(keys) <= (1 if native_id in known - changed else 2), (native_id, event, keys)
    ended = {row["key"]: row["state"] for row in site.rows("SELECT key, state FROM v_deliveries")}
    taken = set(checker.webhooks({"soc": storm.sink}))
    for key in owed:
        assert ended[key] == "superseded" or (ended[key] == "sent" and key in taken), key
