"""Sources of every kind against the fake cloud, and whether the database holds what it holds.

The truth of a door is everything the fake has, as the door would show it, without pages,
order or faults; it is compared alert by alert in every field of `fields_of`.
"""
import datetime
import json
import re
import time

import entities
import harness

TARGETS = """
targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
routes:
  - {when: {severity: critical}, ladder: [{after: 0s, notify: [ops]}]}
  - {digest: {at: "09:00", notify: [ops]}}
fallback: ops
import-horizon: 3650d
"""
SIGN_IN = """    tenant: {tenant}
    client-id: {client}
    client-secret: {credential: azure-secret}
"""
# What follows the sign-in in a block of `sources:`.
KINDS = {
    "arm": """    type: defender-for-cloud
    endpoints: {login: "URL", resource-manager: "URL"}
""",
    "resource-graph": """    type: defender-for-cloud
    mode: resource-graph
    endpoints: {login: "URL", resource-manager: "URL"}
""",
    "graph": """    type: graph-security
    endpoints: {login: "URL", graph: "URL"}
""",
    "cloud-apps": """    type: cloud-apps
    url: "URL"
    endpoints: {login: "URL"}
""",
    "hunting": """    type: graph-hunting
    endpoints: {login: "URL", graph: "URL"}
""",
}
# The door of the fake, and the path its requests take.
DOORS = {
    "arm": ("arm", "*/Microsoft.Security/alerts"),
    "resource-graph": ("arm", "*/Microsoft.ResourceGraph/resources"),
    "graph": ("graph", "*/alerts_v2"),
    "cloud-apps": ("cloud_apps", "*/api/v1/alerts/"),
    "hunting": ("behaviors", "*/runHuntingQuery"),
}
CLOUD_APPS_SEVERITY = {0: "low", 1: "medium", 2: "high", 3: "informational"}
CLOUD_APPS_STATUS = {0: "open", 5: "true positive"}
BASE = {"high": "high", "medium": "medium", "low": "low", "informational": "info"}


def block(kind, azure, name=None, sign_in=SIGN_IN, more="", interval="1d"):
    """One entry of `sources:`. @more: further lines, indented by four."""
    text = f"  - name: {name or kind}\n" + KINDS[kind].replace("URL", azure.url)
    return text + sign_in + f"    interval: {interval}\n" + more


def configure(site, *blocks, head=""):
    site.secret("azure-secret", "correct horse")
    site.settings(head + "sources:\n" + "".join(blocks) + TARGETS)


def now(hours=0.0, seconds=0):
    """The instant so many hours and seconds ago, as a script takes it."""
    when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(
        hours=hours, seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03}Z"


def instant(text):
    """Milliseconds of a time with 0 to 7 digits of fraction."""
    whole, fraction = re.fullmatch(r"([^.Z]+)\.?(\d*)Z", text).groups()
    when = datetime.datetime.fromisoformat(whole + "+00:00")
    return int(when.timestamp()) * 1000 + int((fraction + "000")[:3])


def fields_of(kind, item):
    """(native id in small letters, fields) of an alert as its door shows it."""
    door = DOORS[kind][0]
    if door == "arm":
        p = item["properties"]
        fields = (p["alertDisplayName"], p["severity"], p["status"],
                  instant(p["timeGeneratedUtc"]))
        return item["name"].lower(), fields
    if door == "graph":
        return item["id"].lower(), (item["title"], item["severity"], item["status"],
                                    instant(item["createdDateTime"]))
    return item["_id"].lower(), (item["title"], CLOUD_APPS_SEVERITY[item["severityValue"]],
                                 CLOUD_APPS_STATUS[item["resolutionStatusValue"]],
                                 item["timestamp"])


def behavior_fields(row):
    return (row["Description"], row["ActionType"], ",".join(json.loads(row["Categories"])),
            instant(row["Timestamp"]))


def truth(kind, azure):
    """{native id: fields} of everything behind the door."""
    if kind == "hunting":
        return {row["BehaviorId"].lower(): behavior_fields(row)
                for row in azure.door("behaviors")}
    return dict(fields_of(kind, item) for item in azure.door(DOORS[kind][0]))


def named(kind, azure):
    """{native id: {(kind, value)}}: whom and what the alerts behind the door name."""
    found = {}
    for item in azure.door(DOORS[kind][0]):
        if kind == "hunting":
            found.setdefault(item["BehaviorId"].lower(), set()).update(entities.of_behavior(item))
        else:
            product = {"arm": "defender-for-cloud", "graph": "graph-security",
                       "cloud_apps": "cloud-apps"}[DOORS[kind][0]]
            found[fields_of(kind, item)[0]] = entities.of_alert(product, item)
    return found


def stored_names(site, source):
    """The same of the database."""
    found = {}
    for row in site.rows("SELECT a.native_id, e.kind, e.value FROM v_alerts AS a LEFT JOIN "
                         "v_entities AS e ON e.alert_id = a.id WHERE a.source = ?", source):
        names = found.setdefault(row["native_id"].lower(), set())
        if row["kind"]:
            names.add((row["kind"], row["value"]))
    return found


def stored(kind, site, name=None):
    """The same of the database; an alert that is there twice fails."""
    rows = site.rows("SELECT native_id, title, source_severity, source_status, base_severity, "
                     "created_ms, description, alert_type, tactics FROM v_alerts "
                     "WHERE source = ?", name or kind)
    found = {}
    for row in rows:
        key = row["native_id"].lower()
        assert key not in found, f"{key} is stored twice"
        if kind == "hunting":
            found[key] = (row["description"], row["alert_type"], row["tactics"],
                          row["created_ms"])
            continue
        assert row["base_severity"] == BASE[row["source_severity"].lower()], row
        found[key] = (row["title"], row["source_severity"], row["source_status"],
                      row["created_ms"])
    return found


def check_equal(kind, site, azure, name=None):
    have, want = stored(kind, site, name), truth(kind, azure)
    assert want
    assert set(have) - set(want) == set(), "the database invents alerts"
    assert set(want) - set(have) == set(), "the database lost alerts"
    different = {key: (have[key], want[key]) for key in want if have[key] != want[key]}
    assert not different
    have, want = stored_names(site, name or kind), named(kind, azure)
    different = {key: have[key] ^ want[key] for key in want if have[key] != want[key]}
    assert not different, "entities"


def poll(site, status=0):
    """triaged --once; its standard error."""
    got, _, errors = site.once()
    assert got == status, errors
    return errors


def coverage(site, name):
    """The states `triagectl coverage` gives the scopes of a source."""
    status, out, errors = site.ctl("--json", "coverage")
    assert out, (status, errors)
    return {line["scope"]: line for line in json.loads(out)["coverage"]
            if line["source"] == name}


def wait_a_second():
    """Until a sweep that comes every second is due."""
    end = time.monotonic() + 1.1
    harness.wait_for(lambda: time.monotonic() > end, "a second")
