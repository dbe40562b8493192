"""triagectl with the daemon up, down and killed; the socket under bad clients;
readers beside the daemon; what hostile text looks like on a screen."""
import getpass
import grp
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unicodedata

import pytest

import fakes
import harness
import kit
from harness import wait_for

SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
targets:
  - {name: folder, type: folder, path: "{outbox}"}
  - {name: nobody, type: webhook, url: "http://127.0.0.1:1/", allow-private: true}
routes:
  - ladder: [{after: 0s, notify: [folder]}]
fallback: folder
"""
ME = getpass.getuser()


@pytest.fixture
def up(site):
    """A daemon with three alerts: high, critical, medium."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1), kit.alert(2, crown=True), kit.alert(3, severity="Medium"))
    site.start()
    wait_for(lambda: len(kit.deliveries(site, "state = 'sent'")) == 3, "three notices")
    return site


def refused(answer, status, *words):
    """(status, output, errors) of a command that did not do it."""
    assert answer[0] == status, answer
    for word in words:
        assert word in answer[2] or word in answer[1], answer


def number_of(site, title):
    return kit.alert_row(site, title)["id"]


def events(site, number):
    return [row["kind"] for row in
            site.rows("select kind from v_events where alert_id = ? order by id", number)]


# What each command does

def test_ack_and_close_are_kept_with_name_and_reason(up):
    """The change is in the views, in the audit log and in a notice; its author
    is the account that the socket saw."""
    one, two = number_of(up, "Suspicious process 1"), number_of(up, "Suspicious process 2")
    status, out, _ = up.ctl("ack", one, two, "--note", "looking at it")
    assert status == 0
    assert f"{one}: acknowledged" in out and f"{two}: acknowledged" in out
    row = kit.alert_row(up, "Suspicious process 1")
    assert (row["state"], row["acknowledged_by"]) == ("acknowledged", ME)
    assert row["acknowledge_note"] == "looking at it"
    assert row["acknowledge_expires_ms"] == row["acknowledged_ms"] + 2 * 3600 * 1000
    status, out, _ = up.ctl("close", one, "--as", "false-positive", "--note", "backup job")
    assert status == 0 and f"{one}: closed" in out
    row = kit.alert_row(up, "Suspicious process 1")
    assert (row["state"], row["closed_by"], row["verdict"], row["close_note"]) == (
        "closed", ME, "false-positive", "backup job")
    assert row["triage_state"] == "met"
    assert events(up, one)[-2:] == ["acknowledged", "closed"]
    kinds = [row["kind"] for row in kit.deliveries(up, "alert_id = ?", one)]
    assert kinds == ["opened", "acknowledged", "closed"]


def test_conflicts_are_told_and_not_overwritten(up):
    """A closed alert stays closed, and an old version changes nothing."""
    one = number_of(up, "Suspicious process 1")
    assert up.ctl("close", one, "--as", "benign")[0] == 0
    refused(up.ctl("ack", one), 1, f"{ME} closed it")
    refused(up.ctl("close", one, "--as", "true-positive"), 1, f"{ME} closed it")
    assert kit.alert_row(up, "Suspicious process 1")["verdict"] == "benign"
    version = kit.alert_row(up, "Suspicious process 2")["version"]
    answer = talk(up, {"verb": "ack", "args": {"alert": 2, "version": version + 7}})
    assert answer["code"] == "conflict" and "changed meanwhile" in answer["text"]
    assert kit.alert_row(up, "Suspicious process 2")["state"] == "open"
    answer = talk(up, {"verb": "ack", "args": {"alert": 2, "version": version}})
    assert answer["code"] == "ok"


def test_a_list_that_is_cut_says_so(up):
    """Who reads it would take it for all there is."""
    n = len(up.ctl_json("list")["alerts"])
    assert n > 1 and not up.ctl_json("list", "--limit", n)["cut"]
    cut = up.ctl_json("list", "--limit", n - 1)
    assert cut["cut"] and len(cut["alerts"]) == n - 1
    assert f"Shown: the first {n - 1}; " in up.ctl("list", "--limit", n - 1)[1]
    assert "Shown" not in up.ctl("list")[1]
    assert "Shown" not in up.ctl("list", "--csv", "--limit", n - 1)[1]



def test_looking_commands_show_what_is_there(up):
    """status, list, show, timeline, sources, outbox and sql, as text and as
    JSON with the name of its shape."""
    two = number_of(up, "Suspicious process 2")
    status, out, _ = up.ctl("status")
    assert status == 0
    for word in (f"pid {up.process.pid}", "up since", "1 critical", "1 high", "1 medium",
                 "exported", "folder", "0 undelivered"):
        assert word in out, out
    status, out, _ = up.ctl("list")
    lines = [line for line in out.splitlines() if "Suspicious" in line]
    assert status == 0 and ["critical" in lines[0], "high" in lines[1]] == [True, True]
    found = up.ctl_json("list", "--severity", "critical,high")
    assert found["schema"] == "triaged.list.v1"
    assert [row["id"] for row in found["alerts"]] == [two, number_of(up, "Suspicious process 1")]
    native = kit.alert_row(up, "Suspicious process 2")["native_id"]
    status, out, _ = up.ctl("show", native)
    assert status == 0 and "crown-jewels" in out and "Isolate the machine." in out
    status, out, _ = up.ctl("timeline", two)
    assert status == 0 and "opened" in out and "folder" in out
    assert up.ctl_json("sources")["sources"][0]["source"] == "exported"
    assert up.ctl("outbox")[0] == 0
    rows = up.ctl_json("sql", "select id, severity from v_alerts order by id")["rows"]
    assert sorted(row["severity"] for row in rows) == ["critical", "high", "medium"]
    status, out, _ = up.ctl("sql")
    names = [line.split()[0] for line in out.splitlines()[1:] if line and line[0].islower()]
    assert status == 0 and len(names) >= 10
    for name in names:
        assert up.ctl("sql", name)[0] == 0, name


def test_sql_only_reads(up):
    """Nothing that is typed into `sql` changes or attaches anything."""
    before = up.rows("select * from v_alerts")
    for text in ("delete from alert", "update alert set state = 2", "drop view v_alerts",
                 "attach 'x.db' as x", "pragma journal_mode = delete", "vacuum into 'x.db'",
                 "select 1; delete from alert", "begin; delete from alert"):
        assert up.ctl("sql", text)[0] in (1, 2, 4), text
    assert up.rows("select * from v_alerts") == before
    assert not (up.folder / "x.db").exists()


def test_test_notify_waits_for_the_outcome(up):
    """Sent says so; what cannot be sent says why."""
    status, out, _ = up.ctl("test-notify", "folder")
    assert status == 0 and "sent" in out
    row = kit.deliveries(up, "kind = 'test'")[0]
    assert (row["state"], row["alert_id"]) == ("sent", None)
    assert ME in row["reason"]
    status, out, errors = up.ctl("test-notify", "nobody")
    assert status == 1 and "127.0.0.1:1" in out + errors
    refused(up.ctl("test-notify", "nowhere"), 5, "nowhere")


def test_outbox_retry_puts_a_dead_message_back(site, tmp_path):
    """After the receiver was mended: the same message, once."""
    with fakes.Sink(tmp_path) as sink:
        site.settings(SETTINGS.replace("http://127.0.0.1:1/", sink.url)
                      .replace("notify: [folder]", "notify: [nobody]"))
        sink.fault(status=404)
        kit.put(site, kit.alert())
        site.start()
        row = kit.wait_delivery(site, "state = 'dead'")
        assert "dead" in site.ctl("outbox")[1]
        sink.heal()
        status, out, _ = site.ctl("outbox", "retry", row["id"])
        assert status == 0, out
        again = kit.wait_delivery(site, "target = 'nobody' and state = 'sent'")
        assert (again["id"], again["key"]) == (row["id"], row["key"])
        assert len(sink.requests()) == 2
        refused(site.ctl("outbox", "retry", row["id"]), 5)
        refused(site.ctl("outbox", "retry", 999), 5)


def test_reload_takes_a_good_file_and_refuses_a_bad_one(up):
    """A bad file changes nothing: triagectl names the first fault, the daemon
    every one of them with its line."""
    good = up.file.read_text()
    up.file.write_text(good.replace("fallback: folder", "fallback: nowhere\nfalback: x"))
    line = up.file.read_text().splitlines().index("falback: x") + 1
    refused(up.ctl("reload"), 1, f"{up.file}:", "--check-config")
    answer = up.ctl("--socket", up.folder / "control.sock", "reload")
    refused(answer, 1, "nowhere", "fallback", f"{up.file}:{line}:", "2 faults",
            "old settings stay in use")
    up.file.write_text(good)
    assert up.ctl("test-notify", "folder")[0] == 0
    up.file.write_text(good.replace("name: nobody", "name: somebody"))
    assert up.ctl("reload")[0] == 0
    refused(up.ctl("test-notify", "nobody"), 5)
    assert up.ctl("test-notify", "somebody", "--no-wait")[0] == 0
    assert "settings refused" in up.log_text() and "settings read again" in up.log_text()


# Exit codes, and the daemon's absence

def test_exit_codes(up):
    """0 done, 1 not done, 2 wrong words, 3 no daemon, 5 no such thing; 4 is in
    test_another_member_of_the_group."""
    assert up.ctl("list")[0] == 0
    assert up.ctl("--help")[0] == 0 and up.ctl("list", "--help")[0] == 0
    assert up.ctl("close", "3", "--as", "benign")[0] == 0
    assert up.ctl("ack", "3")[0] == 1
    for wrong in (["lisst"], ["list", "--severty", "high"], ["list", "--severity", "hihg"],
                  ["show"], ["show", "1", "2"], ["close", "1"], ["close", "1", "--as", "beningn"],
                  ["list", "--csv", "--json"], [], ["sql", "select nothing from nowhere"]):
        assert up.ctl(*wrong)[0] == 2, wrong
    assert "did you mean 'list'" in up.ctl("lisst")[2]
    for missing in (["show", "99"], ["timeline", "no-such-id"], ["ack", "99"],
                    ["close", "99", "--as", "benign"]):
        assert up.ctl(*missing)[0] == 5, missing
    answer = up.ctl("--json", "show", "99")
    assert json.loads(answer[1])["exit"] == 5
    assert up.stop() == 0
    assert up.ctl("ack", "1")[0] == 3


@pytest.mark.row("A13")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_without_the_daemon_reads_work_and_changes_do_not(up, end):
    """Down or killed: every screen is as before, and a change is refused with
    the next command and changes nothing."""
    before = up.ctl_json("list")["alerts"]
    getattr(up, end)()
    assert up.ctl_json("list")["alerts"] == before
    for command in (["status"], ["list"], ["show", "1"], ["timeline", "1"], ["sources"],
                    ["outbox"], ["sql", "select count(*) from v_alerts"]):
        assert up.ctl(*command)[0] == 0, command
    assert "not running" in up.ctl("status")[1]
    for change in (["ack", "1"], ["close", "1", "--as", "benign"], ["test-notify", "folder"],
                   ["outbox", "retry", "1"], ["reload"]):
        refused(up.ctl(*change), 3, "systemctl status triaged")
    assert up.ctl_json("list")["alerts"] == before


QUERY = """
import sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10)
print(db.execute("select count(*) from v_alerts").fetchone()[0])
"""


@pytest.mark.row("A13")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_member_of_the_group():
    """Somebody in the group of the state directory reads with sqlite3 and with
    triagectl while the daemon is up, stopped and killed; somebody else gets
    exit code 4, and neither may write."""
    if not shutil.which("setpriv"):
        pytest.fail("setpriv (util-linux) is missing")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)
        site = harness.Site(folder)
        os.chown(site.state, -1, 12345)
        os.chmod(site.state, 0o2750)
        site.settings(SETTINGS)
        kit.put(site, kit.alert())
        database = site.state / "triaged.db"

        def read(group, *command):
            done = subprocess.run(
                ["setpriv", "--reuid=65534", f"--regid={group}", "--clear-groups", *command],
                env=site.environment(), capture_output=True, text=True, check=False, timeout=60)
            return done.returncode, done.stdout, done.stderr

        def check():
            assert read(12345, sys.executable, "-c", QUERY, database) == (0, "1\n", "")
            status, out, errors = read(12345, harness.TRIAGECTL, "--database", database, "list")
            assert status == 0 and "Suspicious process 1" in out, errors
            assert read(54321, sys.executable, "-c", QUERY, database)[0] == 1
            status, out, errors = read(54321, harness.TRIAGECTL, "--database", database, "list")
            assert status == 4, (out, errors)

        try:
            site.start()
            kit.wait_alert(site)
            check()
            status, _, errors = read(54321, harness.TRIAGECTL, "--database", database,
                                     "--socket", f"{folder}/control.sock", "reload")
            assert status == 4, errors
            assert site.stop() == 0
            check()
            site.start()
            site.kill()
            check()
        finally:
            if site.process:
                site.kill()


# Roles

LISTEN = 'listen: "unix:{folder}/page.sock"\n'


def metrics_of(site):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(site.folder / "page.sock"))
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: s.recv(65536), b"")).decode()


def group_of(gid):
    return grp.getgrgid(gid).gr_name


@pytest.mark.row("G8")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_roles_by_group():
    """By groups of the settings: everybody gets what the highest of them gives,
    a refusal says who may, exits 4, and is told and counted; a reload changes
    who may; the audit log has the name of the kernel, not that of a request."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)
        site = harness.Site(folder)
        roles = "control: {read: [%s], operate: [%s], admin: [%s]}\n" % (
            group_of(1), group_of(2), group_of(3))
        site.settings(roles + LISTEN + SETTINGS)
        kit.put(site, kit.alert())
        try:
            site.start()
            kit.wait_alert(site)
            os.chmod(folder, 0o755)
            os.chmod(site.folder / "control.sock", 0o666)
            subprocess.run(["chmod", "-R", "a+rX", folder], check=True)

            def ask(groups, *command):
                done = subprocess.run(
                    ["setpriv", "--reuid=65534", "--regid=65534", "--groups", groups,
                     harness.TRIAGECTL, "--socket", f"{folder}/control.sock", "--database",
                     site.state / "triaged.db", *command],
                    env=site.environment(), capture_output=True, text=True, check=False,
                    timeout=60)
                return done.returncode, done.stdout, done.stderr

            assert ask("65534,2", "note", "1", "seen")[0] == 0
            assert ask("65534,1,3", "note", "1", "seen too")[0] == 0
            # nobody is in no group of the settings; with another one it reads
            refused(ask("65534", "note", "1", "x"), 4, "needs the role operate",
                    "nobody has none", f"members of the groups {group_of(2)}, {group_of(3)}")
            refused(ask("65534,1", "note", "1", "x"), 4, "nobody has read")
            refused(ask("65534,2", "reload"), 4, "reload is refused", "the role admin",
                    f"members of the group {group_of(3)}, and root", "control:")
            assert ask("65534,3", "reload")[0] == 0
            assert site.ctl("reload")[0] == 0  # root
            events = site.rows("select actor, kind, json_extract(detail, '$.verb') as verb, "
                               "json_extract(detail, '$.needs') as needs from v_events "
                               "where kind in ('note', 'denied') order by id")
            # Three refusals of one user within a minute are one event.
            assert [(e["actor"], e["kind"]) for e in events] == [
                ("nobody", "note"), ("nobody", "note"), ("nobody", "denied")]
            assert (events[2]["verb"], events[2]["needs"]) == ("note", "operate")
            metrics = metrics_of(site)
            assert 'triaged_control_requests_total{result="denied"} 3' in metrics, metrics
            assert "a control request was refused" in site.log_text()
            site.settings(roles.replace(group_of(3), group_of(2)) + LISTEN + SETTINGS)
            assert site.ctl("reload")[0] == 0
            assert ask("65534,2", "reload")[0] == 0
            assert ask("65534,3", "reload")[0] == 4
        finally:
            if site.process:
                site.kill()


def test_unknown_group_is_a_fault(site):
    """Before it is in use, with its place and name; a reload keeps the old."""
    good = SETTINGS
    site.settings(good)
    site.start()
    site.settings("control: {operate: [no-such-group]}\n" + good)
    line = site.file.read_text().splitlines().index("control: {operate: [no-such-group]}") + 1
    done = subprocess.run([harness.TRIAGED, "-c", site.file, "--check-config"],
                          env=site.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{site.file}:{line}:" in done.stderr and "no group no-such-group" in done.stderr
    refused(site.ctl("reload"), 1, "no-such-group")
    assert site.ctl("test-notify", "folder", "--no-wait")[0] == 0


# Hostile text

HOSTILE = ("title \x1b]0;owned\x07 \x1b]52;c;bWFpbA==\x07 \x9b31m\x85 over\rwrite \x08\x08 "
           "\u202egnp.exe\u202c \u2066x\u2069 \u2028line \x00nul \x7f tab\there")


@pytest.mark.row("G2")
def test_hostile_title_cannot_move_the_cursor(site):
    """No screen, no machine-readable answer and no log line carries a control
    character other than newline (and the carriage return of CSV), or a mark
    that turns text around."""
    site.settings(SETTINGS)
    kit.put(site, kit.alert(alertDisplayName=HOSTILE, description=HOSTILE + "\n" + HOSTILE,
                            compromisedEntity=HOSTILE, remediationSteps=[HOSTILE],
                            alertType=HOSTILE))
    site.start()
    kit.wait_delivery(site, "state = 'sent'")
    assert site.ctl("ack", "1", "--note", HOSTILE.replace("\0", ""))[0] == 0
    texts = {"log": site.log.read_bytes()}
    for command in (["list"], ["list", "--csv"], ["list", "--json"], ["show", "1"],
                    ["show", "1", "--full"], ["show", "1", "--json"], ["timeline", "1"],
                    ["timeline", "1", "--json"], ["status"], ["ack", "1"], ["outbox"],
                    ["sql", "select * from v_alerts"], ["sql", "select raw from v_revisions"],
                    ["sql", "--csv", "select title, detail from v_alerts, v_events"],
                    ["show", "\x1b]0;x\x07"], ["list", "--source", "\x1b[31m\u202e"]):
        done = subprocess.run([harness.TRIAGECTL, "-c", site.file, *command],
                              env=site.environment(), capture_output=True, check=False,
                              timeout=60)
        texts[" ".join(command)] = done.stdout + done.stderr
    assert b"gnp.exe" in texts["list"] and b"gnp.exe" in texts["log"]
    for name, text in texts.items():
        bad = {char for char in text.decode() if unicodedata.category(char) in ("Cc", "Cf", "Zl",
                                                                              "Zp")}
        assert bad <= set("\n\r" if "--csv" in name else "\n"), (name, bad)


# The socket under bad clients

def connect(site):
    """A timeout makes the socket nonblocking underneath, and then a full backlog
    is EAGAIN at once: try again while the daemon takes what waits."""
    def attempt():
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)
        try:
            s.connect(str(site.folder / "control.sock"))
        except BlockingIOError:
            s.close()
            return None
        return s
    return wait_for(attempt, "room in the backlog of the control socket")


def answer_of(s):
    text = b""
    while not text.endswith(b"\n"):
        piece = s.recv(65536)
        if not piece:
            return None
        text += piece
    return json.loads(text)


def talk(site, request):
    with connect(site) as s:
        s.sendall(json.dumps({"v": 1, "id": 7, "args": {}, **request}).encode() + b"\n")
        return answer_of(s)


GARBAGE = [b"\0" * 100, b"\xff\xfe\xfd", b"GET / HTTP/1.1", b"[]", b"null", b"{", b'{"v":1}',
           b'{"v":2,"id":1,"verb":"status"}', b'{"v":1,"id":1,"verb":"status","args":[]}',
           b'{"v":1,"id":1,"verb":"st\\u0000atus"}', b'{"v":1,"id":-1,"verb":"status"}',
           b'{"v":1,"id":1,"verb":"status","verb":"reload"}', b"[" * 60000,
           b'{"v":1,"id":1,"verb":"\x1b]0;x\x07"}']


@pytest.mark.row("G8")
def test_garbage_is_refused_by_name(up):
    """Each bad frame gets an answer that says what is wrong, and the same
    connection is still good for the next request."""
    with connect(up) as s:
        for frame in GARBAGE:
            s.sendall(frame + b"\n")
            answer = answer_of(s)
            assert answer["code"] == "usage" and answer["text"], frame
            assert answer["text"].isprintable()
        s.sendall(b'{"v":1,"id":8,"verb":"status"}\n')
        answer = answer_of(s)
        assert (answer["code"], answer["id"]) == ("ok", 8)
    for args in ({}, {"alert": "one"}, {"alert": -1}, {"alert": 2**63 - 1}, {"alert": None},
                 {"alert": [1]}, {"alert": 1.5}):
        assert talk(up, {"verb": "ack", "args": args})["code"] in ("usage", "not-found"), args
    assert talk(up, {"verb": "no-such-verb"})["code"] == "usage"


@pytest.mark.row("G8")
def test_silent_and_endless_clients_cost_nobody_else(up):
    """Some connect and say nothing, one stops in the middle of a frame, one
    sends a megabyte without a newline and one never reads its answers: others
    are answered."""
    idle = [connect(up) for _ in range(20)]
    half = connect(up)
    half.sendall(b'{"v":1,"id":1,"verb":"sta')
    deaf = connect(up)
    deaf.setblocking(False)
    try:
        while True:
            deaf.send(b'{"v":1,"id":1,"verb":"status"}\n' * 100)
    except OSError:
        pass
    huge = connect(up)
    try:
        huge.sendall(b"x" * 1_000_000)
        assert huge.recv(1) == b""
    except OSError:
        pass  # closed while we wrote
    assert talk(up, {"verb": "status"})["code"] == "ok"
    assert up.ctl("ack", "1")[0] == 0
    half.sendall(b'tus"}\n')
    assert answer_of(half)["code"] == "ok"
    # More than it serves at once: the oldest make room, and then all is well.
    more = [connect(up) for _ in range(100)]
    for s in (*idle, half, deaf, huge, *more):
        s.close()
    wait_for(lambda: up.ctl("test-notify", "folder", "--no-wait")[0] == 0, "room for us")


@pytest.mark.row("G8")
def test_thousand_clients_that_say_nothing(site):
    """They keep nobody out: of the same user and of others, by triagectl, and
    the daemon goes on. Who makes room is told so."""
    up = site
    up.settings(LISTEN + SETTINGS)
    kit.put(up, kit.alert())
    up.start()
    kit.wait_alert(up)
    silent = [connect(up) for _ in range(1000)]
    try:
        assert talk(up, {"verb": "status"})["code"] == "ok"
        assert up.ctl("note", "1", "with a thousand around")[0] == 0
        assert answer_of(silent[0])["text"].startswith("too many connections")
        metrics = metrics_of(up)
        clients = int(metrics.split("\ntriaged_control_clients ")[1].split()[0])
        away = int(metrics.split("\ntriaged_control_sent_away_total ")[1].split()[0])
        assert clients <= 32 and away >= 960, metrics
        last = silent[-1]
        last.sendall(b'{"v":1,"id":1,"verb":"status"}\n')
        assert answer_of(last)["code"] == "ok"
    finally:
        for s in silent:
            s.close()


def test_pipelined_requests_wait_for_each_other(up):
    """A thousand changes in one write do not hold the loop: another client is
    answered between them, and all get their answers in order."""
    with connect(up) as s:
        s.sendall(b"".join(b'{"v":1,"id":%d,"verb":"note","args":{"alert":1,"text":"n"}}\n' % i
                           for i in range(1, 501)))
        assert talk(up, {"verb": "status"})["code"] == "ok"
        rest = b""
        done = up.rows("select count(*) as n from v_events where kind = 'note'")[0]["n"]
        assert done < 500
        while rest.count(b"\n") < 500:
            rest += s.recv(65536)
        answers = [json.loads(line) for line in rest.splitlines()]
        assert [a["id"] for a in answers] == list(range(1, 501))
        assert {a["code"] for a in answers} == {"ok"}


def test_other_versions_are_told(up):
    for version in (0, 2, 99):
        with connect(up) as s:
            s.sendall(b'{"v":%d,"id":1,"verb":"status"}\n' % version)
            answer = answer_of(s)
            assert answer["code"] == "usage"
            assert f"version {version} of the control protocol is not spoken here, but 1" \
                in answer["text"]
