"""The stored past once more: under the policy that made it nothing differs, under
another one exactly what its change means."""
import datetime
import json
import os
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

import kit
from harness import TRIAGECTL, Clock, TENANT, wait_for

SOURCES = """
sources:
  - {name: azure, type: file, path: "{folder}/in/*.json", interval: 1s, tenant: {tenant}}
  - {name: graph, type: file, path: "{folder}/graph/*.json", interval: 1s, tenant: {tenant}}
"""
POLICY = """
targets:
  - {name: first, type: folder, path: "{outbox}/first"}
  - {name: second, type: folder, path: "{outbox}/second"}
  - {name: third, type: folder, path: "{outbox}/third"}
sla:
  critical: {triage: 15m}
  high: {triage: 4h}
  medium: {triage: 1d, resolve: 2d}
routes:
  - name: worst
    when: {severity: critical}
    ladder:
      - {after: 0s, notify: [first]}
      - {after: 10m, notify: [second], repeat: 10m, times: 2}
  - name: rest
    when: {severity: "*"}
    ladder: [{after: 0s, notify: [first]}]
fallback: third
acknowledge-expires: {critical: 30m, high: 2h}
"""
SETTINGS = SOURCES + kit.CROWN_JEWELS + POLICY


def moment(clock, ago=0):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(
        milliseconds=clock.wall_ms, seconds=-ago)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def arm(clock, number, ago=0, **words):
    when = moment(clock, ago)
    return kit.alert(number, timeGeneratedUtc=when, startTimeUtc=when, endTimeUtc=when, **words)


def graph(clock, other, severity="high"):
    """What Microsoft Graph says about the same alert."""
    properties = other["properties"]
    return {"@odata.type": "#microsoft.graph.security.alert", "id": f"dc{properties['systemAlertId']}",
            "providerAlertId": properties["systemAlertId"], "tenantId": TENANT, "severity": severity,
            "status": "new", "serviceSource": "microsoftDefenderForCloud",
            "title": properties["alertDisplayName"], "description": "Seen by Graph.",
            "createdDateTime": properties["timeGeneratedUtc"],
            "lastUpdateDateTime": moment(clock), "evidence": []}


def put_graph(site, *alerts):
    (site.folder / "graph").mkdir(exist_ok=True)
    fresh = site.folder / "graph" / ".new"
    fresh.write_text(json.dumps({"value": list(alerts)}))
    os.replace(fresh, site.folder / "graph" / "alerts.json")


def wait_events(site, kind, number):
    wait_for(lambda: site.value("select count(*) from v_events where kind = ?", kind) >= number,
             f"{number} events {kind}")


def quiet(site):
    """Nothing is due that was not done."""
    wait_for(lambda: site.value(
        "select count(*) from v_deliveries where state not in ('sent', 'superseded')") == 0,
        "the messages")


@pytest.fixture
def past(site, tmp_path):
    """A site whose database has seen everything that can happen to an alert."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    site.settings(SETTINGS)
    site.clock = clock
    alerts = [
        arm(clock, 1, crown=True),  # critical by rule: climbs, is taken, and nothing follows
        arm(clock, 2),  # high: closed by its source, opened there again
        arm(clock, 3, severity="Medium"),  # rises to high, falls to low
        arm(clock, 4, severity="Informational"),
        arm(clock, 5, status="InProgress"),
        arm(clock, 6, ago=3 * 86400),  # historical
        arm(clock, 7, status="Resolved"),  # seen closed
        arm(clock, 8),  # closed by a person
        arm(clock, 9),  # by two doors
        arm(clock, 10),  # triaged: it has an owner, and somebody works on it
        arm(clock, 11, severity="Medium"),  # on hold
        arm(clock, 12),  # taken while it waits for its group: nobody hears of it
        arm(clock, 13, alertDisplayName="Suspicious scan"),  # silenced
    ]
    site.start()
    silenced = site.ctl("silence", "add", "--match", "title=*scan*", "--for", "6h", "--reason", "planned")
    assert silenced[0] == 0, silenced
    kit.put(site, *alerts)
    wait_events(site, "opened", 12)
    number = kit.wait_alert(site, "Suspicious process 12")["id"]
    assert site.ctl("ack", number)[0] == 0

    clock.jump(61)  # what is from before the first run
    wait_for(lambda: site.value("select count(*) from v_deliveries where target = 'third' and "
                                "state = 'sent'"), "the import")
    clock.jump(540)  # the first escalation of the critical one
    wait_events(site, "escalated", 1)
    assert site.ctl("ack", "1", "--note", "mine")[0] == 0
    put_graph(site, graph(clock, alerts[8], severity="medium"))
    alerts[1]["properties"]["status"] = "Resolved"
    alerts[2]["properties"]["severity"] = "High"
    kit.put(site, *alerts)
    number = kit.wait_alert(site, "Suspicious process 8")["id"]
    assert site.ctl("close", number, "--as", "benign")[0] == 0
    number = kit.wait_alert(site, "Suspicious process 10")["id"]
    assert site.ctl("assign", number, "ada")[0] == 0
    assert site.ctl("phase", number, "investigate")[0] == 0
    held = kit.wait_alert(site, "Suspicious process 11")["id"]
    assert site.ctl("hold", held, "--for", "3h", "--reason", "waits for the vendor")[0] == 0
    wait_events(site, "updated", 2)
    wait_events(site, "closed", 2)

    clock.jump(121)
    wait_events(site, "sla-warning-80", 1)
    clock.jump(181)
    wait_events(site, "sla-breached", 1)
    clock.jump(1501)  # nothing followed: its ladder begins again
    wait_events(site, "acknowledgement-expired", 1)
    alerts[1]["properties"]["status"] = "Active"
    alerts[2]["properties"]["severity"] = "Low"
    kit.put(site, *alerts)
    wait_events(site, "reopened", 1)
    assert site.ctl("assign", number, "-", "--note", "back to the queue")[0] == 0
    closed = kit.wait_alert(site, "Suspicious process 8")["id"]
    assert site.ctl("reopen", closed, "--note", "not benign after all")[0] == 0
    wait_events(site, "updated", 3)
    quiet(site)

    site.stop()  # the next steps and a breach fall due while it is down
    clock.jump(5 * 3600)
    site.start()
    wait_events(site, "escalated", 2)
    wait_events(site, "sla-breached", 2)
    quiet(site)
    return site


def other(site, *changes):
    """A file beside the settings, with another policy."""
    text = site.file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = site.folder / "other.yaml"
    path.write_text(text)
    return path


def what_if(site, path, *options):
    return site.ctl_json("what-if", "--config", path, *options)


def differences(answer, kind):
    return [one for one in answer["differences"] if one["kind"] == kind]


def same_as_recorded(site, answer, targets):
    """What was decided, held and sent is counted as the database has it, then and now."""
    rows = {row["target"]: row for row in answer["targets"]}
    assert set(rows) == targets
    for target, row in rows.items():
        assert row["notices_then"] == row["notices_now"] >= 1
        assert row["messages_then"] == row["messages_now"] == site.value(
            "select count(*) from v_deliveries where target = ? and state = 'sent' and "
            "kind not in ('test', 'silence-ending')", target)
    held = {row["cause"]: (row["then"], row["now"]) for row in answer["held"]}
    assert set(held) == {row["cause"] for row in site.rows("select distinct cause from v_suppressions")}
    assert all(then == now for then, now in held.values())
    for cause, (then, _) in held.items():
        assert then <= site.value("select count(*) from v_suppressions where cause = ?", cause)


@pytest.mark.parametrize("running", [True, False])
def test_the_policy_that_ran_decides_as_was_decided(past, running):
    """Nothing differs, while the daemon runs and when it is down."""
    if not running:
        past.stop()
    answer = what_if(past, past.file)
    assert answer["differences"] == [], json.dumps(answer["differences"], indent=1)
    assert answer["alerts"] == past.value("select count(*) from v_alerts") >= 9
    assert answer["left_out"] == {"without_raw": 0, "not_whole": 0, "unreadable": 0}
    assert answer["read_anew"] == 0
    same_as_recorded(past, answer, {"first", "second", "third"})
    status, out, _ = past.ctl("what-if", "--config", past.file)
    assert status == 0
    assert "Differences none: this policy decides as was decided" in out


# All days but one that is far.
QUIET_DAYS = [day for number, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
              if number != (datetime.datetime.now(datetime.timezone.utc).weekday() + 3) % 7]
QUIET = f"""quiet-hours:
  target: second
  timezone: UTC
  hours: {{{", ".join(f'{day}: ["00:00-24:00"]' for day in QUIET_DAYS)}}}
"""
NOISE = QUIET + """groups: {wait: {high: 30s, medium: 30s, low: 30s}}
storm: {groups: 4, within: 5m, summary-every: 2m}
"""
APART = POLICY.replace("  - name: rest", """  - name: minor
    when: {severity: medium}
    ladder: [{after: 0s, notify: [second]}]
  - name: rest""")


def waits(site, cause):
    return site.value("select count(*) from v_suppressions where cause = ? and outcome = 'waiting'", cause)


def test_what_holds_messages_back_is_lived_again(site, tmp_path):
    """Groups, a storm, a silence that ends early, quiet hours and answers: the policy that ran
    holds and sends what was held and sent; without one of them just that is let through."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    site.settings(SOURCES + APART + NOISE)
    site.start()
    assert site.ctl("silence", "add", "--match", "title=*scan*", "--for", "6h", "--reason", "planned")[0] == 0
    alerts = [arm(clock, number, alertType=f"VM_{number}", compromisedEntity=f"vm-{number}")
              for number in range(1, 7)]
    alerts += [arm(clock, 7, alertType="VM_7", alertDisplayName="Suspicious scan")]
    alerts += [arm(clock, number, severity="Medium", alertType=f"VM_{number}") for number in (8, 9)]
    kit.put(site, *alerts)
    wait_for(lambda: site.value("select count(*) from v_suppressions") >= 9, "what is held")
    wait_for(lambda: waits(site, "storm") == 0, "the storm's first summary")
    clock.jump(31)  # four groups go; the storm's next summary is later
    wait_for(lambda: waits(site, "group") == 0, "the groups")
    quiet(site)
    assert site.ctl("ack", "1")[0] == 0
    wait_events(site, "acknowledged", 1)
    assert site.ctl("silence", "end", "1")[0] == 0
    wait_for(lambda: waits(site, "silence") == 0, "the silence")
    clock.jump(130)
    wait_for(lambda: waits(site, "storm") + waits(site, "group") == 0, "the end of the storm")
    quiet(site)
    clock.jump(60)

    answer = what_if(site, site.file)
    assert answer["differences"] == [], json.dumps(answer["differences"], indent=1)
    assert answer["silences"] == 1
    same_as_recorded(site, answer, {"first", "second"})
    assert {row["cause"] for row in answer["held"]} == {"group", "storm", "silence", "quiet"}

    loud = what_if(site, other(site, (QUIET, "")))
    through = differences(loud, "let-through")
    assert {one["alert_id"] for one in through} == {
        row["alert_id"] for row in site.rows("select alert_id from v_suppressions where cause = 'quiet'")}
    assert all("quiet hours, waits" in one["then"] and one["now"].endswith("then sent") for one in through)
    second = {row["target"]: row for row in loud["targets"]}["second"]
    assert second["messages_then"] == 0 < second["messages_now"]
    calm = what_if(site, other(site, ("storm: {groups: 4,", "storm: {groups: 40,")))
    assert "storm" not in {row["cause"] for row in calm["held"] if row["now"]}
    first = {row["target"]: row for row in calm["targets"]}["first"]
    assert first["notices_then"] < first["notices_now"]  # who had it in time hears the answer
    assert first["messages_then"] < first["messages_now"]
    status, out, _ = site.ctl("what-if", "--config", site.folder / "other.yaml")
    assert status == 0 and "MESSAGES THEN" in out and "NOTICES THAT WAITED FOR" in out


def test_another_policy_differs_by_what_it_changes(past):
    """A longer SLA, no rule for crown jewels, one more target: each shows as what it is."""
    longer = what_if(past, other(past, ("critical: {triage: 15m}", "critical: {triage: 2d}")))
    [lost] = differences(longer, "breach-lost")
    assert (lost["alert_id"], lost["then"], lost["now"]) == (
        1, "critical 15m, breached", "critical 2d, running")
    assert lost["now_ms"] - lost["then_ms"] == (2 * 86400 - 15 * 60) * 1000
    assert {row["severity"]: (row["then"], row["now"]) for row in longer["breaches"]} == {
        "critical": (1, 0), "high": (4, 4)}

    plain = what_if(past, other(past, ("set: {severity: critical}", "set: {severity: high}")))
    [one] = differences(plain, "severity")
    assert (one["alert_id"], one["then"], one["now"]) == (
        1, "critical by rule crown-jewels", "high by rule crown-jewels")
    assert {row["then"] for row in differences(plain, "route-lost")} == {"route worst"}
    assert {row["now"] for row in differences(plain, "route-gained")} == {"route rest"}

    more = what_if(past, other(past, ("{after: 0s, notify: [first]}]", "{after: 0s, notify: [first, second]}]")))
    assert more["counts"]["page-gained"] == len(more["differences"]) > 0, json.dumps(more["differences"], indent=1)
    assert all(row["now"].endswith("to second") for row in more["differences"])
    now = {row["target"]: row for row in more["targets"]}
    assert now["first"]["notices_then"] == now["first"]["notices_now"]
    assert now["second"]["notices_now"] - now["second"]["notices_then"] == len(more["differences"])
    assert now["second"]["messages_now"] > now["second"]["messages_then"]
    hours = [row for row in more["hours"] if row["target"] == "second"]
    assert sum(row["notices_now"] for row in hours) == now["second"]["notices_now"]
    assert sum(row["messages_now"] for row in hours) == now["second"]["messages_now"]
    assert len({row["hour_ms"] for row in hours}) == len(hours) and all(
        row["hour_ms"] % 3600000 == 0 for row in hours)


def test_people_see_totals_and_the_worst_first(past):
    """The screen: what was lived again, how much differs, then the differences by weight."""
    path = other(past, ("critical: {triage: 15m}", "critical: {triage: 5m}"),
                 ("high: {triage: 4h}", "high: {triage: 10m}"))
    status, out, errors = past.ctl("what-if", "--config", path, "--since", "1d")
    assert (status, errors) == (0, "")
    for words in ("Lived again", "Differences", "BREACHES", "MESSAGES THEN", "The hours that differ most:",
                  "The most important differences", "breach gained: "):
        assert words in out, out
    kinds = [one["kind"] for one in what_if(past, path)["differences"]]
    assert kinds == sorted(kinds, key=list(what_if(past, path)["counts"]).index)


def test_what_was_near_an_alert_is_known(site, tmp_path):
    """The promotion by another high detector on the same machine: one that came before, one
    that came after, and both again under a policy that asks for it no more."""
    clock = Clock(tmp_path)
    site.settings(SETTINGS)
    one = arm(clock, 1)
    kit.put(site, one)
    site.start()
    wait_events(site, "opened", 1)
    two = arm(clock, 2, alertType="VM_Other", compromisedEntity="vm-1",
              entities=[{"$id": "1", "type": "host", "hostName": "vm-1"}])
    kit.put(site, one, two)
    wait_events(site, "opened", 2)
    one["properties"]["description"] = "It goes on."
    kit.put(site, one, two)
    wait_events(site, "updated", 1)
    quiet(site)
    rule = "two-high-types-on-one-entity"
    assert site.rows("select severity, severity_rule from v_alerts") == [
        {"severity": "critical", "severity_rule": rule}] * 2
    answer = what_if(site, site.file)
    assert (answer["alerts"], answer["differences"]) == (2, [])
    calm = what_if(site, other(site, ("rules:\n", "rules:\n  - name: calm\n    when: {severity: high}\n"
                                      "    set: {severity: high}\n")))
    assert [(one["then"], one["now"]) for one in differences(calm, "severity")] == [
        (f"critical by rule {rule}", "high by rule calm")] * 2


def test_the_example_of_the_manual(past):
    """Half the time for high alerts: what the manual suggests, word for word."""
    manual = (Path(__file__).parents[2] / "man/triagectl.1").read_text()
    example = re.search(r"\$ (sed [^$]*)\$ (triagectl what-if [^\n]*)", manual)
    text = example.group(1) + "\n" + example.group(2)
    for roff, plain in (("\\(aq", "'"), ("\\e", "\\"), ("/etc/triaged/triaged.yaml", str(past.file)),
                        ("tried.yaml", str(past.folder / "tried.yaml")),
                        ("triagectl", f"{TRIAGECTL} -c {past.file}")):
        text = text.replace(roff, plain)
    done = subprocess.run(["sh", "-c", text], env={**past.environment(), "NO_COLOR": "1"},
                          capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "high 4h" in done.stdout and "-> high 2h" in done.stdout


def test_since_leaves_out_what_was_before(past):
    """Only what happened since counts; an alert without anything since is not read."""
    past.stop()
    past.clock.jump(3600)
    assert what_if(past, past.file, "--since", "10m")["alerts"] == 0
    part = what_if(past, other(past, ("set: {severity: critical}", "set: {severity: high}")),
                   "--since", "5h")
    assert part["alerts"] > 0
    assert differences(part, "severity") == []  # it was decided before
    status, _, errors = past.ctl("what-if", "--config", past.file, "--since", "soon")
    assert status == 2 and "soon" in errors


def test_bytes_that_are_gone_are_told(past):
    """An alert whose bytes were removed is left out, and said to be."""
    past.stop()
    database = sqlite3.connect(past.state / "triaged.db")
    with database:
        database.execute("update revision set raw = null where alert_id = 2")
    database.close()
    answer = what_if(past, past.file)
    assert answer["left_out"] == {"without_raw": 1, "not_whole": 0, "unreadable": 0}
    assert answer["differences"] == []
    assert "1 alert whose bytes are kept no longer" in past.ctl("what-if", "--config", past.file)[1]
    database = sqlite3.connect(past.state / "triaged.db")
    with database:
        database.execute("update revision set raw = null")
        database.execute("delete from alert where kind = 'triaged'")
    database.close()
    text = past.ctl("what-if", "--config", past.file)[1]
    assert "decides as was decided" not in text and "nothing could be compared" in text, text


def test_a_faulty_policy_is_refused_with_every_fault(site):
    """Exit status 1 and the places, as --check-config shows them; nothing needs a secret."""
    site.settings(SETTINGS)
    path = other(site, ("critical: {triage: 15m}", "critical: {triage: soon}"),
                 ("fallback: third", "fallback: nobody"))
    status, out, errors = site.ctl("what-if", "--config", path)
    assert (status, out) == (1, "")
    shown = errors.splitlines()
    places = [line for line in shown if line.startswith(f"{path}:")]
    assert len([line for line in places if ": warning: " not in line]) == 2 < len(places)
    assert shown[-1].endswith("is not usable: 2 faults")
    assert site.ctl("what-if")[0] == 2
    assert site.ctl("what-if", "--config", site.folder / "none.yaml")[0] == 1
