"""What was read is proven; a hole shows while it lasts, and its closing too."""
import json
import sqlite3

import pytest

import doors
import fakes
import proofs
from harness import Clock, wait_for


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 21, "alerts": 60, "subscriptions": 2,
                                "page": 20}) as fake:
        yield fake


@pytest.fixture
def clock(site, tmp_path):
    made = Clock(tmp_path)
    site.more_environment = made.environment
    return made


def coverage_state(site, scope):
    lines = json.loads(site.ctl("--json", "coverage")[1])["coverage"]
    return next(line["state"] for line in lines if line["scope"] == scope)


def coverage(site, status):
    """{scope: line} of triagectl coverage, which ends with @status."""
    got, out, errors = site.ctl("--json", "coverage")
    assert got == status, (out, errors)
    answer = json.loads(out)
    assert answer["proven"] == (status == 0)
    return {line["scope"]: line for line in answer["coverage"]}


def test_a_hole_while_it_lasts(site, azure):
    """One subscription fails: it alone is unproven, from its last listing until it heals."""
    proofs.configure(site, azure)
    bad, good = azure.subscriptions()
    assert site.once()[0] == 0
    lines = coverage(site, 0)
    assert {bad, good} <= set(lines)
    assert {line["state"] for line in lines.values()} == {"proven"}
    start = site.value("SELECT max(started_ms) FROM v_polls WHERE scope = ?", bad)
    assert lines[bad]["proven_to_ms"] == start

    azure.fault(path=f"/subscriptions/{bad}/*/alerts", skip=1, arm="forbidden")
    assert site.once()[0] == 1
    lines = coverage(site, 1)
    assert (lines[bad]["state"], lines[bad]["holes"]) == ("unproven", 1)
    assert lines[bad]["proven_to_ms"] == start
    assert "403" in lines[bad]["error"] and lines[bad]["last_failed_at"]
    assert lines[good]["state"] == "proven" and lines[good]["error"] is None
    status, out, _ = site.ctl("coverage")
    assert status == 1 and out.index(bad[:8]) < out.index(good[:8])
    assert "1 of 3 not proven" in out

    azure.heal()
    assert site.once()[0] == 0
    lines = coverage(site, 0)
    assert lines[bad]["proven_to_ms"] > start
    assert lines[bad]["error"] is None and "403" in lines[bad]["last_error"]
    proofs.check_equal(site, azure)
    assert "Everything" in site.ctl("coverage")[1]


def test_one_that_waits(site, azure, clock):
    """The service asks to leave one subscription alone: it is, and the others are read on."""
    proofs.configure(site, azure, interval="1s")
    waiting, good = azure.subscriptions()
    azure.fault(path=f"/subscriptions/{waiting}/*/alerts", status=429,
                headers={"Retry-After": "1800"}, times=1,
                json={"error": {"code": "SubscriptionRequestsThrottled"}})
    site.start()
    asked = lambda which: len(azure.requests(f"/subscriptions/{which}/*/alerts"))
    whole = lambda: site.value("SELECT count(*) FROM v_polls WHERE complete AND scope = ?", good)
    wait_for(lambda: whole() >= 3, "the other one to be read on")
    assert asked(waiting) == 1
    lines = coverage(site, 1)
    assert lines[good]["state"] == "proven"
    assert lines[waiting]["state"] == "never read" and ", until 20" in lines[waiting]["error"]
    findings = json.loads(site.ctl("--json", "doctor")[1])["findings"]
    finding, = (f for f in findings if f["about"] == "source")
    assert waiting in finding["cause"] and ", until 20" in finding["cause"]
    assert finding["step"] == "throttling"

    n = whole()
    clock.jump(1200)
    wait_for(lambda: whole() >= n + 2, "polls before its time")
    assert asked(waiting) == 1
    clock.jump(700)
    wait_for(lambda: coverage_state(site, waiting) == "proven", "the rest to be read")
    assert site.stop() == 0
    proofs.check_equal(site, azure)


def test_never_read(site, azure):
    """No listing was ever whole: nothing is proven, and nobody says otherwise."""
    proofs.configure(site, azure)
    azure.fault(path="*/alerts", skip=1, shape="no_value")
    assert site.once()[0] == 1
    lines = coverage(site, 1)
    for scope in azure.subscriptions():
        assert lines[scope]["proven_to_ms"] is None or lines[scope]["state"] == "proven"
    assert "never read" in {line["state"] for line in lines.values()}


def test_behind_when_the_daemon_is_down(site, azure):
    """What was proven long ago is not proven now."""
    proofs.configure(site, azure, interval="1s")
    assert site.once()[0] == 0
    db = sqlite3.connect(site.state / "triaged.db")
    db.execute("UPDATE poll SET started_ms = started_ms - 11 * 60000")
    db.commit()
    db.close()
    lines = coverage(site, 1)
    assert {line["state"] for line in lines.values()} == {"behind"}


def test_a_subscription_that_left(site, azure):
    """It is nobody's hole."""
    proofs.configure(site, azure)
    gone = azure.subscriptions()[1]
    azure.fault(path=f"/subscriptions/{gone}/*/alerts", arm="not-found")
    assert site.once()[0] == 1
    assert coverage(site, 1)[gone]["state"] == "never read"
    azure.heal()
    azure.script(seed=21, alerts=60, subscriptions=1)
    azure.script(page=20)
    for _ in range(2):
        assert site.once()[0] == 0
    assert coverage(site, 0)[gone]["state"] == "left"


def test_quarantined_items_are_counted(site, azure):
    """Kept raw by scope; they make no hole."""
    azure.script(seed=21, alerts=20, subscriptions=1)
    azure.script(page=100)
    proofs.configure(site, azure)
    azure.fault(path="*/alerts", shape="bad_item", item="17")
    assert site.once()[0] == 0
    lines = coverage(site, 0)
    assert lines[azure.subscriptions()[0]]["quarantined"] == 1
    assert lines["subscriptions"]["quarantined"] == 0


@pytest.mark.parametrize("running", [True, False], ids=["reload", "restart"])
def test_what_the_settings_leave_out_is_not_behind(site, azure, clock, running):
    """From all subscriptions to one by name: what is not asked for any more is no hole, neither
    for coverage nor for blindspots, however long ago it was read; what is asked for may be."""
    proofs.configure(site, azure, interval="30m")
    kept, gone = azure.subscriptions()
    site.start()
    wait_for(lambda: site.value("select count(*) from v_polls where complete") == 3, "one round")
    if not running:
        site.stop()
    proofs.configure(site, azure, interval="30m", subscriptions=f"[{kept}]")
    if running:
        assert site.ctl("reload")[0] == 0
    else:
        site.start()
    wait_for(lambda: site.value("select count(*) from v_polls where complete and scope = ?",
                                kept) == 2, "the next round")
    clock.jump(86400)
    site.ctl("status")
    wait_for(lambda: site.value("select count(*) from v_polls where complete and scope = ?",
                                kept) == 3, "a round a day later")
    lines = coverage(site, 0)
    assert {scope: line["state"] for scope, line in lines.items()} == {
        kept: "proven", gone: "left", "subscriptions": "left"}
    assert not [item for item in json.loads(site.ctl("--json", "blindspots")[1])["items"]
                if "could not be read" in str(item)]
    site.stop()
    clock.jump(86400)
    assert coverage(site, 1)[kept]["state"] == "behind"


@pytest.mark.parametrize("before, after, more, left", [
    ("arm", "graph", "", {"subscriptions", "one", "two"}), ("graph", "arm", "", {"alerts"}),
    ("cloud-apps", "graph", "", {"resolved"}), ("graph", "hunting", "", {"alerts"}),
    ("graph", "graph", "    incidents: true\n", {"incidents"})])
def test_what_a_source_was_before_is_not_behind(site, azure, clock, before, after, more, left):
    """Of another type, or without incidents: what it read then is no hole of what it reads now."""
    doors.configure(site, doors.block(before, azure, "azure", more=more))
    assert site.once()[0] == 0
    names = dict(zip(("one", "two"), azure.subscriptions()))
    left = {names.get(scope, scope) for scope in left}
    assert left <= set(coverage(site, 0))
    clock.jump(4 * 86400)
    doors.configure(site, doors.block(after, azure, "azure"))
    assert site.once()[0] == 0
    lines = coverage(site, 0)
    assert {scope for scope, line in lines.items() if line["state"] == "left"} == left
    assert {line["state"] for scope, line in lines.items() if scope not in left} == {"proven"}
    shown = json.loads(site.ctl("status", "--json")[1])["sources"]
    assert {row["scope"] for row in shown} == set(lines) - left
    clock.jump(4 * 86400)
    assert {line["state"] for scope, line in coverage(site, 1).items()
            if scope not in left} == {"behind"}
