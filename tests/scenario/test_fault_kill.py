"""kill -9 while alerts arrive, change and are told: nothing is lost, and what comes twice says so.

See tests/battery/storm.py for the load, tests/battery/checker.py for what must hold.
"""
import contextlib

import pytest

import battery
from storm import Storm

FEWEST_MS, MOST_MS = 5, 200
LIVES_BETWEEN = 50  # a soak looks at it all so often


def live_on(storm, lives, trouble):
    """Lives that end at a drawn moment: of their start, or of their work."""
    for number in range(lives):
        if trouble:
            storm.trouble()
        seconds = storm.draw.uniform(FEWEST_MS, MOST_MS) / 1000
        storm.live(seconds, awake=number % 2)
        storm.arrive(seconds)


@pytest.mark.row("A1", "C4", "C9")
@pytest.mark.parametrize("trouble", [False, True], ids=["calm", "with faults of all peers"])
def test_killed_again_and_again(site, trouble):
    """kill -9 at drawn moments, 5 to 200 ms into a life, 50 alerts a second arriving."""
    with contextlib.ExitStack() as stack:
        storm = Storm(site, battery.seed(), stack, page=battery.size(20, 100))
        storm.begin()
        for _ in range(battery.size(1, 500 // LIVES_BETWEEN)):
            live_on(storm, battery.size(25, LIVES_BETWEEN), trouble)
            storm.finish()
