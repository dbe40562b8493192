"""Settings that change under a running daemon, or over a restart: nobody who is to be told
is forgotten, nobody is told twice, and whoever is told for another hears why."""
from random import Random

import pytest

import battery
import checkup
import fakes
import kit
import proofs
from harness import Clock, wait_for

HOOK = '{name: ops, type: webhook, url: "{sink}/ops", allow-private: true}'
MAIL = ('{name: ops, type: email, server: "smtp://127.0.0.1:{port}", starttls: off, '
        'from: triaged@example.org, to: [TO]}')
SITE = kit.FILES + """
targets:
  - OPS
  - {name: other, type: folder, path: "{outbox}/other"}
routes:
  - ladder: [{after: 0s, notify: [ops]}]
fallback: other
"""
ways = pytest.mark.parametrize("running", [True, False], ids=["reload", "restart"])


@pytest.fixture
def peers(site, tmp_path):
    """(sink, smtp) of the target that changes."""
    (site.outbox / "other").mkdir()
    with fakes.Sink(tmp_path) as sink, fakes.Smtp(tmp_path) as smtp:
        yield sink, smtp


def write(site, peers, target, to="ann@example.org, bob@example.org", more=""):
    sink, smtp = peers
    site.settings(SITE.replace("OPS", target).replace("TO", to) + more, sink=sink.url,
                  port=smtp.port)


def change(site, running, *what, **more):
    """Other settings, taken into use."""
    if not running:
        site.stop()
    write(site, *what, **more)
    if running:
        status, out, errors = site.ctl("reload")
        assert status == 0, (out, errors)
    else:
        site.start()


def all_ended(site):
    wait_for(lambda: not kit.deliveries(site, "state not in ('sent', 'superseded')"),
             "the end of all messages")
    return kit.deliveries(site)


def owed(site, n):
    wait_for(lambda: len(kit.deliveries(site, "state = 'retry'")) == n, "what is owed")


@ways
def test_what_is_owed_to_a_webhook_that_becomes_mail(site, peers, running):
    """A message without a recipient goes to each that the target has now, and says why."""
    sink, smtp = peers
    sink.fault(path="/ops", status=503)
    write(site, peers, HOOK)
    kit.put(site, kit.alert())
    site.start()
    owed(site, 1)
    change(site, running, peers, MAIL)
    first, *others = all_ended(site)
    assert first["last_error"] == (
        "the target has other recipients now; target ops is told instead")
    assert [row["recipient"] for row in others] == ["ann@example.org", "bob@example.org"]
    assert {row["reason"] for row in others} == {
        first["reason"] + "; target ops has other recipients now; you are told instead"}
    assert len(smtp.messages()) == 2
    assert "a recipient left the settings while it was owed a notice" in site.log_text()
    assert "ops is told instead" in " ".join(site.ctl("why", 1)[1].split())


@ways
def test_what_is_owed_to_mail_that_becomes_a_webhook(site, peers, running):
    """Messages to two recipients are one there."""
    sink, smtp = peers
    smtp.fault(method="mail", reply="451 4.3.0 later")
    write(site, peers, MAIL)
    kit.put(site, kit.alert())
    site.start()
    owed(site, 2)
    change(site, running, peers, HOOK)
    rows = all_ended(site)
    assert [row["state"] for row in rows] == ["superseded", "sent", "superseded"] or [
        row["state"] for row in rows] == ["superseded", "superseded", "sent"]
    assert len(sink.requests("/ops")) == 1


@ways
def test_what_is_owed_to_a_recipient_who_left(site, peers, running):
    """Who left hears nothing more, who came hears of it, who stayed hears once."""
    _, smtp = peers
    smtp.fault(method="mail", reply="451 4.3.0 later")
    write(site, peers, MAIL)
    kit.put(site, kit.alert())
    site.start()
    owed(site, 2)
    smtp.heal()
    change(site, running, peers, MAIL, to="bob@example.org, cyd@example.org")
    ended = {row["recipient"]: row["state"] for row in all_ended(site)}
    assert ended == {"ann@example.org": "superseded", "bob@example.org": "sent",
                     "cyd@example.org": "sent"}
    assert len(smtp.messages()) == 2


@pytest.mark.parametrize("before, after, to", [
    (HOOK, MAIL, ["ann@example.org", "bob@example.org"]),
    (MAIL, HOOK, [None]),
    (MAIL.replace("TO", "ann@example.org"), MAIL.replace("TO", "bob@example.org"),
     ["bob@example.org"])], ids=["to-mail", "to-webhook", "to-another"])
def test_who_was_told_is_nobody_of_today(site, peers, before, after, to):
    """What follows goes to those the target has now, not to nobody and not to who left."""
    write(site, peers, before, more="sla:\n  high: {triage: 4s}\n")
    kit.put(site, kit.alert())
    site.start()
    kit.wait_delivery(site, "kind = 'opened' and state = 'sent'")
    change(site, True, peers, after, more="sla:\n  high: {triage: 4s}\n")
    kit.wait_delivery(site, "kind = 'breached'")
    all_ended(site)
    assert [(row["target"], row["recipient"], row["state"])
            for row in kit.deliveries(site, "kind = 'breached'")] == [
                ("ops", one, "sent") for one in to]


HELD = kit.FILES + """
targets:
  - {name: NAME, type: folder, path: "{outbox}/ops"}
  - {name: other, type: folder, path: "{outbox}/other"}
routes:
  - {when: {severity: high}, ladder: [{after: 0s, notify: [NAME]}]}
  - {when: {severity: medium}, digest: {at: "09:00", notify: [NAME]}}
fallback: other
"""
QUIET = """quiet-hours:
  - {target: NAME, timezone: UTC, hours: {mon-sat: ["00:00-24:00"], sun: ["00:01-24:00"]}}
"""
INSTEAD = "target ops is no longer configured, you are told instead"


@ways
def test_what_waits_for_a_target_that_left(site, tmp_path, running):
    """Held back by quiet hours, and for a digest: the fallback gets both, and reads why."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    for name in ("ops", "other"):
        (site.outbox / name).mkdir()
    site.settings((HELD + QUIET).replace("NAME", "ops"))
    kit.put(site, kit.alert(1), kit.alert(2, "Medium"), kit.alert(3, "Medium"))
    site.start()
    wait_for(lambda: len(site.rows("select * from v_suppressions")) == 3, "three that wait")
    assert not kit.deliveries(site)
    if not running:
        site.stop()
    site.settings((HELD + QUIET).replace("NAME", "new"))
    if running:
        assert site.ctl("reload")[0] == 0
    else:
        site.start()
    held = kit.wait_delivery(site, "alert_id = 1 and kind = 'opened' and state = 'sent'")
    assert held["target"] == "other" and INSTEAD in held["reason"]
    clock.jump(7 * 86400)
    site.ctl("status")
    digest = kit.wait_delivery(site, "kind = 'digest' and state = 'sent'")
    assert digest["target"] == "other" and INSTEAD in digest["reason"]
    assert "you are told instead" in " ".join(site.ctl("why", 1)[1].split())


def test_a_source_that_was_renamed_in_the_middle_of_a_poll(site, tmp_path):
    """Nothing is told twice or lost, and no screen calls for the old name, whose poll was broken
    off; triagectl sources has it."""
    with fakes.Azure(tmp_path, {"seed": 5, "alerts": 20, "subscriptions": 2, "page": 2}) as azure:
        proofs.configure(site, azure, interval="1s")
        slow = azure.subscriptions()[0]
        azure.fault(path=f"/subscriptions/{slow}/*", skip=2, hang=True)
        site.start()
        wait_for(lambda: site.rows("select * from v_polls where ended_at is null and fetched > 0"),
                 "a poll that hangs")
        site.file.write_text(site.file.read_text().replace("name: azure", "name: cloud"))
        assert site.ctl("reload")[0] == 0
        azure.heal()
        wait_for(lambda: site.rows("select * from v_polls where source = 'cloud' and complete "
                                   "and scope = ?", slow), "all of the new name")
        wait_for(lambda: site.ctl("coverage")[0] == 0, "all to be proven")
        assert site.value("select error from v_polls where source = 'azure' and not complete "
                          "and scope = ?", slow) == "cancelled"
        assert site.value("select count(*) from v_alerts") == len(proofs.truth(azure))
        keys = [row["key"] for row in kit.deliveries(site)]
        assert len(set(keys)) == len(keys)
        assert {line["source"] for line in site.ctl_json("status")["sources"]} == {"cloud"}
        assert "azure" in {line["source"] for line in site.ctl_json("sources")["sources"]}
        status, out, errors = site.ctl("report", "--since", "1h")
        assert status == 0 and "everything that could be asked for was read" in out, (out, errors)


def test_the_next_step_keeps_its_time(site, peers):
    """What a reload changes of the time of a step is for who comes there later; why tells the
    moment that was planned, in both places."""
    ladder = "ladder: [{after: 0s, notify: [ops]}, {after: 4s, notify: [other]}]"
    write(site, peers, HOOK)
    first = site.file.read_text().replace("ladder: [{after: 0s, notify: [ops]}]", ladder)
    site.file.write_text(first)
    kit.put(site, kit.alert())
    site.start()
    kit.wait_alert(site)
    planned = site.value("select next_ms from ladder")
    site.file.write_text(first.replace("after: 4s", "after: 9h"))
    assert site.ctl("reload")[0] == 0
    why = site.ctl_json("why", "1")
    assert [step["due_ms"] for step in why["ladder"]][1] == planned
    assert planned in [line["at_ms"] for line in why["next"]]
    assert kit.wait_delivery(site, "target = 'other'")["kind"] == "escalated"


def test_what_is_kept_for_a_shorter_time(site, peers, tmp_path):
    """What is over goes with the reload, not hours behind it; what is open stays."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    more = "reopen-window: 1d\nretention: {closed-alerts: 40d, deliveries: 40d}\n"
    write(site, peers, HOOK, more=more)
    kit.put(site, kit.alert(1), kit.alert(2))
    site.start()
    kit.wait_delivery(site, "state = 'sent' and alert_id = 2")
    assert site.ctl("close", 1, "--as", "benign")[0] == 0
    kit.wait_delivery(site, "state = 'sent' and kind = 'closed'")
    clock.jump(20 * 86400)
    site.ctl("status")
    wait_for(lambda: site.value("select max(at_ms) from v_events") // 1000 > clock.wall_ms // 1000, "the jump")
    clock.jump(130)
    for _ in range(20):  # slices of the first round, which is behind us then
        clock.jump(1)
        assert site.ctl_reaches()
    write(site, peers, HOOK, more=more.replace("40d", "10d"))
    assert site.ctl("reload")[0] == 0
    wait_for(lambda: [row["id"] for row in site.rows(
        "select id from v_alerts where source = 'exported'")] == [2], "the first to go")
    assert site.ctl("audit", "verify")[0] == 0


VANISHING = """
calendars:
  - {name: office, timezone: UTC, hours: {mon-fri: ["08:00-17:00"]}, holidays: "{folder}/days.ics"}
""" + SITE.replace("OPS", """
    name: ops
    type: webhook
    url: "{sink}/ops"
    allow-private: true
    signing-secret: {file: "{folder}/secret"}
    template: {body: {file: "{folder}/body"}}""")
DAY = ("BEGIN:VEVENT\r\nUID:{0}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:{0}1225\r\n"
       "SUMMARY:Christmas\r\nEND:VEVENT\r\n")


@pytest.mark.parametrize("gone, place", [
    ("days.ics", "6:5"), ("secret", "17:21"), ("body", "18:29")])
def test_a_file_that_is_gone(site, peers, gone, place):
    """Messages go on as before, a reload changes nothing, and doctor says that the next start would
    fail, before it does: also of files that who asks may not read."""
    sink, _ = peers
    years = "".join(DAY.format(year) for year in range(2025, 2040))
    for name, text in (("days.ics", f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{years}"
                                    "END:VCALENDAR\r\n"),
                       ("secret", "whsec_" + "QUJD" * 11), ("body", '{"t": "{{data.alert.title}}"}')):
        (site.folder / name).write_text(text)
        (site.folder / name).chmod(0o600)
    site.settings(VANISHING, sink=sink.url)
    site.start()
    assert not [f for f in checkup.doctor(site)[1] if f["about"] == "settings"]
    away = (site.folder / gone).rename(site.folder / "away")
    kit.put(site, kit.alert())
    kit.wait_delivery(site, "state = 'sent'")
    assert sink.bodies() == [{"t": "Suspicious process 1"}]
    for _ in ("before", "after"):
        [found] = [f for f in checkup.doctor(site)[1] if f["about"] == "settings"]
        assert found["cause"] == ("the settings have faults: triaged would not start with them; "
                                  f"the first is {site.file}:{place}")
        assert found["next"] == f"triaged -c {site.file} --check-config"
        status, out, _ = site.ctl("reload")
        assert status == 1 and gone in out and "the old settings stay in use" in out
    away.rename(site.folder / gone)
    assert site.ctl("reload")[0] == 0
    assert not [f for f in checkup.doctor(site)[1] if f["about"] == "settings"]


@pytest.mark.parametrize("text, why", [(None, "cannot be read: No such file or directory"),
                                       ("", "has no certificate in it")])
def test_authorities_that_are_gone(site, tmp_path, text, why):
    """The command that doctor calls for says what is wrong, so does a reload; nothing is lost."""
    pair = fakes.certificate(tmp_path)
    trusted = site.folder / "trusted.pem"
    with fakes.Sink(tmp_path, tls=pair) as sink:
        (site.outbox / "other").mkdir()
        if text is not None:
            trusted.write_text(text)
        site.settings(SITE.replace("OPS", HOOK[:-1] + ', ca-file: "{folder}/trusted.pem"}'),
                      sink=sink.url)
        status, _, errors = site.run("--check-config")
        said = f"targets.ops.ca-file: {trusted} {why}; until that is mended no peer is trusted there"
        assert status == 0 and f"{site.file}:9:5: warning: {said}" in errors, errors
        site.start()
        kit.put(site, kit.alert())
        owed(site, 1)
        assert said in " ".join(site.ctl("reload")[1].split())
        trusted.write_text(pair[0].read_text())
        kit.wait_delivery(site, "state = 'sent' and target = 'ops'")
        assert site.ctl("reload")[1] == "settings read again: 1 source, 2 targets\n"


TARGETS = [
    HOOK, HOOK[:-1] + ", format: slack}", MAIL.replace("TO", "ann@example.org, bob@example.org"),
    MAIL.replace("TO", "bob@example.org, cyd@example.org"),
    '{name: ops, type: folder, path: "{outbox}/ops"}',
    '{name: ops, type: exec, command: [/bin/true]}',
]
ROUTES = [
    "{name: r, ladder: [{after: 0s, notify: [ops]}, "
    "{after: 1s, notify: [ops, other], repeat: 1s, times: 2}]}",
    "{ladder: [{after: 0s, notify: [ops, other]}, {after: 2s, notify: [ops]}]}",
    "{name: r, when: {severity: [critical, high]}, ladder: [{after: 0s, notify: [ops]}]}",
]
ALWAYS = 'hours: {mon-sat: ["00:00-24:00"], sun: ["00:01-24:00"]}}'
NOISE = ["", f"quiet-hours: {{target: ops, timezone: UTC, {ALWAYS}\n",
         "maintenance: [{name: m, owner: o, reason: r, when: {severity: medium}, timezone: UTC, "
         f"{ALWAYS}]\n"]
CLOCKS = ["", "sla:\n  high: {triage: 3s}\n  medium: {triage: 2s, resolve: 4s}\n",
          "sla:\n  high: {triage: none}\n"]
SIEM = 'forward: [{name: siem, type: file, path: "{folder}/events", from: beginning}]\n'
WAITS = "groups: {wait: {high: WAIT, medium: WAIT, low: WAIT}}\n" \
        "storm: {groups: 100000, critical-groups: 100000}\n"


def some_settings(random):
    """The same site by other names, ways and times."""
    text = kit.FILES.replace("exported", random.choice(["exported", "other"])) + kit.CROWN_JEWELS
    text += (f"targets:\n  - {random.choice(TARGETS)}\n"
             '  - {name: other, type: folder, path: "{outbox}/other"}\n'
             f"routes:\n  - {random.choice(ROUTES)}\nfallback: other\n")
    text += random.choice(NOISE) + random.choice(CLOCKS) + random.choice(["", SIEM])
    text += WAITS.replace("WAIT", random.choice(["0s", "1s"]))
    return text.replace("ops", "soc" if random.random() < 0.1 else "ops")


@pytest.mark.row("F2")
def test_settings_that_change_all_the_time(site, peers):
    """Alerts come, ladders climb and a receiver fails while everything is renamed, replaced and put
    off, by reloads and by restarts: each alert is told, no message is given up, and every event
    arrives."""
    sink, smtp = peers
    random = Random(battery.seed())
    (site.outbox / "ops").mkdir()
    (site.outbox / "soc").mkdir()
    sink.fault(status=503)
    use = {"sink": sink.url, "port": smtp.port}
    site.settings(some_settings(random), **use)
    site.start()
    n = battery.size(25, 200)
    for number in range(1, n + 1):
        kit.put(site, kit.alert(number, random.choice(["High", "Medium", "Low"]),
                                crown=random.random() < 0.3), name=f"{number}.json")
        if random.random() < 0.5:
            kit.wait_alert(site, f"Suspicious process {number}")
        site.settings(some_settings(random), **use)
        if random.random() < 0.15:
            site.kill()
            site.start()
        else:
            status, out, errors = site.ctl("reload")
            assert status == 0, (out, errors)
    site.settings(kit.FILES + kit.CROWN_JEWELS + "targets:\n  - " + TARGETS[2]
                  + SITE.split("OPS")[1] + SIEM, **use)
    assert site.ctl("reload")[0] == 0
    kit.wait_alert(site, f"Suspicious process {n}")
    wait_for(lambda: site.value("select count(*) from v_alerts where source <> 'triaged'") == n,
             "all alerts")
    for what in ("ladder where next_ms > 0", "v_suppressions where outcome = 'waiting'",
                 "v_deliveries where state in ('pending', 'leased', 'retry')"):
        wait_for(lambda what=what: not site.rows(f"select 1 from {what}"), f"no {what}")
    wait_for(lambda: site.value("select behind from v_forwards") == 0, "all events")
    assert not kit.deliveries(site, "state = 'dead'")
    assert not site.rows(
        "select * from v_alerts as a where state <> 'closed' and not exists (select 1 from "
        "v_deliveries as d left join v_delivery_alerts as x on x.delivery_id = d.id "
        "where d.state = 'sent' and a.id in (d.alert_id, x.alert_id))")
    assert site.ctl("audit", "verify")[0] == 0
