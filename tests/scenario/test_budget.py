"""What a service lets a whole tenant ask is shared by all sources of that tenant, and so is a
token by those that sign in alike. The minutes pass because the clocks of the daemon and of the
fake jump together; see clock_jump.c."""
from collections import Counter

import pytest

import doors
import fakes
import harness

PER_MINUTE = 30
OTHER_TENANT = "99999999-2222-3333-4444-555555555555"
ALERTS = "*/api/v1/alerts/"


@pytest.fixture
def clock(site, tmp_path):
    clock = harness.Clock(tmp_path)
    site.more_environment = clock.environment
    return clock


def complete(site, name):
    return site.value("SELECT count(*) FROM v_polls WHERE source = ? AND complete = 1 "
                      "AND scope <> 'subscriptions'", name)


def asked(azure):
    return len(azure.requests(ALERTS))


def later(site, clock, seconds):
    """The daemon has seen that it is later, and what it then asks is answered."""
    clock.jump(seconds)
    for _ in range(3):
        assert site.ctl_reaches()


def test_thirty_requests_a_minute_for_a_tenant(site, clock, tmp_path):
    """Two sources of one tenant: together 30 in any minute by the clock of the service, which
    would refuse the 31st; what is left is read a minute later, and nothing is lost."""
    script = {"seed": 31, "subscriptions": 1, "alerts": 0, "xdr": 100, "products": ["ca"],
              "page": 5, "spread_s": 7200, "cloud_apps_per_minute": PER_MINUTE}
    names = ("one", "two")
    with fakes.Azure(tmp_path, script, env=clock.environment) as azure:
        doors.configure(site, *(doors.block("cloud-apps", azure, name=name) for name in names))
        site.start()
        harness.wait_for(lambda: asked(azure) >= PER_MINUTE, "a minute's requests")
        # Not one more, however often it looks, before the minute is over.
        for _ in range(4):
            later(site, clock, 10)
            assert asked(azure) == PER_MINUTE
        assert not all(complete(site, name) for name in names)
        for _ in range(10):
            if not all(complete(site, name) for name in names):
                later(site, clock, 10)
                doors.wait_a_second()
        harness.wait_for(lambda: all(complete(site, name) for name in names), "both to be read")
        site.stop()
        assert asked(azure) > PER_MINUTE
        assert azure.state()["cloud_apps_refused"] == 0
        assert azure.state()["token_requests"] == 1
        found = {key for name in names for key in doors.stored("cloud-apps", site, name)}
        assert found == set(doors.truth("cloud-apps", azure))


@pytest.mark.row("C2")
def test_another_tenant_has_its_own(site, clock, tmp_path):
    """30 for each of two tenants at once; a tenant waits for nobody else."""
    script = {"seed": 32, "subscriptions": 1, "alerts": 0, "xdr": 100, "products": ["ca"],
              "page": 4, "spread_s": 7200, "cloud_apps_per_minute": 1000}
    (tmp_path / "other").mkdir()
    with fakes.Azure(tmp_path, script) as azure, \
            fakes.Azure(tmp_path / "other", script) as other:
        doors.configure(site, doors.block("cloud-apps", azure, name="one"),
                        doors.block("cloud-apps", azure, name="two"),
                        doors.block("cloud-apps", other, name="three").replace(
                            "{tenant}", OTHER_TENANT))
        site.start()
        harness.wait_for(lambda: asked(azure) == PER_MINUTE, "a minute's requests")
        harness.wait_for(lambda: complete(site, "three"), "the other tenant to be read")
        later(site, clock, 10)
        assert asked(azure) == PER_MINUTE
        assert not all(complete(site, name) for name in ("one", "two"))
        site.stop()


def test_one_token_for_tenant_client_and_audience(site, tmp_path):
    """Three sources of one tenant that ask one interface sign in once; another interface,
    client or tenant is another token."""
    script = {"seed": 33, "subscriptions": 1, "alerts": 10, "xdr": 20, "behaviors": 5,
              "products": ["ca", "da"], "spread_s": 7200, "cloud_apps_per_minute": 1000}
    client = "client-id: 77777777-7777-8888-9999-000000000000"
    with fakes.Azure(tmp_path, script) as azure:
        doors.configure(
            site, *(doors.block("arm", azure, name=f"same-{n}") for n in range(3)),
            doors.block("resource-graph", azure), doors.block("graph", azure),
            doors.block("hunting", azure), doors.block("cloud-apps", azure),
            doors.block("arm", azure, name="client").replace("client-id: {client}", client),
            doors.block("arm", azure, name="tenant").replace("{tenant}", OTHER_TENANT))
        doors.poll(site)
        signed = Counter((line["path"].split("/")[1], line["client_id"],
                          line["scope"].removesuffix("/.default")) for line in azure.sign_ins())
        assert set(signed.values()) == {1}, signed
        scopes = Counter((tenant, who) for tenant, who, _ in signed)
        assert scopes == {(harness.TENANT, harness.CLIENT): 3,
                          (harness.TENANT, client.split()[1]): 1,
                          (OTHER_TENANT, harness.CLIENT): 1}
        assert azure.state()["token_requests"] == 5
