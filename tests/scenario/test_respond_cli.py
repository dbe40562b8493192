"""`triagectl respond` and `approve`: the plan, who may say yes, what people read of it
afterwards. What happens upstream is in test_respond.py."""
import contextlib
import getpass
import json
import os
import re
import shlex
import subprocess
import tempfile

import pytest

import doors
import fakes
import harness
import test_readme
import test_schemas
from harness import wait_for
from test_control import group_of, refused
from test_people import ok
from test_screen import Terminal

ME = getpass.getuser()
RESPOND = """
privileged-accounts: ["chen@*"]
respond:
  actions: [revoke-sessions, suspend-user, dismiss, resolve]
  hooks: [block]
  protect: ["bogdan@*"]
"""
BLOCK = "targets:\n  - {name: block, type: exec, command: [/bin/true, --drop]}\n"
SCRIPT = {"seed": 77, "subscriptions": 1, "alerts": 0, "xdr": 6, "products": ["ca"], "spread_s": 1}
ADA, BOB, CHEN = "eero@example.org", "bogdan@example.org", "chen@example.org"


@contextlib.contextmanager
def began(folder, head=RESPOND):
    """The daemon with alerts of Cloud Apps, whose users Graph knows."""
    with fakes.Azure(folder, {**SCRIPT, "base": doors.now(seconds=2400)}) as azure:
        site = harness.Site(folder)
        doors.configure(site, doors.block("graph", azure), head=head)
        site.file.write_text(site.file.read_text().replace("targets:\n", BLOCK))
        site.start()
        try:
            wait_for(lambda: len(alerts_of(site)) == 6, "the alerts")
            yield site
        finally:
            if site.process:
                site.kill()


def alerts_of(site):
    return site.rows("select * from v_alerts where source = 'graph' order by id")


def about(site, user):
    """The first alert that names @user."""
    return site.value("select min(alert_id) from v_entities where value = ?", user)


def row(site, number=1):
    rows = site.rows("select * from v_responses where id = ?", number)
    return rows[0] if rows else None


def kinds(site):
    return [r["kind"] for r in site.rows("select kind from v_events where kind like 'response-%' order by id")]


@pytest.fixture
def up(tmp_path):
    with began(tmp_path) as site:
        yield site


def test_plan(up):
    """What would be done, to whom, what else is open about him, how it is undone and who
    must approve; nothing is stored, and nobody is asked at the service."""
    alert = about(up, ADA)
    out = ok(up, "respond", alert, "suspend-user", "--plan")
    for line in (rf"Plan +suspend-user {ADA}, signed in as source graph",
                 rf"For alert +{alert}, \w+, open: ",
                 r"Asks first +GET\s+http://\S+/v1.0/users/eero%40example.org\?\$select=id,",
                 r'Then does +PATCH http://\S+/v1.0/users/eero%40example.org\s+\{"accountEnabled":false\}',
                 r"Needs +the application permissions User.Read.All and\s+User.EnableDisableAccount.All",
                 rf"Undo +triagectl respond {alert} restore-user --user {ADA} -r TEXT",
                 r"Beware +sessions that are open go on: revoke them, too",
                 r"Also open +about the same user:\n +\d+  \w+ +open  ",
                 r"Approval +by somebody else than who asked, with the\s+role admin: root",
                 r"This hour +0 of 10 approved"):
        assert re.search(line, out), (line, out)
    assert "Privileged" not in out
    assert "Privileged  yes, it is chen@* in privileged-accounts" in ok(
        up, "respond", about(up, CHEN), "revoke-sessions", "--plan")
    out = ok(up, "respond", alert, "exec", "block", "--plan")
    assert "run /bin/true --drop, the alert as JSON on its standard input" in out
    assert "Undo        nothing takes it back" in out
    out = ok(up, "respond", alert, "dismiss", "--as", "benign", "--plan")
    assert f"Plan        dismiss alert {alert} as benign" in out and "somebody with the role admin" in out
    plan = up.ctl_json("respond", alert, "dismiss", "--as", "benign", "--plan")
    assert test_schemas.check(plan) == "triaged.respond.v1" and plan["response"] is None
    assert [call["step"] for call in plan["plan"]["calls"]] == ["look", "change"]
    assert plan["plan"]["undo"] == "activate" and plan["plan"]["you_may_not"] is None
    assert row(up) is None and kinds(up) == []
    assert "nothing waits for approval" in ok(up, "approve")


def test_refusals(up):
    """Each says what is wrong and what to do instead; nothing is stored."""
    alert = about(up, ADA)
    why = ("--reason", "test")
    for command, status, *words in (
            ((alert, "suspend-usr"), 2, "did you mean 'suspend-user'?"),
            ((alert, "suspend-user"), 2, "respond needs --reason"),
            ((alert, "exec"), 2, "triagectl help --values HOOK"),
            ((alert, "dismiss", "block", *why), 2, "only exec takes the name of a program"),
            ((alert, "dismiss", "--user", ADA, *why), 2, "is not done to a user"),
            ((alert, "dismiss", *why), 2, "--as false-positive or --as benign"),
            ((alert, "dismiss", "--as", "true-positive", *why), 2, "true-positive is what resolve stands for"),
            ((alert, "resolve", "--as", "maybe", *why), 2, "unknown word 'maybe'"),
            ((999, "dismiss", *why), 5, "no alert 999"),
            ((alert, "suspend-user", "--user", BOB, *why), 5, f"the alert has no account {BOB}"),
            ((alert, "in-progress", *why), 1, "in-progress is not enabled", "respond.actions"),
            ((alert, "exec", "handler", *why), 1, "the program handler is not enabled", "respond.hooks"),
            ((alert, "restore-user", *why), 1, "takes back what was done here"),
            ((about(up, BOB), "suspend-user", *why), 1, f"{BOB} is protected (bogdan@*"),
    ):
        refused(up.ctl("respond", *command), status, *words)
    for command, status, *words in ((("x",), 2, "no number of a response"), (("9", "--plan"), 5, "no response 9"),
                                    (("9", "--yes"), 5, "no response 9"), (("9", "--refuse"), 5, "no response 9")):
        refused(up.ctl("approve", *command), status, *words)
    assert row(up) is None
    up.file.write_text(up.file.read_text().replace("actions: [", "actions: [in-progress, "))
    ok(up, "reload")
    ok(up, "respond", alert, "in-progress", "--plan")
    up.stop()
    refused(up.ctl("respond", alert, "dismiss", "--plan"), 3)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_four_eyes():
    """Who asked cannot approve what a second person must; nor who lacks the role; to look
    takes the role read alone."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        roles = "control: {read: [%s], operate: [%s], admin: [%s]}\n" % (group_of(1), group_of(2), group_of(3))
        with began(folder, head=roles + RESPOND) as site:
            os.chmod(site.folder / "control.sock", 0o666)
            subprocess.run(["chmod", "-R", "a+rX", folder], check=True)

            def nobody(group, *command):
                done = subprocess.run(
                    ["setpriv", "--reuid=65534", "--regid=65534", "--groups", f"65534,{group}",
                     harness.TRIAGECTL, "--socket", f"{folder}/control.sock", "--database",
                     site.state / "triaged.db", *map(str, command)],
                    env=site.environment(), capture_output=True, text=True, check=False, timeout=60)
                return done.returncode, done.stdout, done.stderr

            alert = about(site, ADA)
            status, out, _ = nobody(1, "respond", alert, "suspend-user", "--plan")
            assert status == 0 and f"members of the group {group_of(3)}, and root" in flowed(out)
            refused(nobody(1, "respond", alert, "suspend-user", "-r", "x"), 4, "needs the role operate")
            # Without a terminal and --yes it is only planned.
            status, out, _ = nobody(2, "respond", alert, "suspend-user", "-r", "stolen password")
            assert status == 0 and "waits for the approval of a second person" in flowed(out), out
            assert "triagectl approve 1" in out and row(site)["asked_by"] == "nobody"
            refused(nobody(1, "approve", 1, "--yes"), 4, "needs the role operate")
            refused(nobody(2, "approve", 1, "--yes"), 4, "needs the role admin, and yours is operate")
            refused(nobody(3, "approve", 1, "--yes"), 4, "you asked for it yourself", "somebody else")
            refused(site.ctl("approve", 1), 2, "--yes")
            assert row(site)["state"] == "waiting"
            # Who tried is in the audit log, once a minute for each user.
            assert [json.loads(e["detail"])["verb"] for e in site.rows(
                "select detail from v_events where kind = 'denied' order by id")] == ["respond"]
            answer = site.ctl_json("approve", 1, "--plan")
            assert answer["plan"]["you_may_not"] is None and answer["response"]["reason"] == "stolen password"
            ok(site, "approve", 1, "--yes", "--no-wait")
            assert row(site)["approved_by"] == "root"
            # --yes is no way around it: what another one must approve stays planned.
            status, out, _ = nobody(3, "respond", alert, "exec", "block", "-r", "beacon", "--yes")
            assert status == 0 and row(site, 2)["state"] == "waiting"
            # Refusing is for who asked, too, and takes the role approving takes of others.
            ok(site, "respond", alert, "revoke-sessions", "-r", "mine")
            refused(nobody(2, "approve", 3, "--refuse"), 4, "was asked for by root")
            status, out, _ = nobody(2, "approve", 2, "--refuse", "-r", "wrong host")
            assert status == 0 and "refused by nobody: wrong host" in out
            assert row(site, 2)["state"] == "refused"


def test_it_is_told_everywhere(up):
    """List, show, why, timeline, report and hand-over have it, in words and for programs."""
    alert = about(up, ADA)
    first = up.ctl_json("respond", alert, "suspend-user", "--reason", "stolen password")
    assert test_schemas.check(first) == "triaged.respond.v1"
    assert first["response"]["state"] == "waiting" and first["plan"]["response"] == 1
    refused(up.ctl("respond", alert, "suspend-user", "--reason", "again"), 1,
            f"number 1 is to suspend-user {ADA} already", "triagectl approve 1 --plan")
    out = ok(up, "approve")
    assert re.search(rf"1  waiting  suspend-user  {ADA} +{alert}  {ME} +in (59 min|1 h)", out), out
    assert "Responses   1 waits for approval: triagectl approve" in ok(up, "status")
    assert test_schemas.check(up.ctl_json("status")) == "triaged.status.v1"
    listed = up.ctl_json("approve")
    assert test_schemas.check(listed) == "triaged.responses.v1"
    assert [r["reason"] for r in listed["responses"]] == ["stolen password"]
    assert f"response 1, suspend-user {ADA}, waits for the approval of a second person" in ok(
        up, "report", "--shift", "1h")
    assert test_schemas.check(up.ctl_json("report", "--shift", "1h")) == "triaged.report-shift.v1"
    assert f"1  suspend-user {ADA}" in ok(up, "show", alert)
    # Who tried to approve what he asked for himself is in the audit log.
    refused(up.ctl("approve", 1, "--yes"), 4, "you asked for it yourself")
    (denied,) = up.rows("select actor, detail from v_events where kind = 'denied'")
    assert denied["actor"] == ME
    detail = json.loads(denied["detail"])
    assert (detail["verb"], detail["needs"]) == ("approve", "admin") and "yourself" in detail["why"]
    out = ok(up, "approve", 1, "--refuse", "--reason", "he is on holiday there")
    assert f"Response    1, suspend-user {ADA}: refused by {ME}: he is on holiday there" in out
    # It is over: told without the daemon too, decided on no more.
    refused(up.ctl("approve", 1, "--refuse"), 1, "number 1 is refused already")
    refused(up.ctl("approve", 1, "--yes"), 1, "number 1 is refused already")
    up.stop()
    assert f"refused by {ME}: he is on holiday there" in ok(up, "approve", 1, "--plan")
    assert test_schemas.check(up.ctl_json("approve", 1, "--plan")) == "triaged.approve.v1"
    assert f"asks for response 1, suspend-user {ADA}: stolen password" in flowed(ok(up, "why", alert))
    assert f"refused by {ME}: he is on holiday there" in flowed(ok(up, "show", alert))
    assert "he is on holiday there" in flowed(ok(up, "timeline", alert))
    record = ok(up, "report", alert)
    assert "## Responses" in record and f"asked for by {ME}" in flowed(record)
    assert test_schemas.check(up.ctl_json("report", alert)) == "triaged.report.v1"
    assert test_schemas.check(up.ctl_json("show", alert)) == "triaged.show.v1"
    assert kinds(up) == ["response-planned", "response-refused"]


def flowed(text):
    return re.sub(r"\s+", " ", text)


def test_an_alert_that_changed(up):
    """What was approved of is what was shown: to take and assign it changes nothing about that,
    to close it does."""
    alert = about(up, ADA)
    ok(up, "respond", alert, "dismiss", "--as", "benign", "-r", "holiday")
    assert row(up)["state"] == "planned"
    ok(up, "ack", alert)
    ok(up, "phase", alert, "contain")
    assert up.ctl_json("approve", 1, "--plan")["plan"]["you_may_not"] is None
    ok(up, "close", alert, "--as", "true-positive")
    why = f"alert {alert} has changed since number 1 was planned"
    assert why in up.ctl_json("approve", 1, "--plan")["plan"]["you_may_not"]
    refused(up.ctl("approve", 1, "--yes"), 1, why, "triagectl approve 1 --refuse")
    ok(up, "approve", 1, "--refuse")
    ok(up, "respond", alert, "dismiss", "--as", "benign", "-r", "holiday", "--yes", "--no-wait")


def ask(site, *command):
    return Terminal(harness.TRIAGECTL, "-c", site.file, *map(str, command), folder=site.folder, NO_COLOR="1",
                    CREDENTIALS_DIRECTORY=str(site.credentials))


def test_at_a_terminal(up):
    """The plan, then the question; no is the answer that Enter gives."""
    alert = about(up, ADA)
    question = "Ask for it? Somebody else must approve it then. [no]"
    for answer, status in (("\r", 1), ("yes\r", 0)):
        terminal = ask(up, "respond", alert, "suspend-user", "--reason", "stolen password")
        shown = terminal.read(question)
        assert "PATCH http" in shown and row(up) is None
        terminal.type(answer)
        assert terminal.ended() == status, terminal.text
        terminal.close()
        assert ("nothing was asked for" in terminal.text) == (status == 1)
        assert terminal.text.count("PATCH http") == 1
    assert row(up)["state"] == "waiting"
    # Who may not approve is told before he is asked.
    terminal = ask(up, "approve", 1)
    assert terminal.ended() == 4 and "you asked for it yourself" in terminal.text
    terminal.close()
    ok(up, "respond", alert, "dismiss", "--as", "benign", "-r", "holiday")
    terminal = ask(up, "approve", 2)
    terminal.read("Let it be done now? [no]")
    terminal.type("\r")
    assert terminal.ended() == 1 and "waits as before" in terminal.text
    terminal.close()
    assert row(up, 2)["state"] == "planned"
    terminal = ask(up, "approve", 2, "--no-wait")
    terminal.read("Let it be done now? [no]")
    terminal.type("y\r")
    assert terminal.ended() == 0
    terminal.close()
    assert row(up, 2)["approved_by"]


def test_the_readme_shows_it(up):
    """Its screen is that of the program; where it is cut, and times and people differ."""
    chapter = re.search(r"^## Do something about it\n(.*?)^## ", test_readme.README, re.M | re.S).group(1)
    command, screen = re.search(r"^    \$ triagectl (.*)\n((?:    .*\n|\n)+)", chapter, re.M).groups()
    terminal = ask(up, *shlex.split(command))
    terminal.read("approve it then. [no]")
    terminal.type("yes\r")
    assert terminal.ended() == 0
    terminal.close()
    shown = re.sub(r"http://[\d.:]+", "https://graph.microsoft.com", terminal.text)
    missing = test_readme.words(screen) - test_readme.words(shown) - {"anna", "soc", "members", "group", "leads"}
    assert not missing, f"{sorted(missing)} not in\n{shown}"


def test_completion_values(up):
    """The words of both commands as they are here and now."""
    ok(up, "respond", about(up, ADA), "suspend-user", "-r", "x")
    values = lambda kind: {r["word"] for r in json.loads(ok(up, "--json", "help", "--values", kind))["values"]}
    assert values("HOOK") == {"block"} and values("RESPONSE") == {"1"}
    assert {"suspend-user", "exec", "activate"} <= values("ACTION")
