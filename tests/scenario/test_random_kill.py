"""Real kill -9 at moments drawn from a seed, while the cloud changes under the polls.

The same as tests/property does in process, with the real program: ten small estates, each killed
a few times. TRIAGED_KILL_SEED=n runs one seed alone.
"""
import os
import random

import pytest

import fakes
import harness
import proofs

ONE = os.environ.get("TRIAGED_KILL_SEED")
SEEDS = [int(ONE)] if ONE else range(1, 11)
STATUSES = ("Active", "InProgress", "Resolved", "Dismissed")
SEVERITIES = ("High", "Medium", "Low", "Informational")


def disturb(draw, azure):
    """Alerts come and change, and sometimes the next answers are bad."""
    count = len(azure.alerts())
    azure.script(add=draw.randrange(4), set=[
        {"index": draw.randrange(count), "status": draw.choice(STATUSES),
         "severity": draw.choice(SEVERITIES)} for _ in range(draw.randrange(8))])
    azure.heal()
    if draw.random() < 0.5:
        azure.fault(path="*/alerts", skip=draw.randrange(6), times=1,
                    **draw.choice(({"cut": 3000}, {"arm": "throttled"}, {"arm": "expired-token"})))


def requests(azure, sink):
    return azure.state()["arm_requests"] + sink.state()["requests"]


def killed_at(draw, site, azure, sink):
    """One life of the daemon: it ends at a drawn request, by kill -9."""
    site.launch()
    moment = requests(azure, sink) + 1 + draw.randrange(40)
    harness.wait_for(lambda: requests(azure, sink) >= moment, f"request {moment}")
    assert site.process.poll() is None, site.log_text()[-2000:]
    site.kill()


def check_told(site, sink):
    """Each opening was owed by one row, all rows are done, and a key came twice only by need."""
    openings = site.rows("""
        SELECT e.alert_id, json_extract(e.detail, '$.severity') AS severity,
            (SELECT count(*) FROM v_deliveries AS d WHERE d.alert_id = e.alert_id
             AND d.kind = 'opened' AND d.episode = 1 AND d.target = 'soc') AS owed
        FROM v_events AS e WHERE e.kind = 'opened'""")
    assert openings
    for opening in openings:
        expected = opening["severity"] in ("critical", "high", "medium")
        assert opening["owed"] == expected, opening
    rows = {row["key"]: row for row in site.rows(
        "SELECT key, state, maybe_duplicate FROM v_deliveries WHERE target = 'soc'")}
    for key, times in proofs.sink_keys(sink).items():
        # One whose sender was killed may have arrived and then be overtaken by a close.
        assert rows[key]["state"] == "sent" or (
            rows[key]["state"] == "superseded" and rows[key]["maybe_duplicate"]), rows[key]
        assert times == 1 or rows[key]["maybe_duplicate"], rows[key]
    assert {key for key, row in rows.items() if row["state"] == "sent"} <= set(
        proofs.sink_keys(sink))


@pytest.mark.row("A1", "C4", "C9")
@pytest.mark.parametrize("seed", SEEDS)
def test_random_kill(seed, tmp_path, site):
    print(f"repeat it with TRIAGED_KILL_SEED={seed}")
    draw = random.Random(seed)
    with fakes.Azure(tmp_path, {"seed": seed, "alerts": 60 + draw.randrange(120),
                                "subscriptions": 2, "page": 10 + draw.randrange(30)}) as azure, \
            fakes.Sink(tmp_path) as sink:
        proofs.configure(site, azure, sink, interval="1s")
        for _ in range(3):
            killed_at(draw, site, azure, sink)
            disturb(draw, azure)
        azure.heal()
        status, _, errors = site.once()
        assert status == 0, errors
        proofs.check_equal(site, azure)
        proofs.check_ledger(site)
        proofs.check_database(site)
        check_told(site, sink)
        counts = site.rows("SELECT sum(new) AS new, sum(updated) AS updated FROM v_polls")[0]
        assert counts["new"] == site.value(
            "SELECT count(*) FROM v_alerts WHERE source = 'azure'")
        assert counts["new"] + counts["updated"] == site.value(
            "SELECT count(*) FROM v_revisions AS r JOIN v_alerts AS a ON a.id = r.alert_id "
            "WHERE a.source = 'azure'")
