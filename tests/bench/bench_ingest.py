"""Ingestion against its two references: the floor (floor.c) and the script (script.py).

The three take turns within one run, against the same fake cloud, since the same command moves by
half within an hour on a shared machine: only the ratios count. "cpu" is alerts a second of the
program's own processor time, which does not depend on how fast the fake answers; "wall" is by the
clock and has the fake in it (which serves some 20,000 a second). Then, free of noise: how many
objects reach jansson when 5 % changed, and the instructions an alert (with valgrind).

    make bench-ingest                        20,000 alerts, three turns
    make bench-ingest BENCH_ALERTS=200000 BENCH_TURNS=1

Prints Markdown. Standard library only.
"""
import shutil
import statistics
from pathlib import Path

import common
import fakes

ALERTS = common.size("ALERTS", 20000, 4000)
TURNS = common.size("TURNS", 3, 1)
COUNTER = common.TOOLS / "count_parses.so"
# What must hold, at least: (poll, reference, bar, aim).
GOALS = (("first", "floor", 0.5, 1.0), ("first", "script", 1.5, 3.0),
         ("repeat", "floor", 0.5, 0.8), ("repeat", "script", 6.0, 10.0))


def turn():
    """First and repeat poll of all three: {(poll, program): figures}."""
    found = {}
    with common.folder() as folder, fakes.Azure(folder, common.estate(ALERTS)) as azure:
        programs = common.Programs(folder, azure)
        for poll in ("first", "repeat"):
            for name in programs.commands:
                found[poll, name] = programs.run(name, ALERTS)
        programs.check_stored(ALERTS)
    return found


def parsed_share(alerts=4000, changed=200):
    """Of all objects of a poll, how many reach jansson when 5 % have changed."""
    with common.folder() as folder, fakes.Azure(folder, common.estate(alerts)) as azure:
        programs = common.Programs(folder, azure)
        programs.run("triaged", alerts)
        azure.script(set=[{"index": i * (alerts // changed), "status": "Dismissed",
                           "severity": "Low"} for i in range(changed)])
        count = Path(folder) / "parses"
        programs.run("triaged", alerts, LD_PRELOAD=str(COUNTER), COUNT_PARSES=str(count))
        return int(count.read_text()) / alerts


def instructions(name, alerts):
    """(first, repeat) poll of so many alerts, in instructions. Of triaged without its start, where
    a small database is checked whole: that grows with what is stored, too."""
    within = ("--toggle-collect=app_run",) if name == "triaged" else ()
    totals = []
    with common.folder() as folder, fakes.Azure(folder, common.estate(alerts)) as azure:
        programs = common.Programs(folder, azure)
        for poll in ("first", "repeat"):
            out = Path(folder) / f"callgrind.{poll}"
            programs.run(name, alerts, before=("valgrind", "--tool=callgrind", "-q", *within,
                                               f"--callgrind-out-file={out}"))
            totals.append(next(int(line.split()[1]) for line in out.read_text().splitlines()
                               if line.startswith("totals:")))
    return totals


def count_instructions(report):
    """The difference of two sizes, so that starting and stopping is not in it."""
    few, many = 500, 2000
    rows = []
    for name in ("triaged", "floor"):
        new, same = [(b - a) / (many - few) / 1000
                     for a, b in zip(instructions(name, few), instructions(name, many))]
        rows.append((name, f"{new:.0f} k", f"{same:.0f} k"))
        if name == "triaged":
            report.goal("instructions per new alert", new, 900, 500, unit="k")
            report.goal("instructions per unchanged alert", same, 50, 30, unit="k")
    report.table(("instructions an alert", "new", "unchanged"), rows)


def run(report):
    report.begin("ingest", f"{ALERTS:,} alerts, {TURNS} turns, medians.")
    turns = [turn() for _ in range(TURNS)]
    rows = []
    for poll, name in turns[0]:
        cpu, wall, rss = (statistics.median(t[poll, name][key] for t in turns)
                          for key in ("cpu", "wall", "rss"))
        rows.append((f"{poll} poll, {name}", f"{cpu:.0f}", f"{wall:.0f}", f"{rss:.1f}"))
    report.table(("", "alerts/s cpu", "alerts/s wall", "peak RSS MiB"), rows)
    rows = []
    for poll, other, bar, aim in GOALS:
        cpu, wall, rss = (statistics.median(t[poll, "triaged"][key] / t[poll, other][key]
                                            for t in turns) for key in ("cpu", "wall", "rss"))
        rows.append((f"{poll} poll, {other}", f"{cpu:.2f}", f"{wall:.2f}", f"{rss:.2f}"))
        report.goal(f"{poll} poll / the {other}", cpu, bar, aim, at_least=True)
    report.table(("triaged /", "by cpu", "by wall", "peak RSS"), rows)
    report.goal("objects parsed when 5 % changed", parsed_share() * 100, 6, 0, unit="%")
    if shutil.which("valgrind"):
        count_instructions(report)
    else:
        report.write("No valgrind here: instructions are not counted.\n")


if __name__ == "__main__":
    common.alone(run)
