"""Answers nobody should give. Each costs what it touches and no more, is named, and heals.

An estate of two subscriptions: the fault strikes the first on its second page; the second,
which is listed after it, must be whole at the end. What is tried again for long stands in
test_patience.py.
"""
import pytest

import fakes
import harness
import proofs
from test_memory import resident

ALERTS = 240
PAGE = 40
MEMORY_LIMIT = 200 << 20


@pytest.fixture(scope="module", autouse=True)
def begin_early(hopeless):
    """This file is the first; test_patience.py, much later, looks at what became of them."""
    return hopeless


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 13, "alerts": ALERTS, "subscriptions": 2,
                                "page": PAGE}) as fake:
        yield fake


def listing(azure, number):
    """Path pattern of the alerts of a subscription."""
    return f"/subscriptions/{azure.subscriptions()[number]}/*/alerts"


def of_subscription(azure, number):
    """Names of what the subscription holds."""
    wanted = azure.subscriptions()[number]
    return {alert["name"].lower() for alert in azure.alerts() if alert["subscription"] == wanted}


def check_contained(site, azure, *words):
    """The first listing failed, saying @words, and kept what it saw; the second is whole."""
    bad, good = azure.subscriptions()
    # The stop may have met the next ones.
    polls = {poll["scope"]: poll for poll in proofs.check_ledger(site) if poll["error"] != "cancelled"}
    assert not polls[bad]["complete"] and polls[good]["complete"]
    for word in words:
        assert word.lower() in polls[bad]["error"].lower()
    have = set(proofs.stored(site))
    assert have >= of_subscription(azure, 1)
    assert len(have & of_subscription(azure, 0)) >= PAGE
    return polls[bad]


ANSWERS = {
    "without end": ({"huge": 300000000}, ["page 2", "large"]),
    "without end or length": ({"huge": 300000000, "chunked": True}, ["page 2", "large"]),
    "depth bomb": ({"depth": 3000000}, ["page 2"]),
    "HTML with 200": ({"body": fakes.HTML, "type": "text/html"}, ["page 2", "HTML"]),
    "a part (206)": ({"status": 206}, ["206"]),
    "Warning": ({"headers": {"Warning": '199 - "one region did not answer"'}}, ["Warning"]),
    "links to itself": ({"next_link": "self"}, ["circle"]),
    "links to the first page": ({"next_link": "first"}, ["circle"]),
    "no value": ({"shape": "no_value"}, ["value"]),
    "value is no list": ({"shape": "value_object"}, ["value"]),
    "not JSON": ({"body": "]]", "type": "application/json"}, ["page 2"]),
    "a bare list": ({"json": [1, 2]}, ["page 2"]),
    "no content": ({"status": 204, "body": ""}, ["204"]),
    "redirect": ({"status": 302, "headers": {"Location": "/elsewhere"}}, ["302"]),
    "bad request": ({"arm": "no-version"}, ["400", "MissingApiVersionParameter"]),
    "forbidden": ({"arm": "forbidden"}, ["403", "AuthorizationFailed", "Security Reader"]),
}


@pytest.mark.row("C3", "C6", "C7", "C12")
@pytest.mark.parametrize("name", ANSWERS)
def test_one_bad_answer(site, azure, name):
    """The poll fails by name and keeps what it saw; the other subscription is read whole."""
    effect, words = ANSWERS[name]
    proofs.configure(site, azure)
    azure.fault(path=listing(azure, 0), skip=1, **effect)
    status, _, errors = site.once()
    assert status == 1, errors
    assert not azure.requests("/elsewhere")
    check_contained(site, azure, *words)
    proofs.check_healed(site, azure)


@pytest.mark.row("C6")
@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_answer_takes_little_memory(site, azure, chunked):
    """300 MB in answer to one request leave the process small."""
    proofs.configure(site, azure)
    azure.fault(path=listing(azure, 0), huge=300000000, chunked=chunked)
    most = 0

    def ended():
        nonlocal most
        most = max(most, resident(site.process.pid))
        return site.process.poll() is not None

    site.launch("--once")
    harness.wait_for(ended, "its end")
    assert site.ended() == 1, site.log_text()
    if not proofs.SANITIZED:
        assert 0 < most < MEMORY_LIMIT


@pytest.mark.row("C14")
@pytest.mark.parametrize("form", ["another port", "another name"])
def test_a_link_to_another_host_gets_nothing(site, azure, tmp_path, form):
    """It would get the token: no request leaves for it, and the poll says why it ended."""
    proofs.configure(site, azure)
    with fakes.Azure(tmp_path, {"alerts": 5}) as other:
        host = other.url if form == "another port" else f"http://localhost:{azure.port}"
        bad = azure.subscriptions()[0]
        azure.fault(path=listing(azure, 0), skip=1, next_link=(
            f"{host}/subscriptions/{bad}/providers/Microsoft.Security/alerts"
            "?api-version=2022-01-01"))
        assert site.once()[0] == 1
        check_contained(site, azure, "another host")
        assert other.log() == []
    hosts = {line["headers"]["host"] for line in azure.log()}
    assert hosts == {f"127.0.0.1:{azure.port}"}
    proofs.check_healed(site, azure)


@pytest.mark.row("C11")
@pytest.mark.parametrize("item", [None, "17", "null", "[[]]", '"text"', '{"name": }', "{}"])
def test_one_bad_item(site, azure, item):
    """Its hundred neighbours are stored; it is kept as it came, once, however often it comes."""
    azure.script(seed=13, alerts=100, subscriptions=1)
    azure.script(page=100)
    proofs.configure(site, azure)
    azure.fault(path="*/alerts", shape="bad_item", **({"item": item} if item else {}))
    for times in (1, 2):
        last = proofs.last_poll(site)
        status, _, errors = site.once()
        assert status == 0, errors
        poll = proofs.polls_since(site, last)[azure.subscriptions()[0]]
        assert (poll["fetched"], poll["quarantined"], poll["complete"]) == (101, 1, 1)
        [kept] = site.rows("SELECT raw, reason, times FROM v_quarantine")
        assert kept["times"] == times and kept["reason"]
        raw = kept["raw"].decode() if isinstance(kept["raw"], bytes) else kept["raw"]
        assert raw == item if item else '"\\ud800"' in raw
        proofs.check_equal(site, azure)


def test_nothing_of_defender_there_is_no_failure(site, azure):
    """404 Subscription Not Registered: an empty listing, complete."""
    proofs.configure(site, azure)
    azure.fault(path=listing(azure, 0), arm="not-registered")
    status, _, errors = site.once()
    assert status == 0, errors
    poll = proofs.polls_since(site, 0)[azure.subscriptions()[0]]
    assert poll["complete"] and poll["fetched"] == 0
    assert set(proofs.stored(site)) == of_subscription(azure, 1)
    proofs.check_healed(site, azure)


def test_forbidden_everywhere(site, azure):
    """Both listings say which role is missing; no alert was there before, none is after."""
    proofs.configure(site, azure)
    azure.fault(path="*/alerts", arm="forbidden")
    assert site.once()[0] == 1
    polls = proofs.polls_since(site, 0)
    for scope in azure.subscriptions():
        assert "Security Reader" in polls[scope]["error"] and not polls[scope]["complete"]
    assert not proofs.stored(site)
    proofs.check_healed(site, azure)


def test_discovery_fails(site, azure):
    """No list of subscriptions: named, and the next poll has it."""
    proofs.configure(site, azure)
    azure.fault(path="/subscriptions", arm="forbidden")
    assert site.once()[0] == 1
    assert not proofs.polls_since(site, 0)["subscriptions"]["complete"]
    proofs.check_healed(site, azure)


@pytest.mark.row("C1")
def test_the_secret_is_wrong(site, azure):
    """Said with the code and what to do; one request to sign in, although two listings fail."""
    subscriptions = "[" + ", ".join(azure.subscriptions()) + "]"
    proofs.configure(site, azure, subscriptions=subscriptions)
    azure.script(token={"client_secret": "battery staple"})
    status, _, errors = site.once()
    assert status == 1
    polls = proofs.polls_since(site, 0)
    assert polls
    for poll in polls.values():
        assert "AADSTS7000215" in poll["error"] and "secret" in poll["error"]
    assert azure.state()["token_requests"] == 1
    assert "AADSTS7000215" in errors
    for text in (errors, str(polls)):
        assert "correct horse" not in text
    azure.script(token={})
    status, _, errors = site.once()
    assert status == 0, errors
    proofs.check_equal(site, azure)
