"""A battery that cannot fail proves nothing: each invariant is broken, and it must go red.

The daemons of tests/battery/breaks/ are ours but for one function each. All of them go through
the same short battery as the one that is shipped, which must come out of it with nothing wrong;
each of the others must be found out by the invariant that it breaks.

    make soak-breaks                 all of them
    make soak-breaks BREAK=leak      one

Prints a table, and ends with 1 when one got through.
"""
import contextlib
import concurrent.futures
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scenario")]

import checker  # noqa: E402
import harness  # noqa: E402
from powercut import Disk  # noqa: E402
from storm import Storm  # noqa: E402

PROGRAMS = harness.BUILD / "tests/battery/breaks"
SHIPPED = "(as shipped)"
POWER = "power"
CUTS = 40
PATIENCE_S = 40  # one that is broken may never come to rest


def breaks():
    """{name: (what it breaks, in words)}."""
    found = {SHIPPED: ("", "the daemon that is shipped")}
    for path in sorted((HERE / "breaks").glob("*.c")):
        text = path.read_text(encoding="utf-8").split("*/", 1)[0]
        words = " ".join(re.findall(r"^ \* (?!Breaks)(.*)", text, re.M))
        found[path.stem] = re.search(r"Breaks: (\w+) by", text)[1], words
    return found


def rest(storm):
    """Quiet, or the end of patience: what is wrong is seen either way."""
    with contextlib.suppress(AssertionError):
        storm.quiet(PATIENCE_S)


def mislead(storm):
    """Somebody else's address, as the next page and as the place to go."""
    there = storm.stranger.url
    storm.azure.fault(path="*/alerts", skip=1, times=2,
                      next_link=f"{there}/subscriptions/x/providers/Microsoft.Security/alerts")
    storm.sink.fault(times=2, status=302, headers={"Location": there + "/stolen"})


def disturb(storm):
    """Pages that are cut, receivers that fail."""
    storm.azure.fault(path="*/alerts", skip=1, times=3, cut=3000)
    storm.sink.fault(times=4, status=500)


def short_battery(storm):
    """About fifteen seconds in which each invariant has a chance to be broken: its report."""
    site = storm.site
    site.start()
    rest(storm)
    before = checker.Vitals(site.process.pid)
    for harm in (mislead, disturb, disturb):
        storm.calm = False
        harm(storm)
        storm.arrive(0.3)
        time.sleep(1.5)
        storm.heal()
    rest(storm)
    vitals = before, checker.Vitals(site.process.pid)
    with checker.Database(site.state) as db:
        clocks = checker.clocks(db)
    storm.clock.jump(2.5 * 3600)  # half of what a high one has
    site.ctl_reaches()
    time.sleep(0.5)
    site.kill()
    rest(storm)
    site.signal(signal.SIGTERM)
    site.ended(20)
    return storm.examine(before=clocks, vitals=vitals, jumped=False)


def power_battery(storm, disk):
    """Power cuts: the faults of all of them as one report."""
    import test_fault_power as power
    storm.begin()
    report = checker.Report()
    for word in power.cut_again_and_again(storm, disk, CUTS)[3]:
        report.fault(POWER, word)
    return report


def put_through(name, what, folder):
    """The report about the daemon called @name."""
    site = harness.Site(folder)
    if name != SHIPPED:
        site.program = PROGRAMS / name / "triaged"
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(Disk("ext4", site.state, Path(folder) / "disk")) \
            if what == POWER else None
        storm = Storm(site, 7, stack, alerts=40)
        try:
            return power_battery(storm, disk) if disk else short_battery(storm)
        finally:
            if site.process is not None:
                site.kill()


def try_one(name, what):
    """(red invariants, the first fault of each in words), or why it could not be tried."""
    with tempfile.TemporaryDirectory(prefix="break-") as folder:
        try:
            report = put_through(name, what, folder)
        except OSError as why:
            return None, [str(why)]
    first = {}
    for invariant, text in report.faults:
        first.setdefault(invariant, text)
    return report.red, [f"{invariant}: {text}" for invariant, text in first.items()]


def main(names):
    all_of_them = breaks()
    wanted = {name: all_of_them[name] for name in names or all_of_them}
    wrong = 0
    print(f"{'break':<18}{'breaks':<8}{'red':<20}", flush=True)
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        running = {name: pool.submit(try_one, name, what) for name, (what, _) in wanted.items()}
        for name, (what, words) in wanted.items():
            red, said = running[name].result()
            good = red is None or (what in red if what else not red)
            wrong += not good
            verdict = "could not be tried" if red is None else " ".join(red) or "nothing"
            print(f"{name:<18}{what:<8}{verdict:<20}{'' if good else 'NOT AS IT SHOULD BE'}")
            print(f"    {words}")
            for text in said:
                print(f"    {text[:160]}", flush=True)
    print(f"soak-breaks: {len(wanted)} daemons, {wrong} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
