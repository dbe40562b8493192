"""What a subscription tells beside its alerts: read by the daemon, slowly, part by part."""
import pytest

import fakes
import proofs
from harness import Clock, wait_for

# Listings of a subscription; the last is asked only where a recommendation is open.
PARTS = {"plans": "pricings", "scores": "secureScores", "recommendations": "assessments",
         "contacts": "securityContacts", "exports": "automations",
         "provisioning": "autoProvisioningSettings", "sharing": "settings",
         "kinds": "assessmentMetadata"}


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 61, "alerts": 9, "subscriptions": 3, "page": 3}) as fake:
        yield fake


@pytest.fixture
def clock(site, tmp_path):
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    return clock


def reads(site):
    """{(subscription, part): row}"""
    return {(row["subscription"], row["part"]): row
            for row in site.rows("SELECT * FROM v_posture_reads")}


def wait_round(site, clock, n):
    """Let the first round begin; the rows of its n readings."""
    wait_for(lambda: site.rows("SELECT 1 FROM v_polls WHERE complete"), "the first poll")
    clock.jump(61)
    return wait_for(lambda: len(reads(site)) == n and reads(site), f"{n} readings")


def test_a_round(site, azure, clock):
    """Everything that is told stands in the views."""
    proofs.configure(site, azure, interval="1s")
    site.start()
    # What is said of a kind is the same in every subscription: asked for once.
    found = wait_round(site, clock, 3 * (len(PARTS) - 1) + 1)
    assert all(row["complete"] and not row["unread"] for row in found.values())
    first, second, third = azure.subscriptions()
    on = {s: {row["name"] for row in site.rows(
        "SELECT name FROM v_plans WHERE subscription = ? AND enabled", s)} for s in (first, second, third)}
    assert on == {first: {"VirtualMachines", "SqlServers", "StorageAccounts", "Arm", "Containers"},
                  second: {"VirtualMachines", "Arm"}, third: set()}
    scores = site.rows("SELECT subscription, current, percent FROM v_secure_score")
    assert {row["subscription"]: (row["current"], row["percent"]) for row in scores} == {
        first: (41.5, 83.0), second: (27.25, 54.5), third: (8.0, 16.0)}
    told = site.rows("SELECT subscription, title, severity, remediation FROM v_recommendations "
                     "WHERE state = 'open'")
    assert [row["subscription"] for row in told].count(first) == 2
    assert [row["subscription"] for row in told].count(third) == 7
    ports = next(row for row in told if row["title"].startswith("Management ports"))
    assert ports["severity"] == "high" and "1. Open the network settings" in ports["remediation"]
    contacts = site.rows("SELECT subscription, detail FROM v_posture_settings "
                         "WHERE part = 'contacts'")
    assert {row["subscription"] for row in contacts} == {first, second}
    assert "example" not in str(contacts)
