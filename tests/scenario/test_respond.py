"""What people have done upstream: each action's whole way, with the requests that the services
see, their refusals, and what a daemon that dies in between leaves behind."""
import contextlib
import json
import sqlite3
import subprocess
import time

import pytest

import doors
import fakes
import harness

USER = "ada@contoso.com"
LOOK = ("?$select=id,userPrincipalName,mail,accountEnabled,userType,onPremisesSyncEnabled")
SUSPEND = '{"accountEnabled":false}'
RESPOND = """
respond:
  actions: [revoke-sessions, suspend-user, notify-user, dismiss, resolve, in-progress]
  protect: ["breakglass*"]
  hooks: [handler]
  notify-by: mail
"""
# Numbers of core/response.h.
ACTIONS = {"revoke-sessions": 0, "suspend-user": 1, "restore-user": 2, "notify-user": 3,
           "dismiss": 4, "resolve": 5, "in-progress": 6, "activate": 7, "exec": 8}
VERDICTS = {None: 0, "true-positive": 1, "false-positive": 2, "benign": 3}


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 77, "subscriptions": 1, "alerts": 1, "status": "Active",
                                "xdr": 1, "products": ["ca"], "base": doors.now(seconds=60),
                                "spread_s": 1, "cloud_apps_per_minute": 1000}) as fake:
        yield fake


def begin(site, azure, *kinds, more=""):
    """The daemon with the alerts of these doors; the number of the first."""
    doors.configure(site, *[doors.block(kind, azure) for kind in kinds])
    text = site.file.read_text().replace("routes:", more + "routes:", 1)
    site.file.write_text(text + RESPOND.replace("  hooks: [handler]\n  notify-by: mail\n", "")
                         .replace("notify-user, ", "") if not more else text + RESPOND)
    site.start()
    harness.wait_for(lambda: site.value("SELECT count(*) FROM v_alerts "
                                        "WHERE source <> 'triaged'") > 0, "the alert")
    return site.value("SELECT id FROM v_alerts WHERE source <> 'triaged' ORDER BY id")


def put(site, alert, action, subject, source=None, verdict=None, **more):
    """A row as approving leaves it behind; its number."""
    now = int(time.time() * 1000)
    row = {"alert_id": alert, "episode": 1, "alert_version": 0, "action": ACTIONS[action],
           "state": 2, "subject": subject, "source": source, "verdict": VERDICTS[verdict],
           "contain": 0, "asked_by": "ann", "reason": "stolen password", "planned_ms": now,
           "expires_ms": now + 3600000, "approved_by": "ben", "approved_ms": now, **more}
    with contextlib.closing(sqlite3.connect(site.state / "triaged.db", timeout=20)) as db, db:
        names = ", ".join(row)
        number = db.execute(f"INSERT INTO response ({names}) VALUES "
                            f"({', '.join(':' + name for name in row)}) RETURNING id",
                            row).fetchone()[0]
    return number


def kick(site, alert):
    assert site.ctl("note", alert, "look")[0] == 0


def response(site, number):
    (row,) = site.rows("SELECT * FROM v_responses WHERE id = ?", number)
    return row


def wait_state(site, number, *states):
    harness.wait_for(lambda: response(site, number)["state"] in states,
                     f"response {number}: {states}")
    return response(site, number)


def do(site, alert, action, subject, source, **more):
    """The row, once it is over."""
    number = put(site, alert, action, subject, source, **more)
    kick(site, alert)
    return wait_state(site, number, "done", "failed", "refused", "expired")


def requests(azure, path):
    return [(line["method"], line["path"]) for line in azure.requests(path)]


def kinds(site, alert):
    return [row["kind"] for row in site.rows(
        "SELECT kind FROM v_events WHERE alert_id = ? AND kind LIKE 'response-%' ORDER BY id",
        alert)]


def seen(azure):
    return [(one["method"], one["target"], one["body"]) for one in azure.actions()]


def test_users(site, azure):
    """Looked at first, and then the one call, by the sign-in of the tenant's Graph source."""
    alert = begin(site, azure, "graph")
    name = "/v1.0/users/ada%40contoso.com"
    row = do(site, alert, "suspend-user", USER, "graph", contain=1)
    assert (row["state"], row["found"], row["attempts"]) == ("done", "enabled", 1)
    assert "revoke them, too" in row["answer"] and row["request_id"]
    assert seen(azure) == [("PATCH", name, SUSPEND)]
    assert [one[0] for one in requests(azure, f"/v1.0/users/{USER}")] == ["GET", "PATCH"]
    assert site.value("SELECT phase FROM v_alerts WHERE id = ?", alert) == "contain"
    assert kinds(site, alert) == ["response-called", "response-done"]
    # So already: nothing is called. What was done here is taken back.
    row = do(site, alert, "suspend-user", USER, "graph")
    assert (row["state"], row["answer"]) == ("done", "it was disabled already")
    row = do(site, alert, "restore-user", USER, "graph")
    assert (row["state"], row["found"]) == ("done", "disabled")
    row = do(site, alert, "revoke-sessions", USER, "graph")
    assert row["state"] == "done" and "about an hour" in row["answer"]
    assert seen(azure)[1:] == [("PATCH", name, '{"accountEnabled":true}'),
                               ("POST", name + "/revokeSignInSessions", "")]
    assert USER not in site.log_text()


@pytest.mark.parametrize("action,verb,found", [
    ("in-progress", "inProgress", "active"), ("dismiss", "dismiss", "active"),
    ("resolve", "resolve", "active")])
def test_arm(site, azure, action, verb, found):
    alert = begin(site, azure, "arm")
    native = site.value("SELECT native_id FROM v_alerts WHERE id = ?", alert)
    row = do(site, alert, action, native, "arm")
    assert (row["state"], row["found"]) == ("done", found)
    (method, target, body), = seen(azure)
    assert (method, body) == ("POST", "")
    assert target.endswith(f"/alerts/{azure.alerts()[0]['name']}/{verb}?api-version=2022-01-01")
    assert target.startswith("/subscriptions/")
    row = do(site, alert, "activate", native, "arm")
    assert row["state"] == "done"
    assert seen(azure)[1][1].endswith("/activate?api-version=2022-01-01")
    assert azure.alerts()[0]["status"] == "Active"


def test_graph_alert(site, azure):
    begin(site, azure, "graph")
    alert, native = next((row["id"], row["native_id"]) for row in
                         site.rows("SELECT id, native_id FROM v_alerts")
                         if row["native_id"].startswith("ca"))
    row = do(site, alert, "dismiss", native, "graph", verdict="benign")
    assert (row["state"], row["found"]) == ("done", "active")
    (method, target, body), = seen(azure)
    assert (method, target) == ("PATCH", f"/v1.0/security/alerts_v2/{native}")
    assert json.loads(body) == {"status": "resolved",
                                "classification": "informationalExpectedActivity"}


def test_portal(site, azure):
    alert = begin(site, azure, "cloud-apps")
    native = site.value("SELECT native_id FROM v_alerts WHERE id = ?", alert)
    row = do(site, alert, "dismiss", native, "cloud-apps", verdict="false-positive")
    assert (row["state"], row["found"]) == ("done", "active")
    (method, target, body), = seen(azure)
    assert (method, target) == ("POST", "/api/v1/alerts/close_false_positive/")
    assert json.loads(body) == {"filters": {"id": {"eq": [native]}},
                                "comment": "stolen password"}


@pytest.mark.parametrize("fault,words", [
    ({"path": "/v1.0/users/*", "method": "GET", "graph": "forbidden"}, "User.Read.All"),
    ({"path": "/v1.0/users/*", "method": "PATCH", "graph": "denied"},
     "User.EnableDisableAccount.All"),
    ({"path": "/v1.0/users/*", "graph": "not-found"}, "the directory has no such account"),
    ({"path": "/v1.0/users/*", "method": "PATCH", "graph": "bad-request"}, "400 BadRequest"),
])
def test_refused_upstream(site, azure, fault, words):
    """For good, with what to grant; it is not asked again."""
    alert = begin(site, azure, "graph")
    azure.fault(**fault)
    row = do(site, alert, "suspend-user", USER, "graph")
    assert (row["state"], row["uncertain"], row["attempts"]) == ("failed", 0, 1)
    assert words in row["answer"]
    assert "response failed" in site.log_text() and words in site.log_text()


def test_tried_again(site, azure):
    """Not now, or nobody knows: looked at again and, if it is not so, done again."""
    faults = {"ann@contoso.com": {"graph": "throttled"},
              "bea@contoso.com": {"graph": "unavailable"},
              "cia@contoso.com": {"method": "PATCH", "graph": "throttled"},
              "dot@contoso.com": {"method": "PATCH", "cut": 0, "status": 200, "body": "lost"}}
    alert = begin(site, azure, "graph")
    for user, fault in faults.items():
        azure.fault(path=f"/v1.0/users/{user}", times=1, **fault)
    numbers = {user: put(site, alert, "suspend-user", user, "graph") for user in faults}
    kick(site, alert)
    for user, number in numbers.items():
        row = wait_state(site, number, "done")
        assert (row["attempts"], row["found"]) == (2, "enabled"), user
    assert row["answer"] == "it was done: it is disabled now"
    assert sorted(one[1] for one in seen(azure)) == sorted(
        f"/v1.0/users/{user.replace('@', '%40')}" for user in faults)


def test_found_out_at_the_last_moment(site, azure):
    """What only the directory knows, and settings that have changed since it was approved."""
    azure.script(users={USER: {"mail": "breakglass7@contoso.com"}})
    alert = begin(site, azure, "graph")
    row = do(site, alert, "suspend-user", USER, "graph")
    assert (row["state"], row["ended_by"]) == ("refused", "triaged")
    assert "is protected (breakglass*" in row["answer"]
    assert "response refused" in site.log_text() and USER not in site.log_text()
    now = int(time.time() * 1000)
    row = do(site, alert, "suspend-user", "eve@contoso.com", "graph", expires_ms=now - 1)
    assert row["state"] == "expired"
    row = do(site, alert, "suspend-user", "eve@contoso.com", "gone")
    assert row["state"] == "failed" and "gone, with which it was planned" in row["answer"]
    assert seen(azure) == []


@pytest.mark.parametrize("method,calls", [("GET", 1), ("PATCH", 1)])
def test_killed(site, azure, method, calls):
    """Between the look and the call, and while the call is made: once more, and never twice."""
    alert = begin(site, azure, "graph")
    azure.fault(path="/v1.0/users/*", method=method, hang=True)
    number = put(site, alert, "suspend-user", USER, "graph")
    kick(site, alert)
    azure.wait_log(lambda line: line.get("method") == method and "/users/" in line["path"])
    site.kill()
    assert response(site, number)["state"] == "running"
    azure.heal()
    site.start()
    row = wait_state(site, number, "done")
    assert (row["found"], row["attempts"]) == ("enabled", 2)
    assert [one[2] for one in seen(azure)] == [SUSPEND] * calls


def test_stuck_service_holds_nothing_else(site, azure):
    """Who does not answer holds a place; what is behind it waits, and the rest goes on."""
    alert = begin(site, azure, "graph")
    azure.fault(path="/v1.0/users/stuck*", hang=True)
    first = put(site, alert, "revoke-sessions", "stuck@contoso.com", "graph")
    behind = put(site, alert, "suspend-user", "stuck@contoso.com", "graph")
    other = put(site, alert, "suspend-user", USER, "graph")
    kick(site, alert)
    assert wait_state(site, other, "done")["answer"]
    assert response(site, first)["state"] == "running"
    assert response(site, behind)["state"] == "approved"
    assert site.ctl("status")[0] == 0


HANDLER = """  - {name: handler, type: exec, command: ["{folder}/handler"], timeout: 2s}
  - name: mail
    type: email
    server: smtp://127.0.0.1:SMTP
    starttls: off
    from: triaged@example.org
    to: [oncall@example.org]
"""


def handler(site, text, port=1):
    """A program, and the targets with it."""
    program = site.folder / "handler"
    program.write_text("#!/bin/sh\n" + text)
    program.chmod(0o755)
    return HANDLER.replace("{folder}", str(site.folder)).replace("SMTP", str(port))


def test_program(site, azure):
    """Gets the alert and who decided; its status says how it went."""
    seen_file = site.folder / "seen"
    targets = handler(site, f'read line; echo "$line" > {seen_file}; echo blocked; '
                            'echo more; exit "$(cat {0}/status 2>/dev/null || echo 0)"'
                      .replace("{0}", str(site.folder)))
    alert = begin(site, azure, "graph", more=targets)
    row = do(site, alert, "exec", "handler", None)
    assert (row["state"], row["answer"]) == ("done", "it ended with exit status 0: blocked")
    told = json.loads(seen_file.read_text())
    assert told["type"] == "response.run" and told["data"]["alert"]["id"] == alert
    assert told["data"]["notice"]["reason"] == (
        f"response {row['id']}: ann asked for it, ben approved it: stolen password")
    (site.folder / "status").write_text("3")
    row = do(site, alert, "exec", "handler", None)
    assert (row["state"], row["uncertain"]) == ("failed", 0) and "exit status 3" in row["answer"]
    again = json.loads(seen_file.read_text())
    assert again["data"]["notice"]["key"] != told["data"]["notice"]["key"]


def test_program_that_says_much(site, azure):
    """The answer is cut between two letters, and shows it."""
    line = "\u00e4" * 2000
    alert = begin(site, azure, "graph", more=handler(site, f"echo {line}"))
    answer = do(site, alert, "exec", "handler", None)["answer"]
    assert answer == "it ended with exit status 0: " + "\u00e4" * 233 + "\u2026"


def test_program_that_hangs(site, azure):
    """Ended after its time, as uncertain; and after a crash it is not run again by itself."""
    runs = site.folder / "runs"
    alert = begin(site, azure, "graph", more=handler(site, f"echo x >> {runs}; sleep 60"))
    row = do(site, alert, "exec", "handler", None)
    assert (row["state"], row["uncertain"]) == ("failed", 1)
    assert "took longer than 2 s" in row["answer"]
    number = put(site, alert, "exec", "handler")
    kick(site, alert)
    harness.wait_for(lambda: runs.read_text().count("x") == 2, "the second run")
    site.kill()
    site.start()
    row = wait_state(site, number, "failed")
    assert row["uncertain"] == 1 and "look before you plan it again" in row["answer"]
    assert runs.read_text().count("x") == 2


def test_message(site, azure, tmp_path):
    """By the outbox, to that person alone, and nothing of the alert in it."""
    with fakes.Smtp(tmp_path) as smtp:
        alert = begin(site, azure, "graph", more=handler(site, "exit 0", smtp.port))
        row = do(site, alert, "notify-user", USER, None, reason="Call us at desk 4.")
        assert row["state"] == "done" and row["request_id"].startswith("message ")
        number = int(row["request_id"].split()[1])
        harness.wait_for(lambda: smtp.messages(), "the mail")
        (message,) = smtp.messages()
        harness.wait_for(lambda: site.value("SELECT state FROM v_deliveries WHERE id = ?",
                                            number) == "sent", "the end of it")
    assert USER in str(message) and "oncall@example.org" not in str(message)
    text = message["text"].decode()
    assert "Call us at desk 4." in text and f"About your account {USER}" in text
    title = site.value("SELECT title FROM v_alerts WHERE id = ?", alert)
    assert title not in text and "ann" not in text.split("Subject:")[1].split("\n")[0]
    (sent,) = site.rows("SELECT kind, recipient FROM v_deliveries WHERE id = ?", number)
    assert dict(sent) == {"kind": "response", "recipient": USER}


def alone(site):
    """Nobody else has to say yes."""
    site.file.write_text(site.file.read_text().replace("respond:\n", "respond:\n"
                                                       "  second-person: never\n"))
    assert site.ctl("reload")[0] == 0


def test_by_command(site, azure):
    """Asked for, approved and done by who types it, who is told how it ended."""
    alert = begin(site, azure, "arm")
    alone(site)
    status, out, errors = site.ctl("respond", alert, "in-progress", "-r", "I look", "--yes")
    assert (status, errors) == (0, "") and "done" in out
    assert seen(azure)[0][1].endswith("/inProgress?api-version=2022-01-01")
    azure.fault(path="*/dismiss", arm="forbidden")
    status, out, errors = site.ctl("respond", alert, "dismiss", "-r", "a test", "--yes")
    assert status == 1 and "Security Admin" in " ".join((out + errors).split())
    assert kinds(site, alert) == ["response-planned", "response-approved", "response-called",
                                  "response-done", "response-planned", "response-approved",
                                  "response-called", "response-failed"]
    text = " ".join(site.ctl("why", alert)[1].split())
    assert "response 1, in-progress, is done" in text and "begins response 2, dismiss" in text


def test_second_is_asked(site, azure):
    """Nobody was told of the alert, so the fallback gets the command that lets it be done."""
    alert = begin(site, azure, "graph")
    site.file.write_text(site.file.read_text().replace("respond:\n", "respond:\n"
                                                       "  second-person: always\n"))
    assert site.ctl("reload")[0] == 0
    status, out, errors = site.ctl("respond", alert, "in-progress", "-r", "I look", "--yes")
    assert (status, errors) == (0, ""), out
    harness.wait_for(lambda: site.value("SELECT count(*) FROM v_deliveries WHERE step = -1 "
                                        "AND state = 'sent'"), "the message about it")
    (text,) = about_responses(site, "A RESPONSE NEEDS YOU")
    assert "triagectl approve 1 (no: triagectl approve 1 --refuse)" in text, text
    assert f"who asks for in-progress alert {alert}: I look" in text, text


def about_responses(site, first):
    """What arrived with this first line."""
    texts = [" ".join(file.read_text().replace("=\n", "").split())
             for file in site.outbox.rglob("*") if file.is_file()]
    return [text for text in texts if first in text]


def test_second_is_asked_again(site, azure):
    """Nobody answers for half of its time: once more, restarts or not. Whoever was asked hears
    that it is decided, by whom, and why."""
    clock = harness.Clock(site.folder)
    site.more_environment.update(clock.environment)
    alert = begin(site, azure, "graph")
    site.file.write_text(site.file.read_text().replace("respond:\n", "respond:\n"
                                                       "  second-person: always\n"))
    assert site.ctl("reload")[0] == 0
    assert site.ctl("respond", alert, "in-progress", "-r", "I look", "--yes")[0] == 0
    harness.wait_for(lambda: about_responses(site, "A RESPONSE NEEDS YOU"), "the message")
    clock.jump(31 * 60)
    harness.wait_for(lambda: about_responses(site, "nobody has answered yet"), "the second one")
    for _ in range(2):
        site.kill()
        site.start()
        clock.jump(5 * 60)
        kick(site, alert)
    assert site.ctl("approve", "1", "--refuse", "--reason", "not him")[0] == 0
    harness.wait_for(lambda: about_responses(site, "A RESPONSE NEEDS NOBODY ANY MORE"), "the end")
    (text,) = about_responses(site, "A RESPONSE NEEDS NOBODY ANY MORE")
    who = site.value("SELECT ended_by FROM v_responses")
    assert f"{who} refused it at" in text and "(not him): number 1, in-progress" in text, text
    assert len(about_responses(site, "A RESPONSE NEEDS YOU")) == 2
    assert site.value("SELECT group_concat(step, ' ') FROM v_deliveries WHERE step < 0") \
        == "-1 -1 -2"


def test_drill(site, azure):
    """What never happened is nobody's fault: nothing is planned about it."""
    begin(site, azure, "graph", "arm")
    drill = subprocess.Popen([harness.TRIAGECTL, "-c", site.file, "drill"],
                             env=site.environment(), stdout=subprocess.DEVNULL)
    try:
        harness.wait_for(lambda: site.value("SELECT count(*) FROM v_drills WHERE alert_id"),
                         "the drill")
        alert = site.value("SELECT alert_id FROM v_drills")
        status, _, errors = site.ctl("respond", alert, "dismiss", "--as", "benign", "-r", "x")
        assert status == 1 and "the alert is a drill" in " ".join(errors.split())
    finally:
        drill.kill()
        drill.wait()
    assert seen(azure) == [] and site.value("SELECT count(*) FROM v_responses") == 0


def test_expires(site, azure):
    """Nobody said yes, or the service did not come back in time; nothing was called."""
    alert = begin(site, azure, "graph")
    now = int(time.time() * 1000)
    azure.fault(path="/v1.0/users/*", graph="unavailable")
    plan = put(site, alert, "suspend-user", "eve@contoso.com", "graph", state=1,
               approved_by=None, approved_ms=None, expires_ms=now + 1500)
    down = put(site, alert, "suspend-user", USER, "graph", expires_ms=now + 1500)
    kick(site, alert)
    row = wait_state(site, plan, "expired")
    assert row["answer"] == "nobody approved it in time"
    row = wait_state(site, down, "expired")
    assert row["answer"] == "it could not be done in time" and row["attempts"] == 1
    assert seen(azure) == [] and "response expired" in site.log_text()


def test_restored(site, azure):
    """A backup begins nothing: what was done since is known, and the rest ends."""
    alert = begin(site, azure, "graph")
    # Nobody answers: it waits from its first try to the end of the backup.
    azure.fault(path="/v1.0/users/eve*", graph="unavailable")
    waits = put(site, alert, "suspend-user", "eve@contoso.com", "graph")
    later = put(site, alert, "suspend-user", USER, "graph",
                not_before_ms=int(time.time() * 1000) + 3000)
    kick(site, alert)
    harness.wait_for(lambda: response(site, waits)["attempts"] == 1, "a try")
    wait_state(site, waits, "approved")
    backup = site.folder / "backup.db"
    assert site.ctl("backup", backup)[0] == 0
    assert wait_state(site, later, "done")["found"] == "enabled"
    assert site.stop() == 0
    azure.heal()
    status, _, errors = site.ctl("restore", backup)
    assert (status, errors) == (0, "")
    site.start()
    assert response(site, later)["state"] == "done"
    row = response(site, waits)
    assert (row["state"], row["uncertain"]) == ("refused", 0)
    assert "the database was restored" in row["answer"]
    # Whoever was told of the alert hears that this one has ended; of the other nobody does.
    harness.wait_for(lambda: site.value("SELECT count(*) FROM v_deliveries WHERE reason LIKE ? AND state = 'sent'",
                                        f"triagectl approve {waits} --plan tells about it: suspend-user "
                                        "eve@contoso.com was not done, %the database was restored%"), "a word of it")
    assert site.value("SELECT count(*) FROM v_deliveries WHERE reason LIKE '%database was restored%'") == 1
    kick(site, alert)
    assert [one[1] for one in seen(azure)] == ["/v1.0/users/ada%40contoso.com"]


def test_reload_meanwhile(site, azure):
    """The settings it began with are gone: it ends with what it took along."""
    alert = begin(site, azure, "graph")
    azure.fault(path="/v1.0/users/*", method="GET", delay_ms=1500)
    number = put(site, alert, "suspend-user", USER, "graph")
    kick(site, alert)
    azure.wait_log(lambda line: line.get("method") == "GET" and "/users/" in line["path"])
    site.file.write_text(site.file.read_text().replace("name: graph", "name: renamed"))
    assert site.ctl("reload")[0] == 0
    assert wait_state(site, number, "done", "failed", "refused")["state"] == "done"
    assert [one[2] for one in seen(azure)] == [SUSPEND]
