"""Incidents of Defender XDR beside the alerts: a listing, a proof and a permission of their own."""
import json

import pytest

import doors
import fakes
from harness import CLIENT, wait_for

ASKED = "    incidents: true\n    sweep: {every: 1s, window: 4d}\n"
TACTICS = {"initialaccess", "privilegeescalation", "credentialaccess", "defenseevasion", "impact"}


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 33, "subscriptions": 1, "alerts": 0, "xdr": 150,
                                "page": 20, "spread_s": 7200}) as fake:
        yield fake


def truth(azure):
    """{id: (title, severity, status, whether it counts as one)} of all incidents."""
    found = {}
    for item in azure.door("incidents"):
        tactics = {alert["category"].lower() for alert in item["alerts"]} & TACTICS
        found[item["id"]] = (item["displayName"], item["severity"], item["status"],
                             len(tactics) >= 3)
    return found


def stored(site):
    """The same of the database, where only a high one shows that it counts: by the rule."""
    rows = site.rows("SELECT * FROM v_alerts WHERE kind = 'graph-incident'")
    return {row["native_id"]: (row["title"], row["source_severity"], row["source_status"],
                               row["severity_rule"] == "default-incident") for row in rows}


def check_incidents(site, azure):
    want, have = truth(azure), stored(site)
    assert want and set(have) == set(want)
    for key, (title, severity, status, counts) in want.items():
        assert have[key][:3] == (title, severity, status), key
        assert have[key][3] == (counts and severity == "high"), (key, have[key])


def check_alerts(site, azure):
    want = doors.truth("graph", azure)
    have = {row["native_id"].lower() for row in site.rows(
        "SELECT native_id FROM v_alerts WHERE kind = 'graph-security'")}
    assert have == set(want)


def configure(site, azure, more=ASKED, interval="1d"):
    doors.configure(site, doors.block("graph", azure, more=more, interval=interval))


def test_not_asked_for(site, azure):
    """Nobody needs the permission who did not ask."""
    configure(site, azure, more="")
    doors.poll(site)
    assert not azure.requests("*/incidents") and azure.requests("*/alerts_v2")
    assert set(doors.coverage(site, "graph")) == {"alerts"}


def test_shuffled_repeated_and_changed(site, azure):
    """Each is a row; the high ones of three tactics are critical; later changes arrive."""
    azure.script(shuffle=True, repeat=3)
    configure(site, azure)
    doors.poll(site)
    check_incidents(site, azure)
    check_alerts(site, azure)
    critical = site.rows("SELECT severity FROM v_alerts WHERE severity_rule = 'default-incident'")
    assert critical and {row["severity"] for row in critical} == {"critical"}
    lines = doors.coverage(site, "graph")
    assert {scope: line["state"] for scope, line in lines.items()} == {
        "alerts": "proven", "incidents": "proven"}
    azure.script(set_xdr=[{"index": n, "status": "resolved"} for n in range(0, 9)]
                 + [{"index": n, "severity": "high"} for n in range(30, 60)])
    doors.poll(site)
    check_incidents(site, azure)
    check_alerts(site, azure)
    assert site.value("SELECT count(*) FROM v_alerts WHERE kind = 'graph-incident' "
                      "AND state = 'closed'") >= 3


def test_one_page_fails(site, azure):
    """The hole is theirs alone, while it lasts."""
    azure.fault(path="*/incidents", skip=1, body="]]", type="application/json")
    configure(site, azure)
    doors.poll(site, 1)
    check_alerts(site, azure)
    lines = doors.coverage(site, "graph")
    assert lines["alerts"]["state"] == "proven" and lines["incidents"]["state"] != "proven"
    azure.heal()
    doors.poll(site)
    check_incidents(site, azure)
    assert doors.coverage(site, "graph")["incidents"]["state"] == "proven"


def findings(site):
    return json.loads(site.ctl("--json", "doctor")[1])["findings"]


def test_the_permission_is_missing(site, azure):
    """The alerts are complete; doctor and one alert name the permission; no storm; it ends."""
    azure.fault(path="*/incidents", graph="forbidden")
    configure(site, azure, interval="1s")
    doors.poll(site, 1)  # not all was read that was asked for
    check_alerts(site, azure)
    site.start()
    finding = wait_for(lambda: [f for f in findings(site) if f["name"] == "graph"
                                and f["grade"] == "trouble"], "the doctor's finding")[0]
    assert finding["step"] == "permission"
    assert "incidents" in finding["cause"] and "SecurityIncident.Read.All" in finding["cause"]
    assert finding["next"].startswith(f"az ad app permission add --id {CLIENT} ")
    azure.wait_requests(len(azure.requests("*/alerts_v2")) + 5, "*/alerts_v2")
    assert len(azure.requests("*/incidents")) == 2
    check_alerts(site, azure)
    rows = site.rows("SELECT native_id, severity, state FROM v_alerts WHERE source = 'triaged'")
    assert rows == [{"native_id": "source-part-refused/graph", "severity": "medium",
                     "state": "open"}]
    assert doors.coverage(site, "graph")["alerts"]["state"] == "proven"
    site.stop()
    azure.heal()
    site.start()
    wait_for(lambda: site.value("SELECT state FROM v_alerts WHERE source = 'triaged'") == "closed",
             "the alert to be closed")
    check_incidents(site, azure)
    assert not [f for f in findings(site) if f["grade"] == "trouble"]
