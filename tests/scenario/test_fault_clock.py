"""The time of day is wrong for a while; the machine sleeps; nobody is there for a weekend."""
import datetime
import json
import signal
from collections import Counter

import pytest

import doors
import fakes
import kit
import proofs
from harness import Clock, wait_for

HOUR = 3600
DAY = 24 * HOUR
SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
targets:
  - {name: duty, type: folder, path: "{outbox}/duty"}
  - {name: boss, type: folder, path: "{outbox}/boss"}
sla:
  critical: {triage: 15m}
routes:
  - when: {severity: critical}
    ladder:
      - {after: 0s, notify: [duty]}
      - {after: 10m, notify: [boss], repeat: 10m, times: 2}
  - ladder: [{after: 0s, notify: [duty]}]
fallback: duty
"""
# What one unanswered critical alert owes in the end: (target, kind, step).
OWED = Counter({("duty", "opened", 0): 1, ("boss", "escalated", 1): 3})
# What falls due together is one message.
COLLAPSED = Counter({("duty", "opened", 0): 1, ("boss", "escalated", 1): 1})


def clocks(site):
    """{(alert, clock): when it was due from the beginning}."""
    return {(row["alert_id"], row["clock"]): row["due_ms"] for row in site.rows(
        "select alert_id, clock, due_ms from v_sla")}


def breached(site, number):
    return site.value("select count(*) from v_events where kind = 'sla-breached' and alert_id = ?", number)


def steps(site, number):
    """What was said to whom about it, but for how its clock stands."""
    return Counter((row["target"], row["kind"], row["step"]) for row in kit.deliveries(
        site, "alert_id = ? and kind in ('opened', 'escalated')", number))


def arrives(site, alerts, number):
    """One more alert comes in and somebody is told of it."""
    alerts.append(kit.alert(number))
    kit.put(site, *alerts)
    identity = kit.wait_alert(site, f"Suspicious process {number}")["id"]
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", identity)


def until_quiet(site, clock, seconds):
    """The time goes on, in steps of half a minute."""
    for _ in range(seconds // 30):
        clock.jump(30)
        assert site.ctl_reaches()


@pytest.fixture
def clock(site, tmp_path):
    made = Clock(tmp_path)
    site.more_environment = made.environment
    return made


@pytest.mark.row("B1")
@pytest.mark.parametrize("jump", [HOUR, -HOUR, 3652 * DAY, -20000 * DAY],
                         ids=["an hour on", "an hour back", "ten years on", "to 1972"])
def test_the_time_of_day_jumps_and_comes_back(site, clock, jump):
    """Alerts come in and are told of all the while; no due time moves, no breach is undone, each step
    of the ladder is said once, none is left out, and nothing old is removed."""
    site.settings(SETTINGS)
    alerts = [kit.alert(1, crown=True)]
    kit.put(site, *alerts)
    arrives_closed(site, alerts)
    before = clocks(site)
    clock.jump(jump, mono=False)
    assert site.ctl_reaches()
    arrives(site, alerts, 3)
    clock.jump(-jump, mono=False)
    assert site.ctl_reaches()
    arrives(site, alerts, 4)
    until_quiet(site, clock, 45 * 60)
    owed = COLLAPSED if jump > 0 else OWED
    wait_for(lambda: steps(site, 1) >= owed, "the whole ladder")
    wait_for(lambda: not kit.deliveries(site, "state not in ('sent', 'superseded')"), "all messages")
    assert steps(site, 1) == owed
    assert breached(site, 1) == 1
    after = clocks(site)
    assert {key: after[key] for key in before} == before
    assert site.value("select count(*) from v_alerts") == 4
    assert site.value("select count(*) from v_revisions") >= 4
    proofs.check_database(site)


def arrives_closed(site, alerts):
    """Two alerts are there, the second of them closed: what retention may remove one day."""
    site.start()
    kit.wait_delivery(site, "alert_id = 1 and state = 'sent'")
    arrives(site, alerts, 2)
    number = kit.alert_row(site, "Suspicious process 2")["id"]
    assert site.ctl("close", number, "--as", "benign")[0] == 0


@pytest.mark.row("B1")
@pytest.mark.parametrize("jump", [HOUR, -HOUR, 3652 * DAY, -20000 * DAY],
                         ids=["an hour on", "an hour back", "ten years on", "to 1972"])
def test_the_time_of_day_jumps_while_a_service_is_down(site, clock, tmp_path, jump):
    """How long to wait for the next try, and how long a token lives, is no matter of the time of day:
    there is no storm of tries, and it heals as soon as the service is well."""
    with fakes.Azure(tmp_path, {"seed": 31, "alerts": 40, "subscriptions": 1}) as azure:
        with fakes.Sink(tmp_path) as sink:
            proofs.configure(site, azure, sink, interval="1m")
            azure.fault(path="*/alerts", arm="server-error")
            sink.fault(path="/soc", status=503)
            site.start()
            azure.wait_requests(2, "*/alerts")
            seen = len(azure.requests("*/alerts"))
            signed_in = azure.state()["token_requests"]
            for step in (jump, -jump, jump, -jump):
                clock.jump(step, mono=False)
                assert site.ctl_reaches()
            assert len(azure.requests("*/alerts")) - seen <= 5
            azure.heal()
            sink.heal()
            wait_for(lambda: healed(site, azure, clock), "all alerts and messages")
            assert azure.state()["token_requests"] - signed_in <= 4
            proofs.check_equal(site, azure)
            keys = proofs.check_deliveries(site, azure, sink)
            assert set(proofs.sink_keys(sink)) == set(keys)
            proofs.check_database(site)


@pytest.mark.row("B1")
@pytest.mark.parametrize("down", [False, True], ids=["running", "down"])
def test_what_began_on_a_clock_that_was_ahead(site, clock, down):
    """Somebody acknowledges and silences while the clock is ten years ahead; it is set right, with the
    daemon running or down. The acknowledgement runs out after half an hour, not after ten years."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1))
    site.start()
    kit.wait_delivery(site, "alert_id = 1 and state = 'sent'")
    clock.jump(3652 * DAY, mono=False)
    assert site.ctl_reaches()
    alerts = [kit.alert(1), kit.alert(2, crown=True)]
    arrives(site, alerts, 3)
    number = kit.wait_alert(site, "Suspicious process 2")["id"]
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", number)
    assert site.ctl("ack", number)[0] == 0
    assert site.ctl("silence", "add", "--match", "severity=low", "--for", "2h", "--reason", "scan")[0] == 0
    set_right(site, clock, down)
    assert site.value("select count(*) from v_events where kind = 'waits-moved'") == 0
    until_moved(site, clock)
    now_ms = (datetime.datetime.now().timestamp() * 1000) + clock.wall_ms
    [row] = site.rows("select * from v_alerts where id = ?", number)
    assert 0 < row["acknowledge_expires_ms"] - now_ms <= HOUR / 2 * 1000
    assert row["acknowledged_ms"] - now_ms > 3600 * DAY * 1000  # what happened stays as it was written
    assert site.value("select max(ends_ms) from v_silences") - now_ms <= 2 * HOUR * 1000
    assert max(clocks(site).values()) - now_ms <= DAY * 1000
    until_quiet(site, clock, 31 * 60)
    wait_for(lambda: site.value("select count(*) from v_events where kind = 'acknowledgement-expired'"),
             "the acknowledgement to run out")
    wait_for(lambda: len(kit.deliveries(site, "alert_id = ? and state = 'sent' and target = 'duty'", number)) > 1,
             "somebody to be told again")
    assert site.ctl("audit", "verify")[0] == 0
    proofs.check_database(site)


@pytest.mark.row("B1")
@pytest.mark.parametrize("down", [False, True], ids=["running", "down"])
def test_what_was_too_old_for_a_clock_that_was_ahead(site, clock, tmp_path, down):
    """A message waits for its next try while the clock goes ten years ahead, and is given up for its
    age; set right, the clock shows that it is young, and it is sent: with its first key, once."""
    with fakes.Sink(tmp_path) as sink:
        site.settings(kit.FILES + f"""
targets:
  - {{name: soc, type: webhook, url: "{sink.url}/soc", allow-private: true}}
routes: [{{ladder: [{{after: 0s, notify: [soc]}}]}}]
fallback: soc
""")
        sink.fault(path="/soc", status=503)
        kit.put(site, kit.alert(1))
        site.start()
        kit.wait_delivery(site, "alert_id = 1 and state = 'retry'")
        clock.jump(3652 * DAY, mono=False)
        clock.jump(HOUR)
        gone = kit.wait_delivery(site, "alert_id = 1 and kind = 'opened' and state = 'dead'")
        assert gone["last_error"].startswith("expired (")
        sink.heal()
        set_right(site, clock, down)
        until_moved(site, clock)
        sent = kit.wait_delivery(site, "id = ? and state = 'sent'", gone["id"])
        assert sent["key"] == gone["key"] and not sent["given_up_ms"]
        assert sent["key"] in proofs.sink_keys(sink)
        proofs.check_database(site)


@pytest.mark.row("B1")
def test_a_clock_that_is_wrong_for_a_moment(site, clock):
    """Both steps are seen, though nothing falls due between them: what is written down by a wrong clock
    must be known to be."""
    site.settings(SETTINGS.replace("interval: 1s", "interval: 1h"))
    site.start()
    for jump in (3652 * DAY, -3652 * DAY):
        clock.jump(jump, mono=False)
        assert all(site.ctl_reaches() for _ in range(5))  # each takes a turn of its loop
    wait_for(lambda: site.value("select count(*) from v_events where kind = 'clock-set-back'") == 1,
             "what is kept of it")


# Without a row: the newest window begins behind what was read, as it should.
def test_a_source_of_windows_on_a_clock_that_was_ahead(site, clock, tmp_path):
    """The clock is ten years ahead: a run reads what is new and a month of what lies between, not
    3652 days one after the other, and tells the rest as unproven. Set right, all is proven again."""
    with fakes.Azure(tmp_path, {"seed": 17, "alerts": 6, "subscriptions": 1}) as azure:
        doors.configure(site, doors.block("graph", azure))
        assert site.once()[0] == 0
        assert [row["state"] for row in coverage(site)] == ["proven"]
        seen = len(azure.requests("*/alerts_v2"))
        clock.jump(3652 * DAY, mono=False)
        assert site.once()[0] == 0
        assert len(azure.requests("*/alerts_v2")) - seen <= 34
        [row] = coverage(site)
        assert row["state"] == "unproven" and row["unproven_seconds"] > 3600 * DAY
        clock.jump(-3652 * DAY, mono=False)
        assert site.once()[0] == 0
        [row] = coverage(site)
        assert row["state"] == "proven" and row["holes"] == 0
        now_ms = datetime.datetime.now().timestamp() * 1000
        assert abs(row["proven_to_ms"] - now_ms) < 60_000
        proofs.check_database(site)


def coverage(site):
    return json.loads(site.ctl("coverage", "--json")[1])["coverage"]


def set_right(site, clock, down):
    """The clock was ten years ahead; the daemon is @down meanwhile, or sees it."""
    if down:
        site.stop()
    clock.jump(-3652 * DAY, mono=False)
    if down:
        site.start()
    assert site.ctl_reaches()


def until_moved(site, clock):
    """The clock keeps to its time for the five minutes that are waited for."""
    wait_for(lambda: site.value("select count(*) from v_events where kind = 'clock-set-back'"),
             "the jump to be seen")
    clock.jump(301)
    assert site.ctl_reaches()
    wait_for(lambda: site.value("select count(*) from v_events where kind = 'waits-moved'"),
             "waits to be moved")


def healed(site, azure, clock):
    rows = site.rows("select state from v_deliveries")
    if (set(proofs.stored(site)) == set(proofs.truth(azure)) and rows
            and {row["state"] for row in rows} == {"sent"}):
        return True
    clock.jump(10)
    return not site.ctl_reaches()


@pytest.mark.row("B2")
@pytest.mark.parametrize("absence", ["asleep", "stopped", "killed"])
@pytest.mark.parametrize("hours", [8, 63], ids=["a night", "a weekend"])
def test_nobody_was_there(site, clock, absence, hours):
    """What fell due meanwhile is said once, with the words that it fell due while triaged was down or
    late; the breach stands at its due time, and what came in meanwhile is read."""
    site.settings(SETTINGS)
    first = kit.alert(1, crown=True)
    kit.put(site, first)
    site.start()
    kit.wait_delivery(site, "alert_id = 1 and state = 'sent'")
    before = clocks(site)
    if absence == "asleep":
        site.signal(signal.SIGSTOP)
    elif absence == "stopped":
        site.stop()
    else:
        site.kill()
    kit.put(site, first, kit.alert(2), kit.alert(3, crown=True))
    clock.jump(hours * HOUR)
    if absence == "asleep":
        site.signal(signal.SIGCONT)
        assert site.ctl_reaches()
    else:
        site.start()
    kit.wait_alert(site, "Suspicious process 3")
    wait_for(lambda: breached(site, 1), "the breach")
    until_quiet(site, clock, 45 * 60)
    wait_for(lambda: not kit.deliveries(site, "state not in ('sent', 'superseded')"), "all messages")
    assert breached(site, 1) == 1
    assert {key: clocks(site)[key] for key in before} == before
    # The steps that were missed are one message, not three.
    said = steps(site, 1)
    assert said[("duty", "opened", 0)] == 1 and 1 <= said[("boss", "escalated", 1)] <= 3
    assert set(said) == set(OWED)
    assert {row["alert_id"] for row in kit.deliveries(site, "kind = 'opened'")} == {
        row["id"] for row in site.rows("select id from v_alerts")}
    proofs.check_database(site)
