"""One alert that several doors show is one row, whichever door shows it first."""
import itertools

import pytest

import doors
import fakes

SOURCES = ["arm", "graph", "cloud-apps"]


@pytest.fixture
def azure(tmp_path):
    """Alerts of Defender for Cloud, of Cloud Apps, and of Endpoint, which Graph alone shows."""
    with fakes.Azure(tmp_path, {"seed": 23, "subscriptions": 2, "alerts": 30, "xdr": 40,
                                "products": ["ca", "da"], "spread_s": 7200,
                                "cloud_apps_per_minute": 1000}) as fake:
        yield fake


def expected(azure, kinds):
    """{name of the alert: which sources show it}, by the id without the letters of Graph."""
    shown = {}
    for kind in kinds:
        for key in doors.truth(kind, azure):
            graph = kind == "graph" and key[:2] in ("dc", "ca")
            shown.setdefault(key[2:] if graph else key, set()).add(kind)
    return shown


def origins(site):
    """{name of the alert: which sources show it} of the database, one entry for each row."""
    rows = {row["id"]: set() for row in site.rows("SELECT id FROM v_alerts WHERE source <> "
                                                  "'triaged'")}
    names = {}
    for row in site.rows("SELECT alert_id, source, native_id FROM v_origins"):
        if row["alert_id"] not in rows:
            continue
        key = row["native_id"].lower()
        if row["source"] == "graph" and key[:2] in ("dc", "ca"):
            key = key[2:]
        assert names.setdefault(row["alert_id"], key) == key, "two alerts in one row"
        rows[row["alert_id"]].add(row["source"])
    found = {names[alert]: sources for alert, sources in rows.items()}
    assert len(found) == len(rows), "one alert in two rows"
    return found


@pytest.mark.parametrize("order", itertools.permutations(SOURCES), ids="-".join)
def test_any_order(order, site, azure):
    """Door after door: never a row too many, and each row knows its doors."""
    for n in range(1, len(order) + 1):
        doors.configure(site, *(doors.block(kind, azure) for kind in order[:n]))
        doors.poll(site)
        assert origins(site) == expected(azure, order[:n])


def test_all_at_once(site, azure):
    """Read side by side; what changes at one door changes the one row, and closes it once."""
    sweep = "    sweep: {every: 1s, window: 4d}\n"
    doors.configure(site, *(doors.block(kind, azure, more="" if kind == "arm" else sweep)
                            for kind in SOURCES))
    doors.poll(site)
    assert origins(site) == expected(azure, SOURCES)
    before = site.value("SELECT count(*) FROM v_alerts")
    azure.script(set=[{"index": n, "status": "Resolved"} for n in range(30)],
                 set_xdr=[{"index": n, "status": "resolved"} for n in range(40)])
    doors.poll(site)
    assert origins(site) == expected(azure, SOURCES)
    assert site.value("SELECT count(*) FROM v_alerts") == before
    assert not site.rows("SELECT id, source, source_status FROM v_alerts WHERE state = 'open' "
                         "AND source <> 'triaged'")
