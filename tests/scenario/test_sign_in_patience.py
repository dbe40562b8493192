"""How often a sign-in that fails is asked in an hour, and that it recovers by itself.

The hours pass because the clocks of the daemon jump; see clock_jump.c. What is promised stands
in triaged.yaml(5), SIGN-IN.
"""
import pytest

import doors
import fakes
import harness
from test_sign_in import ESTATE, REFUSED, THROTTLED, complete

MINUTE = 60
STEP_S = 20  # the daemon waits 30 s for an answer


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, ESTATE) as fake:
        yield fake


@pytest.fixture
def clock(site, tmp_path):
    clock = harness.Clock(tmp_path)
    site.more_environment = clock.environment
    return clock


def asked(azure):
    return azure.state()["token_requests"]


def pass_time(site, azure, clock, seconds):
    """In steps that no answer under way takes for its own delay. After each the daemon sees what
    time it is, the fake answers what it then asks, and the daemon has read that."""
    for _ in range(int(seconds) // STEP_S):
        clock.jump(STEP_S, wall=False)  # the fake's time of day does not jump
        for _ in range(4):
            assert site.ctl_reaches()
            asked(azure)


def recover(site, azure, clock, seconds):
    """Nothing is wrong any more: what is due within @seconds is one request, and it helps."""
    azure.heal()
    before = asked(azure)
    for _ in range(int(seconds) // MINUTE):
        if not complete(site, "arm"):
            pass_time(site, azure, clock, MINUTE)
    harness.wait_for(lambda: complete(site, "arm"), "it to recover")
    assert asked(azure) == before + 1
    site.stop()
    doors.check_equal("arm", site, azure)


def begin(site, azure, **fault):
    azure.fault(path="*/token", **fault)
    doors.configure(site, doors.block("arm", azure, interval="1s"))
    site.start()
    harness.wait_for(lambda: asked(azure), "the first request")


@pytest.mark.row("C1")
@pytest.mark.parametrize("code", [7000222, THROTTLED])
def test_an_hour_of_what_does_not_pass(code, site, azure, clock):
    """At once, after 5 minutes, then 10, 20, 40, a quarter more or less: five requests, and one
    alert when it is a refusal; it ends with the first token, without a restart."""
    begin(site, azure, aadsts=code)
    pass_time(site, azure, clock, 4 * MINUTE)
    assert asked(azure) == 1
    pass_time(site, azure, clock, 55 * MINUTE)
    assert 3 <= asked(azure) <= 5
    told = site.rows(REFUSED)
    assert [row["state"] for row in told] == (["open"] if code != THROTTLED else [])
    recover(site, azure, clock, 75 * MINUTE)
    assert [row["state"] for row in site.rows(REFUSED)] == ["closed"] * len(told)


@pytest.mark.row("C1")
def test_an_hour_of_what_passes(site, azure, clock):
    """5 seconds doubling to 5 minutes, a quarter more or less: 22 requests at most."""
    begin(site, azure, aadsts=90033)
    pass_time(site, azure, clock, 60 * MINUTE)
    assert 8 <= asked(azure) <= 22
    assert not site.rows(REFUSED)
    recover(site, azure, clock, 75 * MINUTE)


@pytest.mark.row("B1", "C1")
@pytest.mark.parametrize("skew", [-3600, 3600])
def test_a_clock_that_is_wrong(skew, site, azure, clock, tmp_path):
    """A signed assertion bears the time: refused by its code, with the clock named, once; and
    taken again when the clock has been set right."""
    clock.jump(-2 * 3600, mono=False)
    certificate, both = fakes.signing_certificate(tmp_path, env=clock.environment)
    clock.jump(2 * 3600, mono=False)
    azure.script(token={"certificate": certificate})
    site.secret("azure-certificate", both)
    doors.configure(site, doors.block("arm", azure, interval="1s", sign_in="""    tenant: {tenant}
    auth: client-certificate
    client-id: {client}
    client-certificate: {credential: azure-certificate}
"""))
    clock.jump(skew, mono=False)
    site.start()
    harness.wait_for(lambda: site.rows(REFUSED), "the alert about it")
    pass_time(site, azure, clock, 4 * MINUTE)
    assert asked(azure) == 1
    assert [line["aadsts"] for line in azure.sign_ins()] == [700024]
    [told] = site.rows(REFUSED)
    assert "AADSTS700024" in told["description"] and "timedatectl" in told["description"]
    clock.jump(-skew, mono=False)
    recover(site, azure, clock, 75 * MINUTE)
    assert [row["state"] for row in site.rows(REFUSED)] == ["closed"]
