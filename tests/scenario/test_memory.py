"""Resident size does not grow with the number of alerts: a page at a time is in memory.

TRIAGED_SLOW=1 also reads 200,000.
"""
import os
from pathlib import Path

import pytest

import fakes
import harness
import proofs

MIB = 1024 * 1024
# The same work five times over may cost a little: pages of the database that are kept.
GROWTH_MAX = 16 * MIB
SLOW_MAX = 64 * MIB
pytestmark = pytest.mark.skipif(proofs.SANITIZED, reason="a sanitizer has memory of its own")


def resident(pid):
    """VmHWM of a process in bytes; 0 when it has none any more. (The kernel counts the peak of
    getrusage from before the exec: that would be ours.)"""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def peak(folder, alerts):
    """Peak resident bytes of one --once that reads so many alerts; all must be there."""
    folder.mkdir()
    with fakes.Azure(folder, {"seed": 15, "alerts": alerts, "subscriptions": 2,
                              "page": 100}) as azure:
        site = harness.Site(folder)
        proofs.configure(site, azure)
        most = 0

        def ended():
            nonlocal most
            most = max(most, resident(site.process.pid))
            return site.process.poll() is not None

        site.launch("--once")
        harness.wait_for(ended, "the end of --once", 600)
        assert site.ended() == 0, site.log_text()[-2000:]
        assert site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'") == alerts
    return most


def test_memory_does_not_grow_with_alerts(tmp_path, capsys):
    few, many = peak(tmp_path / "few", 4000), peak(tmp_path / "many", 20000)
    with capsys.disabled():
        print(f"\nresident: {few / MIB:.1f} MiB for 4,000 alerts, "
              f"{many / MIB:.1f} MiB for 20,000")
    assert many - few < GROWTH_MAX


@pytest.mark.skipif(os.environ.get("TRIAGED_SLOW") != "1", reason="TRIAGED_SLOW=1 runs it")
def test_memory_of_a_large_estate(tmp_path, capsys):
    most = peak(tmp_path / "most", 200000)
    with capsys.disabled():
        print(f"\nresident: {most / MIB:.1f} MiB for 200,000 alerts")
    assert most < SLOW_MAX
