"""What becomes of its figures as it grows: 10,000 to 3,000,000 alerts, 1 to 100 sources; and how
much of the disk it takes.

Of each size (a database of seed.c) the ingest rate beside an empty database, in turn and by
processor time; the 99th percentile of what people ask most; the time until it is ready; bytes an
alert on the disk. Of each number of sources the same alerts, divided among them: rate and peak
memory. On the disk: the file of one first poll, all of it moved out of the log, beside the raw
bytes of the alerts in it.

    make bench-growth                       3,000,000 alerts need an hour and 20 GB of TMPDIR
    make bench-growth BENCH_SIZES=10000,100000,1000000 BENCH_SOURCES=1,10,100

Prints Markdown. Standard library only.
"""
import os
from pathlib import Path

import bench_idle
import common
import fakes
import harness
import proofs

SIZES = common.sizes("SIZES", [10000, 100000, 1000000, 3000000], [1000, 10000])
SOURCES = common.sizes("SOURCES", [1, 10, 100], [1, 10])
ALERTS = common.size("GROWTH_ALERTS", 10000, 2000)
TURNS = common.size("GROWTH_TURNS", 3, 1)
ASKED = common.size("ASKED", 300, 100)
# What people ask most is shown by the worst of these (ask.c).
ASKED_NAMES = ("queue", "overdue", "id", "text", "counts")
MILLION = 1000000


def ingest(rows):
    """Alerts a second of the processor, the best of some turns, on a database of so many."""
    best = 0
    for _ in range(TURNS):
        with common.folder() as folder, fakes.Azure(folder, common.estate(ALERTS)) as azure:
            programs = common.Programs(folder, azure)
            if rows:
                common.database_copy(rows, programs.site.state)
            # A second source name: alerts of the first are the seed's.
            text = programs.site.file.read_text().replace("name: azure", "name: cloud")
            programs.site.file.write_text(text)
            best = max(best, programs.run("triaged", ALERTS)["cpu"])
            stored = programs.site.value("SELECT count(*) FROM v_alerts WHERE source = 'cloud'")
            if stored != ALERTS:
                raise SystemExit(f"{stored} alerts of {ALERTS} were kept: a rate of nothing")
    return best


def by_alerts(report):
    empty = ingest(0)
    rates, starts, questions, rows = [], [], {name: [] for name in ASKED_NAMES}, []
    for size in SIZES:
        rate, start, found = (ingest(size), bench_idle.best_start(size),
                              common.ask(common.database(size) / "triaged.db", ASKED))
        each = os.stat(common.database(size) / "triaged.db").st_size / size
        rates.append((size, rate))
        starts.append((size, start))
        for name in ASKED_NAMES:
            questions[name].append((size, found[name][1]))
        rows.append((f"{size:,}", f"{rate:.0f}", f"{rate / empty:.2f}", f"{start:.0f}",
                     *(common.number(found[name][1]) for name in ASKED_NAMES), f"{each:.0f}"))
        if size == max(s for s in SIZES if s <= MILLION):
            report.goal(f"ingest rate at {size:,} / at empty", rate / empty, 0.5, 0.8,
                        at_least=True)
    report.write(f"By alerts; at empty {empty:.0f} alerts/s cpu.\n")
    report.table(("alerts", "alerts/s cpu", "/ at empty", "ready ms",
                  *(f"{name} p99 ms" for name in ASKED_NAMES), "bytes an alert"), rows)
    report.curve("Ingest rate", "alerts stored", "alerts/s of processor", {"triaged": rates})
    report.curve("Questions, p99", "alerts stored", "ms of processor", questions)
    report.curve("Start until ready", "alerts stored", "ms", {"triaged": starts})


def one_of(n_sources):
    """(alerts a second of the processor, peak MiB) with so many sources."""
    with common.folder() as folder, \
            fakes.Azure(folder, common.estate(ALERTS, n_sources)) as azure:
        programs = common.Programs(folder, azure)
        sources = "".join(proofs.azure_source(azure, name=f"azure{i}", subscriptions=f"[{sub}]")
                          for i, sub in enumerate(azure.subscriptions()))
        programs.site.settings(f"sources:\n{sources}{proofs.FOLDER}")
        found = programs.run("triaged", ALERTS)
        stored = programs.site.value("SELECT count(*) FROM v_alerts")
        if stored < ALERTS:
            raise SystemExit(f"{stored} alerts of {ALERTS} were kept: a rate of nothing")
        return found["cpu"], found["rss"]


def by_sources(report):
    found = {n: one_of(n) for n in SOURCES}
    report.table(("sources", "alerts/s cpu", "peak RSS MiB"),
                 [(n, f"{rate:.0f}", f"{mib:.1f}") for n, (rate, mib) in found.items()])
    report.curve("Sources", "sources", "alerts/s of processor; MiB", {
        "alerts/s": [(n, rate) for n, (rate, _) in found.items()],
        "peak MiB": [(n, mib) for n, (_, mib) in found.items()]})


def on_the_disk(report):
    """Of ours and the references; raw bytes are the same in all."""
    with common.folder() as folder, fakes.Azure(folder, common.estate(ALERTS)) as azure:
        programs = common.Programs(folder, azure)
        for name in programs.commands:
            programs.run(name, ALERTS)
        raw = programs.site.value("SELECT sum(length(CAST(raw AS BLOB))) FROM v_revisions")
        bytes_of = {name: sum(os.stat(file).st_size for file in Path(path).parent.iterdir()
                              if file.name in (path.name, path.name + "-wal"))
                    for name, path in programs.databases.items()}
    report.table(("on the disk", "bytes an alert", "/ raw"),
                 [(name, f"{size / ALERTS:.0f}", f"{size / raw:.2f}")
                  for name, size in (("raw", raw), *bytes_of.items())])
    report.goal("disk / raw bytes, search included", bytes_of["triaged"] / raw, 1.5, 1.25)


def run(report):
    report.begin("growth", f"{ALERTS:,} new alerts at each point.")
    on_the_disk(report)
    by_sources(report)
    by_alerts(report)


if __name__ == "__main__":
    common.alone(run)
