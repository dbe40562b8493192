"""Settings that several scenario tests share, and proofs about what a site stored and sent.

The truth is what the fakes say of themselves; nothing here asks the programs about it.
"""
from collections import Counter

import checker
import harness

# A sanitizer is in the programs, or valgrind around them.
SANITIZED = harness.WATCHER is not None

SOURCE = """  - name: {name}
    type: defender-for-cloud
    tenant: {tenant}
    client-id: {client}
    client-secret: {credential: azure-secret}
    interval: {interval}
    subscriptions: {subscriptions}
    endpoints: {login: "{azure}", resource-manager: "{azure}"}
"""
# Low ones wait for the next business day; nobody is told of information.
TARGETS = """
targets:
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true,
     rate: off}
  - {name: duty, type: folder, path: "{outbox}/duty"}
routes:
  - when: {severity: [critical, high]}
    ladder: [{after: 0s, notify: [soc, duty]}]
  - when: {severity: medium}
    ladder: [{after: 0s, notify: [soc]}]
  - when: {severity: low}
    digest: {at: "09:00", notify: [soc]}
fallback: soc
import-horizon: 3650d
"""
# Nobody is told over the network.
FOLDER = """
targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
routes:
  - {when: {severity: critical}, ladder: [{after: 0s, notify: [ops]}]}
  - {digest: {at: "09:00", notify: [ops]}}
fallback: ops
import-horizon: 3650d
"""
# Whom TARGETS tells at once.
NOTIFIED = {"critical": {"soc", "duty"}, "high": {"soc", "duty"}, "medium": {"soc"}}
LISTED_OPEN = ("active", "inprogress")


def azure_source(azure, name="azure", interval="1d", subscriptions="all"):
    """The block of one source that reads the fake @azure."""
    text = SOURCE
    for key, value in {"name": name, "interval": interval, "subscriptions": subscriptions,
                       "azure": azure.url}.items():
        text = text.replace("{" + key + "}", value)
    return text


def configure(site, azure, sink=None, **options):
    """Write settings: one source of @azure, told of to @sink (to a folder without)."""
    site.secret("azure-secret", "correct horse")
    text = "sources:\n" + azure_source(azure, **options)
    if sink:
        site.settings(text + TARGETS, sink=sink.url)
    else:
        site.settings(text + FOLDER)


def stored(site, source="azure"):
    """{native id in small letters: row} of the alerts of @source."""
    rows = site.rows("SELECT id, native_id, severity, base_severity, source_severity, "
                     "source_status, state, missing_since_at FROM v_alerts WHERE source = ?",
                     source)
    found = {row["native_id"].lower(): row for row in rows}
    assert len(found) == len(rows), "an alert is stored twice"
    return found


def truth(azure):
    """{name in small letters: alert} of everything the fake holds."""
    return {alert["name"].lower(): alert for alert in azure.alerts()}


def check_equal(site, azure):
    """The database and the fake agree about every id, status and severity."""
    base = {"high": "high", "medium": "medium", "low": "low", "informational": "info"}
    have, want = stored(site), truth(azure)
    assert set(have) == set(want)
    for name, alert in want.items():
        row = have[name]
        assert row["source_status"].lower() == alert["status"].lower(), name
        assert row["source_severity"] == alert["severity"], name
        assert row["base_severity"] == base[alert["severity"].lower()], name


def check_ledger(site):
    """Every poll has ended, and what it fetched is accounted for."""
    report = checker.Report()
    with checker.Database(site.state) as db:
        checker.check_polls(report, db, None, True)
    assert not report.faults, report.faults
    polls = site.rows("SELECT * FROM v_polls ORDER BY id")
    assert polls and all(poll["ended_at"] for poll in polls)
    return polls


def polls_since(site, last):
    """{scope: poll} of the polls after the one with id @last."""
    return {poll["scope"]: poll for poll in check_ledger(site) if poll["id"] > last}


def last_poll(site):
    """Id of the last poll, 0 when there was none."""
    if not (site.state / "triaged.db").exists():
        return 0
    return site.value("SELECT ifnull(max(id), 0) FROM v_polls")


def check_healed(site, azure):
    """Without its faults the next poll is complete, and then everything is there."""
    azure.heal()
    last = last_poll(site)
    status, _, errors = site.once()
    assert status == 0, errors
    polls = polls_since(site, last)
    assert set(polls) == {"subscriptions", *azure.subscriptions()}
    assert all(poll["complete"] for poll in polls.values())
    check_equal(site, azure)
    check_database(site)


def check_deliveries(site, azure, sink):
    """Whoever had to be told of an alert was, by one delivery row, and nobody else.

    Returns {key: row} of the rows that went to the sink.
    """
    expected = Counter()
    have = stored(site)
    for name, alert in truth(azure).items():
        if alert["status"].lower() in LISTED_OPEN:
            row = have[name]
            for target in NOTIFIED.get(row["severity"], ()):
                expected[row["id"], target, "opened"] = 1
    rows = site.rows("SELECT alert_id, target, kind, key, state, episode, maybe_duplicate "
                     "FROM v_deliveries")
    assert expected
    assert Counter((row["alert_id"], row["target"], row["kind"]) for row in rows) == expected
    assert {row["state"] for row in rows} == {"sent"}
    assert len({row["key"] for row in rows}) == len(rows)
    check_folder(site, [row for row in rows if row["target"] == "duty"])
    return {row["key"]: row for row in rows if row["target"] == "soc"}


def check_folder(site, rows):
    """The folder holds each notice once: a mail, and beside it the data."""
    files = [path.name for path in (site.outbox / "duty").iterdir()]
    assert not [name for name in files if name.startswith(".")]
    for ending in (".eml", ".json"):
        keys = Counter(name[:-len(ending)].rsplit("-", 1)[1] for name in files
                       if name.endswith(ending))
        assert keys == Counter(row["key"][:12] for row in rows)


def sink_keys(sink):
    """How often each key came to the sink, which has accepted every one."""
    return Counter(line["headers"]["webhook-id"] for line in sink.requests("/soc", "POST"))


def check_database(site):
    """What SQLite and the chain of the audit log say about the file."""
    report = checker.Report()
    with checker.Database(site.state) as db:
        checker.check_file(report, db)
    assert not report.faults, report.faults
