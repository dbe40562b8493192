"""A night shift: 40 alerts, two operators on two terminals, each command of the
manual used at least once, a hand-over report at the end.

The operators have logins of their own, made of a passwd file that only this
test's processes see; where that is not allowed both are whoever runs the test.
SHIFT_TRANSCRIPT=FILE keeps what they typed and read.
"""
import fcntl
import getpass
import os
import pty
import re
import select
import shlex
import shutil
import struct
import subprocess
import tempfile
import termios
from pathlib import Path

import pytest

import fakes
import harness
import kit
from harness import wait_for

SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
sla:
  critical: {triage: 15m}
  high: {triage: 4h, resolve: 3d}
  medium: {triage: 24h}
rotations:
  - name: night
    timezone: Europe/Berlin
    start: 2026-01-05
    handover: "09:00"
    members: [phone, mailbox]
targets:
  - {name: phone, type: folder, path: "{outbox}"}
  - {name: mailbox, type: folder, path: "{outbox}"}
  - {name: chat, type: webhook, url: "{sink}/chat", allow-private: true}
  - {name: ticket, type: exec, command: ["{folder}/ticket"], timeout: 10s}
  - {name: cut-off, type: exec, command: [/bin/true], timeout: 10s}
routes:
  - name: loud
    when: {severity: [critical, high]}
    ladder:
      - {after: 0s, notify: [night, ticket]}
      - {after: 15m, notify: [mailbox], repeat: 15m, times: 4}
  - name: quiet
    ladder: [{after: 0s, notify: [mailbox]}]
fallback: phone
respond: {hooks: cut-off}
maintenance:
  - {name: patches, owner: ops, reason: monthly patches, when: {title: "*patch*"},
     timezone: UTC, hours: {mon-sat: ["00:00-24:00"], sun: ["00:01-24:00"]}}
"""
# Only this process and what it starts see these logins.
LOGINS = """mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && exec "$@" """
ROBBER = {"$id": "1", "type": "ip", "address": "203.0.113.7"}
ALICE, BOB, SOC = 4001, 4002, 4100


class Shift:
    """The site, its two operators, and what they typed and read."""

    def __init__(self, site, sink):
        self.site = site
        self.used = set()
        self.lines = []
        self.clock = harness.Clock(site.folder)
        # A copy where alice and bob may read, wherever the tree is.
        preload = shutil.copy(self.clock.environment["LD_PRELOAD"], site.folder / "clock_jump.so")
        site.more_environment = {**self.clock.environment, "LD_PRELOAD": str(preload)}
        self.logins = self.make_logins()
        site.wrapper = self.logins
        roles = "control: {read: [soc], operate: [soc], admin: [root]}\n" if self.logins else ""
        site.settings(roles + SETTINGS, sink=sink.url)
        ticket = site.folder / "ticket"
        ticket.write_text("#!/bin/sh\nexit 1\n")
        ticket.chmod(0o755)

    def make_logins(self):
        folder = self.site.folder
        for name in ("passwd", "group"):
            (folder / name).write_text(Path("/etc", name).read_text())
        with (folder / "passwd").open("a") as file:
            file.write(f"alice:x:{ALICE}:{SOC}::/nonexistent:/bin/sh\n"
                       f"bob:x:{BOB}:{SOC}::/nonexistent:/bin/sh\n")
        with (folder / "group").open("a") as file:
            file.write(f"soc:x:{SOC}:alice,bob\n")
        wrapper = ["unshare", "--mount", "sh", "-c", LOGINS, str(folder)]
        tried = subprocess.run([*wrapper, "id", "alice"], capture_output=True, check=False)
        return wrapper if os.geteuid() == 0 and tried.returncode == 0 else []

    def open_doors(self):
        """The group soc reads the database and reaches the socket, as the package has it."""
        if self.logins:
            for path in (self.site.folder, self.site.state, *self.site.state.iterdir()):
                os.chown(path, -1, SOC)
                path.chmod(0o2750 if path.is_dir() else 0o640)
            os.chown(self.site.folder / "control.sock", -1, SOC)
            (self.site.folder / "control.sock").chmod(0o660)
            os.chown(self.site.file, -1, SOC)
            self.site.file.chmod(0o640)

    def become(self, who):
        if not self.logins or who == "root":
            return []
        uid = {"alice": ALICE, "bob": BOB}[who]
        return ["setpriv", f"--reuid={uid}", f"--regid={SOC}", "--clear-groups"]

    def name_of(self, who):
        return who if self.logins else getpass.getuser()

    def does(self, who, command, *expected, status=0, absent=()):
        """@who types @command; what stands on the screen."""
        words = shlex.split(command)
        self.used |= {words[0], " ".join(words[:2])}
        environment = {**self.site.environment(), "NO_COLOR": "1", "COLUMNS": "100"}
        done = subprocess.run(
            [*self.logins, *self.become(who), harness.TRIAGECTL, "-c", self.site.file, *words],
            env=environment, capture_output=True, text=True, check=False, timeout=60)
        self.lines.append(f"{who}$ triagectl {command}\n{done.stdout}{done.stderr}")
        assert done.returncode == status, self.lines[-1]
        for text in expected:
            assert text in done.stdout + done.stderr, (text, self.lines[-1])
        for text in absent:
            assert text not in done.stdout, (text, self.lines[-1])
        return done.stdout

    def looks_at(self, who, command, expected, key):
        """@who has @command on a terminal until @expected stands there, then types @key."""
        words = shlex.split(command)
        self.used.add(words[0])
        environment = {**self.site.environment(), "TERM": "xterm", "NO_COLOR": "1"}
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
            line = [*self.logins, *self.become(who), harness.TRIAGECTL, "-c", self.site.file, *words]
            os.execvpe(line[0], [str(word) for word in line], environment)
        seen = b""
        while expected.encode() not in seen:
            ready, _, _ = select.select([terminal], [], [], harness.LIMIT)
            assert ready, seen
            seen += os.read(terminal, 65536)
        os.write(terminal, key)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        self.lines.append(f"{who}$ triagectl {command}\n{seen.decode(errors='replace')}")
        assert status == 0, self.lines[-1]

    def commands(self):
        """Every command of the list, with each word that may stand first behind it."""
        found = set()
        for command in self.site.ctl_json("help")["commands"]:
            name, usage = command["name"], command["words"].strip("[]")
            words = re.findall(r"(?:^|\| )([a-z][a-z-]+)", usage)
            found |= {f"{name} {word}" for word in words} or {name}
        return found

    def later(self, hours):
        self.clock.jump(hours * 3600)
        self.lines.append(f"--- {hours} h later ---\n")

    def arrive(self, name, alerts):
        """A batch of alerts, seen by the daemon; nothing is left in the file before."""
        before = self.site.value("select count(*) from v_alerts where source = 'exported'") if self.site.process else 0
        kit.put(self.site, *alerts, name=f"{name}.json")
        wait_for(lambda: self.site.value("select count(*) from v_alerts where source = 'exported'") == before + len(alerts),
                 f"{len(alerts)} alerts more")

    def number(self, alert):
        return kit.alert_row(self.site, f"Suspicious process {alert}")["id"]


def batch(first, count, severity, **properties):
    return [kit.alert(number, severity=severity, **properties)
            for number in range(first, first + count)]


@pytest.fixture
def shift():
    with tempfile.TemporaryDirectory() as folder:
        sink = fakes.Sink(folder)
        sink.fault(path="/chat", status=410)
        site = harness.Site(folder)
        made = Shift(site, sink)
        yield made
        if site.process is not None:
            site.end()
        sink.stop()
        if "SHIFT_TRANSCRIPT" in os.environ and made.lines:
            Path(os.environ["SHIFT_TRANSCRIPT"]).write_text("\n".join(made.lines))


def test_a_night(shift):
    """From the first look to the report for those who come next."""
    site = shift.site
    alice, bob = shift.name_of("alice"), shift.name_of("bob")
    site.start()
    shift.open_doors()

    # 19:00, a quiet start.
    shift.does("alice", "version", "triagectl")
    shift.does("alice", "status", "no open alerts")
    shift.does("alice", "oncall", "night")
    shift.does("alice", "maintenance list", "patches")

    # The first wave: two that matter, and the usual noise.
    shift.arrive("evening", [kit.alert(1, crown=True), kit.alert(2, crown=True)]
                 + batch(3, 6, "High", entities=[ROBBER]) + batch(9, 10, "Medium"))
    kit.wait_delivery(site, "alert_id = ? and target = 'phone' and state = 'sent'", shift.number(1))
    first, second = shift.number(1), shift.number(2)
    shift.does("alice", "list", "Suspicious process 1", "critical")
    shift.does("bob", "list --severity critical", "Suspicious process 2", absent=["process 3"])
    shift.does("alice", f"ack {first} --note 'on it'", f"{first}: acknowledged")
    if shift.logins:
        shift.does("bob", f"ack {first}", alice, "--take", status=1)
    shift.does("bob", f"ack {second}", f"{second}: acknowledged")
    shift.does("alice", f"show {first}", "Suspicious process 1", alice, "Look at the process tree.")
    shift.does("alice", f"why {first}", "crown-jewels")
    shift.does("alice", f"why {first} --target phone", "phone was told")
    shift.does("alice", f"assign {first} {alice}", "assigned")
    shift.does("alice", f"phase {first} investigate --note 'unknown binary'", "investigate")
    shift.does("bob", f"assign {second} {bob}", "assigned")
    shift.does("bob", f"phase {second} investigate", "it is triaged now")
    shift.does("alice", f"note {first} 'hash sent to the lab'", "note")
    shift.does("alice", f"timeline {first}", "acknowledged")
    shift.does("bob", f"phase {second} contain", "contain")
    # Cut off by the program of the site, which takes two people.
    shift.does("bob", f"respond {second} exec cut-off --plan", "run /bin/true", "somebody else")
    shift.does("bob", f"respond {second} exec cut-off --reason 'beacon to 203.0.113.7'",
               "waits for the approval of a second")
    shift.does("alice", "approve", "cut-off", "beacon to 203.0.113.7")
    if shift.logins:
        shift.does("alice", "approve 1 --yes", "needs the role admin", status=4)
        shift.does("root", "approve 1 --yes", "cut-off: done")
    shift.does("bob", "forecast --within 12h", "high")
    shift.does("bob", "sources", "exported")
    shift.does("bob", "coverage")
    # What would not even be seen tonight; the cloud was never asked here.
    shift.does("bob", "blindspots", "Defender for Cloud Apps", "yaml setup", status=1)
    shift.does("bob", "checklist --state missing", "missing", "yaml drill", status=1)
    for command in ("plans", "score", "recommendations"):
        shift.does("bob", command, f"triagectl -c {site.file} setup")

    # A scanner of the company's own: silenced for the night, not closed.
    shift.does("bob", "silence add --match 'severity=medium title=\"Suspicious process 1*\"' "
               "--for 12h --reason 'our own scanner' --preview")
    shift.does("bob", "silence add --match 'severity=medium title=\"Suspicious process 1*\"' "
               "--for 12h --reason 'our own scanner'")
    shift.does("bob", "silence list", "our own scanner")

    # Three hours later the second wave; the ticket system is down all night.
    shift.later(3)
    shift.arrive("night", batch(19, 4, "High") + batch(23, 10, "Low"))
    wait_for(lambda: kit.deliveries(site, "target = 'ticket' and state = 'dead'"), "a dead letter")
    shift.does("alice", "outbox", "ticket")
    message = kit.deliveries(site, "target = 'ticket' and state = 'dead'")[0]["id"]
    shift.does("alice", f"outbox show {message}", "ticket", "exit status 1")
    shift.does("alice", "doctor", "ticket", status=1)
    shift.does("alice", "check --overdue off --dead 1", "given up", status=1)
    shift.does("alice", f"outbox retry {message}", str(message))
    wait_for(lambda: kit.deliveries(site, "id = ? and state = 'dead'", message), "the second try")
    shift.does("alice", f"outbox drop {message} --reason 'told them by phone'", str(message))
    if shift.logins:
        shift.does("alice", "reload", "admin", status=4)
        shift.does("alice", "drill --with-hooks", "admin", status=4)
    shift.does("root", "reload", "settings read again")
    shift.does("root", "test-notify phone", "phone")
    shift.does("root", "test-notify chat", "410", status=1)
    shift.does("root", "outbox enable chat", "chat")
    # Would the phone ring if it came to it? It does, which is enough for tonight.
    shift.looks_at("alice", "drill --reason 'is the phone charged'",
                   '"opened" delivered', b"\x03")
    shift.does("bob", "sql drills", "unanswered", alice)

    # Is it one story? Who has seen this machine before?
    third = shift.number(3)
    shift.does("bob", "search 203.0.113.7", "Suspicious process 3")
    shift.does("bob", f"related {third}", "203.0.113.7", "Suspicious process 4")
    shift.does("bob", "list --since 1h --sort severity", "Suspicious process 19")
    shift.does("bob", f"hold {third} --for 4h --reason 'its owner sleeps'", "on hold")
    shift.does("alice", f"close {first} --as true-positive --note 'isolated, lab agrees'", "closed")
    shift.does("bob", f"close {first} --as benign", alice, status=1)
    shift.does("bob", f"close {second} {shift.number(4)} --as false-positive", "closed")
    shift.does("bob", f"reopen {second} --note 'again in the logs'", "re-opened")
    shift.does("bob", "sql unowned", "Suspicious process")
    shift.does("bob", "sql 'select severity, count(*) as n from v_alerts group by severity'", "critical")

    # Towards the morning the last wave; nobody has looked at some of it.
    shift.later(6)
    shift.arrive("morning", batch(33, 6, "Medium") + [kit.alert(39, crown=True), kit.alert(40, "Low")])
    shift.does("alice", "list --overdue", "Suspicious process")
    shift.does("alice", f"ack {shift.number(39)}", "acknowledged")
    silence = site.value("select id from v_silences")
    shift.does("bob", f"silence end {silence}", "ended")
    shift.does("bob", "what-if --config " + str(site.file), "0")
    shift.does("root", "audit verify", "is whole")
    shift.does("root", "audit ladders")
    shift.does("root", f"backup {site.folder}/morning.db", "morning.db")
    export = site.folder / "export.json"
    export.write_text(shift.does("root", "export --severity critical"))
    shift.does("root", f"import {export}")
    shift.does("root", f"restore {site.folder}/morning.db --dry-run")

    # What the first run would ask: somebody else's, so nothing is answered.
    shift.does("root", "setup --yes --dry-run", "tenant, client-id", status=2)

    # Two windows that show what goes on, and are ended by hand.
    shift.looks_at("bob", "top", "Suspicious process", b"q")
    shift.looks_at("alice", "watch --since 12h", "reopened", b"\x03")
    shift.does("root", "db check", "The database is sound")
    shift.does("root", "db compact --dry-run")
    shift.does("bob", f"activities {third}", status=1)

    # The papers.
    shift.does("alice", "report --shift 12h", "Suspicious process")
    shift.does("alice", f"report {first}", "# ", "isolated, lab agrees", "alice" if shift.logins else "")
    shift.does("alice", "help ack", "usage: triagectl ack")
    every = shift.commands()
    assert not every - shift.used, f"never used: {sorted(every - shift.used)}"


# What the manual lists with words of its own behind it is used with each of these.
def test_the_list_is_whole(shift):
    """A command that is in the table and not in this shift is found."""
    assert {"ack", "silence add", "audit verify", "outbox show"} <= shift.commands()
