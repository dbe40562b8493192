"""Real alerts, as published by others, through the file source; read in place, copied nowhere.

What must be found is worked out here from the JSON alone, by rules of its own.
"""
import csv
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

import entities
import harness
import proofs
from entities import lower_keys

ROOT = Path(__file__).parents[2]
SAMPLES = Path(os.environ.get("TRIAGED_SAMPLES", ROOT.parent / "shared/samples"))
ARM_TYPES = ("microsoft.security/alerts", "microsoft.security/locations/alerts",
             "microsoft.security/iotalerts", "microsoft.security/locations/iotalerts")


def identity(value):
    """(product, id in small letters) of an alert; product None: nobody can use it."""
    top = lower_keys(value)
    if "eventtype" in top and {"eventrouting", "instantiation"} & set(top):
        return None, str(top.get("_id") or top.get("uid")).lower()
    if "_id" in top:
        marks = {"severityvalue", "statusvalue", "resolutionstatusvalue"} & set(top)
        if marks or {"title", "timestamp"} <= set(top):
            return "cloud-apps", str(top["_id"]).lower()
    inner = top.get("properties")
    inner = lower_keys(inner) if isinstance(inner, dict) else {}
    if str(top.get("type")).lower() in ARM_TYPES or "systemalertid" in inner:
        name = inner.get("systemalertid") or top.get("name")
        return "defender-for-cloud", str(name).lower()
    if {"vendorinformation", "azuretenantid"} <= set(top):
        return None, str(top.get("id")).lower()
    if "id" in top and ({"servicesource", "detectionsource"} & set(top)
                        or "provideralertid" in top):
        return "graph-security", str(top["id"]).lower()
    if {"id", "displayname", "incidentweburl"} <= set(top):
        return "graph-incident", str(top["id"]).lower()
    return None


def alerts_in(value):
    """The alerts in a decoded file, wherever they lie, each with its identity."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        found = identity(value)
        if found:
            yield found, value
            return
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from alerts_in(member)


def decoded(path):
    """The values of a file, which may be one to a line; none when it is no JSON."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    for pieces in ([text], text.splitlines()):
        try:
            return [json.loads(piece) for piece in pieces if piece.strip()]
        except ValueError:
            continue
    return []


def cef_alert(line):
    """What a line of the retired SIEM agent says, in the form of the REST API."""
    values = dict(re.findall(r"(\w+)=((?:\\.|[^\\])*?)(?=\s\w+=|\s*$)", line))
    found = {"policyRule": line.split("CEF:0|")[1].split("|")[4], "account": values.get("suser"),
             "service": values.get("destinationServiceName"), "ip": values.get("dvc")}
    six = values.get("c6a1")
    entities = [{"type": kind, "label": label}
                for kind, label in [*found.items(), ("ip", six)] if label]
    identity_of = ("cloud-apps" if "|ALERT_" in line else None, values["externalId"].lower())
    return identity_of, {"entities": entities}


def alerts_of(path):
    """[(identity, alert)] of a file of any make."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [(("defender-for-cloud", row["SystemAlertId"].lower()), row)
                    for row in csv.DictReader(file)]
    if path.suffix == ".log":
        return [cef_alert(line) for line in path.read_text().splitlines() if "CEF:0|" in line]
    return [alert for value in decoded(path) for alert in alerts_in(value)]


def configure(site, files):
    """A source for each depth and make, since a glob does not go down by itself."""
    sources = []
    for depth, suffix in sorted({(len(path.relative_to(SAMPLES).parts), path.suffix[:5])
                                 for path in files}):
        pattern = SAMPLES / ("*/" * (depth - 1)) / f"*{suffix}*"
        sources.append(f'  - {{name: depth-{depth}-{suffix[1:]}, type: file, '
                       f'path: "{pattern}"}}\n')
    site.settings("sources:\n" + "".join(sources) + """targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
fallback: ops
""")


def check_file(poll, found):
    """What the file holds was stored; what nobody can use, and a file without, is kept apart."""
    usable = [alert for alert, _ in found if alert[0]]
    assert poll["complete"], poll
    assert poll["new"] + poll["updated"] + poll["noop"] == len(usable), poll
    assert poll["quarantined"] == (len(found) - len(usable) if found else 1), poll
    assert poll["fetched"] == max(len(found), 1), poll


def samples():
    """{path: [(identity, alert)]} of every sample."""
    if not SAMPLES.is_dir():
        pytest.skip("no shared/samples beside the repository: it is not part of it")
    files = {path for pattern in ("*.json*", "*.csv", "*.log")
             for path in SAMPLES.rglob(pattern) if path.is_file()}
    return {path: alerts_of(path) for path in sorted(files)}


def test_every_sample(site):
    """Each alert is stored once under its identity, or quarantined with a reason."""
    found = samples()
    files = set(found)
    configure(site, files)
    status, _, errors = site.once()
    assert status == 0, errors

    polls = {Path(poll["scope"]): poll for poll in proofs.check_ledger(site)}
    assert set(polls) == files
    for path, poll in sorted(polls.items()):
        check_file(poll, found[path])
        print(f"{path.relative_to(SAMPLES)}: {len(found[path])} alerts or activities, "
              f"{poll['new']} new, {poll['updated']} updated, {poll['noop']} known, "
              f"{poll['quarantined']} quarantined")
    kept = site.rows("SELECT reason, raw, times FROM v_quarantine")
    assert all(row["reason"] and row["raw"] for row in kept)
    n_kept = sum(row["times"] for row in kept)
    assert n_kept == sum(poll["quarantined"] for poll in polls.values())
    expected = {alert for alerts in found.values() for alert, _ in alerts if alert[0]}
    rows = site.rows("SELECT kind, native_id FROM v_alerts WHERE source LIKE 'depth-%'")
    stored = Counter((row["kind"], row["native_id"].lower()) for row in rows)
    assert stored == dict.fromkeys(expected, 1)
    counts = Counter(kind for kind, _ in stored)
    print(dict(counts), "quarantined:", n_kept)
    assert set(counts) == {"defender-for-cloud", "graph-security", "graph-incident",
                           "cloud-apps"}
    # A severity nobody can map is one that the source never sent.
    unmapped = site.rows("SELECT native_id FROM v_alerts WHERE severity_unmapped "
                         "AND source_severity IS NOT NULL AND source LIKE 'depth-%'")
    assert unmapped == []
    proofs.check_database(site)

    before = proofs.last_poll(site)
    assert site.once()[0] == 0
    assert proofs.last_poll(site) == before, "unchanged files were read again"


def rounds_of(found):
    """The files in groups in which no alert stands in two of them: an alert has the entities
    of the copy that was read last."""
    rounds = []
    for path, alerts in found.items():
        names = {alert for alert, _ in alerts if alert[0]}
        free = [one for one in rounds if not names & one[1]]
        if not free:
            free = [({}, set())]
            rounds += free
        free[0][0][path] = alerts
        free[0][1].update(names)
    return [files for files, _ in rounds]


def stored_entities(site):
    """{source: {identity: [set of (kind, value), clipped]}} of the database."""
    found = {}
    kept = {}
    for row in site.rows("SELECT alert_id, kind, value FROM v_entities"):
        kept.setdefault(row["alert_id"], set()).add((row["kind"], row["value"]))
    for row in site.rows("SELECT id, source, kind, native_id FROM v_alerts"):
        found.setdefault(row["source"], {})[row["kind"], row["native_id"].lower()] = \
            kept.get(row["id"], set())
    return found


def test_every_entity(site, tmp_path):
    """Whom and what each alert of each file names, neither less nor more."""
    n_files = n_alerts = n_entities = 0
    for number, files in enumerate(rounds_of({path: alerts for path, alerts in samples().items()
                                              if any(alert[0] for alert, _ in alerts)})):
        folder = tmp_path / str(number)
        folder.mkdir()
        place = harness.Site(folder)
        names = {path: f"file-{n}" for n, path in enumerate(files)}
        place.settings("sources:\n" + "".join(
            f'  - {{name: {name}, type: file, path: "{path}"}}\n'
            for path, name in names.items()) + """targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
fallback: ops
""")
        status, _, errors = place.once()
        assert status == 0, errors
        stored = stored_entities(place)
        for path, alerts in files.items():
            # Of one that stands twice in a file the last copy counts.
            wanted = {alert: entities.of_alert(alert[0], raw)
                      for alert, raw in alerts if alert[0]}
            got = stored[names[path]]
            assert set(got) == set(wanted), path
            for alert, want in wanted.items():
                assert got[alert] == want, (path, alert, "lost", want - got[alert],
                                            "invented", got[alert] - want)
            print(f"{path.relative_to(SAMPLES)}: {len(wanted)} alerts, "
                  f"{sum(map(len, wanted.values()))} entities")
            n_files += 1
            n_alerts += len(wanted)
            n_entities += sum(map(len, wanted.values()))
    print("files:", n_files, "alerts:", n_alerts, "entities:", n_entities)
    assert n_files > 45 and n_alerts > 440 and n_entities > 1900
