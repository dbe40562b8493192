"""Sign-in that fails in every documented way: how often it is asked, what is said, and that it
recovers by itself. Faults that need waiting wait all at once, a source each."""
import re
from pathlib import Path

import pytest

import doors
import fakes
import harness

PERMANENT = [7000215, 7000222, 700016, 7000112, 90002, 90038, 900382, 500011, 50001, 70011,
             28002, 7000218, 900144, 9002313, 50012, 700027, 700024, 7000229, 53003,
             700211, 700213]
TRANSIENT = [90006, 90012, 90024, 90033, 90090]
THROTTLED = 90055
# Any number of that beginning is one class, see is_federation().
FEDERATION = {700211, 700213}
ESTATE = {"seed": 29, "subscriptions": 1, "alerts": 12, "xdr": 24,
          "behaviors": 6, "products": ["ca", "da"], "page": 5, "spread_s": 7200}
ALL = ["arm", "resource-graph", "graph", "cloud-apps", "hunting"]
UNAUTHORIZED = {"arm": "expired-token", "resource-graph": "bad-token", "graph": "unauthorized",
                "cloud-apps": "unauthorized", "hunting": "unauthorized"}
CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'
REFUSED = "SELECT title, description, state FROM v_alerts WHERE title LIKE '%is refused'"


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, ESTATE) as fake:
        yield fake


@pytest.fixture
def clouds(tmp_path):
    """A function that starts one cloud for each of the things given: {thing: fake}."""
    running = []

    def start(things, **more):
        for thing in things:
            folder = tmp_path / str(thing)
            folder.mkdir()
            running.append(fakes.Azure(folder, {**ESTATE, "alerts": 4, "xdr": 0, **more}))
        return dict(zip(things, running))
    yield start
    for fake in running:
        fake.stop()


def effect(kind, name):
    """The fault in which the door of @kind answers with its error @name."""
    door = {"arm": "arm", "resource-graph": "arm", "cloud-apps": "cloud_apps"}
    return {door.get(kind, "graph"): name}


def complete(site, name):
    """How often have its alerts been read whole?"""
    return site.value("SELECT count(*) FROM v_polls WHERE source = ? AND complete = 1 "
                      "AND scope <> 'subscriptions'", name)


def failed(site, name):
    return site.value("SELECT count(*) FROM v_polls WHERE source = ? AND complete = 0 "
                      "AND ended_at IS NOT NULL", name)


def check_no_secret(site, *texts):
    for text in (site.log_text(), *texts):
        for word in ("correct horse", "correct%20horse", "correct+horse", "eyJ"):
            assert word not in text


def test_no_code_is_left_out():
    """Each row of the program's table is tried here, in its class."""
    text = (Path(__file__).parents[2] / "src/net/token_error.c").read_text()
    table = re.search(r"aadsts_table\[\] = \{(.*?)\n\};", text, re.S)[1]
    rows = {int(code): kind for code, kind in re.findall(r"\{ (\d+), (ERR_\w+),", table)}
    assert rows == {**dict.fromkeys(set(PERMANENT) - FEDERATION, "ERR_AUTH"),
                    **dict.fromkeys(TRANSIENT, "ERR_HTTP"), THROTTLED: "ERR_THROTTLED"}


@pytest.mark.row("C1")
def test_every_permanent_code(site, clouds):
    """Asked once however often the source wants to poll; said with its code; one alert each."""
    fakes_by_code = clouds(PERMANENT)
    for code, fake in fakes_by_code.items():
        fake.fault(path="*/token", aadsts=code)
    doors.configure(site, *(doors.block("arm", fake, name=f"c{code}", interval="1s")
                            for code, fake in fakes_by_code.items()))
    site.start()
    for code in PERMANENT:
        harness.wait_for(lambda code=code: failed(site, f"c{code}") >= 2, f"{code} to fail twice")
    for code, fake in fakes_by_code.items():
        assert fake.state()["token_requests"] == 1, code
        [error] = {row["error"] for row in site.rows(
            "SELECT error FROM v_polls WHERE source = ? AND error IS NOT NULL", f"c{code}")}
        assert f"AADSTS{code}" in error
    told = {row["title"]: row for row in site.rows(REFUSED)}
    assert set(told) == {f"Source c{code} is refused" for code in PERMANENT}
    assert len(site.rows(REFUSED)) == len(PERMANENT)
    check_no_secret(site)
    site.stop()
    # A restart with what was wrong set right: read whole, and the alert ends by itself.
    for fake in fakes_by_code.values():
        fake.heal()
    doors.poll(site)
    for code, fake in fakes_by_code.items():
        doors.check_equal("arm", site, fake, f"c{code}")
    assert {row["state"] for row in site.rows(REFUSED)} == {"closed"}


@pytest.mark.row("C1")
def test_every_transient_code(site, clouds):
    """The next request comes after a pause, and everything goes on as if nothing had been."""
    fakes_by_code = clouds(TRANSIENT)
    for code, fake in fakes_by_code.items():
        fake.fault(path="*/token", aadsts=code, times=1)
    doors.configure(site, *(doors.block("arm", fake, name=f"c{code}", interval="1s")
                            for code, fake in fakes_by_code.items()))
    site.start()
    for code in TRANSIENT:
        harness.wait_for(lambda code=code: complete(site, f"c{code}"), f"{code} to recover",
                         limit=90)
    site.stop()
    for code, fake in fakes_by_code.items():
        assert fake.state()["token_requests"] == 2, code
        times = [line["t_ms"] for line in fake.sign_ins()]
        assert times[1] - times[0] >= 2000, code
        doors.check_equal("arm", site, fake, f"c{code}")
    assert not site.rows(REFUSED)


NEEDS = {"arm": "Security Reader", "resource-graph": "Security Reader",
         "graph": "SecurityAlert.Read.All", "cloud-apps": "Investigation.read",
         "hunting": "ThreatHunting.Read.All"}


def test_no_consent(site, azure):
    """A token is issued all the same; the 403 says which role or permission is missing."""
    for kind in ALL:
        azure.fault(path=doors.DOORS[kind][1], **effect(kind, "forbidden"))
    doors.configure(site, *(doors.block(kind, azure, interval="1s") for kind in ALL))
    site.start()
    harness.wait_for(lambda: len(site.rows(REFUSED)) == len(ALL), "the alerts about it")
    told = {row["title"]: row["description"] for row in site.rows(REFUSED)}
    for kind in ALL:
        text = told[f"Source {kind} is refused"]
        assert "403" in text and NEEDS[kind] in text
    # One for each of Resource Manager, Graph and Cloud Apps.
    assert azure.state()["token_requests"] == 3
    azure.heal()
    harness.wait_for(lambda: {row["state"] for row in site.rows(REFUSED)} == {"closed"},
                     "the alerts to end")
    for kind in ALL:
        harness.wait_for(lambda kind=kind: complete(site, kind), f"{kind} to be read")
    site.stop()
    assert len(site.rows(REFUSED)) == len(ALL) and azure.state()["token_requests"] == 3
    # Some alerts are shown by two of these doors, and are one row with two origins.
    for kind in ALL:
        shown = {row["native_id"].lower() for row in site.rows(
            "SELECT native_id FROM v_origins WHERE source = ?", kind)}
        assert shown == set(doors.truth(kind, azure)), kind


@pytest.mark.row("C2")
def test_a_tenant_that_is_throttled(site, azure):
    """AADSTS90055: longer than any patience of --once, and not asked again meanwhile."""
    azure.fault(path="*/token", aadsts=THROTTLED)
    doors.configure(site, doors.block("arm", azure, interval="1s"))
    site.start()
    harness.wait_for(lambda: azure.state()["token_requests"], "the first request")
    doors.wait_a_second()
    doors.wait_a_second()
    site.stop()
    assert azure.state()["token_requests"] == 1
    assert not site.rows(REFUSED)


@pytest.mark.row("C2")
def test_a_tenant_that_is_throttled_and_told_when(site, azure):
    """It waits as long as it is told, asks once more, and goes on."""
    azure.fault(path="*/token", aadsts=THROTTLED, headers={"Retry-After": "3"}, times=1)
    doors.configure(site, doors.block("arm", azure, interval="1s"))
    site.start()
    harness.wait_for(lambda: complete(site, "arm"), "it to recover")
    site.stop()
    times = [line["t_ms"] for line in azure.sign_ins()]
    assert len(times) == 2 and times[1] - times[0] >= 3000
    doors.check_equal("arm", site, azure)
    assert not site.rows(REFUSED)


@pytest.mark.row("C1")
@pytest.mark.parametrize("kind", ALL)
def test_the_token_ends_in_the_middle_of_a_listing(kind, site, azure):
    """One more token, the same page again: nothing is lost, nothing is said."""
    path = doors.DOORS[kind][1]
    azure.fault(path=path, skip=0 if kind == "hunting" else 1, times=1,
                **effect(kind, UNAUTHORIZED[kind]))
    doors.configure(site, doors.block(kind, azure))
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    assert azure.state()["token_requests"] == 2
    assert not site.rows(REFUSED)


@pytest.mark.row("C1")
@pytest.mark.parametrize("kind", ALL)
def test_a_token_that_is_never_good_enough(kind, site, azure):
    """401 to every token: a few requests, then a failed poll; no storm."""
    path = doors.DOORS[kind][1]
    azure.fault(path=path, **effect(kind, UNAUTHORIZED[kind]))
    doors.configure(site, doors.block(kind, azure))
    doors.poll(site, 1)
    assert azure.state()["token_requests"] <= 3
    assert len(azure.requests(path)) <= 3


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind != "cloud-apps"])
def test_a_challenge(kind, site, azure):
    """The claims of the 401 go back to the sign-in, once, and the poll goes on."""
    azure.script(claims=CLAIMS)
    doors.configure(site, doors.block(kind, azure))
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    forms = azure.sign_ins()
    assert [line.get("claims") for line in forms] == [None, CLAIMS]
