"""Every allocation of a whole `triaged --once` (fetch, commit, deliver) fails: one, or all from it
on.

One for each place in the programs that allocates is tried, a place being all who called one
another there: the rest are loops. make soak tries as many as a quarter of SOAK_MINUTES has room
for, in another order with each seed; make check some that are drawn.
"""
import itertools
import random
import signal
import struct
import time

import pytest

import battery
import harness
import proofs
import sweep

# Others want their part of a soak.
MINUTES = battery.minutes(40) / 4
POINTS = 8
ROOM = 400000
HEAD = "=5q64s"
# Libraries that use what they allocate without a look at it. That run ends, and nothing else may
# be lost by it.
UNCHECKED = ("libcrypto.so.3", "libical.so.3")
LIBRARY = harness.BUILD / "tests/battery/fail_malloc.so"
pytestmark = pytest.mark.skipif(proofs.SANITIZED, reason="a sanitizer allocates by itself")


class Memory:
    """The plan of fail_malloc.so, which is mapped into the process."""

    def __init__(self, folder):
        self.file = folder / "memory"
        self.environment = {"LD_PRELOAD": str(LIBRARY), "FAIL_MALLOC": str(self.file)}

    def plan(self, at, stays, room=0):
        self.file.write_bytes(struct.pack(HEAD, at, stays, 0, 0, room, b"") + bytes(8 * room))

    def read(self):
        """How many allocations there were, how many of them failed, who was refused last, and the
        place of each."""
        text = self.file.read_bytes()
        _, _, n, failed, room, who = struct.unpack_from(HEAD, text)
        return (n, failed, who.rstrip(b"\0").decode(),
                struct.unpack_from(f"={min(n, room)}Q", text, struct.calcsize(HEAD)))


@pytest.fixture
def estate(tmp_path):
    with sweep.Estate(tmp_path) as e:
        yield e


def moments(estate, memory):
    """The number of one allocation of each place, drawn from all of it."""
    estate.lay()
    memory.plan(0, 0, ROOM)
    harmed = estate.run("counting", environment=memory.environment)
    assert harmed.status == 0, harmed
    n, _, _, places = memory.read()
    assert 1000 < n < ROOM
    draw = random.Random(battery.seed())
    numbers = list(enumerate(places, 1))
    draw.shuffle(numbers)
    found = list({place: number for number, place in numbers}.values())
    return n, found if sweep.SLOW else found[:POINTS]


@pytest.mark.row("A14")
def test_each_allocation_fails(estate, tmp_path, capsys):
    """The n-th allocation fails, or all from it on: no crash, no promise lost."""
    memory = Memory(tmp_path)
    total, numbers = moments(estate, memory)
    tally = sweep.Tally(f"of {total} allocations, at {len(numbers)} places, failed")
    end = time.monotonic() + MINUTES * 60
    for number in itertools.takewhile(lambda _: time.monotonic() < end, numbers):
        stays = number % 4 == 0
        with tally:
            estate.lay()
            memory.plan(number, stays)
            harmed = estate.run(f"allocation {number}{' and on' if stays else ''}",
                                environment=memory.environment)
            _, failed, who, _ = memory.read()
            tally.tried["for good" if stays else "once"] += failed > 0
            if harmed.status == -signal.SIGSEGV and who in UNCHECKED:
                tally.said[f"died in {who}"] += 1
                estate.heal(harmed)
                continue
            sweep.check_end(harmed, words=f"refused to {who}")
            if harmed.status:
                tally.said[harmed.words()] += 1
            estate.heal(harmed)
    tally.close(capsys)
