"""Who waits for a peer that is down does nothing else: it does not spin."""
import contextlib
import time

import pytest

import battery
import checker
from harness import wait_for
from storm import Storm

ALERTS = 20
SHARE = 0.05  # of one processor
SILENT = {"raw": b"HTTP/1.1 200 OK\r\nContent-".hex(), "silent": True}
# What a peer does to whoever comes; a hang is cut by the daemon's own limits.
DOWN = {
    "resets": ({"reset": True}, {"reset": True}, {"method": "connect", "drop": True}),
    "hangs": (SILENT, SILENT, {"method": "connect", "delay_ms": 600_000}),
    "is in trouble": ({"arm": "server-error"}, {"status": 503},
                      {"method": "mail", "reply": "451 4.3.0 later"}),
}


def share_of_cpu(site, seconds):
    """By its own count of the processor: what else the machine does takes nothing from it."""
    before, began = checker.Vitals(site.process.pid), time.monotonic()
    time.sleep(seconds)
    after = checker.Vitals(site.process.pid)
    return (after.cpu_s - before.cpu_s) / (time.monotonic() - began)


@pytest.mark.row("D1", "C5", soak=True)
@pytest.mark.parametrize("way", DOWN)
def test_a_peer_that_is_down_costs_nothing(site, way):
    """Cloud, webhook and mail server are down in turn, with messages waiting for each."""
    with contextlib.ExitStack() as stack:
        storm = Storm(site, battery.seed(), stack)
        storm.begin()
        site.start()
        peers = {"cloud": storm.azure, "webhook": storm.sink, "mail server": storm.smtp}
        storm.calm = False
        for (name, peer), fault in zip(peers.items(), DOWN[way]):
            before = peer.log_file.stat().st_size
            peer.fault(path="*/alerts" if name == "cloud" else "*", **fault)
            storm.azure.script(add=ALERTS)
            storm.n_alerts += ALERTS
            wait_for(lambda: peer.log_file.stat().st_size > before, f"the {name} to be asked")
            share = share_of_cpu(site, 60)
            print(f"the {name} {way}: {100 * share:.2f} % of a processor")
            assert share < SHARE
            storm.heal()
        storm.finish()
