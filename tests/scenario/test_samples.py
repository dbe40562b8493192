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

import proofs

ROOT = Path(__file__).parents[2]
SAMPLES = Path(os.environ.get("TRIAGED_SAMPLES", ROOT.parent / "shared/samples"))
ARM_TYPES = ("microsoft.security/alerts", "microsoft.security/locations/alerts",
             "microsoft.security/iotalerts", "microsoft.security/locations/iotalerts")


def lower_keys(value):
    return {key.lower(): member for key, member in value.items()}


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
    """Identities of the alerts in a decoded file, wherever they lie."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        found = identity(value)
        if found:
            yield found
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


def alerts_of(path):
    """Identities of the alerts in a file of any make."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [("defender-for-cloud", row["SystemAlertId"].lower())
                    for row in csv.DictReader(file)]
    if path.suffix == ".log":
        lines = [line for line in path.read_text().splitlines() if "CEF:0|" in line]
        return [("cloud-apps" if "|ALERT_" in line else None,
                 re.search(r"externalId=(\S+)", line)[1].lower()) for line in lines]
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


def nodes_in(value):
    """Every object of an ARM alert's entities, wherever it is nested."""
    if isinstance(value, str) and value[:1] in "[{":
        value = json.loads(value)
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for member in value if isinstance(value, list) else ():
        if isinstance(member, (dict, list)):
            yield from nodes_in(member)


# What says who or what an entity is, in the words of each API.
ARM_NAMES = ("address", "hostname", "resourceid", "domainname", "url")
GRAPH_NAMES = ("ipaddress", "resourceid", "url", "userprincipalname", "devicednsname",
               "primaryaddress")


def names_in(raw):
    """Names of entities in a raw alert that must not get lost, in small letters."""
    top = lower_keys(raw)
    arm = top.get("properties") if isinstance(top.get("properties"), dict) else top
    arm = lower_keys(arm)
    evidence = top.get("evidence")
    for node in nodes_in(evidence if isinstance(evidence, list) else arm.get("entities") or []):
        node = lower_keys(node)
        if isinstance(evidence, list):
            if "hostname" in node and not node.get("devicednsname"):
                yield node["hostname"]
            wanted = GRAPH_NAMES
        else:
            wanted = ARM_NAMES if "type" in node else ()
        yield from (node[name] for name in wanted if isinstance(node.get(name), str))


def check_entities(site):
    """Each named entity of each stored content is an entity of the alert."""
    n_names = 0
    rows = site.rows("SELECT a.id, r.raw FROM v_alerts AS a JOIN v_revisions AS r "
                     "ON r.alert_id = a.id AND r.revision = a.revision "
                     "WHERE a.kind IN ('defender-for-cloud', 'graph-security')")
    kept = Counter()
    values = {}
    for row in site.rows("SELECT alert_id, value FROM v_entities"):
        values.setdefault(row["alert_id"], []).append(row["value"].lower())
        kept[row["alert_id"]] += 1
    for row in rows:
        for name in names_in(json.loads(row["raw"])):
            name = " ".join(name.lower().split())
            n_names += 1
            found = values.get(row["id"], [])
            assert not name or any(value.startswith(name[:400]) for value in found), \
                (row["id"], name, found[:20])
    print("entities:", sum(kept.values()), "checked by name:", n_names)
    assert n_names > 400


def check_file(poll, found):
    """What the file holds was stored; what nobody can use, and a file without, is kept apart."""
    usable = [alert for alert in found if alert[0]]
    assert poll["complete"], poll
    assert poll["new"] + poll["updated"] + poll["noop"] == len(usable), poll
    assert poll["quarantined"] == (len(found) - len(usable) if found else 1), poll
    assert poll["fetched"] == max(len(found), 1), poll


def test_every_sample(site):
    """Each alert is stored once under its identity, or quarantined with a reason."""
    if not SAMPLES.is_dir():
        pytest.skip("no shared/samples beside the repository: it is not part of it")
    files = {path for pattern in ("*.json*", "*.csv", "*.log")
             for path in SAMPLES.rglob(pattern) if path.is_file()}
    found = {path: alerts_of(path) for path in files}
    configure(site, files)
    status, _, errors = site.once()
    assert status == 0, errors

    polls = {Path(poll["scope"]): poll for poll in proofs.check_ledger(site)}
    assert set(polls) == files
    for path, poll in polls.items():
        check_file(poll, found[path])
    kept = site.rows("SELECT reason, raw, times FROM v_quarantine")
    assert all(row["reason"] and row["raw"] for row in kept)
    n_kept = sum(row["times"] for row in kept)
    assert n_kept == sum(poll["quarantined"] for poll in polls.values())
    expected = {alert for alerts in found.values() for alert in alerts if alert[0]}
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
    check_entities(site)
    proofs.check_database(site)

    before = proofs.last_poll(site)
    assert site.once()[0] == 0
    assert proofs.last_poll(site) == before, "unchanged files were read again"
