"""A real Alertmanager at the other end: what is pushed fires there while it is open
here, and ends with it. Skipped where none is installed (Debian: prometheus-alertmanager)."""
import datetime
import json
import shutil
import subprocess
import urllib.request

import pytest

import fakes
import harness
import kit
from harness import wait_for
from ports import free_port

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="no Alertmanager is installed")

SETTINGS = kit.FILES + """
targets:
  - name: monitoring
    type: webhook
    format: alertmanager
    url: "{manager}"
    allow-private: true
  - name: ours
    type: webhook
    format: alertmanager-webhook
    url: "{sink}/ours"
    allow-private: true
routes:
  - ladder: [{after: 0s, notify: [monitoring, ours]}]
fallback: monitoring
"""

CONFIGURATION = """
global: {{resolve_timeout: 2s}}
route: {{receiver: sink, group_by: [alert_key], group_wait: 0s, group_interval: 1s,
        repeat_interval: 4h}}
receivers:
  - name: sink
    webhook_configs: [{{url: "{sink}/theirs", send_resolved: true}}]
"""


class Manager:
    """One Alertmanager on loopback, alone, with a folder of its own."""

    def __init__(self, folder, sink):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/prefix"
        (folder / "manager.yml").write_text(CONFIGURATION.format(sink=sink.url))
        self.start()

    def start(self):
        with (self.folder / "manager.log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, f"--config.file={self.folder}/manager.yml",
                 f"--storage.path={self.folder}/manager", "--cluster.listen-address=",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--web.route-prefix=/prefix",
                 f"--web.external-url={self.url}"],
                stdout=log, stderr=log)
        wait_for(self.is_ready, "the Alertmanager to be ready")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def alerts(self):
        """What fires there, by the alert's key."""
        with urllib.request.urlopen(self.url + "/api/v2/alerts", timeout=5) as answer:
            return {alert["labels"].get("alert_key"): alert for alert in json.load(answer)}

    def push(self, *alerts):
        request = urllib.request.Request(self.url + "/api/v2/alerts",
                                         json.dumps(alerts).encode(),
                                         {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=5).close()


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


@pytest.fixture
def manager(tmp_path, sink):
    one = Manager(tmp_path, sink)
    yield one
    one.kill()


def instant(text):
    """Two programs may write the same moment with more or fewer zeros."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def seconds_left(alert):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (instant(alert["endsAt"]) - now).total_seconds()


def documents(sink, path, status):
    """What came to @path, by the key of the one alert in it."""
    found = {}
    for line in sink.requests(path):
        body = json.loads(line["body"])
        if body["status"] == status:
            found[body["alerts"][0]["labels"].get("alert_key")] = body
    return found


def only(things):
    (key, thing), = things.items()
    return key, thing


def test_fires_while_it_is_open_and_no_longer(site, tmp_path, sink, manager):
    """Pushed, still firing when the first push has run out because it was told again,
    and resolved there by the close here."""
    clock = harness.Clock(tmp_path)
    site.more_environment = clock.environment
    # As if it were nearly five minutes earlier: what is pushed then ends soon.
    clock.jump(-(300 - 8), mono=False)
    site.settings(SETTINGS, manager=manager.url, sink=sink.url)
    kit.put(site, kit.alert(1))
    site.start()
    key, first = only(wait_for(manager.alerts, "the alert in the Alertmanager"))
    assert first["labels"] == {"alertname": "DefenderAlert", "severity": "high",
                               "alert_key": key}
    assert first["annotations"]["summary"] == "HIGH: Suspicious process 1 on vm-1 (#1)"
    assert first["annotations"]["state"] == "open"
    assert seconds_left(first) < 60
    # One that ends when ours would, to see that it does.
    manager.push({"labels": {"alertname": "control", "alert_key": "control"},
                  "endsAt": first["endsAt"]})
    # Only what is known to be there is told again.
    wait_for(lambda: kit.deliveries(site, "target = 'monitoring' and state = 'sent'"),
             "the first push to be written down")
    clock.jump(300 - 8, mono=False)
    clock.jump(60, wall=False)
    wait_for(lambda: seconds_left(manager.alerts()[key]) > 200, "the alert to be told again")
    wait_for(lambda: "control" not in manager.alerts(), "the one that nobody tells again to end")
    assert manager.alerts()[key]["status"]["state"] == "active"
    assert manager.alerts()[key]["startsAt"] == first["startsAt"]
    assert key not in documents(sink, "/theirs", "resolved")
    assert site.ctl("ack", "1", "--note", "mine")[0] == 0
    wait_for(lambda: manager.alerts()[key]["annotations"]["state"] == "acknowledged",
             "the acknowledgement as an annotation")
    assert site.ctl("close", "1", "--as", "benign")[0] == 0
    wait_for(lambda: key not in manager.alerts(), "the alert to end")
    wait_for(lambda: key in documents(sink, "/theirs", "resolved"), "people to be told so")


def test_our_document_is_like_theirs(site, sink, manager):
    """Receivers written for an Alertmanager: the same members, the same fingerprint."""
    site.settings(SETTINGS, manager=manager.url, sink=sink.url)
    kit.put(site, kit.alert(1))
    site.start()
    key, theirs = only(wait_for(lambda: documents(sink, "/theirs", "firing"), "their document"))
    ours = wait_for(lambda: documents(sink, "/ours", "firing"), "our document")[key]
    assert ours.keys() == theirs.keys()
    one, other = ours["alerts"][0], theirs["alerts"][0]
    assert one.keys() == other.keys()
    for name in ("status", "labels", "endsAt", "fingerprint"):
        assert one[name] == other[name], name
    assert instant(one["startsAt"]) == instant(other["startsAt"])
    assert ours["groupKey"] == theirs["groupKey"]
    assert (ours["version"], ours["receiver"]) == (theirs["version"], "ours")
    assert one["endsAt"] == "0001-01-01T00:00:00Z"
    assert site.ctl("close", "1", "--as", "benign")[0] == 0
    other = wait_for(lambda: documents(sink, "/theirs", "resolved"), "their end")[key]["alerts"][0]
    one = wait_for(lambda: documents(sink, "/ours", "resolved"), "our end")[key]["alerts"][0]
    for name in ("status", "labels", "fingerprint"):
        assert one[name] == other[name], name
    assert instant(one["endsAt"]) == instant(other["endsAt"])


def test_one_that_forgot_everything_learns_at_the_start(site, tmp_path, sink, manager):
    """Both were killed, and the Alertmanager keeps no alerts: the first thing it hears is
    what fires. While it is down the log says so once."""
    clock = harness.Clock(tmp_path)
    site.more_environment = clock.environment
    site.settings(SETTINGS, manager=manager.url, sink=sink.url)
    kit.put(site, kit.alert(1), kit.alert(2))
    site.start()
    wait_for(lambda: len(manager.alerts()) == 2, "two alerts")
    assert site.ctl("close", "2", "--as", "benign")[0] == 0
    wait_for(lambda: len(manager.alerts()) == 1, "one alert")
    manager.kill()
    for _ in range(3):
        clock.jump(60, wall=False)
        wait_for(lambda: site.ctl("status")[0] == 0
                 and "cannot be told again" in site.log_text(), "a word about it")
    assert site.log_text().count("cannot be told again") == 1
    site.kill()
    manager.start()
    assert manager.alerts() == {}
    site.start()
    _, alert = only(wait_for(manager.alerts, "the alert that is open"))
    assert alert["annotations"]["alert_id"] == "1"
