"""Why somebody was paged, or was not: what triagectl tells of alerts that went
each of the ways an alert can go."""
import datetime
import time

import pytest

import fakes
import kit
from harness import wait_for

SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
calendars:
  - name: office
    timezone: Europe/Berlin
    hours: {mon-fri: "08:00-18:00"}
targets:
  - {name: oncall, type: folder, path: "{outbox}"}
  - {name: manager, type: folder, path: "{outbox}"}
  - {name: soc, type: folder, path: "{outbox}"}
routes:
  - name: worst
    when: {severity: critical}
    ladder:
      - {after: 0s, notify: [oncall]}
      - {after: 1h, notify: [manager]}
  - name: others
    when: {severity: [high, medium]}
    ladder: [{after: 0s, notify: [soc]}]
fallback: soc
"""

HOOK = kit.FILES + """
targets:
  - {name: hook, type: webhook, url: "{sink}/hook", allow-private: true}
routes:
  - ladder: [{after: 0s, notify: [hook]}]
fallback: hook
"""


def answer(site, number, target):
    return site.ctl_json("why", number, "--target", target)["answer"]


def story(site, number):
    return [row["text"] for row in site.ctl_json("why", number)["story"]]


def days_ago(days):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def number_of(site, n):
    return kit.wait_alert(site, f"Suspicious process {n}")["id"]


def test_paged_and_not_routed(site):
    """The route's target is told at once; the step that comes is named with its
    time; the target of another route learns which key was in the way."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1, crown=True), kit.alert(2, severity="Medium"))
    site.start()
    first, second = number_of(site, 1), number_of(site, 2)
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", first)
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", second)
    told = answer(site, first, "oncall")
    assert told["told"] and told["told_at"]
    assert told["text"].startswith("oncall was told at 2")
    assert "severity critical by rule crown-jewels; step 1 of 2 of worst" in told["text"]
    waits = answer(site, first, "manager")
    assert not waits["told"]
    assert "step 2 of route worst does that in 1 h" in waits["text"]
    other = answer(site, second, "oncall")
    assert not other["told"]
    assert other["text"] == (
        "oncall was not told: route others carries this medium alert to soc only; route worst "
        "would tell oncall but does not carry it: severity is medium, it wants critical")
    why = site.ctl_json("why", first)
    assert why["severity"]["policy_is_running"] and why["missing"] is None
    assert [step["state"] for step in why["ladder"]] == ["taken", "next"]
    assert "manager" in [row["targets"] for row in why["next"] if row["kind"] == "step"]


def test_what_tells_nobody(site):
    """Information, and what is older than the first run, is stored and alarms
    nobody, which is the answer; so is what was closed before it was seen."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1, severity="Informational"),
            kit.alert(2, severity="Medium", timeGeneratedUtc=days_ago(3)),
            kit.alert(3, status="Resolved"))
    site.start()
    numbers = [number_of(site, n) for n in (1, 2, 3)]
    assert "severity info are stored and tell nobody" in answer(site, numbers[0], "soc")["text"]
    assert "older than the import horizon" in answer(site, numbers[1], "oncall")["text"]
    assert "closed it before it was first seen" in answer(site, numbers[2], "soc")["text"]
    assert "information has no clock" in site.ctl("why", numbers[0])[1]


def test_closed_at_the_source(site):
    """The ladder stops, and whom the next step would have told learns why."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1, crown=True))
    site.start()
    number = number_of(site, 1)
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", number)
    kit.put(site, kit.alert(1, crown=True, status="Resolved"))
    wait_for(lambda: kit.alert_row(site, "Suspicious process 1")["state"] == "closed", "the close")
    assert "closed at the source as Resolved; clocks and ladders stop" in story(site, number)
    text = answer(site, number, "manager")["text"]
    assert "step 2 of route worst would have done that at" in text
    assert text.endswith("but the ladder had stopped: stopped by the source")


def test_acknowledged_then_expired(site):
    """Who had it, until when, and that the ladder began anew."""
    site.settings(SETTINGS + "acknowledge-expires: {critical: 2s}\n")
    kit.put(site, kit.alert(1, crown=True))
    site.start()
    number = number_of(site, 1)
    assert site.ctl("ack", number, "--note", "mine")[0] == 0
    ahead = site.ctl_json("why", number)["next"]
    assert [row["kind"] for row in ahead][:2] == ["acknowledgement-end", "step"]
    assert ahead[1]["targets"] == "oncall"
    wait_for(lambda: any("ran out and nothing followed" in text for text in story(site, number)),
             "the end of the acknowledgement")
    assert any(text.startswith("acknowledged until 2") and ": mine; the ladders stop" in text
               for text in story(site, number))
    assert "step 2 of route worst does that" in answer(site, number, "manager")["text"]


@pytest.mark.row("B2")
def test_breached_while_down(site):
    """A daemon that is down hides nothing: what is late is foretold as late, and
    afterwards the story says that it was down."""
    site.settings(SETTINGS + "sla:\n  critical: {triage: 3s}\n")
    kit.put(site, kit.alert(1, crown=True))
    site.start()
    number = number_of(site, 1)
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", number)
    site.kill()
    due_ms = site.value("select due_ms from v_sla")
    wait_for(lambda: time.time() * 1000 > due_ms, "the due time")
    late = site.ctl_json("forecast")
    assert late["totals"]["critical"] == {"clocks": 1, "late": 1}
    assert late["forecast"][0]["left_ms"] < 0 and late["forecast"][0]["next_targets"] == "manager"
    assert "breach" in [row["kind"] for row in site.ctl_json("why", number)["next"]]
    site.start()
    wait_for(lambda: site.value("select count(*) from v_events where kind = 'sla-breached'"),
             "the breach")
    assert any("the triage clock ran out" in text and "while triaged was down" in text
               for text in story(site, number))
    assert site.ctl_json("forecast")["forecast"] == []


def test_given_up_and_superseded(site, tmp_path):
    """A refused message with its error, and one that a close made needless."""
    with fakes.Sink(tmp_path) as sink:
        site.settings(HOOK, sink=sink.url)
        sink.fault(path="/hook", status=404, times=1)
        kit.put(site, kit.alert(1))
        site.start()
        number = number_of(site, 1)
        kit.wait_delivery(site, "alert_id = ? and state = 'dead'", number)
        text = answer(site, number, "hook")["text"]
        assert text.startswith("hook was not told: the message of ")
        assert "was given up after 1 try" in text and "404" in text
        sink.heal()
        sink.fault(path="/hook", status=503)
        kit.put(site, kit.alert(1), kit.alert(2))
        number = number_of(site, 2)
        kit.wait_delivery(site, "alert_id = ? and state = 'retry'", number)
        text = answer(site, number, "hook")["text"]
        assert "hook has not been told yet" in text and "waits for its next try" in text
        assert site.ctl("close", number, "--as", "benign")[0] == 0
        kit.wait_delivery(site, "alert_id = ? and state = 'superseded'", number)
        error = site.value("select last_error from v_deliveries where alert_id = ? and "
                           "state = 'superseded'", number)
        assert error.startswith("the alert was closed before this was sent; the last try: http")
        assert "HTTP 503" in error
        # It may have heard of the alert, so it is to hear of the end.
        assert "hook has not been told yet" in answer(site, number, "hook")["text"]


def test_settings_that_cannot_be_read(site):
    """The database tells what it knows, and the answer says what is missing."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1))
    site.start()
    number = number_of(site, 1)
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", number)
    assert site.stop() == 0
    path = site.state / "triaged.db"
    site.file.write_text(site.file.read_text() + "nonsense: 1\n")
    status, out, _ = site.ctl("why", number)
    assert status == 0 and "nonsense" in out and "Routes" not in out
    assert answer(site, number, "soc")["told"]
    status, out, _ = site.ctl("--database", path, "why", number, "--target", "oncall")
    assert status == 0 and "oncall was not told; why cannot be said without the settings" in out
