"""What a large database does to people's questions, and a long question to ingestion.

Each command is run by itself on a database made by seed.c; from its time goes that of `triagectl
sql "select 1"` on the same file, so that starting the program and opening the file is not in it.
The best of some runs counts: on a shared machine others only add. The goal is 100 ms of work, which
is the processor's time, with the file's pages in memory; the clock stands beside it. The store
alone is asked by ask.c, some hundred times each question.

Then pages of 50 alerts are written, 20 a second, alone and while an admin's SELECT reads the whole
database for as long; both take turns, and the ratio is printed, with the size of the write-ahead
log, which cannot be moved into the file while somebody reads what was before.

    make bench-query                                  1,000,000 alerts, made anew: minutes
    make bench-query BENCH_ROWS=100000
    make bench-query BENCH_DATABASE=/var/tmp/big      made there once and kept

Prints Markdown. Standard library only.
"""
import os
import statistics
import subprocess
import time
from pathlib import Path

import common
import harness

ALERTS = common.size("ROWS", 1000000, 50000)
TURNS = common.size("QUERY_TURNS", 5, 3)
SECONDS = common.size("SECONDS", 60, 4)
ASKED = common.size("ASKED", 300, 100)
GOAL_MS = 100
# Of ask.c: (its name, as people say it, bar and aim in ms).
GOALS = (("queue", "the queue", 5, 2.5), ("overdue", "what is overdue", 5, 2.5),
         ("id", "one by its id", 10, 5), ("resource", "alerts of a resource", 10, 5),
         ("text", "words, newest first", 20, 10), ("counts", "counts", 5, 2.5))
TRIAGECTL, SEED = harness.TRIAGECTL, common.TOOLS / "seed"
LONG = "select count(*) from v_alerts a, v_alerts b where a.description < b.description"


def questions(newest):
    """(command, what is hard about it)"""
    middle = str(newest // 2)
    return [
        (["list"], "1000 open ones, worst first"),
        (["list", "--sort", "seen"], "open ones, newest first"),
        (["list", "--state", "all", "--since", "7d"], "closed ones, too, of a week"),
        (["show", middle], "one alert"),
        (["search", "ransomware"], "a word of some"),
        (["search", "activity"], "a word of most"),
        (["search", "10.0.17.33"], "an address of common numbers"),
        (["search", "user19@contoso.com"], "a user"),
        (["search", "user19@contoso.com", "--state", "open"], "a user, open"),
        (["search", "crypt* mining"], "the beginning of a word"),
        (["search", "nothing-has-this"], "no match"),
        (["related", middle], "one in the middle"),
        (["related", str(newest - 1)], "a new one"),
    ]


def run_command(database, arguments):
    """(milliseconds by the clock, of the processor)"""
    begun = time.monotonic()
    process = subprocess.Popen([TRIAGECTL, "--database", database, *arguments],
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def best(database, arguments):
    runs = [run_command(database, arguments) for _ in range(TURNS)]
    return min(wall for wall, _ in runs), min(cpu for _, cpu in runs)


def value(database, query):
    done = subprocess.run([TRIAGECTL, "--database", database, "sql", "--csv", query],
                          capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def ask_commands(report, database):
    """Each command by itself, as a person gives it."""
    newest = value(database, "select max(id) from v_alerts")
    base = best(database, ["sql", "select 1"])
    report.write(f"{newest:,} alerts; opening the file takes {base[0]:.0f} ms.\n")
    rows, slowest = [], 0
    for arguments, hard in questions(newest):
        wall, cpu = (max(x - y, 0) for x, y in zip(best(database, arguments), base))
        slowest = max(slowest, cpu)
        rows.append((" ".join(arguments), hard, f"{wall:.0f}", f"{cpu:.0f}"))
    report.table(("command", "what is hard", "ms", "of work"), rows)
    report.goal("slowest command, work beyond opening", slowest, GOAL_MS, 0, unit="ms")


def ask_store(report, database):
    """The store alone, many times each."""
    found = common.ask(database, ASKED)
    report.table(("question", "p50 ms of work", "p99 ms of work", "p99 ms by the clock"),
                 [(words, *map(common.number, found[name])) for name, words, _, _ in GOALS])
    for name, words, bar, aim in GOALS:
        report.goal(f"{words}, p99 of work", found[name][1], bar, aim, unit="ms")


def write(folder, pages, reader=None):
    """Microseconds of each page, and the most that the log grew to."""
    log, most, reading = Path(folder) / "triaged.db-wal", 0, None
    if reader:
        reading = subprocess.Popen(reader, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
    with subprocess.Popen([SEED, folder, str(pages), "write"], stdout=subprocess.PIPE,
                          text=True) as writing:
        took = []
        for line in writing.stdout:
            took.append(int(line))
            most = max(most, log.stat().st_size)
    if writing.returncode != 0:
        raise SystemExit("the writer failed")
    if reading:
        if reading.poll() is not None:
            raise SystemExit("the long SELECT ended before the writer: nothing was measured")
        reading.terminate()
        reading.wait()
    return took, most


def beside_a_reader(report, folder):
    """Pages with and without a SELECT that goes on, in turns."""
    pages = SECONDS * 12
    reader = [TRIAGECTL, "--database", Path(folder) / "triaged.db", "sql", "--timeout",
              f"{20 * SECONDS}s", LONG]
    alone, beside = [], []
    for _ in range(2):
        alone.append(write(folder, pages // 2))
        beside.append(write(folder, pages, reader))
    rows, medians = [], []
    for name, turns in (("alone", alone), (f"beside a SELECT of {SECONDS} s", beside)):
        took = sorted(us / 1000 for turn, _ in turns for us in turn)
        medians.append(statistics.median(took))
        rows.append((name, f"{medians[-1]:.1f}", f"{took[len(took) * 95 // 100]:.1f}",
                     f"{took[-1]:.1f}", f"{max(size for _, size in turns) / 2**20:.0f}"))
    report.table(("a page of 50 alerts", "median ms", "95 %", "longest", "log MiB"), rows)
    report.write(f"Ratio of the medians {medians[1] / medians[0]:.2f}\n")


def run(report):
    report.begin("query", f"{ALERTS:,} alerts of a year.")
    database = common.database(ALERTS) / "triaged.db"
    ask_commands(report, database)
    ask_store(report, database)
    with common.folder() as folder:
        common.database_copy(ALERTS, folder)
        beside_a_reader(report, folder)


if __name__ == "__main__":
    common.alone(run)
