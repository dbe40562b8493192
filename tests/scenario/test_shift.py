"""What one shift hands over to the next: what waits, what happened and who was told, for
people and for programs, with the daemon and without it."""
import contextlib
import os
import sqlite3
import subprocess
import time

import pytest

import kit
import test_drill
from harness import TRIAGECTL, Clock, wait_for
from test_people import ME, ok
from test_report import items, name, parse, sections

SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
sla: {critical: {triage: 1s}}
rotations:
  - {name: primary, timezone: Europe/Berlin, start: 2026-01-05, handover: "09:00", members: [anna, bert]}
targets:
  - {name: anna, type: folder, path: "{outbox}"}
  - {name: bert, type: folder, path: "{outbox}"}
routes:
  - {when: {severity: critical}, ladder: [{after: 0s, notify: [anna]}]}
  - ladder: [{after: 0s, notify: [anna]}]
fallback: anna
maintenance:
  - {name: move, owner: ops, reason: the racks move, when: {title: "*process 99"},
     timezone: UTC, hours: {mon-sat: ["00:00-24:00"], sun: ["00:01-24:00"]}}
"""


@pytest.fixture
def up(site):
    """One critical alert that ran out, one closed, one taken, one with nobody; a silence."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1, crown=True, alertDisplayName="Suspicious process 1 <b>[x](y)</b>"), kit.alert(2),
            kit.alert(3, severity="Medium"), kit.alert(4, severity="Low"))
    site.start()
    for number in (2, 3, 4):
        kit.wait_alert(site, f"Suspicious process {number}")
    ok(site, "close", number_of(site, 2), "--as", "false-positive")
    ok(site, "ack", number_of(site, 3))
    ok(site, "silence", "add", "--match", "title=*scan*", "--for", "2h", "--reason", "a scan")
    wait_for(lambda: site.rows("select * from v_events where kind = 'sla-breached'"), "the breach")
    wait_for(lambda: not kit.deliveries(site, "target = 'anna' and state <> 'sent'"), "the last message")
    return site


def number_of(site, number):
    return site.value("select id from v_alerts where title like ?", f"Suspicious process {number}%")


def by(rows, *keys):
    return {tuple(row[key] for key in keys): row["n"] for row in rows}


def test_the_figures(up):
    """Counted again from the views."""
    shift = up.ctl_json("report", "--shift", "12h")
    assert by(shift["came"], "kind", "severity") == {
        ("opened", severity): 1 for severity in ("critical", "high", "medium", "low")}
    assert by(shift["done"], "kind", "actor", "verdict") == {
        ("acknowledged", ME, None): 1, ("closed", ME, "false-positive"): 1}
    assert [(row["severity"], row["clock"]) for row in shift["breached"]] == [("critical", "triage")]
    assert by(shift["told"], "target", "recipient") == {
        ("anna", None): len(kit.deliveries(up, "target = 'anna' and state = 'sent'"))}
    assert by(shift["counts"], "severity", "state") == {
        ("critical", "open"): 1, ("high", "closed"): 1, ("medium", "acknowledged"): 1, ("low", "open"): 1}
    assert [row["rotation"] for row in shift["oncall"]] == ["primary"]
    assert {shift["oncall"][0]["target"], shift["oncall"][0]["then"]} == {"anna", "bert"}
    assert [row["reason"] for row in shift["silences"]] == ["a scan"]
    assert [row["name"] for row in shift["maintenance"]] == ["move"]
    first = number_of(up, 1)
    assert shift["first"][0]["command"] == f"triagectl ack {first}"
    assert f"alert {first}, critical" in shift["first"][0]["text"] and "late" in shift["first"][0]["text"]
    assert any("silence 1" in row["text"] for row in shift["first"])


def test_the_document(up):
    """Sections in the order in which somebody needs them, also while the daemon is down."""
    assert up.stop() == 0
    env = {**up.environment(), "COLUMNS": "80"}
    text = subprocess.run([TRIAGECTL, "-c", up.file, "report", "--shift", "12h"], env=env,
                          capture_output=True, text=True, check=True).stdout
    assert max(map(len, text.splitlines())) <= 80
    tree = parse(text)
    assert not {"html_block", "html_inline", "link", "image"} & {name(node) for node in tree.iter()}
    parts = sections(tree)
    title, *headings = parts
    assert title.startswith("Shift from ") and headings == [
        "First", "Open now, most urgent first", "In this shift", "Who was told, and how often", "Kept quiet",
        "Channels and coverage", "On call"]
    happened = items(parts["In this shift"])
    assert "Came in: 1 critical, 1 high, 1 medium, 1 low" in happened
    assert f"Acknowledged by: {ME} 1" in happened and f"Closed by: {ME} 1 as false-positive" in happened
    assert "Breached: 1" in happened
    assert any("Suspicious process 1 <b>[x](y)</b>" in line for line in items(parts["Open now, most urgent first"]))
    assert any(line.startswith("primary: ") for line in items(parts["On call"]))


def test_a_drill_is_no_work(up):
    """It is counted nowhere, and so it stands in no list of what is open."""
    process, alert = test_drill.begin(up, "--wait", "1h")
    try:
        shift = up.ctl_json("report", "--shift", "12h")
        assert alert not in [row["id"] for row in shift["urgent"]]
        assert len(shift["urgent"]) == shift["totals"]["open"]
        assert "DRILL" not in up.ctl("report", "--shift", "12h")[1].partition("In this shift")[0]
    finally:
        ok(up, "drill", "--end")
        process.communicate(timeout=60)


def multiply(db, table, n, **values):
    """Copies of the newest row of a table, with these values; {n} is the number of the copy."""
    db.execute(f"CREATE TEMP TABLE one AS SELECT * FROM {table} ORDER BY rowid DESC LIMIT 1"
               if table != "clock" else "CREATE TEMP TABLE one AS SELECT * FROM clock WHERE kind = 0 LIMIT 1")
    for number in range(n):
        pairs = ", ".join(f"{name} = {text.replace('{n}', str(number))}" for name, text in values.items())
        db.execute(f"UPDATE one SET {pairs}")
        db.execute(f"INSERT INTO {table} SELECT * FROM one")
    db.execute("DROP TABLE one")


def test_more_than_a_list_has(up):
    """A thousand rows are read of a list; every figure counts all there are."""
    assert up.stop() == 0
    now_ms = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(up.state / "triaged.db", isolation_level=None)) as db:
        db.execute("BEGIN")
        multiply(db, "alert", 1200, id="1000 + {n}", native_id="'copy-{n}'", severity="2", state="0",
                 acknowledged_ms="null", acknowledged_by="null", acknowledge_expires_ms="null",
                 closed_ms="null", owner="iif({n} % 10, null, 'ada')", urgency_ms=str(now_ms + 7200000))
        db.execute("INSERT INTO alert_count VALUES (2, 0, 1200) "
                   "ON CONFLICT DO UPDATE SET n = n + excluded.n")
        multiply(db, "clock", 1200, alert_id="1000 + {n}", episode="1", due_ms=str(now_ms + 7200000),
                 stopped_ms="null", breached_ms="null", held_ms="null", next_ms="1")
        multiply(db, "event", 1100, id="100000 + {n}", alert_id="1000 + {n}", at_ms=str(now_ms - 1000),
                 kind="'sla-breached'", detail="'{}'", hash="zeroblob(32)")
        multiply(db, "delivery", 1050, id="100000 + {n}", key="'copy-{n}'", state="4", next_ms="null",
                 sent_ms="null")
        db.execute("COMMIT")
    shift = up.ctl_json("report", "--shift", "12h")
    assert [len(shift[part]) for part in ("urgent", "soon", "breached", "dead")] == [1000] * 4
    rows = up.rows("select *, ifnull(acknowledged_by, '') || ifnull(owner, '') as holder from v_alerts "
                   "where state <> 'closed'")
    unattended = [row for row in rows if row["triage_state"] in ("running", "breached") and (
        row["triage_due_ms"] < shift["written_ms"] or not row["holder"])]
    assert 1050 < len(unattended) < 1150
    assert shift["totals"] == {
        "open": len(rows), "unattended": len(unattended), "soon": 1200, "dead": 1050,
        "breached": up.value("select count(*) from v_events where kind = 'sla-breached'")}
    first = {row["text"] for row in shift["first"]}
    assert {f"{len(unattended) - 5} more alerts late or with nobody", "1200 clocks run out within 4 h",
            "1050 messages were given up"} <= first
    text = up.ctl("report", "--shift", "12h")[1]
    assert f"and {len(rows) - 15} more: `triagectl list`" in text and "messages 1050" in text
    assert f"and {shift['totals']['breached'] - 15} more: `triagectl sql breaches`" in text


def counted(site, shift, kind="opened"):
    """The same again, by a scan of the whole log."""
    return site.value("select count(*) from v_events where kind = ? and at_ms >= ? and at_ms < ?",
                      kind, shift["since_ms"], shift["until_ms"])


def test_only_what_was_in_the_time(site, tmp_path):
    """Two days, a shift each: events and messages of the other one do not count; the
    night is that of who reads."""
    clock = Clock(tmp_path)
    site.more_environment = {**clock.environment, "TZ": "UTC"}
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1))
    site.start()
    kit.wait_delivery(site, "state = 'sent'")
    clock.jump(48 * 3600)
    kit.put(site, kit.alert(1), kit.alert(2), name="alerts.json")
    kit.wait_alert(site, "Suspicious process 2")
    wait_for(lambda: kit.deliveries(site, "alert_id = 2 and state = 'sent'"), "the message")
    found = []
    for span in (["--shift", "12h"], ["--since", "72h"], ["--since", "72h", "--until", "24h"],
                 ["--since", "36h", "--until", "24h"]):
        shift = site.ctl_json("report", *span)
        found.append(sum(row["n"] for row in shift["came"]))
        assert found[-1] == counted(site, shift), span
    assert found[0] >= 1 and found[1] == found[0] + 1 and found[2:] == [1, 0]
    assert by(site.ctl_json("report", "--since", "72h", "--until", "24h")["told"], "target") == {("anna",): 1}
    # Read where it was midnight, and where it was noon.
    hour = int(site.value("select cast(strftime('%H', min(sent_at)) as integer) from v_deliveries"))
    for there, night in ((0, 1), (12, 0)):
        offset = there - hour
        site.more_environment["TZ"] = f"LOCAL{-offset:+d}"
        told = site.ctl_json("report", "--since", "72h", "--until", "24h")["told"]
        assert [row["night"] for row in told] == [night], (there, hour)


def test_nothing_at_all(site):
    """An empty database hands over nothing, in so many words."""
    site.settings(SETTINGS)
    kit.put(site)
    assert site.once()[0] == 0
    status, out, errors = site.ctl("report", "--shift", "8h")
    assert status == 0, errors
    assert "Nothing waits for anybody." in out and "Came in**: none" in out and "Nobody." in out


def test_what_is_refused(site):
    """Each with a sentence that says what is meant."""
    site.settings(SETTINGS)
    assert site.once()[0] == 0
    for words, text in (([], "of which alert, or of which time?"), (["--until", "1h"], "of which alert"),
                        (["1", "--shift", "12h"], "not both"), (["--shift", "soon"], "no time such as 12h"),
                        (["--since", "soon"], "no moment"), (["--shift", "1h", "--since", "2h"], "not both"),
                        (["--since", "1h", "--until", "2h"], "ends before it begins")):
        status, _, errors = site.ctl("report", *words)
        assert status == 2 and text in errors, (words, errors)


def test_into_a_file(up):
    path = up.folder / "shift.md"
    ok(up, "report", "--shift", "12h", "--output", path)
    assert path.read_text().startswith("# Shift from ") and os.stat(path).st_mode & 0o777 == 0o600
