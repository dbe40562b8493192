"""kill -9 in the middle of work, again and again: nothing lost, nothing told twice but by need.

TRIAGED_SLOW=1 does it with the estate of test_main_job.
"""
import os
import random

import pytest

import fakes
import harness
import proofs

SLOW = os.environ.get("TRIAGED_SLOW") == "1"
ALERTS = 20000 if SLOW else 4000
PAGE = 100
KILLS = 20
# Requests that the fakes take before the next kill: from none to a third of a listing's
# pages and what is told meanwhile.
MOMENT = 600 if SLOW else 120
SEED = 20261121


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 12, "alerts": ALERTS, "subscriptions": 2,
                                "page": PAGE}) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


def progress(azure, sink):
    """Requests so far: it grows as long as the daemon works, and polls while it waits."""
    return azure.state()["arm_requests"] + sink.state()["requests"]


def is_quiet(site, scopes, last):
    """Every scope was listed whole since poll @last, and nothing is left to tell."""
    whole = site.rows("SELECT DISTINCT scope FROM v_polls WHERE id > ? AND complete", last)
    return ({row["scope"] for row in whole} >= scopes
            and not site.rows("SELECT 1 FROM v_delivery_counts WHERE state IN "
                              "('pending', 'leased', 'retry')"))


@pytest.mark.row("A1")
def test_killed_twenty_times(site, azure, sink):
    """Twenty kills at drawn moments of polling and telling; then it ends as if none had been.

    A key comes to the receiver again only where the row says that it may.
    """
    proofs.configure(site, azure, sink, interval="1s")
    draw = random.Random(SEED)
    for _ in range(KILLS):
        site.launch()
        moment = progress(azure, sink) + draw.randrange(MOMENT)
        harness.wait_for(lambda: progress(azure, sink) >= moment, f"request {moment}")
        assert site.process.poll() is None, site.log_text()[-2000:]
        site.kill()
    last = proofs.last_poll(site)
    site.start()
    harness.wait_for(lambda: is_quiet(site, set(azure.subscriptions()), last), "quiet", 240)
    assert site.stop() == 0, site.log_text()[-2000:]

    assert site.value("SELECT count(*) FROM v_alerts WHERE source = 'azure'") == ALERTS
    assert site.value("SELECT count(*) FROM v_revisions") == ALERTS
    proofs.check_equal(site, azure)
    proofs.check_ledger(site)
    proofs.check_database(site)
    rows = proofs.check_deliveries(site, azure, sink)
    keys = proofs.sink_keys(sink)
    assert set(keys) == set(rows)
    repeated = {key for key, n in keys.items() if n > 1}
    assert all(rows[key]["maybe_duplicate"] for key in repeated)
