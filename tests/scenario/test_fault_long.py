"""A long run with every fault at random: nothing is lost, and nothing grows."""
import contextlib
import resource
import signal
import time

import pytest

import battery
import checker
import proofs
from storm import Storm

CHAPTER_S = 60  # between looks at everything
RATE = 10


class Mishaps:
    """What befalls the daemon itself, beside what its peers do."""

    def __init__(self, storm):
        self.storm, self.site = storm, storm.site
        self.waited_s = 0.0

    def killed(self):
        self.site.kill()
        self.storm.kills += 1
        self.site.launch()

    def stopped(self):
        assert self.site.stop() == 0, self.site.log_text()[-2000:]
        self.site.launch()

    def reloaded(self):
        """Not before it hears signals: one that comes first ends it."""
        if self.site.ctl_reaches():
            self.site.signal(signal.SIGHUP)

    def suspended(self):
        self.site.signal(signal.SIGSTOP)
        self.storm.clock.jump(600)
        self.site.signal(signal.SIGCONT)

    def disk_full(self):
        """No file may grow."""
        pid, none = self.site.process.pid, resource.RLIM_INFINITY
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, none))
        time.sleep(0.3)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (none, none))

    def asked(self):
        began = time.monotonic()
        if self.site.ctl_reaches():
            self.waited_s = max(self.waited_s, time.monotonic() - began)


def go_on(storm, mishaps, seconds, names):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        storm.trouble()
        seconds = storm.draw.uniform(0.1, 0.6)
        storm.arrive(seconds, RATE)
        getattr(mishaps, storm.draw.choice(names))()
        time.sleep(seconds)


ALL = ("killed", "stopped", "reloaded", "suspended", "disk_full", "asked")


@pytest.mark.row("F4")
def test_everything_at_random(site):
    """Faults of all peers, kills, stops, reloads, suspends, a full disk; then the same without
    an end of the process, which must not have grown by it."""
    with contextlib.ExitStack() as stack:
        storm = Storm(site, battery.seed(), stack, page=100)
        storm.begin()
        mishaps, chapter = Mishaps(storm), battery.size(2, CHAPTER_S)
        end = time.monotonic() + battery.size(0, battery.minutes(5) * 60)
        while True:
            site.start()
            go_on(storm, mishaps, chapter, ALL)
            storm.finish(suspended=True)
            if time.monotonic() > end:
                break
        site.start()
        go_on(storm, mishaps, chapter / 2, ("asked",))
        storm.quiet()
        before = checker.Vitals(site.process.pid)
        go_on(storm, mishaps, chapter, ("asked", "reloaded"))
        storm.quiet()
        vitals = before, checker.Vitals(site.process.pid)
        if proofs.SANITIZED:  # it keeps what was freed
            vitals[1].resident = before.resident
        report = storm.examine(vitals=vitals, jumped=True,
                               stall_s=mishaps.waited_s if battery.SOAK else None)
        print(f"longest wait for an answer {mishaps.waited_s:.3f} s, "
              f"{vitals[1].resident >> 20} MiB")
        assert not report.faults, "\n".join(report.lines())
        assert site.stop() == 0
