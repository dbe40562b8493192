"""How long the event loop is held, by its own count (triaged_loop_stall_seconds): while a poll
brings many new alerts, while a peer hangs in the middle of an answer, and on a database of a
million alerts, where each commit may meet a checkpoint. The longest of each.

    make bench-stall
    make bench-stall BENCH_ALERTS=20000 BENCH_ROWS=1000000

Prints Markdown. Standard library only.
"""
import urllib.request

import bench_deliver
import common
import fakes
import harness
import proofs
from ports import free_port

ALERTS = common.size("ALERTS", 20000, 4000)
ROWS = common.size("ROWS", 1000000, 50000)


def settings(site, azures, sink):
    """One source for each; the port of the metrics."""
    port = free_port()
    site.secret("azure-secret", "correct horse")
    sources = "".join(proofs.azure_source(azure, name=f"azure{i}")
                      for i, azure in enumerate(azures))
    site.settings(f"listen: 127.0.0.1:{port}\nsources:\n{sources}{proofs.TARGETS}", sink=sink.url)
    return port


def stall_ms(port):
    """Of the last two minutes."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("triaged_loop_stall_seconds "):
                return float(line.split()[1]) * 1000
    raise SystemExit("the metrics say nothing of the loop")


def watch(site, port):
    """The longest until all of the first source is read."""
    worst = [0.0]

    def done():
        worst.append(stall_ms(port))
        return site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure0'") >= ALERTS

    harness.wait_for(done, f"{ALERTS} alerts", limit=600)
    worst.append(stall_ms(port))
    return max(worst)


def stall(rows=0, hung=False):
    """Of one daemon, from its start."""
    with common.folder() as folder, bench_deliver.Sink() as sink, \
            fakes.Azure(folder, common.estate(ALERTS)) as azure, \
            fakes.Azure(folder, common.estate(100)) as other:
        site = harness.Site(folder)
        if rows:
            common.database_copy(rows, site.state)
        if hung:
            other.fault(path="*/alerts", slow_bytes=10, slow_ms=1000)
        port = settings(site, [azure, other] if hung else [azure], sink)
        site.start()
        try:
            return watch(site, port)
        finally:
            site.stop(limit=60)


def run(report):
    report.begin("stall", f"{ALERTS:,} new alerts each time; the longest turn of the loop.")
    for what, milliseconds, bar, aim in (
            ("normal", stall(), 100, 20), ("a hung peer", stall(hung=True), 100, 20),
            (f"checkpoints at {ROWS:,} rows", stall(rows=ROWS), 150, 50)):
        report.goal(f"longest loop stall: {what}", milliseconds, bar, aim, unit="ms")


if __name__ == "__main__":
    common.alone(run)
