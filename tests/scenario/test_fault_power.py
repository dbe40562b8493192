"""The power goes: what anybody could know of before the cut is there after it."""
import contextlib
import signal
import time

import pytest

import battery
import checker
from powercut import Disk
from storm import Storm

CUTS_BETWEEN = 50  # it is looked at whole so often


def known(state):
    """What a reader sees: all of that is promised. Deliveries that have ended are."""
    with checker.Database(state) as db:
        return {
            "events": {(r["id"], r["hash"]) for r in db.rows("SELECT id, hash FROM v_events")},
            "sent": {r["key"] for r in db.rows("SELECT key FROM v_deliveries "
                                               "WHERE state = 'sent'")},
            "owed": {r["key"] for r in db.rows("SELECT key FROM v_deliveries")},
            "contents": {(r["alert_id"], r["revision"]) for r in db.rows(
                "SELECT alert_id, revision FROM v_revisions")},
        }


def cut(storm, disk, seconds):
    """One life of so long, and what is missing after it: {what: how many}."""
    site = storm.site
    before = storm.signs_of_life()
    site.launch()
    storm.wait_awake(before)
    time.sleep(seconds)
    site.signal(signal.SIGSTOP)  # a dead machine promises nothing more
    promised = known(site.state)
    took = set(checker.webhooks([storm.sink]))
    disk.cut()
    site.kill()
    disk.power()
    report = checker.Report()
    with checker.Database(site.state) as db:
        checker.check_file(report, db)
    found = known(site.state)
    storm.kills += 1
    # What a receiver took was committed before it was sent.
    promised["owed"] |= took
    lost = {what: len(promised[what] - found[what]) for what in promised}
    return sum(map(len, promised.values())), {what: n for what, n in lost.items() if n}, report


def cut_again_and_again(storm, disk, cuts):
    """(promises, cuts with a loss, cuts with damage, in words)."""
    promises, losses, damages, words = 0, 0, 0, []
    for number in range(cuts):
        seconds = storm.draw.uniform(0.005, 0.2)
        n, lost, report = cut(storm, disk, seconds)
        promises += n
        losses += bool(lost)
        damages += bool(report.faults)
        if lost or report.faults:
            words.append(f"cut {number}: lost {lost}, {report.faults}")
        storm.arrive(seconds)
    return promises, losses, damages, words


@pytest.mark.row("A4", soak=True)
@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_power_cuts(site, kind):
    """The file system stops dead at drawn moments; events, deliveries that were sent, messages
    that arrived and contents of before are there afterwards."""
    with contextlib.ExitStack() as stack:
        try:
            disk = stack.enter_context(Disk(kind, site.state, site.folder / "disk"))
        except OSError as why:
            pytest.skip(f"no disk of its own: {why}")
        storm = Storm(site, battery.seed(), stack, page=100)
        storm.begin()
        total = 0
        for _ in range(battery.size(1, 500 // CUTS_BETWEEN)):
            promises, losses, damages, words = cut_again_and_again(storm, disk, CUTS_BETWEEN)
            total += promises
            assert not words, "\n".join(words)
            storm.finish()
        print(f"{kind}: {storm.kills} cuts, {total} promises, {losses} cuts with a loss, "
              f"{damages} with damage")
