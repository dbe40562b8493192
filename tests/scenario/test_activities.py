"""`triagectl activities`: the audit trail around an alert, asked for once and kept as evidence."""
import hashlib
import json
import sqlite3
import subprocess
import time

import pytest

import doors
import fakes
import harness
import test_schemas

ACTIVITIES = "*/api/v1/activities/"
MINUTES_AGO = 40


def script(**more):
    return {"seed": 77, "subscriptions": 1, "alerts": 0, "xdr": 1, "products": ["ca"],
            "base": doors.now(seconds=60 * MINUTES_AGO), "spread_s": 1,
            "cloud_apps_per_minute": 1000, **more}


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, script()) as fake:
        yield fake


def begin(site, azure, *kinds):
    """The daemon with one alert of Cloud Apps; its number."""
    doors.configure(site, *[doors.block(kind, azure) for kind in kinds])
    site.start()
    harness.wait_for(lambda: site.value("SELECT count(*) FROM v_alerts "
                                        "WHERE source <> 'triaged'") > 0, "the alert")
    return site.value("SELECT id FROM v_alerts WHERE source <> 'triaged'")


def whom(site, alert, kind="account"):
    return site.value("SELECT value FROM v_entities WHERE alert_id = ? AND kind = ? "
                      "ORDER BY value LIKE '%@%' DESC", alert, kind)


def asked(azure):
    return len(azure.requests(ACTIVITIES))


def events(site, alert):
    return [json.loads(row["detail"]) for row in
            site.rows("SELECT detail FROM v_events WHERE alert_id = ? AND kind = 'evidence' "
                      "ORDER BY id", alert)]


def test_asked_once_and_kept(site, azure):
    """Everything between two hours before and now, once; then it is there for good."""
    alert = begin(site, azure, "cloud-apps")
    user = whom(site, alert)
    answer = site.ctl_json("activities", alert)
    assert test_schemas.check(answer) == "triaged.activities.v1"
    assert answer["about"] == {"kind": "account", "value": user}
    shown = answer["activities"]
    step = 300000
    first = -(-answer["from_ms"] // step) * step
    expected = list(range(first, answer["to_ms"] + 1, step))
    assert [one["at_ms"] for one in shown] == expected and len(expected) > 24
    assert {one["actor"] for one in shown} == {user}
    assert shown[0]["app"] == "Microsoft SharePoint" and shown[0]["object"] == "plan.docx"
    assert answer["moment_ms"] - answer["from_ms"] == 7200000
    assert answer["fetch"]["complete"] == 1 and answer["error"] is None
    n = asked(azure)
    again = site.ctl_json("activities", alert)
    assert asked(azure) == n
    assert [one["id"] for one in again["activities"]] == [one["id"] for one in shown]
    # Evidence, with its event and its hash.
    (event,) = events(site, alert)
    assert (event["about"], event["found"], event["added"]) == (user, len(shown), len(shown))
    assert event["sha256"] == answer["fetch"]["hash"] == seal(site, answer["fetch"]["id"])
    raws = site.rows("SELECT raw FROM v_evidence WHERE alert_id = ?", alert)
    assert all(json.loads(row["raw"])["user"]["userName"] == user for row in raws)
    # The daemon is not needed any more.
    assert site.stop() == 0
    assert site.ctl_json("activities", alert)["activities"] == again["activities"]
    status, out, errors = site.ctl("activities", alert)
    assert (status, errors) == (0, "")
    assert f"=== alert {alert}: " in out and "Failed log on" in out


def test_audit_verify_finds_altered_evidence(site, azure):
    """Whole before; then the fetch is named, and how to compare it with a backup."""
    alert = begin(site, azure, "cloud-apps")
    fetch = site.ctl_json("activities", alert)["fetch"]
    found = site.ctl_json("audit", "verify")
    assert (found["whole"], found["evidence"], found["fetch"]) == (True, 1, None)
    assert "1 fetch is as it was sealed" in site.ctl("audit", "verify")[1]
    backup = site.folder / "backup.db"
    assert site.ctl("backup", backup)[0] == 0
    with sqlite3.connect(site.state / "triaged.db") as db:
        db.executescript("DROP TRIGGER evidence_stays; UPDATE evidence SET ip = '192.0.2.1' "
                         "WHERE id = (SELECT max(id) FROM evidence)")
    status, out, _ = site.ctl("--json", "audit", "verify")
    found = json.loads(out)
    test_schemas.check(found)
    assert (status, found["whole"], found["fault"], found["alert_id"], found["fetch"],
            found["event_ms"]) == (1, False, "evidence", alert, fetch["id"], fetch["fetched_ms"])
    status, out, _ = site.ctl("audit", "verify")
    out = " ".join(out.split())
    assert status == 1 and f"what fetch {fetch['id']} found is not what its hash seals" in out
    # The command it names shows the row.
    query = f"SELECT * FROM v_evidence WHERE alert_id = {alert} ORDER BY id"
    assert f'triagectl --database BACKUP sql "{query}"' in out
    there = site.ctl("--database", backup, "sql", query)[1].splitlines()
    here = site.ctl("sql", query)[1].splitlines()
    assert here != there and sum("192.0.2.1" in line for line in here) == 1


def seal(site, fetch):
    """The hash over what a fetch found, computed by somebody else: each column behind its
    length, nothing for null."""
    digest = hashlib.sha256()
    for row in site.rows(
            "SELECT e.kind, e.native_id, e.at_ms, e.actor, e.ip, e.action, e.app, e.object, "
            "e.location, e.clipped, e.raw FROM evidence_found AS f JOIN evidence AS e "
            "ON e.id = f.evidence_id WHERE f.fetch_id = ? ORDER BY e.id", fetch):
        for value in row.values():
            digest.update(field(None if value is None else str(value)))
    return digest.hexdigest()


def field(value):
    """As digest_add_field: eight bytes of length, all ones for nothing."""
    if value is None:
        return b"\xff" * 8
    text = value.encode()
    return len(text).to_bytes(8, "big") + text


def test_screen_is_in_order_and_marks_the_alert(site, azure):
    alert = begin(site, azure, "cloud-apps")
    status, out, errors = site.ctl("activities", alert, "--around", "30m")
    assert (status, errors) == (0, "")
    lines = out.splitlines()
    table = lines[[line.startswith("WHEN") for line in lines].index(True) + 1:]
    whens = [line.split(" UTC")[0] for line in table]
    assert whens == sorted(whens) and len(whens) in (13, 14)
    mark = ["=== alert" in line for line in table].index(True)
    assert 5 <= mark <= 7
    assert "UTC" in out and "Kept" in out and "Whose" in out and "--ip" in out


def test_of_an_address_and_of_somebody_else(site, azure):
    alert = begin(site, azure, "cloud-apps")
    user = whom(site, alert)
    mine = site.ctl_json("activities", alert)["activities"]
    theirs = site.ctl_json("activities", alert, "--user", "Nobody's@example.org")
    assert {one["actor"] for one in theirs["activities"]} <= {"Nobody's@example.org", user}
    none = site.ctl_json("activities", alert, "--user", "nobody@example.org")
    assert none["activities"] == [] and none["fetch"]["found"] == 0
    by_ip = site.ctl_json("activities", alert, "--ip", "203.0.113.8")
    assert by_ip["about"] == {"kind": "ip", "value": "203.0.113.8"}
    # The same entries of the trail are kept once, and found again under each.
    assert len(by_ip["activities"]) >= len(mine)
    assert site.value("SELECT count(*) FROM v_evidence") == len(by_ip["activities"])
    n = asked(azure)
    assert site.ctl_json("activities", alert)["about"]["value"] == user
    assert asked(azure) == n
    assert len(events(site, alert)) == 4


@pytest.mark.parametrize("name", ['x" or 1==1 //', "x\\\" | take 5 //", "o'neil@example.org"])
def test_a_name_stays_a_name(site, azure, name):
    """Whatever somebody calls himself, only his own trail is asked for, at either door."""
    alert = begin(site, azure, "hunting", "cloud-apps")
    answer = site.ctl_json("activities", alert, "--user", name, "--around", "10m")
    assert {one["actor"] for one in answer["activities"]} == {name}
    azure.fault(path=ACTIVITIES, cloud_apps="forbidden")
    answer = site.ctl_json("activities", alert, "--user", name, "--around", "20m")
    assert answer["fetch"]["source"] == "hunting"
    assert {json.loads(row["raw"])["RawEventData"]["UserId"] for row in
            site.rows("SELECT raw FROM v_evidence WHERE json_extract(raw, '$.ReportId') "
                      "IS NOT NULL")} == {name}


def test_by_hunting(site, azure):
    azure.script(xdr=0, behaviors=1, base=doors.now(seconds=60 * MINUTES_AGO), spread_s=1)
    alert = begin(site, azure, "hunting")
    answer = site.ctl_json("activities", alert, "--limit", 5)
    assert len(answer["activities"]) == 5
    assert "there are more" in answer["fetch"]["trouble"]
    away = [abs(one["at_ms"] - answer["moment_ms"]) for one in answer["activities"]]
    assert max(away) <= 900000, "not the nearest"
    more = site.ctl_json("activities", alert, "--limit", 500)
    assert len(more["activities"]) > 24 and more["fetch"]["complete"] == 1
    assert more["fetch"]["added"] == len(more["activities"]) - 5


def test_refused(site, azure):
    """The cause, and what to do; nothing is kept, and it works when that is done."""
    alert = begin(site, azure, "cloud-apps")
    azure.fault(path=ACTIVITIES, cloud_apps="forbidden")
    status, out, errors = site.ctl("activities", alert)
    assert status == 1 and out == ""
    assert "source cloud-apps: HTTP 403: grant the application the permission " \
        "Investigation.read" in errors
    assert site.value("SELECT count(*) FROM v_evidence_fetches") == 0
    azure.heal()
    assert len(site.ctl_json("activities", alert)["activities"]) > 24
    # What is kept is shown although asking again fails.
    azure.fault(path=ACTIVITIES, cloud_apps="forbidden")
    status, out, errors = site.ctl("activities", alert, "--refresh")
    assert status == 1 and "Asking again failed" in out and "Investigation.read" in out


def test_told_to_wait(site, azure):
    alert = begin(site, azure, "cloud-apps")
    azure.fault(path=ACTIVITIES, status=429, headers={"Retry-After": "600"})
    status, _, errors = site.ctl("activities", alert)
    assert status == 1 and "the service asks to wait 600 s, until 20" in errors
    azure.heal()
    # Nobody asks before the service lets us, polls neither.
    n = asked(azure)
    status, _, errors = site.ctl("activities", alert)
    assert status == 1 and "have to wait" in errors and asked(azure) == n


def test_a_short_wait_is_waited(site, azure):
    alert = begin(site, azure, "cloud-apps")
    azure.fault(path=ACTIVITIES, status=429, headers={"Retry-After": "1"}, times=1)
    assert len(site.ctl_json("activities", alert)["activities"]) > 24


def test_nobody_can_be_asked(site, azure):
    azure.script(xdr=1, products=["ca"], base=doors.now(seconds=60 * MINUTES_AGO))
    alert = begin(site, azure, "graph")
    status, _, errors = site.ctl("activities", alert, "--user", "ada@example.org")
    assert status == 1
    assert "no source is configured that can tell activities" in errors
    assert "Investigation.read" in errors and "ThreatHunting.Read.All" in errors


def test_hostile_answers(site, azure):
    alert = begin(site, azure, "cloud-apps")
    answers = {"huge": {"huge": 40 << 20}, "deep": {"depth": 100000},
               "html": {"body": fakes.HTML, "type": "text/html"},
               "array": {"json": []}, "wrong": {"json": {"data": {}, "hasNext": False}}}
    for name, fault in answers.items():
        azure.fault(path=ACTIVITIES, **fault)
        status, out, errors = site.ctl("activities", alert)
        assert status == 1 and out == "" and "source cloud-apps: " in errors, name
        azure.heal()
    evil = {"_id": "1", "timestamp": int(time.time() * 1000) - 60 * 60000,
            "description": "\x1b]0;owned\x07 <b>bold</b>", "appName": "a\u202eexe\nb",
            "user": {"userName": "\x9b31m"}}
    entries = [evil, evil, evil | {"_id": "\x1b[2J1"}, 17, None, [], {"_id": 5},
               {"_id": "x", "timestamp": "soon"}]
    azure.fault(path=ACTIVITIES, json={"data": entries, "hasNext": False, "total": 8})
    status, out, errors = site.ctl("activities", alert)
    assert (status, errors) == (0, "")
    assert "\x1b" not in out and "\x07" not in out and "\u202e" not in out
    assert "Unread" in out and "bold" in out
    assert site.value("SELECT count(*) FROM v_evidence") == 1


@pytest.mark.row("C7")
def test_pages_without_end(site, azure):
    """A service that always has one more page is left after as many as were wanted."""
    alert = begin(site, azure, "cloud-apps")
    when = int(time.time() * 1000) - 60 * 60000
    azure.fault(path=ACTIVITIES, json={"data": [{"_id": "x", "timestamp": when}] * 100,
                                       "hasNext": True})
    answer = site.ctl_json("activities", alert, "--limit", 300)
    assert len(answer["activities"]) == 1
    assert "there are more" in answer["fetch"]["trouble"]
    assert asked(azure) <= 6


def test_given_up_after_its_time(site, azure, tmp_path):
    """After 150 s what was read is kept, with the reason why it is not all; or nothing is."""
    clock = harness.Clock(tmp_path)
    site.more_environment = clock.environment
    alert = begin(site, azure, "cloud-apps")
    azure.script(page=10)
    for pages in (2, 0):
        azure.fault(path=ACTIVITIES, skip=pages, hang=True)
        n = asked(azure)
        asking = subprocess.Popen([harness.TRIAGECTL, "-c", site.file, "--json", "activities",
                                   "--refresh", str(alert)], env=site.environment(),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        harness.wait_for(lambda: asked(azure) > n + pages, "the page that never comes")
        clock.jump(149)
        assert site.ctl("status")[0] == 0  # it has been around
        assert asking.poll() is None
        clock.jump(2)
        assert site.ctl("status")[0] == 0
        out, errors = asking.communicate(timeout=30)
        answer = json.loads(out)
        azure.heal()
        if pages:
            first = answer
            assert answer["fetch"]["complete"] == 0 and len(answer["activities"]) == 10 * pages - 2
            assert answer["fetch"]["trouble"].startswith("it was not read to its end within 150 s")
    # What is kept stays, and that asking again failed is told.
    assert asking.returncode == 1 and answer["activities"] == first["activities"]
    assert "within 150 s; ask for less" in answer["error"]
    assert site.value("SELECT count(*) FROM v_evidence_fetches") == 1


def test_killed_while_asking(site, azure):
    """What is not kept whole is not kept; afterwards it is asked for as if for the first time."""
    alert = begin(site, azure, "cloud-apps")
    azure.script(page=10)
    azure.fault(path=ACTIVITIES, skip=2, delay_ms=60000)
    asking = subprocess.Popen([harness.TRIAGECTL, "-c", site.file, "activities",
                                       str(alert)], stderr=subprocess.PIPE, text=True)
    harness.wait_for(lambda: asked(azure) >= 3, "the third page to be asked for")
    site.kill()
    _, errors = asking.communicate(timeout=30)
    assert asking.returncode == 3 and "cannot be reached" in errors
    assert site.value("SELECT count(*) FROM evidence_fetch") == 0
    azure.heal()
    site.start()
    answer = site.ctl_json("activities", alert)
    assert len(answer["activities"]) > 24 and len(events(site, alert)) == 1
    site.kill()
    assert site.ctl_json("activities", alert)["activities"] == answer["activities"]


def test_who_asked_may_leave(site, azure):
    """The daemon keeps the answer of somebody who did not wait for it."""
    alert = begin(site, azure, "cloud-apps")
    azure.fault(path=ACTIVITIES, delay_ms=1500, times=1)
    asking = subprocess.Popen([harness.TRIAGECTL, "-c", site.file, "activities",
                                       str(alert)], stderr=subprocess.DEVNULL)
    harness.wait_for(lambda: asked(azure) >= 1, "the daemon to ask")
    asking.kill()
    asking.wait()
    harness.wait_for(lambda: events(site, alert), "the answer to be kept")


def test_without_the_daemon(site, azure):
    alert = begin(site, azure, "cloud-apps")
    assert site.stop() == 0
    status, _, errors = site.ctl("activities", alert)
    assert status == 3 and "cannot be reached" in errors
    site.start()
    site.ctl_json("activities", alert)
    assert site.stop() == 0
    # Another stretch of time than was asked for: what there is, and why not more.
    status, out, errors = site.ctl("activities", alert, "--around", "6h")
    assert (status, errors) == (0, "") and "The daemon does not answer" in out
    status, out, _ = site.ctl("activities", alert, "--refresh")
    assert status == 3 and "Failed" in out


def test_altered_evidence_is_told(site, azure):
    alert = begin(site, azure, "cloud-apps")
    site.ctl_json("activities", alert)
    assert site.stop() == 0
    db = sqlite3.connect(site.state / "triaged.db")
    db.executescript("DROP TRIGGER evidence_stays; "
                     "UPDATE evidence SET actor = 'eve' WHERE id = 3")
    db.close()
    status, out, _ = site.ctl("activities", alert)
    assert status == 1 and "was altered after it was kept" in " ".join(out.split())


def test_wrong_words(site, azure):
    alert = begin(site, azure, "cloud-apps")
    for words, text in ((["--around", "8d"], "between 1m and 7d"), (["--limit", "0"], "--limit"),
                        (["--ip", "10.0.0"], "no IP address"), (["--limit", "2001"], "--limit"),
                        (["--user", "a", "--ip", "10.0.0.1"], "do not go together"),
                        (["--user", ""], "a user is named by")):
        status, out, errors = site.ctl("activities", alert, *words)
        assert status == 2 and text in errors, (words, errors)
    assert site.ctl("activities", 4711)[0] == 5
