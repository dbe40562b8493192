"""What it costs to have it: at rest, starting, and with much to remember.

Idle: triaged with one source over TLS that is polled every 60 s, the floor (idle.c: the same
libraries, the same page, nothing kept) and, where it is installed, an Alertmanager, side by side
for some minutes: resident memory, voluntary switches of their threads (each ends a sleep) and
processor time. Most of triaged's are waits for the disk, since a poll is written down when it
begins (one that is killed is accounted for) and when it ends: with a library preloaded in which
fdatasync() does nothing it was 4.5 a minute instead of 11. Start: from the call to READY=1, on a
database of a million alerts; the best of some runs, since on a shared machine others only add.
Memory: the peak of one back-fill, beside the floor and the script, and a daemon that has so many
open alerts, beside an Alertmanager that has them.

    make bench-idle
    make bench-idle BENCH_IDLE=600 BENCH_BACKFILL=200000 BENCH_OPEN=100000 BENCH_ROWS=1000000

Prints Markdown. Standard library only.
"""
import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path

import bench_deliver
import common
import fakes
import harness
import proofs

SECONDS = common.size("IDLE", 180, 60)
ROWS = common.size("ROWS", 1000000, 50000)
BACKFILL = common.size("BACKFILL", 200000, 10000)
OPEN = common.size("OPEN", 100000, 10000)
STARTS = common.size("STARTS", 9, 5)
INTERVAL = 60
# Seconds after which nothing of the start is left to do: the status line moves faster at first,
# after one minute the posture is read, after two the retention looks.
SETTLED = 130


# --- idle ---

def tls_site(folder, azure, ca_file):
    """Nobody is told over the network: what is owed and fails would not be idle."""
    site = harness.Site(folder)
    proofs.configure(site, azure, interval=f"{INTERVAL}s")
    site.file.write_text(site.file.read_text().replace(
        "    interval:", f"    ca-file: {ca_file}\n    interval:"))
    return site.start()


def token(azure):
    """Over TLS: by its own certificate."""
    os.environ["SSL_CERT_FILE"] = str(azure.tls[0])
    return common.token(azure)


@contextlib.contextmanager
def idle_floor(azure):
    url = (f"{azure.url}/subscriptions/{azure.subscriptions()[0]}/providers/Microsoft.Security"
           "/alerts?api-version=2022-01-01")
    process = subprocess.Popen([common.TOOLS / "idle", azure.tls[0], str(INTERVAL), token(azure),
                                url])
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def measure_idle():
    """{program: (resident MiB, wake-ups a minute, processor ms a minute)}"""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(common.folder())
        pair = fakes.certificate(folder)
        azure = stack.enter_context(fakes.Azure(folder, common.estate(20, 1), tls=pair))
        site = tls_site(folder, azure, pair[0])
        stack.callback(site.stop)
        programs = {"triaged": site.process, "floor": stack.enter_context(idle_floor(azure))}
        if common.MANAGER:
            sink = stack.enter_context(bench_deliver.Sink())
            programs["alertmanager"] = stack.enter_context(
                bench_deliver.Manager(folder, sink)).process
        harness.wait_for(lambda: site.value("SELECT count(*) FROM v_polls WHERE complete = 1") > 1,
                         "the first poll")
        time.sleep(SETTLED)
        before = {name: common.tasks(p.pid) for name, p in programs.items()}
        time.sleep(SECONDS)
        found = {}
        for name, process in programs.items():
            cpu, switches = (b - a for a, b in zip(before[name], common.tasks(process.pid)))
            found[name] = (common.resident_mib(process.pid), switches * 60 / SECONDS,
                           cpu * 1000 * 60 / SECONDS)
        return found


def report_idle(report):
    found = measure_idle()
    report.table(("idle, TLS", "RSS MiB", "wake-ups/min", "CPU ms/min"),
                 [(name, *map(common.number, row)) for name, row in found.items()])
    resident, wakes, cpu = found["triaged"]
    report.goal("idle RSS with TLS", resident, 22, 16, unit="MiB")
    report.goal(f"wake-ups at a poll of {INTERVAL} s", wakes, 12, 6, unit="/min")
    report.goal(f"processor at a poll of {INTERVAL} s", cpu, 25, 10, unit="ms/min")


# --- start ---

def start_ms(site):
    """From the call to READY=1; it is stopped again."""
    path = str(site.folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(harness.LIMIT)
        site.more_environment = {"NOTIFY_SOCKET": path}
        begun = time.monotonic()
        site.launch()
        while b"READY=1" not in notify.recv(4096):
            pass
        took = time.monotonic() - begun
        site.stop()
    os.unlink(path)
    return took * 1000


def seeded_site(folder, rows, text=""):
    site = harness.Site(folder)
    common.database_copy(rows, site.state)
    (site.folder / "in").mkdir(exist_ok=True)
    site.settings(bench_deliver.SETTINGS + text, url="http://127.0.0.1:9/")
    return site


def best_start(rows):
    with common.folder() as folder:
        site = seeded_site(folder, rows)
        return min(start_ms(site) for _ in range(STARTS))


# --- memory ---

def backfill():
    """Peak MiB of each program that reads so many at once; triaged keeps its database."""
    with common.folder() as folder, fakes.Azure(folder, common.estate(BACKFILL)) as azure:
        programs = common.Programs(folder, azure)
        found = {name: programs.run(name, BACKFILL)["rss"] for name in programs.commands}
        programs.check_stored(BACKFILL)
    return found


def with_open_alerts():
    """MiB of a daemon that took in so many open alerts and has come to rest."""
    with common.folder() as folder, \
            fakes.Azure(folder, common.estate(OPEN, status="Active")) as azure:
        site = harness.Site(folder)
        proofs.configure(site, azure)
        site.start()
        harness.wait_for(lambda: site.value(
            "SELECT count(*) FROM v_polls WHERE complete = 1 AND fetched > 0") >= 2,
            f"{OPEN} alerts", limit=1800)
        time.sleep(SETTLED)
        stored = site.value("SELECT count(*) FROM v_alerts WHERE state = 'open'")
        resident = common.resident_mib(site.process.pid)
        site.stop(limit=60)
    if stored < OPEN:
        raise SystemExit(f"{stored} open alerts of {OPEN}: a memory of nothing")
    return resident


def manager_with_open_alerts():
    with common.folder() as folder, bench_deliver.Sink() as sink, \
            bench_deliver.Manager(folder, sink) as manager:
        for body in manager.bodies(range(OPEN), 1000):
            manager.push(body)
        sink.wait(OPEN, limit=600)
        return common.resident_mib(manager.process.pid)


def report_memory(report):
    found = backfill()
    report.table(("back-fill", "peak RSS MiB"),
                 [(name, common.number(mib)) for name, mib in found.items()])
    report.goal(f"back-fill of {BACKFILL:,}, peak RSS", found["triaged"], 48, 40, unit="MiB")
    ours = with_open_alerts()
    rows = [("triaged", common.number(ours))]
    if common.MANAGER:
        rows.append(("alertmanager", common.number(manager_with_open_alerts())))
    report.table((f"{OPEN:,} open alerts", "RSS MiB"), rows)
    report.goal(f"{OPEN:,} open alerts, RSS", ours, 56, 40, unit="MiB")


def run(report):
    report.begin("idle", f"At rest for {SECONDS} s; starting on {ROWS:,} alerts.")
    report_idle(report)
    report.goal(f"ready on {ROWS:,} alerts", best_start(ROWS), 100, 30, unit="ms")
    report_memory(report)
    if not common.MANAGER:
        report.write("No Alertmanager here: nothing is compared with it.\n")


if __name__ == "__main__":
    common.alone(run)
