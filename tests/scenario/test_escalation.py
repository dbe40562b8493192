"""Ladders and clocks in seconds instead of minutes: who is told when nobody
answers, and that it is once, also over a restart."""
import datetime
import json
import time

import pytest

import fakes
import kit
from harness import wait_for

SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
targets:
  - {name: first, type: webhook, url: "{sink}/first", allow-private: true}
  - {name: second, type: webhook, url: "{sink}/second", allow-private: true}
routes:
  - when: {severity: critical}
    ladder:
      - {after: 0s, notify: [first]}
      - {after: 1s, notify: [second], repeat: 1s, times: TIMES}
fallback: first
"""


def configure(site, sink, times=1000, more=""):
    site.settings(SETTINGS.replace("TIMES", str(times)) + more, sink=sink.url)


def told(sink, path="*"):
    """[(target, kind)] of the messages that arrived, in order."""
    found = []
    for request in sink.requests(path):
        notice = json.loads(request["body"])["data"]["notice"]
        found.append((notice["target"], notice["kind"]))
    return found


def climbing(site):
    """Ladders that have a next step."""
    return site.rows("select * from ladder where next_ms > 0")


def test_unanswered_critical_climbs_until_somebody_takes_it(site, tmp_path):
    """The first target at once, the second after a second and again and again;
    an acknowledgement ends that, and both hear who has it."""
    with fakes.Sink(tmp_path) as sink:
        configure(site, sink)
        kit.put(site, kit.alert(crown=True))
        site.start()
        sink.wait_requests(2, "/second")
        assert site.ctl("ack", "1", "--note", "on my way")[0] == 0
        wait_for(lambda: [kind for _, kind in told(sink)].count("acknowledged") == 2,
                 "both to hear of it")
        messages = told(sink)
        ladder = [message for message in messages if message[1] != "acknowledged"]
        assert ladder == [("first", "opened")] + [("second", "escalated")] * (len(ladder) - 1)
        assert sorted(message for message in messages if message not in ladder) == [
            ("first", "acknowledged"), ("second", "acknowledged")]
        row = kit.alert_row(site, "Suspicious process 1")
        assert {body["data"]["alert"]["acknowledged_by"] for body in sink.bodies()
                if body["type"] == "alert.acknowledged"} == {row["acknowledged_by"]}
        assert climbing(site) == []
        keys = [row["key"] for row in kit.deliveries(site)]
        assert len(set(keys)) == len(keys)
        # A later alert climbs past the moment when the first would have.
        kit.put(site, kit.alert(2, crown=True), name="second.json")
        number = kit.wait_alert(site, "Suspicious process 2")["id"]
        wait_for(lambda: len(kit.deliveries(site, "alert_id = ? and kind = 'escalated'",
                                            number)) >= 2, "its escalation")
        assert len([message for message in told(sink) if message[1] == "escalated"]) >= 3
        assert kit.deliveries(site, "alert_id = 1")[-1]["kind"] == "acknowledged"


def test_ladder_ends_after_its_repeats(site, tmp_path):
    """times: 2 is one message and two repeats at most, then silence, and each
    is in the audit log."""
    with fakes.Sink(tmp_path) as sink:
        configure(site, sink, times=2)
        kit.put(site, kit.alert(crown=True))
        site.start()
        sink.wait_requests(1, "/second")
        wait_for(lambda: climbing(site) == [], "the end of the ladder")
        kinds = [row["kind"] for row in kit.deliveries(site)]
        # Steps that fall due in one turn, on a busy machine, are one message.
        assert kinds[0] == "opened" and 1 <= kinds.count("escalated") == len(kinds) - 1 <= 3
        assert site.value("select count(*) from v_events where kind = 'escalated'") == len(
            kinds) - 1


@pytest.mark.row("B2")
def test_breach_is_told_once_also_over_restarts(site, tmp_path):
    """Everybody who was told of the alert is told that its clock ran out, once,
    though the daemon is killed before, around and after that moment."""
    with fakes.Sink(tmp_path) as sink:
        configure(site, sink, times=1, more="sla:\n  critical: {triage: 4s}\n")
        kit.put(site, kit.alert(crown=True))
        site.start()
        sink.wait_requests(1, "/second")
        site.kill()
        due_ms = site.value("select due_ms from v_sla")
        wait_for(lambda: time.time() * 1000 > due_ms, "the due time")
        for _ in range(3):
            site.start()
            wait_for(lambda: ["breached"] * 2 == [kind for _, kind in told(sink)
                                                  if kind == "breached"], "the breach")
            wait_for(lambda: not kit.deliveries(site, "state not in ('sent', 'superseded')"),
                     "the rest")
            site.kill()
        breaches = kit.deliveries(site, "kind = 'breached'")
        assert sorted(row["target"] for row in breaches) == ["first", "second"]
        assert "while triaged was down" in breaches[0]["reason"]
        assert site.value("select count(*) from v_events where kind = 'sla-breached'") == 1
        row = kit.alert_row(site, "Suspicious process 1")
        assert (row["triage_state"], row["state"]) == ("breached", "open")


def test_a_clock_that_counts_from_the_source(site, tmp_path):
    """sla-start: source. What ran out before it was seen is told once, by the
    message that tells of the alert; a time still to come counts as seen, and
    the story says so; and a clock keeps its start over a reload."""
    raised = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    raised -= datetime.timedelta(hours=3)
    later = raised + datetime.timedelta(hours=8)
    with fakes.Sink(tmp_path) as sink:
        configure(site, sink, times=1, more="sla-start: source\n")
        site.file.write_text(site.file.read_text().replace("after: 1s", "after: 1h"))
        kit.put(site, kit.alert(crown=True, timeGeneratedUtc=raised.isoformat()),
                kit.alert(2, timeGeneratedUtc=later.isoformat()))
        site.start()
        sink.wait_requests(2, "/first")
        row = kit.alert_row(site, "Suspicious process 1")
        clock = site.rows("select * from v_sla where alert_id = ?", row["id"])[0]
        assert clock["started_ms"] == raised.timestamp() * 1000
        assert clock["due_ms"] - clock["started_ms"] == 15 * 60 * 1000
        assert (row["triage_state"], row["state"]) == ("breached", "open")
        sent = kit.deliveries(site, "alert_id = ?", row["id"])
        assert [delivery["kind"] for delivery in sent] == ["opened"]
        assert "its triage clock ran out before it was seen" in sent[0]["reason"]
        assert site.value("select detail ->> 'before_seen' from v_events "
                          "where kind = 'sla-breached'") == 1
        why = [event["text"] for event in site.ctl_json("why", str(row["id"]))["story"]]
        assert any("counted from the source's own time" in text for text in why)
        assert any("ran out" in text and "before it was seen" in text for text in why)
        other = kit.alert_row(site, "Suspicious process 2")
        clock = site.rows("select * from v_sla where alert_id = ?", other["id"])[0]
        assert clock["started_ms"] == other["seen_ms"]
        why = [event["text"] for event in site.ctl_json("why", str(other["id"]))["story"]]
        assert any("since the source's time was still to come" in text for text in why)
        # The seen one moves no clock that runs.
        site.file.write_text(site.file.read_text().replace("sla-start: source", ""))
        assert site.ctl("reload")[0] == 0
        assert site.rows("select started_ms, due_ms from v_sla where alert_id = ?",
                         row["id"])[0]["started_ms"] == raised.timestamp() * 1000
        kit.put(site, kit.alert(3, timeGeneratedUtc=raised.isoformat()), name="three.json")
        third = kit.wait_alert(site, "Suspicious process 3")
        assert site.value("select started_ms from v_sla where alert_id = ?",
                          third["id"]) == third["seen_ms"]


@pytest.mark.parametrize("new, step, route", [
    # Its number is that of another now, which has fewer steps.
    ("""
  - {when: {severity: low}, ladder: [{after: 0s, notify: [first]}]}
  - when: {severity: critical}
    ladder: [{after: 0s, notify: [first]}, {after: 1s, notify: [second]}]
""", "step 2 of 2 of route 2", "route 2"),
    # It was given a name, and others the number.
    ("""
  - {when: {severity: low}, ladder: [{after: 0s, notify: [first]}, {after: 1s, notify: [first]}]}
  - name: urgent
    when: {severity: critical}
    ladder: [{after: 0s, notify: [first]}, {after: 1s, notify: [second]}]
""", "step 2 of 2 of urgent", "urgent"),
    # It is for fewer alerts, and for this one still.
    ("""
  - when: {severity: critical, not: {tag: drill}}
    ladder: [{after: 0s, notify: [first]}, {after: 1s, notify: [second]}]
""", "step 2 of 2 of route 1", "route 1"),
    # It is gone; who has its number is for other alerts.
    ("""
  - {when: {severity: low}, ladder: [{after: 0s, notify: [first]}, {after: 1s, notify: [first]}]}
""", "no route covers it, you are the fallback", None),
])
def test_a_route_without_a_name_over_a_reload(site, tmp_path, new, step, route):
    """An alert goes on with the route that it climbs, whatever number that has by now; when
    there is no such route any more, the fallback is told."""
    with fakes.Sink(tmp_path) as sink:
        configure(site, sink)
        text = site.file.read_text().replace("after: 1s", "after: 3s")
        text = text.replace("fallback: first", "fallback: second")
        site.file.write_text(text)
        kit.put(site, kit.alert(crown=True))
        site.start()
        sink.wait_requests(1, "/first")
        begin, end = text.index("routes:") + len("routes:"), text.index("fallback:")
        site.file.write_text(text[:begin] + new + text[end:])
        assert site.ctl("reload")[0] == 0
        ladders = json.loads(site.ctl("--json", "why", 1)[1])["ladder"]
        assert {ladder["route"] for ladder in ladders} == ({route} if route else set())
        sink.wait_requests(1, "/second")
        wait_for(lambda: climbing(site) == [], "the ladder to end")
        assert told(sink)[0] == ("first", "opened")
        assert site.value("select reason from v_deliveries where target = 'second'").endswith(step)


@pytest.mark.row("B2")
def test_restart_between_steps_loses_and_repeats_nothing(site, tmp_path):
    """Killed and started again after each step: the ladder goes on where it
    was, no message is owed twice, and what a receiver has twice says so."""
    with fakes.Sink(tmp_path) as sink:
        configure(site, sink)
        kit.put(site, kit.alert(crown=True))
        for step in range(1, 6):
            site.start()
            wait_for(lambda n=step: len(kit.deliveries(site, "state = 'sent'")) >= n,
                     f"message {step}")
            site.kill()
        site.start()
        assert site.ctl("ack", "1")[0] == 0
        wait_for(lambda: not kit.deliveries(site, "state not in ('sent', 'superseded')"),
                 "all sent")
        rows = kit.deliveries(site)
        kinds = [row["kind"] for row in rows]
        assert kinds[0] == "opened" and kinds[-2:] == ["acknowledged"] * 2
        assert set(kinds[1:-2]) == {"escalated"}
        assert site.value("select count(*) from v_alerts") == 1
        keys = [row["key"] for row in rows]
        assert len(set(keys)) == len(keys)
        seen = set()
        for body in sink.bodies():
            notice = body["data"]["notice"]
            assert notice["key"] not in seen or notice["maybe_duplicate"]
            seen.add(notice["key"])
        assert {row["key"] for row in rows if row["state"] == "sent"} <= seen <= set(keys)
