"""What a listing may do to us: shuffle, repeat, grow, change without a word, drop things.

After every poll the database must say what the fake holds, and the ledger how it came to it.
"""
import random
from datetime import datetime, timedelta, timezone

import pytest

import fakes
import proofs

ALERTS = 150
PAGE = 20
REPEAT = 3
STATUSES = ("Active", "InProgress", "Resolved", "Dismissed")
SEVERITIES = ("High", "Medium", "Low", "Informational")


# One for all, or a rebuilt estate would have other alerts.
RAISED = (datetime.now(timezone.utc) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def estate(alerts=ALERTS, **more):
    """A script whose alerts stay the same when there are more or fewer of them."""
    return {"seed": 16, "alerts": alerts, "subscriptions": 2, "page": PAGE, "spread_s": 0,
            "base": RAISED, **more}


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, estate()) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


def poll(site, status=0):
    """One poll of everything; its totals in the ledger."""
    last = proofs.last_poll(site)
    got, _, errors = site.once()
    assert got == status, errors
    polls = proofs.polls_since(site, last).values()
    return {name: sum(row[name] for row in polls)
            for name in ("fetched", "new", "updated", "noop", "quarantined")}


@pytest.mark.row("C8")
def test_shuffled_and_repeated(site, azure):
    """Another order in every listing, and ids that come on two pages: each is stored once."""
    azure.script(shuffle=True, repeat=REPEAT)
    proofs.configure(site, azure)
    first = poll(site)
    assert first["fetched"] > ALERTS
    assert first == {"fetched": first["fetched"], "new": ALERTS, "updated": 0,
                     "noop": first["fetched"] - ALERTS, "quarantined": 0}
    proofs.check_equal(site, azure)
    again = poll(site)
    assert again == {**first, "new": 0, "noop": first["fetched"]}
    assert site.value("SELECT count(*) FROM v_revisions") == ALERTS


@pytest.mark.row("C9")
def test_a_source_that_lives(site, azure, sink):
    """Ten drawn rounds of additions and changes that move no time, told apart exactly."""
    draw = random.Random(16)
    azure.script(shuffle=True, repeat=REPEAT)
    proofs.configure(site, azure, sink)
    poll(site)
    for _ in range(10):
        before = azure.alerts()
        wanted = [{"index": i, "status": draw.choice(STATUSES),
                   "severity": draw.choice(SEVERITIES)}
                  for i in draw.sample(range(len(before)), 12)]
        changed = sum((alert["status"], alert["severity"]) != (new["status"], new["severity"])
                      for new in wanted for alert in [before[new["index"]]])
        added = draw.randrange(4)
        azure.script(add=added, set=wanted)
        counts = poll(site)
        assert (counts["new"], counts["updated"]) == (added, changed)
        proofs.check_equal(site, azure)
        have = proofs.stored(site)
        for name, alert in proofs.truth(azure).items():
            closed = alert["status"] in ("Resolved", "Dismissed")
            assert (have[name]["state"] == "closed") == closed, name
    undelivered = site.rows("SELECT * FROM v_deliveries WHERE state NOT IN "
                            "('sent', 'superseded')")
    assert not undelivered
    sent = site.rows("SELECT key FROM v_deliveries WHERE target = 'soc' AND state = 'sent'")
    assert proofs.sink_keys(sink) == dict.fromkeys((row["key"] for row in sent), 1)
    proofs.check_database(site)


@pytest.mark.row("C9")
def test_open_closed_and_open_again(site, azure, sink):
    """A status that turns twice: one close, told once, then a second episode, told anew."""
    proofs.configure(site, azure, sink)
    alert = next(a for a in azure.alerts() if (a["status"], a["severity"]) == ("Active", "High"))
    poll(site)
    row = proofs.stored(site)[alert["name"].lower()]
    for status, state, episode in (("Resolved", "closed", 1), ("Active", "open", 2)):
        azure.script(set=[{"index": alert["index"], "status": status}])
        assert poll(site)["updated"] == 1
        [now] = site.rows("SELECT state, episode FROM v_alerts WHERE id = ?", row["id"])
        assert (now["state"], now["episode"]) == (state, episode)
    told = site.rows("SELECT target, kind, episode FROM v_deliveries WHERE alert_id = ? "
                     "ORDER BY id", row["id"])
    for target in ("soc", "duty"):
        assert [(t["kind"], t["episode"]) for t in told if t["target"] == target] == [
            ("opened", 1), ("closed", 1), ("reopened", 2)]


@pytest.mark.row("C12")
def test_a_copy_without_severity_lowers_nothing(site, azure, sink):
    """The shape of 2015 keys lacks it: what is stored stays, and nobody hears of it."""
    proofs.configure(site, azure, sink)
    # The first rule that matches decides: none that looks at other alerts gets a turn.
    with open(site.file, "a", encoding="utf-8") as file:
        file.write('rules:\n  - {name: as-it-comes, when: {severity: "*"}, '
                   "set: {tags: [seen]}}\n")
    poll(site)
    severities = ("SELECT native_id, severity, base_severity, state, episode FROM v_alerts "
                  "ORDER BY native_id")
    before, n_told = site.rows(severities), site.value("SELECT count(*) FROM v_deliveries")
    azure.fault(path="*/alerts", shape="pascal")
    assert poll(site)["new"] == 0
    assert site.rows(severities) == before
    azure.heal()
    assert poll(site)["new"] == 0
    proofs.check_equal(site, azure)
    assert site.rows(severities) == before
    assert site.value("SELECT count(*) FROM v_deliveries") == n_told


@pytest.mark.row("C12")
def test_first_seen_without_severity(site, azure):
    """Medium until it is known, flagged; then what the source says."""
    proofs.configure(site, azure)
    azure.fault(path="*/alerts", shape="pascal")
    assert poll(site)["new"] == ALERTS
    rows = site.rows("SELECT base_severity, severity_unmapped FROM v_alerts "
                     "WHERE source = 'azure'")
    assert {(row["base_severity"], row["severity_unmapped"]) for row in rows} == {("medium", 1)}
    azure.heal()
    assert poll(site)["new"] == 0
    proofs.check_equal(site, azure)
    assert not site.rows("SELECT 1 FROM v_alerts WHERE source = 'azure' AND severity_unmapped")


def test_gone_from_two_listings(site, azure):
    """Missing after two complete listings without it, never closed by that; back: as before."""
    proofs.configure(site, azure)
    azure.script(**estate(status="Active"))
    poll(site)
    gone = azure.alerts()[-1]

    def missing():
        return site.rows("SELECT native_id, state, missing_since_at FROM v_alerts "
                         "WHERE missing_since_at IS NOT NULL")

    azure.script(**estate(ALERTS - 1, status="Active"))
    assert gone["name"] not in {alert["name"] for alert in azure.alerts()}
    assert poll(site)["fetched"] == ALERTS - 1
    assert missing() == []
    azure.fault(path="*/alerts", skip=1, shape="no_value")
    poll(site, status=1)
    assert missing() == []
    azure.heal()
    poll(site)
    [row] = missing()
    assert (row["native_id"], row["state"]) == (gone["name"], "open")
    poll(site)
    assert missing() == [row]
    azure.script(**estate(status="Active"))
    assert poll(site) == {"fetched": ALERTS, "new": 0, "updated": 0, "noop": ALERTS,
                          "quarantined": 0}
    assert missing() == []
    assert {row["state"] for row in proofs.stored(site).values()} == {"open"}
    proofs.check_equal(site, azure)
