"""The disk under a working daemon: full for ten polls, read-only, gone, not ours, over its quota,
lying about a sync. Nothing is lost, everything is said, and it goes on by itself when it can.
"""
import json
import shutil
import subprocess
import time

import pytest

import fakes
import proofs
import sweep
from harness import Clock, wait_for

INTERVAL = 60
MANY = 60


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 16, "alerts": 5, "subscriptions": 1}) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


@pytest.fixture
def clock(site, tmp_path):
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    return clock


@pytest.fixture
def small(site):
    """The state directory is a disk of its own, of 48 MiB."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", site.state],
                          capture_output=True, check=False)
    if done.returncode:
        pytest.skip("only root can mount a disk of its own")
    yield site.state
    if site.process is not None:
        site.kill()
    subprocess.run(["umount", "-l", site.state], check=True)


def configure(site, azure, sink):
    site.secret("azure-secret", "correct horse")
    site.settings("sources:\n" + proofs.azure_source(azure, interval=f"{INTERVAL}s")
                  + sweep.SETTINGS, sink=sink.url)


def fill(folder):
    """Not a byte is left."""
    with (folder / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass


def polled(azure):
    return len(azure.requests("*/alerts"))


def poll(site, clock, n=1):
    """As many polls as fall due; each at least begins, or is refused to."""
    for _ in range(n):
        clock.jump(INTERVAL)
        # Two answers of the loop: it has been around.
        assert site.ctl("status")[0] == 0
        site.ctl("status")


def told(site, sink):
    """Every alert of the source is stored, and the sink has each."""
    keys = {line["headers"]["webhook-id"] for line in sink.requests("/soc", "POST")}
    rows = site.rows("SELECT key FROM v_deliveries WHERE target = 'soc' AND state = 'sent'")
    return ({row["key"] for row in rows} <= keys
            and not site.rows("SELECT 1 FROM v_deliveries WHERE state != 'sent'")
            and site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'"))


def check_sent(site, sink):
    """Whatever the sink has was on the disk before."""
    keys = {row["key"] for row in site.rows("SELECT key FROM v_deliveries")}
    assert {line["headers"]["webhook-id"] for line in sink.requests("/soc", "POST")} <= keys


def under_way(site):
    return site.rows("SELECT 1 FROM v_polls WHERE ended_at IS NULL UNION ALL "
                     "SELECT 1 FROM v_deliveries WHERE state = 'leased'")


class Quiet:
    """Has nothing happened since a moment ago?"""

    def __init__(self, *whose):
        self.whose = whose
        self.last, self.since = None, 0

    def __call__(self):
        site, azure, sink = self.whose
        seen = (azure.log_file.stat().st_size, sink.log_file.stat().st_size, site.log.stat().st_size,
                len(under_way(site)))
        now = time.monotonic()
        if seen != self.last:
            self.last, self.since = seen, now
        return now - self.since > 0.2 and not seen[-1]


def check_whole(site, azure, sink, clock, alerts):
    """So many alerts are stored, and told; every poll is accounted for."""
    quiet = Quiet(site, azure, sink)

    def is_told():
        # Time passes while nobody waits for an answer.
        if quiet():
            clock.jump(INTERVAL)
        return told(site, sink) == alerts and not under_way(site)
    wait_for(is_told, f"{alerts} alerts told")
    proofs.check_equal(site, azure)
    proofs.check_ledger(site)
    proofs.check_database(site)


def refused(site, clock, words):
    """Polls, until the database refuses what they bring."""
    def says():
        poll(site, clock)
        return words in site.log_text()
    wait_for(says, words, 20)


def emergencies(site):
    """What the fallback got about the database."""
    found = [json.loads(path.read_text()) for path in (site.outbox / "duty").glob("*.json")]
    return [message for message in found if message["data"]["alert"]
            and "cannot write to its database" in message["data"]["alert"]["title"]]


@pytest.mark.row("A6")
def test_full_for_ten_polls(site, small, azure, sink, clock):
    """The disk is full for ten polls: none of them counts, who reads can read, who changes is
    told why not; then there is room, and nothing was lost."""
    configure(site, azure, sink)
    site.start()
    check_whole(site, azure, sink, clock, 5)
    fill(small)
    # More than the journal of recent writes has room for, which is written over and over.
    azure.script(add=MANY)
    refused(site, clock, "the database refused a change")
    whole = site.value("SELECT max(id) FROM v_polls WHERE complete")
    poll(site, clock, 10)
    assert site.value("SELECT max(id) FROM v_polls WHERE complete") == whole
    assert site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'") < 5 + MANY
    assert site.process.poll() is None
    # The one message that needs no database, to the fallback and once.
    wait_for(lambda: emergencies(site), "a word to the fallback", 20)
    message, = emergencies(site)
    notice = message["data"]["alert"]
    assert "the disk is full" in notice["description"] and notice["severity"] == "critical"
    # Who compares the log with what arrived finds the same key in both.
    logged, = [line for line in site.log_text().splitlines() if "the fallback was told" in line]
    assert f"key={message['data']['notice']['key']}" in logged, logged
    # Its number is nobody else's: what it offers to type must not touch another alert.
    assert site.ctl("show", notice["id"])[0] == 5
    status, out, _ = site.ctl("list")
    assert status == 0 and len(out.splitlines()) >= 3
    status, out, _ = site.ctl("ack", "1")
    out = " ".join(out.split())
    assert status == 1 and "disk is full" in out and "make room" in out, out
    assert "the database refuses changes" in " ".join(site.ctl("status")[1].split())
    (small / "ballast").unlink()
    check_whole(site, azure, sink, clock, 5 + MANY)
    assert len(emergencies(site)) == 1
    assert not list(site.folder.glob("triaged-emergency-*"))
    assert site.ctl("ack", "1")[0] == 0
    assert "the database takes changes again" in site.log_text()
    assert site.stop() == 0


class Tracer:
    """strace on the daemon that works: from now on calls fail, until it lets go."""

    def __init__(self, site, calls, effect):
        file = site.folder / "tracer"
        command = ["strace", "-f", "-p", str(site.process.pid), "-o", file,
                   "-e", f"trace={calls}", "-e", f"inject={calls}:{effect}"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "attached" not in line:
            self.process.wait()
            pytest.skip("this machine lets nobody trace: " + line)

    def end(self):
        self.process.terminate()
        self.process.communicate(timeout=20)


@pytest.fixture
def harm():
    """harm(site, calls, effect) begins, its end() ends."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    begun = []

    def begin(*words):
        begun.append(Tracer(*words))
        return begun[-1]
    yield begin
    for tracer in begun:
        tracer.end()


REFUSALS = {
    "EROFS": ("read-only", "mount it for writing"),
    "EDQUOT": ("the disk quota is used up", "make room"),
    "EIO": ("nput/output error", "kernel log"),
}


@pytest.mark.row("A7")
@pytest.mark.parametrize("error", REFUSALS)
def test_writes_are_refused_for_a_while(error, site, azure, sink, clock, harm):
    """Read-only, over its quota, an error: said with the remedy, and over when it is over."""
    configure(site, azure, sink)
    site.start()
    check_whole(site, azure, sink, clock, 5)
    tracer = harm(site, "pwrite64", f"error={error}")
    azure.script(add=2)
    refused(site, clock, "the database refused a change")
    status, out, _ = site.ctl("ack", "1")
    said = " ".join(site.log_text().split())
    assert all(words in said for words in REFUSALS[error]), said
    assert "no cause given" not in said
    assert status == 1 and "triaged.db" in out, out
    assert site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'") == 5
    tracer.end()
    check_whole(site, azure, sink, clock, 7)
    assert site.process.poll() is None and site.stop() == 0


@pytest.mark.row("A5")
def test_syncs_fail(site, azure, sink, clock, harm):
    """What was to be synced is not taken for done: nothing of it is sent, until another connection
    has stored it again."""
    configure(site, azure, sink)
    site.start()
    check_whole(site, azure, sink, clock, 5)
    before = len(sink.requests("/soc", "POST"))
    tracer = harm(site, "fdatasync", "error=EIO")
    azure.script(add=2)
    refused(site, clock, "the database refused a change")
    assert "input/output error" in site.log_text()
    assert len(sink.requests("/soc", "POST")) == before
    # What was never synced may be there or not after a power cut: this is one where it is not.
    assert site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'") == 5
    tracer.end()
    check_whole(site, azure, sink, clock, 7)
    assert "the database takes changes again" in site.log_text()
    site.kill()
    check_sent(site, sink)


@pytest.mark.row("A7")
def test_state_directory_gone(site, azure, sink, clock):
    """Moved away under the daemon: it stores nothing where nobody looks, says so, and goes on
    when it is back."""
    configure(site, azure, sink)
    site.start()
    check_whole(site, azure, sink, clock, 5)
    away = site.folder / "elsewhere"
    site.state.rename(away)
    azure.script(add=2)
    for _ in range(2):
        clock.jump(INTERVAL)
        wait_for(lambda: "moved or removed" in site.log_text(), "a word of it")
    assert not site.state.exists()
    line = next(line for line in site.log_text().splitlines() if "moved or removed" in line)
    assert f"{site.state}/triaged.db" in line and "put it back" in line
    away.rename(site.state)
    assert site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'") == 5
    check_whole(site, azure, sink, clock, 7)
    assert site.stop() == 0
