"""The whole benchmark in one run: everything the goals speak of, ours and the references in turn,
then the verdict as a table and a chart in the folder that is its argument.

    make bench                       the sizes of the goals: an hour or two, 20 GB of TMPDIR
    make bench BENCH_SCALE=small     a look of some minutes; its figures prove nothing
    make bench BENCH_ONLY="ingest deliver"

A goal that is missed is told and ends nothing; what ends it is a program that failed or lost an
alert. Standard library only.
"""
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import bench_deliver
import bench_growth
import bench_idle
import bench_ingest
import bench_query
import bench_stall
import chart
import common

PARTS = {"ingest": bench_ingest, "deliver": bench_deliver, "query": bench_query,
         "idle": bench_idle, "stall": bench_stall, "growth": bench_growth}


def revision():
    done = subprocess.run(["git", "-C", common.HERE, "describe", "--always", "--dirty"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() or "without a revision"


def heading(took):
    scale = "small sizes, which prove nothing" if common.SMALL else "the sizes of the goals"
    peer = "with" if common.MANAGER else "without"
    return (f"# triaged {revision()}: benchmark\n\n{scale}; {os.cpu_count()} cores "
            f"({platform.machine()}), {peer} an Alertmanager beside it; {took / 60:.0f} minutes.\n")


def write(report, folder, took):
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([heading(took), report.verdict(), "![goals and growth](bench.svg)\n",
                      *report.parts])
    (folder / "bench.md").write_text(text)
    rows = [(goal.what, goal.share, f"{common.number(goal.value)} {goal.unit}".strip())
            for goal in report.goals]
    (folder / "bench.svg").write_text(chart.draw(f"triaged {revision()}", rows, report.curves))


def main(folder):
    report, begun = common.Report(), time.monotonic()
    wanted = os.environ.get("BENCH_ONLY", "").split() or list(PARTS)
    for name in wanted:
        if name not in PARTS:
            raise SystemExit(f"bench: there is no part {name}: {', '.join(PARTS)}")
    for name in wanted:
        PARTS[name].run(report)
        write(report, folder, time.monotonic() - begun)
    print(report.verdict())
    common.say(f"{folder}/bench.md, {folder}/bench.svg")


main(Path(sys.argv[1]))
