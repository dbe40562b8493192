"""The main job: a large estate, trouble on the way, nothing lost, nobody told twice."""
import pytest

import fakes
import proofs

ALERTS = 20000
PAGE = 100


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 11, "alerts": ALERTS, "subscriptions": 2,
                                "page": PAGE}) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


def totals(polls):
    return {name: sum(poll[name] for poll in polls.values())
            for name in ("fetched", "new", "updated", "noop", "quarantined")}


def test_a_large_estate_with_trouble_on_the_way(site, azure, sink):
    """Throttled, broken, signed out and cut off, one poll still gets every alert.

    Each is stored once; whoever must be told is told once; the next poll changes nothing.
    """
    proofs.configure(site, azure, sink)
    azure.script(faults=[
        {"path": "*/alerts", "skip": 20, "times": 1, "arm": "throttled"},
        {"path": "*/alerts", "skip": 60, "times": 1, "arm": "server-error"},
        {"path": "*/alerts", "skip": 100, "times": 1, "arm": "expired-token"},
        {"path": "*/alerts", "skip": 140, "times": 1, "cut": 20000}])
    status, _, errors = site.once()
    assert status == 0, errors
    assert [line["status"] for line in azure.requests("*/alerts")].count(200) == ALERTS / PAGE + 1
    assert {429, 500, 401} <= {line["status"] for line in azure.requests("*/alerts")}
    assert site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'") == ALERTS
    assert site.value("SELECT count(*) FROM v_revisions") == ALERTS
    proofs.check_equal(site, azure)
    first = proofs.polls_since(site, 0)
    assert set(first) == {"subscriptions", *azure.subscriptions()}
    assert all(poll["complete"] for poll in first.values())
    assert totals(first) == {"fetched": ALERTS, "new": ALERTS, "updated": 0, "noop": 0,
                             "quarantined": 0}
    assert sum(poll["pages"] for scope, poll in first.items()
               if scope != "subscriptions") == ALERTS / PAGE
    told = proofs.check_deliveries(site, azure, sink)
    assert proofs.sink_keys(sink) == dict.fromkeys(told, 1)

    before = proofs.last_poll(site)
    status, _, errors = site.once()
    assert status == 0, errors
    again = proofs.polls_since(site, before)
    assert set(again) == set(first)
    assert totals(again) == {"fetched": ALERTS, "new": 0, "updated": 0, "noop": ALERTS,
                             "quarantined": 0}
    assert site.value("SELECT count(*) FROM v_revisions") == ALERTS
    assert proofs.sink_keys(sink) == dict.fromkeys(told, 1)
    proofs.check_deliveries(site, azure, sink)
    proofs.check_database(site)
