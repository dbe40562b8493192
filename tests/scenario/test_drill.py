"""triagectl drill: would somebody be told now, and answer? Told and answered, nobody, a dead
target, hooks, silences, storms, a kill in the middle, two at once, no daemon."""
import getpass
import json
import signal
import subprocess

import kit
from harness import TRIAGECTL, wait_for

ME = getpass.getuser()

SETTINGS = """
targets:
  - {name: oncall, type: folder, path: "{outbox}"}
  - {name: boss, type: folder, path: "{folder}/boss"}
  - {name: block-ip, type: exec, command: [{folder}/hook]}
routes:
  - name: urgent
    when: {severity: [critical, high]}
    ladder: [{after: 0s, notify: [oncall, block-ip]}, {after: 3s, notify: [boss], repeat: 1s, times: 99}]
  - name: cellar
    when: {resource: "*/rg-cellar/*"}
    ladder: [{after: 0s, notify: [boss]}]
fallback: oncall
"""

# Nothing listens on the port: no receiver, and no notice of anything else.
DEAD = """
targets:
  - {name: pager, type: webhook, url: "http://127.0.0.1:9/", allow-private: true}
routes:
  - ladder: [{after: 0s, notify: [pager]}]
fallback: pager
"""

OPEN = "select count(*) from v_alerts where state <> 'closed'"


def configure(site, text=SETTINGS):
    hook = site.folder / "hook"
    hook.write_text(f"#!/bin/sh\ncat >> {site.folder}/got\n")
    hook.chmod(0o755)
    (site.folder / "boss").mkdir(exist_ok=True)
    site.settings(kit.FILES + text)


def begin(site, *options):
    """The command, at work; its alert once there is one."""
    known = site.value("select count(*) from v_drills")
    process = subprocess.Popen([TRIAGECTL, "-c", site.file, "drill", *options],
                               env=site.environment(), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: process.poll() is not None or
             site.value("select count(*) from v_drills where alert_id") > known, "the drill")
    assert process.poll() is None, process.communicate()
    return process, site.value("select alert_id from v_drills order by id desc")


def drill(site):
    return site.rows("select * from v_drills order by id desc")[0]


def test_told_and_answered(site):
    """It is the alert of every screen, plainly a drill; the answer ends it."""
    configure(site)
    site.start()
    process, alert = begin(site, "--reason", "the first of the month", "--require-ack")
    kit.wait_delivery(site, "target = 'oncall' and state = 'sent'")
    assert site.ctl("ack", alert)[0] == 0
    out, live = process.communicate(timeout=30)
    assert process.returncode == 0, (out, live)
    assert "PASSED" in out and f"Answered    {ME} after" in out
    assert f"The drill is alert {alert};" in live and 'oncall: "opened" delivered' in live
    assert f"{ME}: acknowledged" in live
    row = kit.alert_row(site, "DRILL: nothing has happened, please acknowledge")
    assert row["state"] == "closed" and row["source"] == row["kind"] == "drill"
    assert drill(site)["result"] == "passed" and drill(site)["asked_by"] == ME
    events = {e["kind"]: json.loads(e["detail"]) for e in
              site.rows("select kind, detail from v_events where alert_id = ?", alert)}
    assert events["drill-started"]["reason"] == "the first of the month"
    assert events["drill-ended"]["answered_by"] == ME
    assert events["drill-ended"]["targets_told"] == 1
    for command in ("why", "timeline", "report", "show"):
        status, out, errors = site.ctl(command, alert)
        assert status == 0 and "DRILL" in out, errors
    assert "began a drill, critical" in site.ctl("why", alert)[1]
    text = "".join(path.read_text() for path in site.outbox.iterdir())
    assert "DRILL: " in text and f"{ME} runs a drill" in text
    assert site.ctl("audit", "verify")[0] == site.ctl("audit", "ladders")[0] == 0
    assert site.ctl("db", "check")[0] == 0
    # Nothing would end it again.
    status, out, _ = site.ctl("reopen", alert)
    assert status == 1 and "triagectl drill" in " ".join(out.split())


def test_nobody_answers(site):
    """The ladder climbs until the time is over; a breach counts in no figure."""
    configure(site, SETTINGS + "sla: {critical: {triage: 2s}}\n")
    site.start()
    status, out, live = site.ctl("drill", "--wait", "6s")
    assert status == 0 and "NOBODY ANSWERED" in out, (out, live)
    assert "boss after" in out and "by nobody within 6 s" in out
    assert 'boss: "escalated" delivered' in live
    assert site.value("select count(*) from v_events where kind = 'sla-breached'") == 1
    assert site.value("select count(*) from v_breach_counts") == 0
    assert site.value(OPEN) == 0 and drill(site)["ended_by"] == "triaged"
    told = site.value("select count(*) from v_deliveries")
    status, out, _ = site.ctl("drill", "--wait", "1s", "--require-ack")
    assert status == 1 and "NOBODY ANSWERED" in out
    # It climbs no further than its end.
    assert site.value("select count(*) from v_deliveries where kind = 'escalated' "
                      "and alert_id = ?", drill(site)["alert_id"]) == 0
    assert site.value("select count(*) from v_deliveries") > told
    shift = site.ctl_json("report", "--shift", "1h")
    assert "DRILL" not in json.dumps(shift.get("first")) and not shift["came"]
    assert not shift["breached"] and not shift["done"]
    assert site.ctl_json("sources")["sources"][0]["source"] == "exported"
    assert len(site.ctl_json("sources")["sources"]) == 1
    assert not site.ctl_json("forecast")["forecast"]


def test_counts_as_no_alert_while_it_runs(site):
    configure(site)
    site.start()
    process, alert = begin(site)
    status = site.ctl_json("status")
    assert not any(row["n"] for row in status["alerts"]) and status["next_due"] is None
    assert not site.ctl_json("forecast")["forecast"]
    assert "DRILL" in site.ctl("list")[1]
    assert "drill" not in site.ctl("coverage")[1]
    site.ctl("close", alert, "--as", "benign")
    assert process.wait(30) == 0  # who closed it has answered
    assert "after" in process.stdout.read().split("Answered")[1]


def test_target_dead(site):
    """Nobody reached: exit status 1, and what the last try said."""
    configure(site, DEAD)
    site.start()
    status, out, _ = site.ctl("drill", "--wait", "3s")
    assert status == 1 and "NOBODY REACHED" in out
    assert "Not told    pager: not sent" in out and "connection refused" in out.replace("\n            ", " ")
    assert drill(site)["result"] == "unreached"


def test_hooks_are_left_out(site):
    """The hook runs when it is asked for, and by nobody else."""
    configure(site)
    site.start()
    _, out, live = site.ctl("drill", "--wait", "1s")
    assert "--with-hooks runs them" in live
    assert "block-ip: not sent, left out" in out.replace("\n            ", " ")
    assert not (site.folder / "got").exists()
    # By hand neither: there is nothing to send again.
    message = site.value("select id from v_deliveries where target = 'block-ip'")
    assert site.ctl("outbox", "retry", message)[0] != 0
    _, out, _ = site.ctl("drill", "--wait", "2s", "--with-hooks")
    assert "Ran         block-ip after" in out and "Told        oncall" in out
    wait_for((site.folder / "got").exists, "the hook")
    sent = json.loads((site.folder / "got").read_text().splitlines()[0])
    assert sent["data"]["alert"]["title"].startswith("DRILL: ")
    assert sent["data"]["alert"]["source"] == "drill"


def test_killed_in_the_middle(site):
    """kill -9 of the daemon: the one who watches sees the end all the same."""
    configure(site)
    site.start()
    process, alert = begin(site, "--wait", "4s")
    site.kill()
    site.start()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "NOBODY ANSWERED" in out
    assert site.value("select state from v_alerts where id = ?", alert) == "closed"


def test_forgotten(site):
    """kill -9 of both: the daemon ends it at its start, once, and the ladder rests."""
    configure(site)
    site.start()
    process, alert = begin(site, "--wait", "2s")
    process.kill()
    process.communicate()
    site.kill()
    wait_for(lambda: site.value("select (julianday('now') - 2440587.5) * 86400000 > ends_ms "
                                "from v_drills"), "its end")
    site.start()
    wait_for(lambda: drill(site)["ended_ms"], "the end")
    assert drill(site)["ended_by"] == "triaged"
    assert site.value("select state from v_alerts where id = ?", alert) == "closed"
    assert site.value("select count(*) from v_events where kind = 'drill-ended'") == 1
    assert site.value("select count(*) from v_deliveries where kind = 'escalated'") == 0


def test_interrupted(site):
    """Ctrl-C ends it, and says so."""
    configure(site)
    site.start()
    process, _ = begin(site)
    kit.wait_delivery(site, "target = 'oncall' and state = 'sent'")
    process.send_signal(signal.SIGINT)
    out, live = process.communicate(timeout=30)
    assert process.returncode == 0, live
    assert f"before its time by {ME}" in out and "NOBODY ANSWERED" in out
    assert site.value(OPEN) == 0 and drill(site)["ended_by"] == ME


def test_under_a_silence(site):
    """It is held back as a real one would be, and the screen says by whom."""
    configure(site)
    site.start()
    assert site.ctl("silence", "add", "--match", "title=*", "--for", "1h", "--critical",
                    "--reason", "network work")[0] == 0
    status, out, live = site.ctl("drill", "--wait", "1s")
    said = " ".join(out.split())
    assert status == 1 and "NOBODY REACHED" in said
    assert f"oncall: held back by silence 1 of {ME} (network work), until" in said
    assert "silence" in live


def test_two_at_once(site):
    configure(site)
    site.start()
    process, alert = begin(site)
    status, _, errors = site.ctl("drill")
    assert status == 1 and f"alert {alert}, begun by {ME}" in errors and "--end" in errors
    status, out, _ = site.ctl("drill", "--end")
    assert status == 0 and f"before its time by {ME}" in out
    assert "before its time" in process.communicate(timeout=30)[0]
    status, _, errors = site.ctl("drill", "--end")
    assert status == 5 and "no drill runs now" in errors


def test_finds_the_route(site):
    """What it is told to look like decides the route; what cannot be is refused."""
    configure(site)
    site.start()
    status, out, _ = site.ctl(
        "drill", "--wait", "1s", "--severity", "low", "--match",
        "resource=/subscriptions/1/resourceGroups/rg-cellar/vm entity=vm title=\"a test\"")
    assert status == 0 and "Told        boss" in out and "DRILL: a test" in out
    for options, word in ((("--match", "resource=*"), "pattern"),
                          (("--match", "severity=high"), "--severity"),
                          (("--match", "source=exported"), "source"),
                          (("--match", "colour=red"), "no key"),
                          (("--severity", "info"), "info"),
                          (("--severity", "huge"), "huge"),
                          (("--wait", "5h"), "--wait")):
        status, _, errors = site.ctl("drill", *options)
        assert status == 2 and word in errors, (options, errors)
    assert site.value("select count(*) from v_drills") == 1


def test_makes_no_storm_and_hides_in_none(site):
    """With one message allowed: drills go one by one, and the real one after them too."""
    text = SETTINGS + ("groups: {wait: {high: 1s}}\n"
                       "storm: {groups: 1, within: 1h, critical-groups: 1, critical-every: 55s}\n")
    configure(site, text)
    site.start()
    for _ in range(3):
        assert site.ctl("drill", "--wait", "1s")[0] == 0
    kit.put(site, kit.alert())
    real = kit.wait_alert(site)["id"]
    kit.wait_delivery(site, "alert_id = ? and target = 'oncall' and state = 'sent'", real)
    kit.put(site, *[kit.alert(n) for n in range(1, 5)])
    wait_for(lambda: site.value("select count(*) from v_suppressions where cause = 'storm'"),
             "a storm")
    status, out, _ = site.ctl("drill", "--wait", "1s", "--severity", "high")
    assert status == 0 and "Told        oncall" in out


def test_level_is_one_that_somebody_is_told_of(site):
    """Help, completion and the refusal name the same words."""
    configure(site)
    site.start()
    said = " ".join(site.ctl("drill", "--help")[1].split())
    assert "LEVEL how bad it is" in said and ": critical, high, medium or low --match" in said.replace("-m, ", "")
    for word in ("info", "high,low", "hihg"):
        status, _, errors = site.ctl("drill", "--severity", word)
        assert status == 2 and "critical, high, medium or low" in errors, errors
    assert not site.rows("select * from v_drills")


def test_without_the_daemon(site):
    configure(site)
    assert site.once()[0] in (0, 1)
    status, _, errors = site.ctl("drill")
    assert status == 3 and "cannot be reached" in errors
