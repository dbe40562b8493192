"""What the experiments inside the box share: the daemon, its peers, and a protocol of what was
tried and seen. Standard library only."""
import json
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scenario"))
import fakes  # noqa: E402
from harness import CLIENT, TENANT, wait_for  # noqa: E402,F401

DATABASE = "/var/lib/triaged/triaged.db"
SETTINGS = Path("/etc/triaged/triaged.yaml")
DROP_INS = Path("/etc/systemd/system/triaged.service.d")
SECRET = "canary-azure-3gT5"
MAIL_SECRET = "canary-mail-8Kd2"
HOOKS = Path("/usr/local/libexec")

BASE = """
listen: 127.0.0.1:{port}
sources:
  - name: azure
    type: defender-for-cloud
    tenant: {tenant}
    client-id: {client}
    client-secret: {{credential: azure-secret}}
    endpoints: {{login: "{azure}", resource-manager: "{azure}"}}
    interval: 1s
targets:
  - {{name: soc, type: webhook, url: "{sink}/soc", allow-private: true}}
  - name: mail
    type: email
    server: smtp://127.0.0.1:{smtp}
    from: triaged@example.org
    to: [anna@example.org]
    username: triaged
    password: {{credential: smtp-password}}
    ca-file: /etc/triaged/mail-authority.pem
routes:
  - ladder: [{{after: 0s, notify: [soc, mail]}}]
fallback: soc
groups: {{wait: {{high: 0s, medium: 0s, low: 0s}}}}
storm: {{groups: 100000, critical-groups: 100000}}
"""


class Surprise(Exception):
    """Something was not as it must be."""


def tried(text):
    print(f"  tried  {text}", flush=True)


def seen(text):
    lines = str(text).rstrip().split("\n")
    print("  seen   " + "\n         ".join(lines), flush=True)


def must(condition, text):
    if not condition:
        raise Surprise(text)


def sh(*words, check=True, **options):
    """A command; its whole answer. @check: a status but 0 is a surprise."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120,
                          **options)
    if check and done.returncode:
        raise Surprise(f"{' '.join(words)}: status {done.returncode}: "
                       f"{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return done


def show(name, unit="triaged.service"):
    return sh("systemctl", "show", "-P", name, unit).stdout.strip()


def pid():
    return int(show("MainPID"))


def rows(query, *values):
    """Read-only, as anybody may who is in the group."""
    connection = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True, timeout=20)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(query, values)]
    finally:
        connection.close()


def value(query, *values):
    return next(iter(rows(query, *values)[0].values()))


def answers():
    return sh("triagectl", "status", "--json", check=False).returncode == 0 and \
        show("ActiveState") == "active"


def drop_in(name, text, restart=True):
    """An addition to the unit; None takes it away."""
    DROP_INS.mkdir(exist_ok=True)
    path = DROP_INS / f"{name}.conf"
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(text)
    sh("systemctl", "daemon-reload")
    if restart:
        sh("systemctl", "restart", "triaged")
        wait_for(answers, "the daemon to answer")


class Mark:
    """The journal from here on."""

    def __init__(self):
        sh("journalctl", "--sync")
        out = sh("journalctl", "-n", "0", "--show-cursor", "-q").stdout
        self.cursor = out.strip().rpartition("-- cursor: ")[2]

    def text(self, *options):
        sh("journalctl", "--sync")
        return sh("journalctl", "-q", "--no-pager", "-o", "cat", f"--after-cursor={self.cursor}",
                  *options).stdout

    def line(self, word, *options):
        """The first line with @word, once there is one."""
        return wait_for(lambda: next((line for line in self.text(*options).splitlines()
                                      if word in line), None), f"{word!r} in the journal")


class Lab:
    """The peers of the daemon, and the settings that name them."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        HOOKS.mkdir(exist_ok=True)
        # A token is good for long: signing in again is not what is tried here.
        self.azure = fakes.Azure(self.folder, {
            "alerts": 10, "subscriptions": 1,
            "token": {"client_secret": SECRET, "client_id": CLIENT}})
        self.sink = fakes.Sink(self.folder)
        # The network is shared with the machine outside, where one may run.
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.secrets = {"azure-secret": SECRET, "smtp-password": MAIL_SECRET}
        self.tls = fakes.certificate(self.folder)
        self.smtp = fakes.Smtp(self.folder, {"users": {"triaged": MAIL_SECRET},
                                             "require_auth": True}, tls=self.tls)

    def close(self):
        for fake in (self.azure, self.sink, self.smtp):
            fake.stop()

    def settings(self, more="", **words):
        """Write the settings; @more is a drop-in of them."""
        SETTINGS.write_text(BASE.format(
            tenant=TENANT, client=CLIENT, azure=self.azure.url, sink=self.sink.url,
            smtp=self.smtp.port, port=self.port, **words))
        extra = Path("/etc/triaged/conf.d/boot.yaml")
        extra.unlink(missing_ok=True)
        if more:
            extra.write_text(more)

    def raise_alerts(self, count):
        self.azure.script(add=count)

    def n_alerts(self):
        return len(self.azure.alerts())

    def keys_of_sink(self):
        return {line["headers"].get("webhook-id") or line["headers"].get("Webhook-Id")
                for line in self.sink.requests("/soc", method="POST")}

    def wait_nothing_lost(self):
        """Every alert of the cloud is in the database, and every message owed to the sink is
        sent and was received under its key. Says how many."""
        def settled():
            return (value("select count(*) from v_alerts where source = 'azure'")
                    == self.n_alerts()
                    and not value("select count(*) from v_deliveries where target in "
                                  "('soc', 'mail') and state not in ('sent', 'superseded')"))
        wait_for(settled, "every alert stored and every message sent", limit=90)
        owed = {row["key"] for row in rows("select key from v_deliveries where target = 'soc'")}
        lost = owed - self.keys_of_sink()
        must(not lost, f"{len(lost)} messages are marked sent, and the receiver has none of them")
        alone = rows("select id, severity, state, title from v_alerts where source = 'azure' and "
                     "severity != 'info' and state != 'closed' and id not in (select alert_id from v_delivery_alerts "
                     "union select alert_id from v_deliveries where alert_id is not null)")
        must(not alone, f"nobody was told of {alone}")
        must(value("pragma integrity_check") == "ok", "the database is damaged")
        return (f"{self.n_alerts()} of {self.n_alerts()} alerts in the database, {len(owed)} of "
                f"{len(owed)} messages at the receiver, integrity ok")


def wait_other_pid(old):
    """The daemon that came after @old, when it answers."""
    wait_for(lambda: pid() not in (0, old) and answers(), f"another daemon than {old}")
    return pid()


def probe_results(text):
    """The table that probe.py printed: {name: (outcome, words)}."""
    try:
        return {row["name"]: row for row in map(json.loads, text.splitlines())}
    except ValueError as error:
        raise Surprise(f"the probe printed: {text}") from error


def wait_state(state, limit=60):
    end = time.monotonic() + limit
    while show("ActiveState") != state:
        must(time.monotonic() < end, f"the unit is not {state} but {show('ActiveState')}")
        time.sleep(0.05)
