"""triagectl export and import: there and back, and what strangers put into a file."""
import getpass
import json
import os
import stat

import pytest

import harness
import kit
from harness import wait_for
from test_schemas import check, faults_of

ME = getpass.getuser()
SETTINGS = kit.FILES + """
targets:
  - {name: first, type: folder, path: "{outbox}/first"}
fallback: first
"""
# What an export and an import of it keep of an alert, to the letter.
SAME = ("native_id", "kind", "provider", "tenant", "subscription", "title", "description",
        "alert_type", "source_severity", "source_status", "base_severity", "resource_id", "entity",
        "tactics", "techniques", "incident", "created_ms", "portal_url", "remediation")
OLD = {"timeGeneratedUtc": "2020-01-02T03:04:05Z", "startTimeUtc": "2020-01-02T03:00:00Z",
       "endTimeUtc": "2020-01-02T03:01:00Z"}


@pytest.fixture
def busy(site):
    site.settings(SETTINGS)
    site.start()
    kit.put(site, *(kit.alert(n, **OLD) for n in range(1, 6)))
    kit.wait_alert(site, "Suspicious process 5")
    return site


@pytest.fixture
def other(tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    site = harness.Site(folder)
    site.settings(SETTINGS)
    (folder / "in").mkdir(exist_ok=True)
    site.start()
    yield site
    if site.process is not None:
        site.kill()


def export(site, *options):
    status, out, errors = site.ctl("export", *options)
    assert status == 0 and errors == "", errors
    lines = [json.loads(line) for line in out.splitlines()]
    assert [fault for line in lines for fault in faults_of("triaged.export.v1", line)] == []
    return lines


def promised(lines):
    """Of every alert what an import keeps, by its native id."""
    return {line["alert"]["native_id"]: (
        {name: line["alert"][name] for name in SAME},
        [r["raw"] for r in line["revisions"]],
        sorted((e["kind"], e["value"], e["role"]) for e in line["entities"]))
        for line in lines[1:-1]}


def test_there_and_back(busy, other):
    """A second revision of one alert too; twice changes nothing; and nobody is paged."""
    kit.put(busy, kit.alert(1, **{**OLD, "description": "It went on."}), name="later.json")
    wait_for(lambda: busy.value("select max(revision) from v_alerts") == 2, "a second revision")
    busy.kill()
    file = busy.folder / "export.jsonl"
    file.write_text(busy.ctl("export")[1])
    before = export(busy)
    assert before[0]["schema"] == "triaged.export.v1" and before[-1] == {"end": True, "alerts": 5}
    assert {len(line["revisions"]) for line in before[1:-1]} == {1, 2}
    assert before[1]["events"][0]["kind"] == "opened" and before[1]["origins"]
    said = other.ctl_json("import", file)
    assert check(said) == "triaged.import.v1"
    assert (said["alerts"], said["lines"], said["lines_refused"]) == (5, 7, 0)
    wait_for(lambda: other.value("select count(*) from v_alerts") == 5, "the alerts")
    wait_for(lambda: other.value("select max(revision) from v_alerts") == 2, "both revisions")
    first, second = promised(before), promised(export(other))
    for native_id, kept in first.items():
        for one, two in zip(kept, second[native_id]):
            assert one == two
    assert first.keys() == second.keys()
    assert {row["historical"] for row in other.rows("select historical from v_alerts")} == {1}
    # What is known stays as it is: no revision of before is news again.
    said = other.ctl_json("import", file)
    assert (said["alerts"], said["known"], said["files"]) == (0, 5, 0)
    assert "5 alerts are known" in other.ctl("import", file)[1]
    assert promised(export(other)) == promised(before)
    assert kit.deliveries(other, "kind in ('opened', 'escalated')") == []


def test_a_native_id_that_is_a_number_here(site):
    """Incidents of Defender XDR are numbered, and so are alerts: the incident 1 is no alert 1.
    The same incident of another tenant is another one."""
    site.settings(SETTINGS)
    site.start()
    kit.put(site, kit.alert(1, **OLD))
    assert kit.wait_alert(site, "Suspicious process 1")["id"] == 1
    incident = {"id": "1", "tenantId": "acme", "displayName": "An intrusion", "severity": "medium",
                "status": "active", "createdDateTime": "2020-01-02T03:04:05Z", "alerts": [],
                "lastUpdateDateTime": "2020-01-02T03:04:05Z", "redirectIncidentId": None,
                "incidentWebUrl": "https://security.microsoft.com/incident2/1/overview"}
    kit.put(site, incident, name="incident.json")
    assert kit.wait_alert(site, "An intrusion")["native_id"] == "1"
    file = site.folder / "export.jsonl"
    file.write_text(site.ctl("export")[1])
    said = site.ctl_json("import", file)
    assert (said["alerts"], said["known"]) == (0, 2), said
    file.write_text(file.read_text().replace('"tenant":"acme"', '"tenant":"other"'))
    said = site.ctl_json("import", file)
    assert (said["alerts"], said["known"]) == (1, 1), said


# What people did, as the row of an alert tells it.
WORK = ("state", "phase", "owner", "assigned_by", "verdict", "confirmed_severity", "acknowledged_by",
        "acknowledged_ms", "acknowledge_note", "closed_by", "closed_ms", "close_note")


def work(site):
    """{title: what people did and noted}"""
    notes = {}
    for row in site.rows("select * from v_events where kind = 'note' order by id"):
        detail = json.loads(row["detail"])
        at_ms = site.value("select cast(round((julianday(?) - 2440587.5) * 86400000) as integer)",
                           detail["at"]) if "at" in detail else row["at_ms"]
        notes.setdefault(row["alert_id"], []).append((detail.get("by", row["actor"]), detail["text"], at_ms))
    return {row["title"]: ({name: row[name] for name in WORK}, notes.get(row["id"], []))
            for row in site.rows("select * from v_alerts where source = 'exported'")}


def test_what_people_did_comes_along(site, other):
    """Young alerts, that would get clocks and messages: owner, phase, verdict and notes are there,
    by whom and when; nothing starts, nobody is told, and the log says that it was imported."""
    site.settings(SETTINGS)
    kit.put(site, *(kit.alert(n) for n in range(1, 6)))
    site.start()
    numbers = [kit.wait_alert(site, f"Suspicious process {n}")["id"] for n in range(1, 5)]
    kit.wait_alert(site, "Suspicious process 5")  # and with this one nobody does anything
    for words in (["assign", numbers[0], "ada", "-n", "she knows the host"], ["phase", numbers[0], "contain"],
                  ["note", numbers[0], "called the owner\n\x1b[31mtwice"], ["note", numbers[0], "he is away"],
                  ["ack", numbers[1], "-n", "I look"],
                  ["close", numbers[2], "--as", "false-positive", "-n", "a scan of ours"],
                  ["close", numbers[3], "--as", "benign"], ["reopen", numbers[3]], ["note", numbers[3], "again"]):
        status, _, errors = site.ctl(*words)
        assert status == 0, errors
    # Another content of one that is closed: an older revision comes first.
    changed = kit.alert(3, description="It went on.", severity="High")
    kit.put(site, changed, name="later.json")
    wait_for(lambda: site.value("select max(revision) from v_alerts") == 2, "a second revision")
    file = site.folder / "export.jsonl"
    file.write_text(site.ctl("export")[1])

    said = other.ctl_json("import", file)
    check(said)
    assert (said["alerts"], said["worked"]) == (5, 4)
    wait_for(lambda: len(work(other)) == 5, "the alerts")
    wait_for(lambda: other.value("select max(revision) from v_alerts") == 2, "both revisions")
    before, after = work(site), work(other)
    untouched = before.pop("Suspicious process 5")
    assert after.pop("Suspicious process 5") == untouched
    for title, (row, notes) in before.items():
        assert after[title][1] == notes, title
        # An acknowledgement that would run out would tell people after it.
        assert after[title][0] == row, title
    assert {row["verdict"] for row, _ in after.values()} == {None, "false-positive"}
    # No clock, no message, but for the one that nobody had touched.
    quiet = "(select id from v_alerts where source = 'exported' and title <> 'Suspicious process 5')"
    wait_for(lambda: kit.deliveries(other, "alert_id is not null and state = 'sent'"), "the message")
    assert other.value(f"select count(*) from v_sla where alert_id in {quiet}") == 0
    assert kit.deliveries(other, f"alert_id in {quiet} or kind = 'import'") == []
    assert {row["title"] for row in other.rows(
        "select distinct a.title from v_deliveries d join v_alerts a on a.id = d.alert_id")} == {"Suspicious process 5"}
    # The log is whole, and its events are of now, by the source.
    assert other.ctl_json("audit", "verify")["whole"]
    events = other.rows(f"select * from v_events where alert_id in {quiet} and kind not in ('opened', 'updated')")
    assert {row["actor"] for row in events} == {"source exported"}
    assert {row["kind"] for row in events} == {"imported", "imported-closed", "note"}
    shift = other.ctl_json("report", "--shift", "1h")
    assert shift["done"] == []
    number = kit.alert_row(other, "Suspicious process 1")["id"]
    story = " ".join(other.ctl("why", number)[1].split())
    assert "brings it along as it was elsewhere: acknowledged" in story and "owner ada; phase contain" in story
    text = other.ctl("report", number)[1]
    assert f"brings along a note of {ME}" in text and "called the owner" in text and "\x1b" not in text
    # People go on here; the file once more, also under another name, takes nothing back.
    assert other.ctl("close", number, "--as", "true-positive")[0] == 0
    handed, = [p for p in (other.folder / "in").glob("import-*.json")]
    (other.folder / "in/again.json").write_bytes(handed.read_bytes() + b"\n")
    wait_for(lambda: other.value("select count(*) from v_polls where complete and scope like '%again.json'"),
             "the second reading")
    assert kit.alert_row(other, "Suspicious process 1")["verdict"] == "true-positive"
    assert other.ctl_json("audit", "verify")["whole"]
    # And on to a third place: whose notes they were is kept.
    lines = export(other)
    assert [e for e in lines[1]["events"] if e["kind"] == "note"]


def test_selectors(busy):
    assert export(busy, "--json", "--limit", "1")[-1]["alerts"] == 1
    assert len(export(busy, "--limit", "2")) == 4
    assert export(busy, "--since", "2030-01-01")[-1]["alerts"] == 0
    number = kit.alert_row(busy, "Suspicious process 2")["id"]
    assert busy.ctl("close", number, "--as", "benign")[0] == 0
    assert export(busy)[-1]["alerts"] == 5
    closed = export(busy, "--state", "closed")
    assert closed[-1]["alerts"] == 1 and closed[1]["alert"]["verdict"] == "benign"


def test_lines_that_cannot_be_used(busy, other):
    lines = busy.ctl("export")[1].splitlines()
    lines[2] = "\x1b[2Jnothing"
    lines.insert(4, "[1, 2]")
    file = busy.folder / "spoilt.jsonl"
    file.write_text("\n".join(lines))
    status, out, errors = other.ctl("--json", "import", file)
    said = json.loads(out)
    assert (status, said["lines_refused"], said["alerts"]) == (1, 2, 4), errors
    check(said)
    assert [row["line"] for row in said["refused"]] == [3, 5]
    wait_for(lambda: other.value("select count(*) from v_alerts") == 4, "the others")
    status, out, _ = other.ctl("import", file)
    assert status == 1 and "\x1b" not in out and "2 lines were not imported" in out


def test_the_daemon_may_read_what_root_imports(busy, other):
    """It has an account of its own, and an administrator any umask."""
    file = busy.folder / "export.jsonl"
    file.write_text(busy.ctl("export")[1])
    other.stop()
    own = other.state / "triaged.db"
    if os.geteuid() == 0:
        os.chown(own, 65534, 65534)
    before = os.umask(0o077)
    try:
        said = other.ctl_json("import", file)
    finally:
        os.umask(before)
    assert said["alerts"] == 5
    handed, = (other.folder / "in").iterdir()
    there, database = handed.stat(), own.stat()
    assert stat.S_IMODE(there.st_mode) == 0o640
    assert (there.st_uid, there.st_gid) == (database.st_uid, database.st_gid)


def test_nowhere_to_hand_it_to(site):
    site.settings("""
targets:
  - {name: first, type: folder, path: "{outbox}/first"}
sources:
  - {name: spool, type: file, path: "{folder}/one.json"}
fallback: first
""")
    site.start()
    file = site.folder / "x.jsonl"
    file.write_text("{}\n")
    status, _, errors = site.ctl("import", file)
    assert status == 1 and "type: file" in errors
    status, _, errors = site.ctl("import", site.folder / "none")
    assert status == 1
