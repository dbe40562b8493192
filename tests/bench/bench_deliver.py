"""Delivery by webhook against its two references: the floor (sender.c) and Alertmanager.

They take turns within one run, against the same receiver (sink.c), since the same command moves by
half within an hour on a shared machine: only the ratios count. Measured in each turn:

  rate     10,000 notices are owed, in the database, while the receiver keeps its first answers
           back; then it answers: webhooks a second until the last one. Of the floor the same from
           the first request to the last answer. Of Alertmanager from the first alert pushed to the
           last webhook, since it has no outbox to fill beforehand: it sends while it takes.
  burst    10,000 new alerts at once: from the moment one arrives (the transaction of its page of
           100 begins; for Alertmanager: the request that carries its 100 is sent) to the receiver
           having it.
  singly   300 events a second: of triaged acknowledgements through its control socket, of
           Alertmanager single alerts; from the moment one was to be sent to the receiver having it.

And once: page, a file with 100 new alerts at a time, from the begin of the poll that finds it
(reading and parsing are in it) to the receiver having the last of the 100.

    make bench-deliver                       10,000 webhooks, three turns
    make bench-deliver BENCH_DELIVER_TURNS=1

Prints Markdown. Standard library only; Alertmanager's columns need prometheus-alertmanager.
"""
import http.client
import json
import socket
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path

import common
import harness
import kit
from common import MANAGER, p99

WEBHOOKS = common.size("WEBHOOKS", 10000, 2000)
TURNS = common.size("DELIVER_TURNS", 3, 1)
PAGES = common.size("PAGES", 300, 10)
PAGE = 100
SINGLY, SINGLY_A_SECOND = min(1500, WEBHOOKS), 300
MARK = "Suspicious process "

SETTINGS = kit.FILES + """
targets:
  - {name: sink, type: webhook, url: "{url}", allow-private: true, rate: off}
routes:
  - ladder: [{after: 0s, notify: [sink]}]
fallback: sink
import-horizon: 3650d
groups: {wait: {high: 0s, medium: 0s, low: 0s}}
storm: {groups: 100000, critical-groups: 100000}
"""
MANAGER_SETTINGS = """
route: {{receiver: sink, group_by: ['...'], group_wait: 0s, group_interval: 5m,
        repeat_interval: 4h}}
receivers: [{{name: sink, webhook_configs: [{{url: "{url}"}}]}}]
"""


class Sink:
    """sink.c in a process of its own."""

    def __enter__(self):
        self.process = subprocess.Popen([common.TOOLS / "sink", MARK], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}/"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def count(self):
        """(requests, bytes of their bodies)"""
        self.tell("count")
        return tuple(map(int, self.process.stdout.readline().split()))

    def wait(self, n, limit=120):
        """Until n requests have come: [(seconds of the wall clock, number of the alert)]."""
        harness.wait_for(lambda: self.count()[0] >= n, f"{n} webhooks", limit=limit)
        self.tell("report")
        lines = iter(self.process.stdout.readline, ".\n")
        hits = [(int(at) / 1e6, int(number)) for at, number in map(str.split, lines)]
        if len(hits) != n or len({number for _, number in hits}) != n:
            raise SystemExit(f"{len(hits)} webhooks came for {n} alerts: a rate of nothing")
        return hits


def paced(send, numbers):
    """send(number) so many times a second; when each was to be sent."""
    begun, planned = time.time(), {}
    for i, number in enumerate(numbers):
        planned[number] = begun + i / SINGLY_A_SECOND
        time.sleep(max(0, planned[number] - time.time()))
        send(number)
    return planned


def delays(hits, arrived):
    """Milliseconds from arrived[number] to its webhook."""
    return [(at - arrived[number]) * 1000 for at, number in hits]


class Control:
    """One connection to the daemon's control socket."""

    def __init__(self, site):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(site.folder / "control.sock"))
        self.answers = self.socket.makefile("r")

    def acknowledge(self, alert):
        frame = {"v": 1, "id": alert, "verb": "ack", "args": {"alert": alert}}
        self.socket.sendall(json.dumps(frame).encode() + b"\n")
        answer = json.loads(self.answers.readline())
        if answer["code"] != "ok":
            raise SystemExit(f"alert {alert}: {answer}")


class Triaged:
    def __init__(self, folder, sink):
        self.sink = sink
        self.site = harness.Site(folder)
        self.site.settings(SETTINGS, url=sink.url)
        self.site.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.site.stop(limit=60)

    def owed(self):
        return self.site.value("SELECT count(*) FROM v_deliveries")

    def rate(self, n):
        """(webhooks a second of what is owed already, bytes of one)"""
        self.sink.tell("hold")
        kit.put(self.site, *(kit.alert(i, "Medium") for i in range(n)))
        harness.wait_for(lambda: self.owed() == n, f"{n} notices owed", limit=120)
        begun = time.time()
        self.sink.tell("go")
        harness.wait_for(lambda: self.sink.count()[0] >= n, f"{n} webhooks", limit=120)
        size = self.sink.count()[1] // n
        return n / (max(at for at, _ in self.sink.wait(n)) - begun), size

    def arrivals(self):
        """Of each alert when the transaction of its page began."""
        rows = self.site.rows("SELECT a.title, min(d.created_ms) AS at_ms FROM v_deliveries AS d "
                              "JOIN v_alerts AS a ON a.id = d.alert_id GROUP BY a.id")
        return {int(row["title"].removeprefix(MARK)): row["at_ms"] / 1000 for row in rows}

    def burst(self, n):
        kit.put(self.site, *(kit.alert(i, "Medium") for i in range(n)))
        hits = self.sink.wait(n)
        return p99(delays(hits, self.arrivals()))

    def singly(self):
        """Of alerts that were told of before."""
        ids = {int(row["title"].removeprefix(MARK)): row["id"]
               for row in self.site.rows("SELECT id, title FROM v_alerts")}
        control = Control(self.site)
        planned = paced(lambda number: control.acknowledge(ids[number]), range(SINGLY))
        return p99(delays(self.sink.wait(SINGLY), planned))

    def pages(self, n):
        """Of each page how long until the last webhook."""
        found = []
        for page in range(n):
            name = f"page-{page}.json"
            kit.put(self.site, *(kit.alert(page * PAGE + i, "Medium") for i in range(PAGE)),
                    name=name)
            last = max(at for at, _ in self.sink.wait(PAGE))
            begun = self.site.value("SELECT min(started_ms) FROM v_polls WHERE scope LIKE ?",
                                    f"%/{name}")
            found.append((last - begun / 1000) * 1000)
        return found


class Manager:
    """An Alertmanager on loopback, alone."""

    def __init__(self, folder, sink):
        self.sink = sink
        folder = Path(folder)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        (folder / "manager.yml").write_text(MANAGER_SETTINGS.format(url=sink.url))
        self.process = subprocess.Popen(
            [MANAGER, f"--config.file={folder}/manager.yml", f"--storage.path={folder}/manager",
             "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{self.port}",
             "--log.level=error"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        harness.wait_for(self.is_ready, "the Alertmanager to be ready")
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.process.terminate()
        self.process.wait()

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5) as a:
                return a.status == 200
        except OSError:
            return False

    def push(self, body):
        self.connection.request("POST", "/api/v2/alerts", body,
                                {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"Alertmanager answers {answer.status}")

    @staticmethod
    def bodies(numbers, size):
        """What triaged tells of an alert, as labels and annotations."""
        alerts = [{"labels": {"alertname": MARK + str(i), "severity": "medium",
                              "resource": f"vm-{i}", "source": "exported"},
                   "annotations": {"description": "x" * 900}} for i in numbers]
        return [json.dumps(alerts[i:i + size]) for i in range(0, len(alerts), size)]

    def burst(self, n):
        """(webhooks a second, p99 of the delay)"""
        arrived = {}
        bodies = self.bodies(range(n), PAGE)
        for page, body in enumerate(bodies):
            now = time.time()
            arrived.update((page * PAGE + i, now) for i in range(PAGE))
            self.push(body)
        hits = self.sink.wait(n)
        return n / (max(at for at, _ in hits) - arrived[0]), p99(delays(hits, arrived))

    def singly(self, first):
        numbers = range(first, first + SINGLY)
        bodies = dict(zip(numbers, self.bodies(numbers, 1)))
        planned = paced(lambda number: self.push(bodies[number]), numbers)
        return p99(delays(self.sink.wait(SINGLY), planned))


def floor_rate(sink, n, size):
    done = subprocess.run([common.TOOLS / "sender", sink.url, str(n), str(size)],
                          capture_output=True, text=True, check=True)
    harness.wait_for(lambda: sink.count()[0] >= n, "the floor's requests")
    sink.tell("report")
    for _ in iter(sink.process.stdout.readline, ".\n"):
        pass
    return n / float(done.stdout)


def turn():
    """All of them once: {(figure, program): value}."""
    found = {}
    with common.folder() as folder, Sink() as sink:
        with Triaged(folder, sink) as triaged:
            found["rate", "triaged"], size = triaged.rate(WEBHOOKS)
            found["singly", "triaged"] = triaged.singly()
        found["rate", "floor"] = floor_rate(sink, WEBHOOKS, size)
        found["bytes", "triaged"] = size
    with common.folder() as folder, Sink() as sink:
        with Triaged(folder, sink) as triaged:
            found["burst", "triaged"] = triaged.burst(WEBHOOKS)
            found["rss", "triaged"] = common.peak_mib(triaged.site.process.pid)
    if MANAGER:
        with common.folder() as folder, Sink() as sink:
            with Manager(folder, sink) as manager:
                found["rate", "manager"], found["burst", "manager"] = manager.burst(WEBHOOKS)
                found["singly", "manager"] = manager.singly(WEBHOOKS)
                found["rss", "manager"] = common.peak_mib(manager.process.pid)
    return found


def page_delay():
    with common.folder() as folder, Sink() as sink:
        with Triaged(folder, sink) as triaged:
            return p99(triaged.pages(PAGES))


def figures(turns):
    for name in ("triaged", "floor", "manager"):
        row = [name]
        for figure in ("rate", "burst", "singly", "rss"):
            values = [t[figure, name] for t in turns if (figure, name) in t]
            row.append(common.number(statistics.median(values)) if values else "-")
        yield row


def ratio(turns, figure, other):
    return statistics.median(t[figure, "triaged"] / t[figure, other] for t in turns)


def run(report):
    report.begin("deliver", f"{WEBHOOKS:,} webhooks, {TURNS} turns, medians.")
    turns = [turn() for _ in range(TURNS)]
    report.table(("", "rate, webhooks/s", "burst p99 ms", "300/s singly p99 ms", "peak RSS MiB"),
                 figures(turns))
    report.write(f"Rate beside the floor, {turns[0]['bytes', 'triaged']} bytes each: "
                 f"{ratio(turns, 'rate', 'floor'):.2f}\n")
    if MANAGER:
        report.goal(f"{WEBHOOKS:,} webhooks, rate / alertmanager", ratio(turns, "rate", "manager"),
                    1.3, 3.0, at_least=True)
        report.goal(f"burst of {WEBHOOKS:,}, p99 / alertmanager",
                    ratio(turns, "burst", "manager"), 1.0, 0.5)
    else:
        report.write("No Alertmanager here: nothing is compared with it.\n")
    report.goal("300/s singly, p99", statistics.median(t["singly", "triaged"] for t in turns),
                10, 3, unit="ms")
    report.goal(f"page of {PAGE} until the last webhook, p99", page_delay(), 100, 40, unit="ms")


if __name__ == "__main__":
    common.alone(run)
