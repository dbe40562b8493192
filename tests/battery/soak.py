"""make soak: every experiment of the fault battery, again and again until the time is over.

    SOAK_ROWS="A1 C14"   these rows (all)
    SOAK_SEED=7          where the draws begin (1); each round takes the next
    SOAK_MINUTES=60      begin another round as long as they are not over (one round)

A row is scenarios of pytest and programs in C (rows.py). Each experiment prints what it tried, how
it went, and what the checker counted. Ends with 1 when something failed or was lost.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

import rows

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TRIAGED_BUILD", ROOT / "build"))
SEED = int(os.environ.get("SOAK_SEED") or 1)
MINUTES = float(os.environ.get("SOAK_MINUTES") or 0)
COUNTED = ("served", "owed", "taken", "repeated", "polls", "lost", "damaged")


class Tally:
    """How the experiments went, over all rounds."""

    def __init__(self):
        self.outcomes = collections.defaultdict(collections.Counter)  # {name: {outcome: times}}
        self.counts = collections.defaultdict(collections.Counter)  # {name: {what: number}}

    def bad(self, name):
        counts = self.counts[name]
        return self.outcomes[name]["failed"] or counts["lost"] or counts["damaged"]

    def line(self, one):
        outcomes, counts = self.outcomes[one.name], self.counts[one.name]
        said = ", ".join(f"{n} {outcome}" for outcome, n in outcomes.items()) or "not run"
        numbers = "".join(f"; {counts[word]} {word}" for word in COUNTED
                          if counts[word] or (counts and word in ("lost", "damaged")))
        return f"    {'FAILED  ' if self.bad(one.name) else ''}{one.name}: {said}{numbers}"


def environment(seed, report):
    """SOAK makes the experiments long; those that were long before know TRIAGED_SLOW."""
    return {**os.environ, "SOAK": "1", "SOAK_SEED": str(seed), "TRIAGED_SEED": str(seed),
            "TRIAGED_SLOW": "1", "PROPERTY_SEEDS": "2000", "BATTERY_REPORT": str(report),
            "TRIAGED_BUILD": str(BUILD)}


def run_program(one, env, tally):
    done = subprocess.run([BUILD / "tests" / one.name], env=env, capture_output=True, text=True,
                          errors="replace", check=False)
    tally.outcomes[one.name]["failed" if done.returncode else "passed"] += 1
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-4000:], flush=True)


def run_scenarios(experiments, env, tally, several):
    """Those of @experiments in one run of pytest; @several: at a time."""
    if not experiments:
        return
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        result = Path(folder) / "result.xml"
        options = ["-n", str(2 * (os.cpu_count() or 1)), "--dist", "loadfile"] if several else ["-s"]
        subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                        "--tb=short", f"--rootdir={ROOT}", f"--junitxml={result}", *options,
                        *dict.fromkeys(one.name for one in experiments)],
                       cwd=ROOT, env=env, check=False)
        if not result.exists():  # not one could be run
            for one in experiments:
                tally.outcomes[one.name]["failed"] += 1
            return
        for case in xml.parse(result).iter("testcase"):
            path = case.get("classname").replace(".", "/")
            name = f"{path}.py::{case.get('name').split('[')[0]}"
            kinds = {child.tag for child in case}
            outcome = "failed" if kinds & {"failure", "error"} else (
                "skipped" if "skipped" in kinds else "passed")
            tally.outcomes[name][outcome] += 1


def read_report(report, tally):
    if not report.exists():
        return
    for text in report.read_text().splitlines():
        line = json.loads(text)
        tally.counts[line["test"].split("[")[0]].update(line["counts"])
    report.unlink()


def one_round(experiments, seed, tally):
    with tempfile.TemporaryDirectory(prefix="soak-report-") as folder:
        report = Path(folder) / "report"
        env = environment(seed, report)
        scenarios = [one for one in experiments if "::" in one.name]
        # What measures, mounts or takes long has the machine for itself.
        alone = [one for one in scenarios if one.soak or "A1" in one.rows or "F4" in one.rows]
        run_scenarios([one for one in scenarios if one not in alone], env, tally, several=True)
        for one in alone:
            print(f"{' '.join(one.rows)}: {one.tried}", flush=True)
            run_scenarios([one], env, tally, several=False)
        for one in experiments:
            if one not in scenarios:
                run_program(one, env, tally)
        read_report(report, tally)


def show(chosen, tally):
    for row, tests in rows.by_row().items():
        if row not in chosen:
            continue
        print(f"{row:<4}{rows.ROWS[row]}")
        for one in tests:
            if one.tried:
                print(f"    tried: {one.tried}")
            print(tally.line(one))


def main():
    chosen = os.environ.get("SOAK_ROWS", "").split() or list(rows.ROWS)
    unknown = set(chosen) - rows.ROWS.keys()
    if unknown:
        print(f"soak: no such row: {' '.join(sorted(unknown))}; SOAK_LIST=1 shows them",
              file=sys.stderr)
        return 2
    experiments = [one for one in rows.experiments() if set(one.rows) & set(chosen)]
    tally, seed, end = Tally(), SEED, time.monotonic() + MINUTES * 60
    while True:
        print(f"soak: {len(experiments)} experiments of {len(chosen)} rows, seed {seed}",
              flush=True)
        one_round(experiments, seed, tally)
        seed += 1
        if time.monotonic() >= end:
            break
    show(chosen, tally)
    total = sum(tally.counts.values(), collections.Counter())
    bad = [one.name for one in experiments if tally.bad(one.name)]
    print(f"soak: seeds {SEED} to {seed - 1}; " + ", ".join(
        f"{total[word]} {word}" for word in COUNTED) + f"; {len(bad)} experiments failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
