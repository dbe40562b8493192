"""A webhook's name that leads outside when somebody looks, and inside when we connect.

The daemon is alone in a network whose one name server is ours. Outside is an address that the
guard takes for a public one; inside listens whoever must hear nothing: the machine itself, and
the place where a cloud tells its machines their secrets.
"""
import contextlib

import pytest

import checker
import fakes
import harness
import kit
from islands import Island
from test_webhook import ROUTE

NAME = "hook.example.org"
# Of a public network, all of them here; nobody listens on the second one.
OUTSIDE, NOBODY = "11.1.2.3", "11.1.2.4"
METADATA = "169.254.169.254"
INSIDE = ["127.0.0.1", METADATA]
PORT = 8443
# Longer than what curl keeps of a name (60 s), and of an idle connection (118 s).
FORGETS_S = 130

HOOK = f"""
targets:
  - name: hook
    type: webhook
    url: "https://{NAME}:{PORT}/in"
    ca-file: "{{folder}}/cert.pem"
"""


class World:
    """What the name means now, and who came where."""

    def __init__(self, site, stack):
        self.site = site
        self.meaning = {"A": [OUTSIDE], "AAAA": []}
        self.asked = []
        pair = fakes.certificate(site.folder, NAME)
        self.sink = stack.enter_context(fakes.Sink(site.folder, tls=pair))
        try:
            island = stack.enter_context(
                Island(site, [f"{OUTSIDE}/32", f"{NOBODY}/32", f"{METADATA}/32"]))
        except OSError as why:
            pytest.skip(str(why))
        island.names(self.answers)
        self.outside = island.lead(OUTSIDE, PORT, self.sink.port)
        # It has the certificate too, and would take every message.
        self.inside = {host: island.lead(host, PORT, self.sink.port) for host in INSIDE}
        self.clock = harness.Clock(site.folder)
        site.more_environment.update(self.clock.environment)
        # On its island whoever runs the test is root.
        site.settings(kit.FILES + HOOK + ROUTE + "user: root\n")

    def answers(self, name, kind):
        self.asked.append((name, kind))
        return self.meaning[kind] if name == NAME else []

    def means(self, *addresses, also=()):
        """From now on, and nothing of before is remembered."""
        self.meaning = {"A": list(addresses), "AAAA": list(also)}
        self.clock.jump(FORGETS_S)

    def owe(self, number):
        """One more notice; its alert."""
        kit.put(self.site, kit.alert(number), name=f"{number}.json")
        kit.wait_alert(self.site, f"Suspicious process {number}")
        return kit.alert_row(self.site, f"Suspicious process {number}")["id"]

    def check(self):
        """Whatever the name meant, nobody inside was even connected to."""
        assert self.inside == {host: [] for host in INSIDE}
        checker.check(self.site, sinks={"hook": self.sink}, jumped=True)


@pytest.fixture
def world(site):
    with contextlib.ExitStack() as stack:
        w = World(site, stack)
        yield w
        if site.process is not None:
            site.end()


@pytest.mark.row("D5")
@pytest.mark.parametrize("inside", INSIDE)
def test_name_that_turns_inwards(world, inside):
    """A name that was public for one message and is private for the next: refused when we
    connect, said so, and sent as soon as the name is public again."""
    site = world.site.start()
    first = world.owe(1)
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", first)
    world.means(inside)
    second = world.owe(2)
    row = kit.wait_delivery(site, "alert_id = ? and last_error is not null", second)
    assert row["state"] == "retry"
    assert (f"{NAME} is at {inside}:{PORT}, a private address, and those are not allowed here "
            "(allow-private)") in row["last_error"]
    assert len(world.outside) == 1
    world.means(OUTSIDE)
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", second)
    assert {name for name, _ in world.asked} == {NAME}
    assert len(world.outside) == 2
    world.check()


@pytest.mark.row("D5")
@pytest.mark.parametrize("inside", INSIDE)
def test_name_with_both_meanings(world, inside):
    """A public address that refuses, with a private one behind it: a client that tries one
    address after the other comes to the second, and is refused there by us."""
    world.means(NOBODY, inside)
    site = world.site.start()
    row = kit.wait_delivery(site, "alert_id = ? and last_error is not null", world.owe(1))
    assert row["state"] == "retry"
    assert f"{NAME} is at {inside}:{PORT}, a private address" in row["last_error"]
    world.means(OUTSIDE)
    kit.wait_delivery(site, "state = 'sent'")
    world.check()


@pytest.mark.row("D5")
def test_private_address_beside_a_public_one(world):
    """The public one of two is taken, and the refusal of the other costs nothing."""
    world.means(OUTSIDE, also=["::1", "::ffff:169.254.169.254", "fe80::1", "fc00::1"])
    site = world.site.start()
    row = kit.wait_delivery(site, "alert_id = ? and state = 'sent'", world.owe(1))
    assert row["attempts"] == 1
    world.check()
