"""What is held back is told later: storms, groups, silences, quiet hours, and a kill between."""
import contextlib
import email
import email.policy
import getpass
import json
import re
import sqlite3
import time

import pytest

import fakes
import kit
from harness import SLOWER, Clock, wait_for
from test_control import talk

ME = getpass.getuser()

MAIL = """
targets:
  - {name: oncall, type: email, server: "smtp://127.0.0.1:{port}", starttls: false,
     from: triaged@example.org, to: [anna@example.org]}
routes:
  - ladder: [{after: 0s, notify: [oncall]}]
fallback: oncall
"""

FOLDER = """
targets:
  - {name: folder, type: folder, path: "{outbox}"}
routes:
  - ladder: [{after: 0s, notify: [folder]}]
fallback: folder
"""

# In this many seconds a storm is over and told.
STORM = """
groups: {wait: {high: 1s, medium: 1s, low: 1s}}
storm: {groups: 5, within: 20s, summary-every: 10s, critical-groups: 2, critical-every: 10s}
"""

# On a clock of its own: how many mails there are is not a matter of how fast the machine is.
LONG_STORM = """
groups: {wait: {high: 1s, medium: 1s, low: 1s}}
storm: {groups: 5, within: 20m, summary-every: 10m, critical-groups: 2, critical-every: 55s}
"""

# Every alert must be in a message, or wait for one, or have a reason not to.
UNACCOUNTED = """
select count(*) as n from v_alerts a where severity <> 'info'
and not exists (select 1 from v_deliveries d where d.alert_id = a.id and d.state = 'sent')
and not exists (select 1 from v_delivery_alerts l join v_deliveries d on d.id = l.delivery_id
                where l.alert_id = a.id and d.state = 'sent')
and not exists (select 1 from v_suppressions s where s.alert_id = a.id
                and s.outcome = 'needless')
"""


@pytest.fixture
def smtp(tmp_path):
    with fakes.Smtp(tmp_path) as fake:
        yield fake


def unaccounted(site):
    return site.rows(UNACCOUNTED)[0]["n"]


def told(site):
    """Nothing waits, nothing is owed, and every alert is accounted for."""
    waiting = site.rows("select count(*) as n from v_suppressions where outcome = 'waiting'")
    owed = site.rows("select count(*) as n from v_deliveries where state <> 'sent'")
    return waiting[0]["n"] == 0 and owed[0]["n"] == 0 and unaccounted(site) == 0


def text_of(message):
    mail = email.message_from_bytes(message["text"], policy=email.policy.default)
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def alert(number, severity="Medium", **options):
    """One of a detector of its own: a group of its own, and no high one beside another."""
    return kit.alert(number, severity, alertType=f"VM_Detector{number}", **options)


def suppressions(site, where="1"):
    return site.rows(f"select * from v_suppressions where {where} order by id")


# Storms

def test_a_storm_of_ten_thousand_alerts_is_a_dozen_mails(site, smtp, tmp_path):
    """Criticals are named, each alert is in a mail that was sent, and the account adds up."""
    site.clock = Clock(tmp_path)
    site.more_environment = site.clock.environment
    site.settings(kit.FILES + kit.CROWN_JEWELS + MAIL + LONG_STORM, port=smtp.port)
    site.start()
    began = time.monotonic()
    for part in range(5):
        alerts = [alert(number) for number in range(part * 2000, part * 2000 + 1994)]
        crowns = [alert(number, "High", crown=True)
                  for number in range(part * 2000 + 1994, part * 2000 + 2000)]
        kit.put(site, *alerts, *crowns, name=f"{part}.json")
    wait_for(lambda: site.rows("select count(*) as n from v_alerts")[0]["n"] == 10000,
             "ten thousand alerts", limit=120 * SLOWER)

    def goes_on():
        site.clock.jump(60)
        return site.ctl_reaches() and told(site)

    wait_for(goes_on, "the last summary", limit=120 * SLOWER)
    mails = [text_of(message) for message in smtp.messages()]
    # Two kinds of summary every ten seconds, for as long as a slow machine takes.
    most = max(12, 4 + 2 * (time.monotonic() - began) / 10)
    assert len(mails) <= most, [mail.splitlines()[0] for mail in mails]
    criticals = site.rows("select title from v_alerts where severity = 'critical'")
    assert len(criticals) == 30
    words = " ".join(" ".join(mails).split())
    for row in criticals:
        assert re.search(re.escape(row["title"]) + r"\b", words), row
    assert any("storm summary" in mail for mail in mails)


def test_a_kill_in_the_middle_loses_nothing_and_says_nothing_twice(site, smtp):
    site.settings(kit.FILES + MAIL + STORM, port=smtp.port)
    site.start()
    kit.put(site, *[alert(number) for number in range(400)])
    wait_for(lambda: suppressions(site, "cause = 'storm'"), "a storm")
    for _ in range(3):
        site.kill()
        site.start()
    wait_for(lambda: told(site), "the last summary", limit=60)
    keys = [row["key"] for row in kit.deliveries(site)]
    assert len(keys) == len(set(keys))
    twice = site.rows("select alert_id, count(*) as n from (select alert_id from "
                      "v_delivery_alerts union all select alert_id from v_deliveries "
                      "where alert_id is not null) group by 1 having n > 1")
    assert twice == []


# Groups

def test_a_group_becomes_one_message_that_says_so(site, smtp):
    site.settings(kit.FILES + MAIL + "groups: {wait: {medium: 1s}}\n", port=smtp.port)
    kit.put(site, *[kit.alert(number, "Medium", compromisedEntity="vm-1",
                              correlationKey="c-1") for number in (1, 2, 3)])
    site.start()
    wait_for(lambda: smtp.messages(), "the mail")
    wait_for(lambda: told(site), "everything")
    mails = [text_of(message) for message in smtp.messages()]
    assert len(mails) == 1
    first, rest = mails[0].split("\n\n", 1)
    assert " ".join(first.split()).startswith(
        "GROUP: 3 alerts: 3 medium; the worst: Suspicious process 1 on vm-1."), first
    for number in (1, 2, 3):
        assert f"Suspicious process {number}" in rest
    rows = suppressions(site)
    assert [row["outcome"] for row in rows] == ["carried"] * 3
    assert {row["delivery_id"] for row in rows} == {kit.deliveries(site)[0]["id"]}


def test_once_sends_what_it_collected(site):
    site.settings(kit.FILES + FOLDER + "groups: {wait: {medium: 5m}}\n")
    kit.put(site, kit.alert(1, "Medium"))
    status, _, errors = site.once()
    assert status == 0, errors
    assert [row["state"] for row in kit.deliveries(site)] == ["sent"]
    assert unaccounted(site) == 0


# Silences

def test_a_silence_holds_and_what_is_open_is_told_at_its_end(site):
    site.settings(kit.FILES + FOLDER)
    kit.put(site, kit.alert(1, "Medium"))
    site.start()
    wait_for(lambda: kit.deliveries(site, "state = 'sent'"), "the first notice")
    status, out, _ = site.ctl("silence", "add", "--match", 'title="Suspicious process*"',
                              "--for", "2h", "--reason", "a scan", "--preview")
    assert status == 0 and "1 of 1 open" in out, out
    assert site.rows("select * from v_silences") == []
    answer = site.ctl_json("silence", "add", "--match", 'title="Suspicious process*"',
                           "--for", "2h", "--reason", "a scan")
    assert answer["schema"] == "triaged.silence-add.v1"
    assert (answer["silence"], answer["covered"], answer["open"]) == (1, 1, 1)
    row = site.rows("select * from v_silences")[0]
    assert (row["author"], row["state"], row["match"]) == (
        ME, "active", 'title="Suspicious process*"')
    kit.put(site, kit.alert(2, "Medium"), kit.alert(3, "Medium"), name="more.json")
    kit.wait_alert(site, "Suspicious process 3")
    assert {row["cause"] for row in suppressions(site)} == {"silence"}
    assert len(kit.deliveries(site, "kind = 'opened'")) == 1
    held = site.rows("select * from v_events where kind = 'held-back'")
    assert len(held) == 2 and json.loads(held[0]["detail"])["cause"] == "silence"
    status, out, _ = site.ctl("silence", "list")
    assert status == 0 and "a scan" in out and ME in out
    site.ctl("close", "2", "--as", "benign")
    assert site.ctl("silence", "end", "1")[0] == 0
    wait_for(lambda: suppressions(site, "outcome = 'waiting'") == [], "the end of the silence")
    outcomes = {row["alert_id"]: row["outcome"] for row in suppressions(site, "kind = 'opened'")}
    assert outcomes == {2: "needless", 3: "carried"}
    late = kit.wait_delivery(site, "kind = 'opened' and alert_id = 3 and state = 'sent'")
    assert "silence 1 ended" in late["reason"] or "step 1" in late["reason"]
    past = site.ctl("silence", "list", "--all")[1]
    assert re.search(r"ended +\S+ +\d+ s ago", past), past
    assert site.ctl("silence", "end", "1")[0] == 1
    assert site.ctl("silence", "end", "7")[0] == 5


@pytest.mark.parametrize("words, status, text", [
    (["--match", "severity=low", "--for", "2h"], 2, "--reason"),
    (["--match", "sevrity=low", "--for", "2h", "--reason", "x"], 2, "severity"),
    (["--match", "severity=high", "--for", "30h", "--reason", "x"], 2, "24 hours"),
    (["--match", "severity=low", "--for", "soon", "--reason", "x"], 2, "--for"),
    (["--match", "severity=low", "--for", "1h", "--reason", "x", "--notify", "nobody"], 2,
     "nobody"),
])
def test_a_silence_that_may_not_be(site, words, status, text):
    site.settings(kit.FILES + FOLDER)
    site.start()
    got, out, errors = site.ctl("silence", "add", *words)
    assert got == status and text in errors, (got, out, errors)
    assert site.rows("select * from v_silences") == []


@pytest.mark.parametrize("times", [{"for_ms": 2**63 - 1}, {"for_ms": -5}, {"starts_ms": 2**63 - 1, "for_ms": 1},
                                   {"ends_ms": 2**63 - 1}, {"starts_ms": -2**63, "for_ms": 1}, {"for_ms": "2h"}])
def test_a_silence_with_an_absurd_time(site, times):
    """A number of which no time can be made is refused for what it is, and is
    never added to another."""
    site.settings(kit.FILES + FOLDER)
    site.start()
    answer = talk(site, {"verb": "silence-add", "args": {"match": "severity=low", "reason": "x", **times}})
    assert answer["code"] == "usage" and "is a whole number of milliseconds" in answer["text"], answer
    assert site.rows("select * from v_silences") == []


# Quiet hours and maintenance

SECOND = "targets:\n  - {name: second, type: folder, path: \"{outbox}/second\"}\n"
QUIET = """
groups: {wait: {high: 0s, medium: 0s, low: 0s}}
quiet-hours:
  target: folder
  timezone: UTC
  hours: {mon-sat: ["00:00-24:00"], sun: ["00:01-24:00"]}
maintenance:
  - {name: move, owner: ops, reason: the racks move, when: {title: "*process 2"},
     timezone: UTC, hours: {mon-sat: ["00:00-24:00"], sun: ["00:01-24:00"]}}
"""


def test_quiet_hours_hold_and_a_critical_breaks_through(site):
    site.settings(kit.FILES + kit.CROWN_JEWELS + FOLDER + QUIET)
    kit.put(site, kit.alert(1, "Medium"), kit.alert(2, "Low"), kit.alert(3, crown=True))
    site.start()
    kit.wait_delivery(site, "alert_id = 3 and state = 'sent'")
    causes = {row["alert_id"]: row["cause"] for row in suppressions(site, "kind = 'opened'")}
    assert causes == {1: "quiet", 2: "maintenance"}
    status, out, _ = site.ctl("maintenance", "list")
    assert status == 0 and "move" in out and "the racks move" in out, out
    answer = site.ctl_json("maintenance", "list")
    assert answer["maintenance"][0]["holding"] == 1
    # A reload that the store refuses changes nothing, as it says.
    site.settings(kit.FILES + kit.CROWN_JEWELS + FOLDER.replace("targets:\n", SECOND))
    with contextlib.closing(sqlite3.connect(site.state / "triaged.db")) as db:
        db.execute("create trigger refuse before update on bundle "
                   "begin select raise(abort, 'no room'); end")
        status, out, errors = site.ctl("reload")
        assert status == 1 and "the old settings stay in use" in out + errors, errors
        assert site.ctl("test-notify", "second")[0] != 0
        db.execute("drop trigger refuse")
    # Other settings: what they no longer hold is told at once.
    assert site.ctl("reload")[0] == 0
    assert site.ctl("test-notify", "second")[0] == 0
    wait_for(lambda: told(site), "what quiet hours held")
