"""Real alerts, as published by others, through the file source; read in place, copied nowhere.

What must be found is worked out here from the JSON alone, by rules of its own.
"""
import json
import os
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
    """(product, id in small letters) of an alert; product None: nobody can know it."""
    top = lower_keys(value)
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


def configure(site, files):
    """A source for each depth, since a glob does not go down by itself."""
    sources = []
    for depth in sorted({len(path.relative_to(SAMPLES).parts) for path in files}):
        pattern = SAMPLES / ("*/" * (depth - 1)) / "*.json*"
        sources.append(f'  - {{name: depth-{depth}, type: file, path: "{pattern}"}}\n')
    site.settings("sources:\n" + "".join(sources) + """targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
fallback: ops
""")


def check_file(poll, found):
    """What the file holds was stored; what nobody can use, and a file without, is kept apart."""
    usable = [alert for alert in found if alert[0]]
    assert poll["complete"], poll
    assert poll["new"] + poll["updated"] + poll["noop"] == len(usable), poll
    assert poll["quarantined"] == (len(found) - len(usable) if found else 1), poll


def test_every_sample(site):
    """Each alert is stored once under its identity, or quarantined with a reason."""
    if not SAMPLES.is_dir():
        pytest.skip("no shared/samples beside the repository: it is not part of it")
    files = {path for path in SAMPLES.rglob("*.json*") if path.is_file()}
    found = {path: [alert for value in decoded(path) for alert in alerts_in(value)]
             for path in files}
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
    assert set(counts) == {"defender-for-cloud", "graph-security", "cloud-apps"}
    proofs.check_database(site)

    before = proofs.last_poll(site)
    assert site.once()[0] == 0
    assert proofs.last_poll(site) == before, "unchanged files were read again"
