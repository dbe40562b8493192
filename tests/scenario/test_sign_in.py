"""Sign-in that fails in every documented way: how often it is asked, what is said, and that it
recovers by itself. Faults that need waiting wait all at once, a source each."""
import pytest

import doors
import fakes
import harness

PERMANENT = [7000215, 7000222, 700016, 7000112, 90002, 90038, 900382, 500011, 50001, 70011,
             28002, 7000218, 900144, 9002313, 50012, 700027, 700024, 700213]
TRANSIENT = [90006, 90012, 90024, 90033, 90090]
ESTATE = {"seed": 29, "subscriptions": 1, "alerts": 12, "xdr": 12, "page": 5, "spread_s": 7200}
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


def complete(site, name):
    """Has the source been read whole?"""
    return site.value("SELECT count(*) FROM v_polls WHERE source = ? AND complete = 1", name)


def failed(site, name):
    return site.value("SELECT count(*) FROM v_polls WHERE source = ? AND complete = 0 "
                      "AND ended_at IS NOT NULL", name)


def check_no_secret(site, *texts):
    for text in (site.log_text(), *texts):
        for word in ("correct horse", "correct%20horse", "correct+horse", "eyJ"):
            assert word not in text


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


@pytest.mark.parametrize("kind,words", [
    ("arm", ["AuthorizationFailed", "Security Reader"]),
    ("graph", ["Forbidden", "SecurityAlert.Read.All"])])
def test_no_consent(kind, words, site, azure):
    """A token is issued all the same; the 403 says which role or permission is missing."""
    fault = {"arm": {"path": "*/alerts", "arm": "forbidden"},
             "graph": {"path": "*/alerts_v2", "graph": "forbidden"}}[kind]
    azure.fault(**fault)
    doors.configure(site, doors.block(kind, azure, interval="1s"))
    site.start()
    harness.wait_for(lambda: site.rows(REFUSED), "the alert about it")
    [told] = site.rows(REFUSED)
    for word in words:
        assert word in told["description"]
    assert azure.state()["token_requests"] == 1
    azure.heal()
    harness.wait_for(lambda: site.rows(REFUSED)[0]["state"] == "closed", "the alert to end")
    site.stop()
    doors.check_equal(kind, site, azure)


def test_a_tenant_that_is_throttled(site, azure):
    """AADSTS90055: longer than any patience of --once, and not asked again meanwhile."""
    azure.fault(path="*/token", aadsts=90055)
    doors.configure(site, doors.block("arm", azure, interval="1s"))
    site.start()
    harness.wait_for(lambda: azure.state()["token_requests"], "the first request")
    doors.wait_a_second()
    doors.wait_a_second()
    site.stop()
    assert azure.state()["token_requests"] == 1
    assert not site.rows(REFUSED)


@pytest.mark.parametrize("kind", ["arm", "graph"])
def test_the_token_ends_in_the_middle_of_a_listing(kind, site, azure):
    """One more token, the same page again: nothing is lost, nothing is said."""
    path = doors.DOORS[kind][1]
    effect = {"arm": "expired-token"} if kind == "arm" else {"graph": "unauthorized"}
    azure.fault(path=path, skip=1, times=1, **effect)
    doors.configure(site, doors.block(kind, azure))
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    assert azure.state()["token_requests"] == 2
    assert not site.rows(REFUSED)


@pytest.mark.parametrize("kind", ["arm", "graph"])
def test_a_token_that_is_never_good_enough(kind, site, azure):
    """401 to every token: a few requests, then a failed poll; no storm."""
    path = doors.DOORS[kind][1]
    effect = {"arm": "bad-token"} if kind == "arm" else {"graph": "unauthorized"}
    azure.fault(path=path, **effect)
    doors.configure(site, doors.block(kind, azure))
    doors.poll(site, 1)
    assert azure.state()["token_requests"] <= 3
    assert len(azure.requests(path)) <= 3


@pytest.mark.parametrize("kind", ["arm", "graph"])
def test_a_challenge(kind, site, azure):
    """The claims of the 401 go back to the sign-in, once, and the poll goes on."""
    azure.script(claims=CLAIMS)
    doors.configure(site, doors.block(kind, azure))
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    forms = azure.sign_ins()
    assert [line.get("claims") for line in forms] == [None, CLAIMS]
