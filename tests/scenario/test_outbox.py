"""What operators do to the outbox, and what becomes of messages that do not get
through: the second channel, targets that are out of order, after a kill too."""
import json
import re
import sqlite3

import pytest

import fakes
import kit
from harness import Clock, wait_for

HOOK = """
targets:
  - name: hook
    type: webhook
    url: "{url}"
    allow-private: true
    MORE
"""
FOLDERS = """  - {name: first, type: folder, path: "{outbox}/first"}
  - {name: folder, type: folder, path: "{outbox}/folder"}
"""
TO_HOOK = """
routes:
  - ladder: [{after: 0s, notify: [hook]}]
fallback: FALLBACK
"""


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


@pytest.fixture
def clock(site, tmp_path):
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    return clock


def hurry(site, clock, seconds):
    """That much later; an answer says that the loop has been around."""
    clock.jump(seconds)
    site.ctl("status")


def execute(site, *statements):
    db = sqlite3.connect(site.state / "triaged.db")
    with db:
        for statement in statements:
            db.execute(statement)
    db.close()


def configure(site, sink, fallback="folder", more="", folders=FOLDERS, url=None):
    for name in ("first", "folder"):
        (site.outbox / name).mkdir(exist_ok=True)
    site.settings(kit.FILES + kit.CROWN_JEWELS + HOOK.replace("MORE", more) + folders
                  + TO_HOOK.replace("FALLBACK", fallback), url=url or sink.url)


def ctl_json(site, *words):
    status, out, errors = site.ctl(*words, "--json")
    assert status == 0, (out, errors)
    return json.loads(out)


def events(site, kind):
    return [(row["alert_id"], row["actor"], json.loads(row["detail"])) for row in
            site.rows("select * from v_events where kind = ? order by id", kind)]


def instead(site, target, state="sent"):
    """Messages that @target got for another one."""
    return kit.deliveries(site, "target = ? and state = ? and reason like '%told instead'",
                          target, state)


def self_alert(site, slug):
    rows = site.rows("select * from v_alerts where native_id = ?", slug)
    return rows[0] if rows else None


# What operators do

def test_show_tells_one_message_in_full(site, sink):
    """Why, how often, the error, the key, the next try and the alert."""
    configure(site, sink)
    sink.fault(status=429, headers={"Retry-After": "3600"})
    kit.put(site, kit.alert())
    site.start()
    row = kit.wait_delivery(site, "target = 'hook' and state = 'retry'")
    out = site.ctl("outbox", "show", row["id"])[1]
    for word in (row["key"], row["reason"], "429", "Suspicious process 1", "retry"):
        assert word in out, out
    told = ctl_json(site, "outbox", "show", row["id"])
    assert told["schema"] == "triaged.outbox-show.v1"
    assert told["delivery"]["attempts"] == 1 and told["alerts"][0]["id"] == row["alert_id"]
    assert site.ctl("outbox", "show", 999)[0] == 5
    assert site.ctl("outbox", "show", "x")[0] == 2


def test_drop_ends_a_message_with_its_reason(site, sink):
    """Who and why stand in the row and in the history of its alert; the rest of
    the target goes with --target."""
    configure(site, sink)
    sink.fault(status=429, headers={"Retry-After": "3600"})
    kit.put(site, *[kit.alert(n) for n in range(1, 5)])
    site.start()
    rows = wait_for(lambda: (found := kit.deliveries(site, "state = 'retry'"))[3:] and found,
                    "four that wait")
    assert site.ctl("outbox", "drop", rows[0]["id"])[0] == 2
    status, out, errors = site.ctl("outbox", "drop", rows[0]["id"], "--reason", "by telephone")
    assert status == 0, errors
    row = kit.deliveries(site, "id = ?", rows[0]["id"])[0]
    assert row["state"] == "superseded" and "by telephone" in row["last_error"]
    [(alert, actor, detail)] = events(site, "outbox-drop")
    assert alert == row["alert_id"] and actor in row["last_error"]
    assert detail["delivery"] == row["id"] and detail["reason"] == "by telephone"
    assert site.ctl("outbox", "drop", rows[0]["id"], "--reason", "again")[0] == 5
    answer = ctl_json(site, "outbox", "drop", "--target", "hook", "--reason", "all of it")
    assert answer["deliveries"] == 3
    assert not kit.deliveries(site, "target = 'hook' and state <> 'superseded'")
    assert len(events(site, "outbox-drop")) == 4


def test_retry_of_all_that_is_dead(site, sink):
    """--dead puts back everything, --target that of one target."""
    configure(site, sink)
    sink.fault(status=404)
    kit.put(site, *[kit.alert(n) for n in range(1, 4)])
    site.start()
    wait_for(lambda: len(kit.deliveries(site, "state = 'dead'")) == 3, "three dead ones")
    assert site.ctl("outbox", "retry")[0] == 2
    assert site.ctl("outbox", "retry", "--dead", "--target", "nowhere")[0] == 5
    assert ctl_json(site, "outbox", "retry", "--dead", "--target", "first")["deliveries"] == 0
    sink.heal()
    assert ctl_json(site, "outbox", "retry", "--dead")["deliveries"] == 3
    wait_for(lambda: len(kit.deliveries(site, "state = 'sent'")) == 3, "three sent ones")
    assert len(events(site, "outbox-retry")) == 3


# The second channel

def fail_three_times(site, sink, clock):
    """Long before the clock of the alert is at 80 %, which would be one more message."""
    sink.fault(status=500)
    kit.put(site, kit.alert(1, crown=True), kit.alert(2))
    site.start()
    for n in (1, 2):
        wait_for(lambda: kit.deliveries(site, "target = 'hook' and severity = 'critical' and "
                                              "attempts = ? and state = 'retry'", n), "a failure")
        assert not instead(site, "folder")
        hurry(site, clock, 60)


@pytest.mark.row("D4")
def test_critical_is_told_elsewhere_after_three_failures(site, sink, clock):
    """Once, to the fallback, with the reason; of the other alert nobody hears."""
    configure(site, sink)
    fail_three_times(site, sink, clock)
    wait_for(lambda: instead(site, "folder"), "the second channel")
    hurry(site, clock, 60)
    wait_for(lambda: kit.deliveries(site, "target = 'hook' and attempts >= 4"), "a fourth try")
    [told] = instead(site, "folder")
    [first] = kit.deliveries(site, "target = 'hook' and severity = 'critical'")
    assert told["reason"] == (first["reason"] + "; target hook failed three times; you are told instead")
    assert told["key"] != first["key"] and told["alert_id"] == first["alert_id"]
    assert first["second"] == "folder"
    [(alert, _, detail)] = events(site, "told-instead")
    assert alert == first["alert_id"] and detail["second"] == "folder"
    assert not instead(site, "first")
    assert "folder" in site.ctl("outbox")[1]


@pytest.mark.row("D4")
@pytest.mark.parametrize("mended_by", ["reload", "restart"])
def test_who_mended_a_target_does_not_wait_for_its_pause(site, sink, clock, mended_by):
    """Of some minutes by now. A secret that systemd hands over needs a restart."""
    configure(site, sink)
    sink.fault(status=500)
    kit.put(site, kit.alert(1))
    site.start()
    for n in range(1, 7):
        kit.wait_delivery(site, "alert_id = 1 and attempts = ? and state = 'retry'", n)
        if n < 6:
            hurry(site, clock, 160)
    if mended_by == "restart":
        assert site.stop() == 0
    sink.heal()
    if mended_by == "restart":
        site.start()
    else:
        assert site.ctl("reload")[0] == 0
    kit.wait_delivery(site, "alert_id = 1 and state = 'sent'")


@pytest.mark.parametrize("down", [False, True], ids=["running", "down"])
def test_what_runs_out_unsent_is_in_the_journal(site, sink, clock, down):
    """Once, with what was wrong: no sender held it, so none could say so."""
    configure(site, sink)
    sink.fault(status=401)
    kit.put(site, kit.alert(1))
    site.start()
    owed = kit.wait_delivery(site, "target = 'hook' and state = 'retry'")
    if down:
        site.stop()
    clock.jump(25 * 3600)
    if down:
        site.start()
    gone = kit.wait_delivery(site, "id = ? and state = 'dead'", owed["id"])
    assert re.fullmatch(r"expired \(.* answered HTTP 401: .*\)", gone["last_error"])
    clock.jump(301)
    assert site.ctl_reaches()
    line = f"notice given up target=hook error=\"{gone['last_error']}\" delivery={owed['id']} alert_id=1"
    wait_for(lambda: line in site.log_text(), "the line about it")
    clock.jump(301)
    assert site.ctl_reaches()
    site.stop()
    assert site.log_text().count(line) == 1


def test_own_second_is_asked_first(site, sink):
    """second: before the fallback; a message that is dead at once counts."""
    configure(site, sink, more="second: first")
    sink.fault(status=404)
    kit.put(site, kit.alert(1, crown=True))
    site.start()
    wait_for(lambda: instead(site, "first"), "the second channel")
    assert not instead(site, "folder")


def test_a_critical_does_not_wait_an_hour(site, sink):
    """429 and Retry-After: an hour is heeded, and somebody else is told now."""
    configure(site, sink)
    sink.fault(status=429, headers={"Retry-After": "3600"})
    kit.put(site, kit.alert(1, crown=True))
    site.start()
    wait_for(lambda: instead(site, "folder"), "the second channel")
    assert "target hook wants nothing for a while; you are told instead" in instead(
        site, "folder")[0]["reason"]
    assert len(sink.requests()) == 1


def test_fallback_in_trouble_has_a_second_channel_too(site, sink):
    """The first other target; the alert about it goes there as well."""
    configure(site, sink, fallback="hook")
    sink.fault(status=404)
    kit.put(site, kit.alert(1, crown=True))
    site.start()
    wait_for(lambda: instead(site, "first"), "the second channel")
    number = kit.wait_alert(site, "Target hook cannot be reached")["id"]
    for name in ("first", "folder"):
        kit.wait_delivery(site, "alert_id = ? and target = ? and state = 'sent'", number, name)


def test_with_one_target_the_log_and_the_screens_shout(site, sink):
    """Nobody else can be told: the journal, status and doctor say so."""
    configure(site, sink, fallback="hook", folders="")
    sink.fault(status=410)
    kit.put(site, kit.alert(1, crown=True))
    site.start()
    wait_for(lambda: events(site, "nobody-else-to-tell"), "that nobody hears of it")
    assert "IS DISABLED" in site.ctl("status")[1]
    assert site.ctl("doctor")[0] == 1
    assert "no other target" in site.log_text()


def test_second_channel_survives_a_kill(site, sink):
    """Killed between the settlement of the failure and the second notice: the
    next start finds it in what is stored, and tells it once."""
    configure(site, sink)
    sink.fault(status=404)
    kit.put(site, kit.alert(1, crown=True))
    site.start()
    wait_for(lambda: instead(site, "folder"), "the second channel")
    site.kill()
    # As if the kill had come one transaction earlier.
    execute(site, "delete from delivery where target = 'folder'",
            "update delivery set second = null where target = 'hook'")
    for _ in range(2):
        site.start()
        wait_for(lambda: instead(site, "folder"), "the second channel")
        site.kill()
        [told] = instead(site, "folder")
        site.start()
        kit.put(site, kit.alert(9), name=f"more-{told['id']}.json")
        kit.wait_alert(site, "Suspicious process 9")
        assert [row["id"] for row in instead(site, "folder")] == [told["id"]]
        site.kill()


# Targets out of order

def test_refused_credentials_raise_one_alert_that_ends(site, sink):
    """401: the target waits, a critical goes elsewhere at once, one alert; it is
    closed when the target works again."""
    configure(site, sink)
    sink.fault(status=401)
    kit.put(site, kit.alert(1, crown=True), kit.alert(2))
    site.start()
    slug = "target-failed/hook/refused"
    wait_for(lambda: self_alert(site, slug), "the alert")
    wait_for(lambda: instead(site, "folder"), "the second channel")
    kit.put(site, kit.alert(3, crown=True), name="more.json")
    wait_for(lambda: len(instead(site, "folder")) == 2, "the second channel, untried")
    assert "REFUSES OUR CREDENTIALS" in site.ctl("status")[1]
    assert "sign-in" in site.ctl("doctor")[1]
    assert site.stop() == 0
    site.start()
    wait_for(lambda: "REFUSES" in site.ctl("outbox")[1], "that it is remembered")
    assert self_alert(site, slug)["episode"] == 1
    sink.heal()
    # The alert ends with the command that says so.
    command = self_alert(site, slug)["remediation"].splitlines()[-1].split()
    assert command == ["triagectl", "outbox", "enable", "hook"]
    assert site.ctl(*command[1:])[0] == 0
    wait_for(lambda: self_alert(site, slug)["state"] == "closed", "the end of the alert")
    assert site.ctl("outbox", "enable", "hook")[0] == 1
    assert site.ctl("outbox", "enable", "nowhere")[0] == 5


def test_disabled_outlives_restart_until_a_test_gets_through(site, sink):
    """410: kept over a restart and a reload that changes nothing; test-notify
    finds out that it is back."""
    configure(site, sink)
    sink.fault(status=410)
    kit.put(site, kit.alert(1))
    site.start()
    slug = "target-failed/hook/disabled"
    wait_for(lambda: self_alert(site, slug), "the alert")
    site.kill()
    site.start()
    assert site.ctl("reload")[0] == 0
    kit.put(site, kit.alert(2, crown=True), name="more.json")
    wait_for(lambda: instead(site, "folder"), "the second channel")
    assert len(sink.requests()) == 1
    assert "IS DISABLED" in site.ctl("outbox")[1]
    target = [t for t in ctl_json(site, "outbox")["targets"] if t["target"] == "hook"][0]
    assert target["disabled_ms"] and "410" in target["disabled_why"]
    sink.heal()
    assert site.ctl("test-notify", "hook")[0] == 0
    wait_for(lambda: self_alert(site, slug)["state"] == "closed", "the end of the alert")
    kit.put(site, kit.alert(3), name="third.json")
    wait_for(lambda: len(sink.requests()) == 3, "the next message")


def test_another_address_is_not_the_disabled_one(site, sink, tmp_path):
    """A reload after which the target has another address enables it."""
    with fakes.Sink(tmp_path) as other:
        configure(site, sink)
        sink.fault(status=410)
        kit.put(site, kit.alert(1))
        site.start()
        slug = "target-failed/hook/disabled"
        wait_for(lambda: self_alert(site, slug), "the alert")
        configure(site, other)
        assert site.ctl("reload")[0] == 0
        wait_for(lambda: self_alert(site, slug)["state"] == "closed", "the end of the alert")
        kit.put(site, kit.alert(2), name="more.json")
        other.wait_requests(1)


# Order, and what is in nobody's way

TWO_STEPS = """
routes:
  - ladder: [{after: 0s, notify: [hook]}, {after: 1s, notify: [hook]}]
fallback: folder
"""


def titles(sink):
    return [(body["type"].removeprefix("alert."), body["data"]["alert"]["title"][-1])
            for body in sink.bodies()]


def test_a_retry_is_not_overtaken_and_blocks_no_other_alert(site, sink):
    """The step of an alert waits for the retry of its first message; another
    alert does not."""
    configure(site, sink)
    site.file.write_text(site.file.read_text().replace(
        TO_HOOK.replace("FALLBACK", "folder").strip(), TWO_STEPS.strip()))
    sink.fault(status=503, headers={"Retry-After": "4"}, times=1)
    kit.put(site, kit.alert(1))
    site.start()
    kit.wait_delivery(site, "state = 'retry'")
    kit.put(site, kit.alert(2), name="more.json")
    wait_for(lambda: len([one for one in titles(sink) if one == ("escalated", "1")]) == 1,
             "the second step")
    told = titles(sink)
    assert told[0] == ("opened", "1")
    first = [kind for kind, number in told if number == "1"]
    assert first == ["opened", "opened", "escalated"]
    assert told.index(("opened", "2")) < told.index(("opened", "1"), 1)


@pytest.mark.row("D1")
def test_a_hanging_target_holds_no_other(site, sink):
    """Eight requests that are never answered; what goes elsewhere goes."""
    configure(site, sink)
    sink.fault(hang=True)
    kit.put(site, *[kit.alert(n) for n in range(1, 11)])
    site.start()
    wait_for(lambda: len(kit.deliveries(site, "state = 'leased'")) == 8, "eight in flight")
    assert site.ctl("test-notify", "folder")[0] == 0
    assert len(kit.deliveries(site, "target = 'hook' and state = 'pending'")) == 2


def test_rate_of_a_target_is_kept_and_shown(site, sink):
    """Two at once; the third waits and the screens say for what, a critical does
    not; a restart does not fill the bucket."""
    configure(site, sink, more="rate: {messages: 2, within: 1h}")
    kit.put(site, *[kit.alert(n) for n in range(1, 4)])
    site.start()
    wait_for(lambda: len(kit.deliveries(site, "state = 'sent'")) == 2, "two messages")
    kit.put(site, kit.alert(4, crown=True), name="more.json")
    kit.wait_delivery(site, "severity = 'critical' and state = 'sent'")
    assert len(kit.deliveries(site, "state = 'pending'")) == 1
    for screen in ("status", "outbox"):
        assert "waits for the rate of the target" in " ".join(site.ctl(screen)[1].split())
    assert ctl_json(site, "status")["daemon"]["waiting_for_rate"]["hook"]
    site.kill()
    site.start()
    assert len(kit.deliveries(site, "state = 'pending'")) == 1
    assert len(sink.requests()) == 3
