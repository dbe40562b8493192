"""Every kind of source against a cloud that shuffles, repeats, comes late, changes without a
word, ties and breaks: afterwards the database equals what the cloud holds, field by field."""
import pytest

import doors
import fakes

ALL = ["arm", "resource-graph", "graph", "cloud-apps", "hunting"]
PAGED = ["arm", "resource-graph", "graph", "cloud-apps"]
# So that a poll of a test re-reads the past at once.
SWEEP = "    sweep: {every: 1s, window: 4d}\n"
SPREAD_S = 7200


def script(kind, n, **more):
    """The estate behind the door of @kind: n alerts, whatever else there is at other doors."""
    keys = {"seed": 21, "subscriptions": 1, "alerts": 0, "spread_s": SPREAD_S,
            "cloud_apps_per_minute": 1000, **more}
    if kind in ("arm", "resource-graph"):
        keys["alerts"] = n
    elif kind == "hunting":
        keys["behaviors"] = n
    else:
        keys["xdr"] = n
        if kind == "cloud-apps":
            keys["products"] = ["ca"]
    return keys


def add(kind, n, **more):
    word = {"arm": "add", "resource-graph": "add", "hunting": "add_behaviors"}
    return {word.get(kind, "add_xdr"): n, **more}


def change(kind, *changes):
    return {"set" if kind in ("arm", "resource-graph") else "set_xdr": list(changes)}


@pytest.fixture
def cloud(tmp_path):
    """A function that starts the fake; it ends with the test."""
    running = []

    def start(kind, n, **more):
        running.append(fakes.Azure(tmp_path, script(kind, n, **more)))
        return running[-1]
    yield start
    for fake in running:
        fake.stop()


def configure(kind, site, azure):
    windows = kind not in ("arm", "resource-graph")
    doors.configure(site, doors.block(kind, azure, more=SWEEP if windows else ""))


def check_ledger(site):
    rows = site.rows("SELECT * FROM v_polls ORDER BY id")
    for row in rows:
        assert row["ended_at"], row
        assert row["fetched"] == (row["new"] + row["updated"] + row["noop"]
                                  + row["quarantined"]), row
    return rows


def test_a_behavior_has_all_its_entities(site, cloud):
    """They are rows of another table, joined by the query, and end in the one alert."""
    azure = cloud("hunting", 5)
    configure("hunting", site, azure)
    doors.poll(site)
    for row in site.rows("SELECT id, native_id FROM v_alerts WHERE source = 'hunting'"):
        kinds = {entity["kind"] for entity in site.rows(
            "SELECT kind FROM v_entities WHERE alert_id = ?", row["id"])}
        assert {"account", "ip"} <= kinds, (row, kinds)


@pytest.mark.row("C8")
@pytest.mark.parametrize("kind", ALL)
def test_shuffled_and_repeated(kind, site, cloud):
    azure = cloud(kind, 170, page=20, shuffle=True, repeat=3)
    configure(kind, site, azure)
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    last = check_ledger(site)[-1]["id"]
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    again = [row for row in check_ledger(site) if row["id"] > last]
    assert again and not sum(row["new"] + row["updated"] for row in again)
    assert site.value("SELECT count(*) FROM v_revisions") == 170


@pytest.mark.parametrize("kind", ALL)
def test_alerts_that_come_late(kind, site, cloud):
    """Raised one to three days before they are first shown, as was measured."""
    azure = cloud(kind, 60, page=25)
    configure(kind, site, azure)
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    for hours in (26, 40, 55, 74):
        azure.script(**add(kind, 7, base=doors.now(hours)))
    doors.wait_a_second()
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    check_ledger(site)


@pytest.mark.row("C9")
@pytest.mark.parametrize("kind", PAGED)
def test_status_changes_that_move_no_time(kind, site, cloud):
    azure = cloud(kind, 60, page=25)
    configure(kind, site, azure)
    doors.poll(site)
    closed = "Dismissed" if kind in ("arm", "resource-graph") else "resolved"
    high = "High" if kind in ("arm", "resource-graph") else "high"
    azure.script(**change(
        kind, *({"index": n, "status": closed, "still": True} for n in range(0, 60, 3)),
        {"index": 59, "severity": high, "still": True}))
    doors.wait_a_second()
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    check_ledger(site)


@pytest.mark.parametrize("kind", ALL)
def test_five_hundred_at_one_instant(kind, site, cloud):
    """The cursor stands at an instant that 500 alerts share, over the border of pages."""
    azure = cloud(kind, 20, page=300)
    configure(kind, site, azure)
    doors.poll(site)
    moment = doors.now(seconds=1)
    azure.script(**add(kind, 500, base=moment))
    if kind in ("graph", "cloud-apps"):
        azure.script(**change(kind, *({"index": n, "updated": moment, "created": moment}
                                      for n in range(20, 520))))
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    # One more at that very instant, when the cursor has passed it.
    azure.script(**add(kind, 1, base=moment))
    if kind in ("graph", "cloud-apps"):
        azure.script(**change(kind, {"index": 520, "updated": moment, "created": moment}))
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    check_ledger(site)


@pytest.mark.parametrize("kind", ALL)
def test_one_page_of_three_fails(kind, site, cloud):
    """What was seen is kept, the hole is shown while it lasts, and closes."""
    # Behaviors come without pages, a day at a time: a first read takes several answers.
    azure = cloud(kind, 60, page=25, spread_s=3 * 86400 if kind == "hunting" else SPREAD_S)
    configure(kind, site, azure)
    path = doors.DOORS[kind][1]
    azure.fault(path=path, skip=1, body="]]", type="application/json")
    doors.poll(site, 1)
    have, want = doors.stored(kind, site), doors.truth(kind, azure)
    assert set(have) < set(want)
    assert have
    lines = doors.coverage(site, kind)
    assert [line for line in lines.values() if line["state"] != "proven"], lines
    azure.heal()
    doors.poll(site)
    doors.check_equal(kind, site, azure)
    lines = doors.coverage(site, kind)
    assert lines and {line["state"] for line in lines.values()} == {"proven"}, lines
    check_ledger(site)
