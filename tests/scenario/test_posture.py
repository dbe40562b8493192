"""What a subscription tells beside its alerts: read by the daemon, slowly, part by part."""
import json

import pytest

import fakes
import proofs
import test_metrics
from harness import Clock, wait_for
from ports import free_port

# Listings of a subscription; the last is asked only where a recommendation is of a new kind.
PARTS = {"plans": "pricings", "scores": "secureScores", "recommendations": "assessments",
         "contacts": "securityContacts", "exports": "automations",
         "provisioning": "autoProvisioningSettings", "sharing": "settings",
         "kinds": "assessmentMetadata"}
# Of three subscriptions; the list of them, and what is said of kinds, once.
READINGS = 3 * (len(PARTS) - 1) + 2
# What a round may take until it is asked for again.
HALF_DAY = 12 * 3600


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 61, "alerts": 9, "subscriptions": 3, "page": 3}) as fake:
        yield fake


@pytest.fixture
def clock(site, tmp_path):
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    return clock


def configure(site, azure, more=""):
    proofs.configure(site, azure, interval="1s")
    if more:
        site.file.write_text(site.file.read_text().replace("    interval: 1s\n",
                                                           f"    interval: 1s\n{more}"))


def start(site, clock, seconds=61):
    """Started, its alerts read, and so many seconds later."""
    site.start()
    n = len(site.rows("SELECT 1 FROM v_polls WHERE complete"))
    wait_for(lambda: len(site.rows("SELECT 1 FROM v_polls WHERE complete")) > n, "a poll")
    clock.jump(seconds)


def reads(site):
    """{(subscription, part): row}"""
    return {(row["subscription"], row["part"]): row
            for row in site.rows("SELECT * FROM v_posture_reads")}


def wait_reads(site, n=READINGS, after=0):
    """The readings, once so many are younger than @after (ms)."""
    return wait_for(lambda: sum(row["tried_ms"] > after for row in reads(site).values()) >= n
                    and reads(site), f"{n} readings")


def newest(site):
    return max(row["tried_ms"] for row in reads(site).values())


def asked(azure):
    """What was asked beside alerts: the paths, in order."""
    return [line["path"] for line in azure.requests("*/Microsoft.Security/*")
            if not line["path"].endswith("/alerts")]


def findings(site):
    return [f for f in json.loads(site.ctl("--json", "doctor")[1])["findings"]
            if f["about"] == "posture"]


def test_a_round(site, azure, clock):
    """Everything that is told stands in the views, and is counted; nothing is asked for in the
    first minute, which belongs to the alerts."""
    azure.script(states={"2": "Warned"})
    configure(site, azure)
    port = free_port()
    site.file.write_text(site.file.read_text().replace("listen: off", f"listen: 127.0.0.1:{port}"))
    start(site, clock, seconds=30)
    assert asked(azure) == []
    first = test_metrics.values(port)
    assert first['triaged_posture_age_seconds{source="azure"}'] == float("inf")
    assert first['triaged_posture_interval_seconds{source="azure"}'] == HALF_DAY
    clock.jump(31)
    found = wait_reads(site)
    assert all(row["complete"] and not row["unread"] for row in found.values())
    one, two, three = azure.subscriptions()
    assert site.rows("SELECT subscription, name, state, watched FROM v_subscriptions "
                     "ORDER BY name") == [
        {"subscription": s, "name": f"Subscription {i}", "watched": 1,
         "state": "Warned" if i == 2 else "Enabled"} for i, s in enumerate((one, two, three))]
    on = {s: {row["name"] for row in site.rows(
        "SELECT name FROM v_plans WHERE subscription = ? AND enabled", s)} for s in (one, two, three)}
    assert on == {one: {"VirtualMachines", "SqlServers", "StorageAccounts", "Arm", "Containers"},
                  two: {"VirtualMachines", "Arm"}, three: set()}
    scores = site.rows("SELECT subscription, current, percent FROM v_secure_score")
    assert {row["subscription"]: (row["current"], row["percent"]) for row in scores} == {
        one: (41.5, 83.0), two: (27.25, 54.5), three: (8.0, 16.0)}
    told = site.rows("SELECT subscription, title, severity, remediation FROM v_recommendations "
                     "WHERE state = 'open'")
    assert [row["subscription"] for row in told].count(one) == 2
    assert [row["subscription"] for row in told].count(three) == 7
    ports = next(row for row in told if row["title"].startswith("Management ports"))
    assert ports["severity"] == "high" and "1. Open the network settings" in ports["remediation"]
    contacts = site.rows("SELECT subscription, detail FROM v_posture_settings "
                         "WHERE part = 'contacts'")
    assert {row["subscription"] for row in contacts} == {one, two}
    assert "example" not in str(contacts)
    last = wait_for(lambda: [s for s in [test_metrics.values(port)]
                             if s['triaged_posture_age_seconds{source="azure"}'] < 60], "the age")
    assert last[0]['triaged_posture_incomplete{source="azure"}'] == 0
    assert findings(site) == []


def test_what_was_mended_is_gone(site, azure, clock):
    """Half a day later: the same rows, as they are now."""
    configure(site, azure)
    start(site, clock)
    wait_reads(site)
    azure.script(healthy=[1, 3])
    before = newest(site)
    clock.jump(HALF_DAY)
    wait_reads(site, READINGS, before)
    gone = site.rows("SELECT title, gone_why, gone_ms > since_ms AS later FROM v_recommendations "
                     "WHERE state = 'gone'")
    assert len(gone) == 5 and all(g["gone_why"] == "healthy" and g["later"] for g in gone)


def test_a_missing_role_costs_its_part(site, azure, clock):
    """The others are read; it is told in the log, to doctor and as a metric, and ends."""
    one = azure.subscriptions()[0]
    azure.fault(path=f"*{one}*/assessments", arm="forbidden")
    azure.fault(path=f"*{one}*/automations", arm="not-found")
    azure.fault(path=f"*{one}*/pricings", shape="no_value")
    azure.fault(path=f"*{one}*/settings", next_link="self")
    configure(site, azure)
    start(site, clock)
    found = wait_reads(site)
    failed = {part for (subscription, part), row in found.items()
              if subscription == one and not row["complete"]}
    assert failed == {"recommendations", "exports", "plans", "sharing"}
    assert "grant the role Security Reader" in found[one, "recommendations"]["trouble"]
    assert len(site.rows("SELECT 1 FROM v_plans")) == 2 * 8
    wait_for(lambda: "the posture of a source was not read whole" in site.log_text(), "the log")
    finding, = findings(site)
    assert (finding["name"], finding["grade"]) == ("azure", "remark")
    assert f"plans of subscription {one}" in finding["cause"]
    # Alerts never waited for it.
    assert not site.rows("SELECT 1 FROM v_polls WHERE NOT complete AND ended_ms IS NOT NULL")
    before = newest(site)
    azure.heal()
    clock.jump(3601)
    found = wait_reads(site, READINGS, before)
    assert all(row["complete"] for row in found.values())
    wait_for(lambda: findings(site) == [], "the end of the finding")
    assert site.log_text().count("the posture of a source is read whole again") == 1


def test_told_to_stay_away_it_does(site, azure, clock):
    """A 429 ends the round for as long as it says; it goes on with the same listing."""
    azure.fault(path="*/secureScores", status=429, headers={"Retry-After": "1800"}, times=1)
    configure(site, azure)
    start(site, clock)
    wait_for(lambda: any(not row["complete"] for row in reads(site).values()), "the refusal")
    n = len(asked(azure))
    clock.jump(900)
    wait_for(lambda: len(site.rows("SELECT 1 FROM v_polls WHERE complete")) > 3, "more polls")
    assert len(asked(azure)) == n
    clock.jump(901)
    wait_reads(site)
    paths = [path.rsplit("/", 1)[1] for path in asked(azure)]
    assert paths[:3] == ["pricings", "pricings", "pricings"]  # its pages
    assert paths[3:5] == ["secureScores", "secureScores"]


def test_killed_in_the_middle(site, azure, clock):
    """What was read is kept, and the round begins anew a minute after the start."""
    azure.fault(path="*/securityContacts", hang=True, times=1)
    configure(site, azure)
    start(site, clock)
    wait_for(lambda: len(reads(site)) >= 4, "some readings")
    # No alert waits for what does not come.
    n = len(site.rows("SELECT 1 FROM v_polls WHERE complete"))
    wait_for(lambda: len(site.rows("SELECT 1 FROM v_polls WHERE complete")) > n + 1, "polls")
    site.kill()
    assert len(site.rows("SELECT 1 FROM v_plans")) == 8
    azure.heal()
    start(site, clock)
    wait_reads(site)
    # All was read: a start alone asks for nothing.
    site.stop()
    n = len(asked(azure))
    start(site, clock)
    wait_for(lambda: len(site.rows("SELECT 1 FROM v_polls WHERE complete")) > 6, "more polls")
    assert len(asked(azure)) == n
    before = newest(site)
    clock.jump(HALF_DAY)
    wait_reads(site, READINGS, before)


def test_a_lost_subscription_leaves_the_views(site, azure, clock):
    """Disabled, it is not read any more, which is said; enabled again, all of it is back."""
    lost = azure.subscriptions()[1]
    configure(site, azure)
    start(site, clock)
    wait_reads(site)
    before = newest(site)
    azure.script(states={"1": "Disabled"})
    clock.jump(HALF_DAY)
    wait_for(lambda: site.rows("SELECT 1 FROM v_subscriptions WHERE state = 'Disabled' "
                               "AND NOT watched AND lost_ms > ?", before), "the loss")
    assert "subscriptions are not read any more" in site.log_text()
    for view in ("v_plans", "v_secure_score", "v_recommendations", "v_posture_settings",
                 "v_resource_types", "v_posture_reads"):
        assert not site.rows(f"SELECT 1 FROM {view} WHERE subscription = ?", lost), view
    wait_reads(site, READINGS - len(PARTS) + 1, before)
    azure.script(states={})
    clock.jump(HALF_DAY)
    wait_for(lambda: site.rows("SELECT 1 FROM v_plans WHERE subscription = ?", lost), "its return")


def test_off_asks_nothing(site, azure, clock):
    configure(site, azure, "    posture: off\n")
    start(site, clock)
    clock.jump(HALF_DAY)
    n = len(site.rows("SELECT 1 FROM v_polls WHERE complete"))
    wait_for(lambda: len(site.rows("SELECT 1 FROM v_polls WHERE complete")) > n + 1, "more polls")
    assert asked(azure) == [] and reads(site) == {}
