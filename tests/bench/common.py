"""What the programs of the benchmark share: sizes, running and measuring a program, the fake cloud,
and the report. Standard library only.

Sizes come from the environment (BENCH_...); BENCH_SCALE=small makes all of them small, for a look
of a few minutes whose figures are no proof.
"""
import atexit
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "scenario"), str(HERE.parent / "battery")]

import fakes  # noqa: E402
import harness  # noqa: E402
import kit  # noqa: E402
import proofs  # noqa: E402

TOOLS = harness.BUILD / "tests/bench"
SMALL = os.environ.get("BENCH_SCALE") == "small"
MANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
# A database of a million alerts needs some gigabytes: not in a file system of memory.
ROOM = os.environ.get("TMPDIR", "/var/tmp")


def size(name, full, small):
    """BENCH_NAME, or what the scale says."""
    return int(os.environ.get(f"BENCH_{name}") or (small if SMALL else full))


def sizes(name, full, small):
    """The same of a list, with commas between."""
    text = os.environ.get(f"BENCH_{name}")
    return [int(word) for word in text.split(",")] if text else (small if SMALL else full)


def p99(values):
    return sorted(values)[int(len(values) * 0.99)]


def folder():
    return tempfile.TemporaryDirectory(dir=ROOM, prefix="triaged-bench-")


def say(text):
    """How far it is; the report is written at the end."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


# --- a program and what it took ---

def status_kb(pid, key):
    """A line of /proc/PID/status in numbers; 0 when the process has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def peak_mib(pid):
    """Most that was resident. (The peak of getrusage begins before the exec.)"""
    return status_kb(pid, "VmHWM") / 1024


def resident_mib(pid):
    return status_kb(pid, "VmRSS") / 1024


def tasks(pid):
    """(seconds of processor time, voluntary switches) of all its threads."""
    seconds = switches = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        seconds += int((task / "schedstat").read_text().split()[0]) / 1e9
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                switches += int(line.split()[1])
    return seconds, switches


def measure(command, alerts, environment=None):
    """Run it to its end: alerts a second by the clock and of the processor, and peak MiB."""
    begun = time.monotonic()
    process = subprocess.Popen([*map(str, command)], env=environment, stdout=subprocess.DEVNULL,
                               stderr=None if os.environ.get("BENCH_LOUD") else subprocess.DEVNULL)
    pid = peak = 0
    while pid == 0:
        peak = max(peak, peak_mib(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid == 0:
            time.sleep(0.01)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return {"wall": alerts / wall, "cpu": alerts / (usage.ru_utime + usage.ru_stime),
            "rss": peak}


# --- ours and the references, against the same fake cloud ---

def estate(alerts, subscriptions=2, **more):
    return {"seed": 12, "alerts": alerts, "subscriptions": subscriptions,
            "page": size("PAGE", 100, 100), **more}


def token(azure):
    """A token for the references; triaged signs in by itself."""
    form = urllib.parse.urlencode({
        "grant_type": "client_credentials", "client_id": harness.CLIENT,
        "client_secret": "correct horse", "scope": f"{azure.url}/.default"}).encode()
    with urllib.request.urlopen(f"{azure.url}/{harness.TENANT}/oauth2/v2.0/token", form) as answer:
        return json.load(answer)["access_token"]


class Programs:
    """triaged, the floor and the script, each with a database of its own in @where."""

    def __init__(self, where, azure):
        self.site = harness.Site(where)
        self.azure = azure
        proofs.configure(self.site, azure)
        urls = [f"{azure.url}/subscriptions/{s}/providers/Microsoft.Security/alerts"
                "?api-version=2022-01-01" for s in azure.subscriptions()]
        arguments = [token(azure), *urls]
        self.databases = {"triaged": self.site.state / "triaged.db",
                          "floor": Path(where) / "floor.db",
                          "script": Path(where) / "script.db"}
        self.commands = {
            "triaged": [harness.TRIAGED, "-c", self.site.file, "--once"],
            "floor": [TOOLS / "floor", self.databases["floor"], *arguments],
            "script": [sys.executable, HERE / "script.py", self.databases["script"], *arguments],
        }

    def run(self, name, alerts, before=(), **more):
        return measure([*before, *self.commands[name]], alerts,
                       {**self.site.environment(), **more})

    def check_stored(self, alerts):
        stored = self.site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'")
        if stored != alerts:
            raise SystemExit(f"triaged kept {stored} alerts of {alerts}: a rate of nothing")


made = {}


def settle(state):
    """Clocks of a seeded database have run out long ago: have them tell whom they tell. One that
    was kept may be of an older schema, too."""
    with folder() as place:
        site = harness.Site(place)
        site.state = state
        site.settings(kit.FILES + proofs.FOLDER)
        status, _, errors = site.once(limit=1800)
        if status != 0:
            raise SystemExit(f"the seeded database does not come to rest: {errors[-2000:]}")


def database(alerts):
    """A folder with a database of so many alerts (seed.c), made once a run; in BENCH_DATABASE it
    is kept for the next. Nobody writes into it: see database_copy."""
    if alerts not in made:
        kept = os.environ.get("BENCH_DATABASE")
        if kept:
            made[alerts] = Path(kept) / str(alerts)
        else:
            temporary = folder()
            atexit.register(temporary.cleanup)
            made[alerts] = Path(temporary.name)
        made[alerts].mkdir(parents=True, exist_ok=True)
        if not (made[alerts] / "triaged.db").exists():
            say(f"a database of {alerts:,} alerts")
            begun = time.monotonic()
            subprocess.run([TOOLS / "seed", made[alerts], str(alerts)], check=True,
                           stderr=subprocess.DEVNULL)
            say(f"made in {time.monotonic() - begun:.0f} s")
        settle(made[alerts])
    return made[alerts]


def ask(file, times):
    """{question: (p50, p99 of the processor, p99 by the clock) in ms}, of ask.c."""
    done = subprocess.run([TOOLS / "ask", file, str(times)], check=True, text=True,
                          stdout=subprocess.PIPE)
    return {name: [int(us) / 1000 for us in figures]
            for name, *figures in map(str.split, done.stdout.splitlines())}


def database_copy(alerts, where):
    """One to write into, in @where; on the disk, or the first checkpoint would write the copy."""
    source = database(alerts) / "triaged.db"
    Path(where).mkdir(exist_ok=True)
    copy = Path(where) / "triaged.db"
    subprocess.run(["cp", "--reflink=auto", source, copy], check=True)
    subprocess.run(["sync", copy], check=True)


# --- the report ---

class Goal(NamedTuple):
    area: str
    what: str
    value: float
    bar: float
    aim: float
    at_least: bool
    unit: str

    @property
    def met(self):
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    @property
    def share(self):
        """How many times better than the bar; below 1 it is missed."""
        value, bar = max(self.value, 1e-9), max(self.bar, 1e-9)
        return value / bar if self.at_least else bar / value


def number(value):
    """Three digits that count, thousands apart."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def table(head, rows):
    lines = [" | ".join(head), "|".join("---" for _ in head)]
    lines += [" | ".join(map(str, row)) for row in rows]
    return "".join(f"| {line} |\n" if i != 1 else f"|{line}|\n" for i, line in enumerate(lines))


class Report:
    """What was measured, in the order it was; goals are judged at the end."""

    def __init__(self):
        self.area = ""
        self.goals, self.curves, self.parts = [], [], []

    def begin(self, area, about):
        """@area: the target of make that measures it alone, without "bench-"."""
        self.area = area
        say(area)
        self.write(f"## {area}\n\n{about}\n")

    def write(self, text):
        self.parts.append(text)
        print(text, flush=True)

    def table(self, head, rows):
        self.write(table(head, rows))

    def goal(self, what, value, bar, aim, at_least=False, unit=""):
        self.goals.append(Goal(self.area, what, value, bar, aim, at_least, unit))

    def curve(self, title, across, up, lines):
        """@lines: {name: [(x, y)]}; both axes grow by tens."""
        self.curves.append((title, across, up, lines))

    def verdict(self):
        """The table of goals."""
        rows = []
        for g in self.goals:
            sign = ">=" if g.at_least else "<="
            rows.append((g.what, f"{number(g.value)} {g.unit}".strip(), f"{sign} {g.bar:g}",
                         f"{sign} {g.aim:g}" if g.aim else "-",
                         "met" if g.met else "**missed**", f"`make bench-{g.area}`"))
        missed = [g.what for g in self.goals if not g.met]
        words = ("Missed: " + "; ".join(missed) + "." if missed else "Every goal is met.")
        return table(("goal", "measured", "bar", "aim", "", "command"), rows) + "\n" + words + "\n"


def alone(run):
    """What one of the programs does when it is called by itself."""
    report = Report()
    run(report)
    report.write(report.verdict())
