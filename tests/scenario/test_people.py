"""What people do with an alert between taking and closing it: owner, phase,
hold, note, opening again; who hears of it, what stops, who is told no."""
import getpass
import json
import re

import pytest

import kit
from harness import Clock, wait_for
from test_control import answer_of, connect, events, number_of, refused, talk

# The ladder goes on for ever, so that its end is somebody's doing.
SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
targets:
  - {name: folder, type: folder, path: "{outbox}"}
  - {name: boss, type: folder, path: "{outbox}"}
routes:
  - ladder:
      - {after: 0s, notify: [folder]}
      - {after: 1s, notify: [boss], repeat: 1s, times: 1000}
fallback: folder
"""
RESOLVE = "sla:\n  high: {triage: 4h, resolve: 3d}\n"
ME = getpass.getuser()
TITLE = "Suspicious process 1"


@pytest.fixture
def up(site):
    """A daemon with one high alert, told to the folder, its ladder climbing."""
    site.settings(SETTINGS + RESOLVE)
    kit.put(site, kit.alert(1))
    site.start()
    kit.wait_delivery(site, "target = 'boss' and state = 'sent'")
    return site


def ok(site, *command):
    status, out, errors = site.ctl(*command)
    assert status == 0, (command, out, errors)
    return out


def climbing(site):
    return site.value("select count(*) from ladder where next_ms > 0")


def clock(site, kind="triage"):
    return site.rows("select * from v_sla where clock = ? order by episode desc", kind)[0]


def detail(site, kind):
    """The detail of the last such event, with its actor."""
    row = site.rows("select * from v_events where kind = ? order by id desc", kind)[0]
    return row["actor"], json.loads(row["detail"])


def test_owner_and_phase_stop_clock_and_ladder(up):
    """Phase without an owner is not triaged and says what is missing; with it
    the clock is met, the ladder over, those told know, and the answers say so."""
    out = ok(up, "phase", 1, "investigate", "--note", "looks real")
    assert "1: in phase investigate" in out and "nobody owns it" in out
    row = kit.alert_row(up, TITLE)
    assert (row["phase"], row["state"], row["confirmed_severity"]) == ("investigate", "open", "high")
    assert clock(up)["state"] == "running" and climbing(up) == 1
    out = ok(up, "assign", 1, "payments-team", "--note", "their machine")
    assert "1: assigned to payments-team" in out and "it is triaged now" in out
    row = kit.alert_row(up, TITLE)
    assert (row["owner"], row["assigned_by"], row["state"]) == ("payments-team", ME, "acknowledged")
    assert row["acknowledge_expires_ms"] is None
    assert clock(up)["state"] == "met" and clock(up)["stopped_why"] == "triaged"
    assert climbing(up) == 0
    done = [kind for kind in events(up, 1) if kind != "escalated"]
    assert done[-3:] == ["phase", "assigned", "triaged"]
    assert detail(up, "phase") == (ME, {"from": "detect", "to": "investigate", "severity": "high",
                                        "note": "looks real"})
    assert detail(up, "assigned") == (ME, {"to": "payments-team", "note": "their machine"})
    wait_for(lambda: len(kit.deliveries(up, "kind = 'acknowledged' and state = 'sent'")) == 2,
             "both to hear of it")
    assert not kit.deliveries(up, "state not in ('sent', 'superseded')")
    out = ok(up, "show", 1)
    assert "payments-team, in phase investigate" in out
    assert TITLE in ok(up, "list", "--owner", "payments-team")
    assert "alert triaged alert_id=1" in up.log_text()


def test_taking_the_owner_away_is_told(up):
    """Without an owner it is triaged no more: the acknowledgement gets an end."""
    ok(up, "assign", 1, "bob")
    assert "it is triaged now" in ok(up, "phase", 1, "triage")
    assert "triaged" not in ok(up, "phase", 1, "contain")  # no news
    out = ok(up, "assign", 1, "-")
    assert "1: taken from its owner" in out and "not triaged any more" in out
    row = kit.alert_row(up, TITLE)
    assert row["owner"] is None and row["acknowledge_expires_ms"] is not None
    assert detail(up, "assigned") == (ME, {"from": "bob"})


def test_hold_and_its_end(up):
    """A hold moves the resolve clock's due time by as long as it lasted, and
    leaves the triage clock alone."""
    due_ms = clock(up, "resolve")["due_ms"]
    out = ok(up, "hold", 1, "--for", "2d", "--reason", "the vendor sends a patch")
    # In the reader's time, as every screen has it.
    assert re.search(r"1: put on hold.*; to be resolved by \d{4}-\d\d-\d\d \d\d:\d\d UTC\n", out), out
    row = clock(up, "resolve")
    assert (row["state"], row["due_ms"]) == ("held", due_ms)
    assert row["hold_until_ms"] - row["held_ms"] == 2 * 24 * 3600 * 1000
    assert clock(up)["state"] == "running"
    assert "on hold until" in ok(up, "show", 1)
    actor, said = detail(up, "held")
    assert actor == ME and said["reason"] == "the vendor sends a patch"
    assert "resolve clock on hold" in up.log_text()
    ok(up, "hold", 1, "--end")
    row = clock(up, "resolve")
    assert row["state"] == "running" and row["due_ms"] == due_ms + row["waited_ms"]
    assert row["waited_ms"] > 0
    refused(up.ctl("hold", 1, "--end"), 1, "not on hold")


def test_hold_runs_out_by_itself(up):
    """The end of a hold is an event of its own."""
    due_ms = clock(up, "resolve")["due_ms"]
    ok(up, "hold", 1, "--for", "1s", "--reason", "a moment")
    wait_for(lambda: clock(up, "resolve")["state"] == "running", "the end of the hold")
    assert clock(up, "resolve")["due_ms"] == due_ms + 1000
    assert detail(up, "hold-expired")[0] == "triaged"


def test_late_to_resolve_is_found(site, tmp_path):
    """A clock on hold is not late, whatever its due time was. An alert that was triaged is late
    when nobody resolves it: who counts it and who lists it agree, and the log says which clock."""
    machine = Clock(tmp_path)
    site.more_environment = machine.environment
    site.settings(SETTINGS + "sla:\n  high: {triage: 1h, resolve: 1h}\n")
    kit.put(site, kit.alert(1))
    site.start()
    kit.wait_alert(site)
    ok(site, "assign", 1, "anna")
    ok(site, "phase", 1, "investigate")
    ok(site, "hold", 1, "--for", "1d", "--reason", "a part is on its way")
    machine.jump(2 * 3600)
    assert "Overdue     none" in ok(site, "status")
    assert "no alert matches" in ok(site, "list", "--overdue")
    assert "0 high alerts overdue" in site.ctl("check")[1]
    ok(site, "hold", 1, "--end")
    machine.jump(2 * 3600)
    wait_for(lambda: site.value("select breached_ms from v_sla where alert_id = 1"
                                " and clock = 'resolve'"), "the breach")
    assert site.value("select state from v_sla where alert_id = 1 and clock = 'triage'") == "met"
    assert "Overdue     1 high" in ok(site, "status")
    assert re.search(r" acked +1 h late .*" + TITLE, ok(site, "list", "--overdue"))
    assert TITLE + "  resolve" in ok(site, "sql", "overdue")
    assert "1 high alert overdue" in site.ctl("check")[1]
    wait_for(lambda: "SLA breached alert_id=1 " in site.log_text(), "its line in the log")
    assert re.search(r"SLA breached alert_id=1 .*clock=resolve", site.log_text())


def test_hold_is_refused(site):
    """Without a resolve clock, without a reason, for too long."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1))
    site.start()
    kit.wait_alert(site)
    refused(site.ctl("hold", 1, "--for", "2d", "--reason", "x"), 1, "no resolve clock")
    refused(site.ctl("hold", 1, "--for", "8d", "--reason", "x"), 2, "at most 7 days")
    refused(site.ctl("hold", 1, "--for", "2d"), 2, "--reason")
    for args in ({"alert": 1}, {"alert": 1, "for_ms": 1000}, {"alert": 1, "for_ms": 1000, "reason": ""},
                 {"alert": 1, "for_ms": -5, "reason": "x"}, {"alert": 1, "for_ms": 2**63 - 1, "reason": "x"},
                 {"alert": 1, "end": True, "for_ms": 5}):
        assert talk(site, {"verb": "hold", "args": args})["code"] == "usage", args
    assert "held" not in events(site, 1)


def test_reopen_is_a_new_episode(up):
    """New clocks, a ladder from its first step, messages with keys of their own
    that say it was re-opened; the first episode's record stays."""
    refused(up.ctl("reopen", 1), 1, "1: not re-opened: it is not closed")
    ok(up, "close", 1, "--as", "benign", "--note", "a test")
    wait_for(lambda: kit.deliveries(up, "kind = 'closed' and state = 'sent'"), "the close")
    out = ok(up, "reopen", 1, "--note", "it was none")
    assert "1: re-opened" in out
    row = kit.alert_row(up, TITLE)
    assert (row["state"], row["phase"], row["episode"], row["verdict"]) == ("open", "detect", 2, None)
    assert [(c["episode"], c["clock"], c["state"]) for c in up.rows(
        "select * from v_sla order by episode, clock")] == [
        (1, "resolve", "met"), (1, "triage", "met"), (2, "resolve", "running"), (2, "triage", "running")]
    again = kit.wait_delivery(up, "kind = 'reopened' and state = 'sent'")
    assert again["episode"] == 2 and f"{ME} re-opened it" in again["reason"]
    kit.wait_delivery(up, "kind = 'escalated' and episode = 2 and state = 'sent'")
    keys = [row["key"] for row in kit.deliveries(up)]
    assert len(keys) == len(set(keys))
    assert detail(up, "reopened") == (ME, {"episode": 2, "note": "it was none"})


def test_note_is_kept_also_when_closed(up):
    """A note changes nothing but the history, which timeline shows."""
    ok(up, "close", 1, "--as", "benign")
    before = kit.alert_row(up, TITLE)
    assert "1: noted" in ok(up, "note", 1, "the key was in a public repository")
    assert kit.alert_row(up, TITLE) == before
    assert detail(up, "note") == (ME, {"text": "the key was in a public repository"})
    assert "public repository" in ok(up, "timeline", 1)
    for size in (2001, 60000):
        status, out, _ = up.ctl("note", 1, "\u00e4" * size)
        assert status == 2 and f"at most 2000 characters, and this one has {size}" in " ".join(out.split()), out
    assert len(up.rows("select 1 from v_events where kind = 'note'")) == 1
    assert "1: noted" in ok(up, "note", 1, "\u00e4" * 2000)
    assert detail(up, "note")[1]["text"] == "\u00e4" * 2000
    for args in ({"alert": 1}, {"alert": 1, "text": ""}, {"alert": 1, "text": 7}):
        assert talk(up, {"verb": "note", "args": args})["code"] == "usage", args


# What people type freely with each verb, and how many characters of it are kept.
FREE = (("ack", {"alert": 1}, "note", 2000),
        ("close", {"alert": 1, "as": "benign"}, "note", 2000),
        ("assign", {"alert": 1, "owner": "sam"}, "note", 2000),
        ("phase", {"alert": 1, "phase": "contain"}, "note", 2000),
        ("reopen", {"alert": 1}, "note", 2000),
        ("note", {"alert": 1}, "text", 2000),
        ("hold", {"alert": 1, "for_ms": 3600000}, "reason", 2000),
        ("silence-add", {"match": "severity=low", "for_ms": 3600000}, "reason", 500),
        ("drill", {"for_ms": 3600000}, "reason", 500),
        ("outbox-drop", {"target": "folder"}, "reason", 500),
        ("respond", {"alert": 1, "action": "resolve"}, "reason", 500),
        ("refuse", {"response": 1}, "reason", 500))


def test_what_people_type_is_kept_whole_or_refused(up):
    """Nobody is told that words were noted that were cut: each verb refuses what
    it would not keep, and says how much it would."""
    before = up.rows("select * from v_events")
    for verb, args, name, most in FREE:
        answer = talk(up, {"verb": verb, "args": {**args, name: "\u00e4" * (most + 1)}})
        assert answer["code"] == "usage", (verb, answer)
        assert f"at most {most} characters, and this one has {most + 1}" in answer["text"], (verb, answer)
    kept = [row for row in up.rows("select * from v_events") if row["actor"] == ME]
    assert kept == [row for row in before if row["actor"] == ME]
    answer = talk(up, {"verb": "ack", "args": {"alert": 1, "note": "\u00e4" * 2000}})
    assert answer["code"] == "ok", answer
    assert detail(up, "acknowledged")[1]["note"] == "\u00e4" * 2000


def test_a_note_too_long_needs_no_daemon_to_be_refused(up):
    """The client says so by itself, alike for every command that takes one."""
    up.stop()
    for command in (("ack", 1, "--note"), ("close", 1, "--as", "benign", "--note"),
                    ("assign", 1, "sam", "--note"), ("hold", 1, "--for", "2h", "--reason")):
        status, out, errors = up.ctl(*command, "x" * 2001)
        assert status == 2 and "at most 2000 characters" in " ".join((out + errors).split()), (command, out, errors)


def test_two_operators(up):
    """Both looked at the same version and act at once: one did it, the other is
    told, and what the first did stands."""
    version = kit.alert_row(up, TITLE)["version"]
    lines = [json.dumps({"v": 1, "id": n, "verb": "assign",
                         "args": {"alert": 1, "version": version, "owner": who}}).encode() + b"\n"
             for n, who in enumerate(["alice", "bob"])]
    with connect(up) as first, connect(up) as second:
        first.sendall(lines[0])
        second.sendall(lines[1])
        answers = {"alice": answer_of(first), "bob": answer_of(second)}
    codes = {who: answer["code"] for who, answer in answers.items()}
    assert sorted(codes.values()) == ["conflict", "ok"]
    winner = next(who for who, code in codes.items() if code == "ok")
    loser = next(who for who in codes if who != winner)
    assert "changed meanwhile" in answers[loser]["text"] and "look at it again" in answers[loser]["text"]
    assert kit.alert_row(up, TITLE)["owner"] == winner
    assert events(up, 1).count("assigned") == 1
    for verb, args in (("phase", {"phase": "contain"}), ("hold", {"for_ms": 1000, "reason": "x"}),
                       ("reopen", {})):
        answer = talk(up, {"verb": verb, "args": {"alert": 1, "version": version, **args}})
        assert answer["code"] == "conflict", (verb, answer)


def test_what_is_refused(up):
    """Closed alerts, unknown ones, and words that mean nothing, each with a
    sentence; nothing of it is in the history."""
    before = events(up, 1)
    for command, words in ((["phase", "1", "detect"], "never again"),
                           (["phase", "1", "investigte"], "did you mean 'investigate'"),
                           (["phase", "1"], "needs ID... PHASE"), (["assign", "1"], "needs ID... WHO"),
                           (["assign", "1", "1"], "names the owner"),
                           (["note", "1", "two", "words"], "quotes"), (["hold", "1"], "--for")):
        refused(up.ctl(*command), 2, words)
    for command in (["assign", "99", "bob"], ["phase", "99", "triage"], ["reopen", "99"],
                    ["hold", "99", "--end"], ["note", "99", "x"]):
        assert up.ctl(*command)[0] == 5, command
    for verb, args in (("assign", {}), ("assign", {"owner": ""}), ("assign", {"owner": "x" * 129}),
                       ("assign", {"owner": "bob\nsmith"}), ("assign", {"owner": "\u202ebob"}),
                       ("assign", {"owner": 7}), ("phase", {}), ("phase", {"phase": "detect"}),
                       ("phase", {"phase": "nowhere"})):
        answer = talk(up, {"verb": verb, "args": {"alert": 1, **args}})
        assert answer["code"] == "usage" and answer["text"], (verb, args)
    assert [kind for kind in events(up, 1) if kind != "escalated"] == [
        kind for kind in before if kind != "escalated"]
    ok(up, "close", 1, "--as", "benign")
    for command in (["assign", "1", "bob"], ["phase", "1", "document"],
                    ["hold", "1", "--for", "1h", "--reason", "x"]):
        refused(up.ctl(*command), 1, f"{ME} closed it")
        answer = talk(up, {"verb": command[0], "args": {"alert": 1, "owner": "bob", "phase": "document",
                                                        "for_ms": 1000, "reason": "x"}})
        assert answer["code"] == "conflict" and "closed already" in answer["text"]


def test_several_at_once_and_without_the_daemon(up):
    """Each of several alerts has its own outcome; without the daemon nothing
    changes."""
    kit.put(up, kit.alert(2), name="second.json")
    two = kit.wait_alert(up, "Suspicious process 2")["id"]
    status, out, _ = up.ctl("assign", 1, 99, two, "night-shift")
    assert status == 5 and f"{two}: assigned to night-shift" in out and "99: not assigned" in out
    assert number_of(up, TITLE) == 1 and kit.alert_row(up, TITLE)["owner"] == "night-shift"
    found = up.ctl_json("phase", 1, two, "contain")
    assert found["schema"] == "triaged.phase.v1"
    assert [row["code"] for row in found["results"]] == ["ok", "ok"]
    assert up.stop() == 0
    for command in (["assign", "1", "bob"], ["phase", "1", "triage"], ["reopen", "1"],
                    ["hold", "1", "--end"], ["note", "1", "x"]):
        expected = 1 if command[0] == "reopen" else 3
        assert up.ctl(*command)[0] == expected, command
    assert kit.alert_row(up, TITLE)["owner"] == "night-shift"
