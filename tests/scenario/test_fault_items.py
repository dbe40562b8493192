"""Items as nobody should send them, among good ones, and alerts that change, change back, and come
late. An item costs itself at most, and what is odd about it is said."""
import copy
import json

import pytest

import doors
import fakes
import kit
import proofs

TITLE_MAX = 500
MEGABYTE = 1 << 20


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 17, "alerts": 6, "subscriptions": 1}) as fake:
        yield fake


def serve(azure, items, path="*/Microsoft.Security/alerts"):
    """The listing is this page."""
    azure.heal()
    azure.fault(path=path, body=json.dumps({"value": items}), type="application/json")


def poll(site):
    """A poll that is complete; its row of the ledger."""
    last = proofs.last_poll(site)
    status, _, errors = site.once()
    assert status == 0, errors
    [row] = [row for scope, row in proofs.polls_since(site, last).items() if scope != "subscriptions"]
    assert row["complete"]
    return {name: row[name] for name in ("fetched", "new", "updated", "noop", "quarantined")}


def among(odd, good):
    """The odd ones, each behind a good one, and what is left of the good ones."""
    page = [one for pair in zip(good, odd) for one in pair]
    return page + good[len(odd):]


def titled(site):
    """{native id: row}"""
    return {row["native_id"]: row for row in site.rows("select * from v_alerts where source = 'azure'")}


ABSENT = object()
# Neither of the two places of the id has one.
NO_IDS = {
    "absent": ABSENT, "null": None, "empty": "", "blanks": "  \t ", "number": 17, "true": True,
    "list": ["a"], "object": {"id": "a"}, "a megabyte": "a" * MEGABYTE,
}


def put(item, where, value):
    """@item with @value at @where of its properties, or of itself."""
    place = item["properties"] if where in item["properties"] else item
    if value is ABSENT:
        del place[where]
    else:
        place[where] = value


def with_id(number, value):
    item = kit.alert(number)
    put(item, "systemAlertId", value)
    put(item, "name", value)
    return item


@pytest.mark.row("C10")
def test_ids_that_are_none(site, azure):
    """Each is kept as it came, once however often it comes, and says why; the page goes on."""
    odd = [with_id(100 + number, value) for number, value in enumerate(NO_IDS.values())]
    good = [kit.alert(number) for number in range(1, 13)]
    serve(azure, among(odd, good))
    proofs.configure(site, azure)
    want = {"fetched": len(odd) + 12, "quarantined": len(odd), "updated": 0}
    assert poll(site) == {**want, "new": 12, "noop": 0}
    assert poll(site) == {**want, "new": 0, "noop": 12}
    kept = site.rows("select raw, reason, times from v_quarantine")
    assert [row["times"] for row in kept] == [2] * len(odd)
    assert all("id" in row["reason"] for row in kept)
    raw = {bytes(row["raw"]) if isinstance(row["raw"], bytes) else row["raw"].encode() for row in kept}
    assert raw == {json.dumps(item).encode() for item in odd}
    assert set(titled(site)) == {item["name"] for item in good}


@pytest.mark.row("C10")
def test_ids_that_are_odd(site, azure):
    """One place is enough; letters of another case are the same alert; what nobody can read is
    kept as it came and said, since cleaned it could be another one's."""
    items = [kit.alert(number) for number in range(1, 9)]
    put(items[0], "systemAlertId", ABSENT)
    put(items[1], "systemAlertId", " \t")
    put(items[2], "name", ABSENT)
    again = copy.deepcopy(items[3])
    for where in ("systemAlertId", "name"):
        put(again, where, items[3]["name"].upper())
    odd = {"a\u0000b": 4, "a\u0000c": 5, "caf\u00e9 \U0001f600": 6, "x\r\ny=1": 7}
    for value, place in odd.items():
        put(items[place], "systemAlertId", value)
        put(items[place], "name", value)
    serve(azure, [*items, again])
    proofs.configure(site, azure)
    assert poll(site) == {"fetched": 9, "new": 5, "updated": 0, "noop": 1, "quarantined": 3}
    assert poll(site) == {"fetched": 9, "new": 0, "updated": 0, "noop": 6, "quarantined": 3}
    have = titled(site)
    assert {item["name"] for item in (items[0], items[1], items[3])} <= set(have)
    assert items[2]["properties"]["systemAlertId"] in have
    assert "caf\u00e9 \U0001f600" in have
    for name in have:
        assert name.isprintable(), name
    assert len(site.rows("select 1 from v_revisions where source = 'azure'")) == 5
    reasons = {row["reason"] for row in site.rows("select reason from v_quarantine")}
    assert reasons == {"an id with control characters or bytes that are no text"}


# {name: (title, whether it is cut)}
TITLES = {
    "absent": (ABSENT, False), "null": (None, False), "empty": ("", False), "blanks": (" \n ", False),
    "number": (17, False), "list": (["a"], False), "object": ({"a": 1}, False),
    "a megabyte": ("long " * (MEGABYTE // 5), True), "smileys": ("\U0001f600" * 5000, True),
    "nothing but NUL": ("\u0000", False), "NUL": ("be\u0000fore", False), "two lines": ("a\r\nb=c", False),
    "escapes": ("\u001b[2J\u001b]0;x\u0007gone", False), "turned round": ("\u202egnp.exe", False),
    "a format": ("%s%n%s%n", False), "markup": ("<script>alert(1)</script>", False),
}


@pytest.mark.row("C10")
@pytest.mark.parametrize("type_too", [False, True], ids=["its type has a name", "nor has its type"])
def test_titles_that_are_none(site, azure, type_too):
    """Each alert is stored, open, with a clock; its title is one line that can be read, cut and
    marked where it was too long, else its type, else whose it is."""
    odd = [kit.alert(100 + number) for number in range(len(TITLES))]
    for item, (title, _) in zip(odd, TITLES.values()):
        put(item, "alertDisplayName", title)
        if type_too:
            put(item, "alertType", title)
    good = [kit.alert(number) for number in range(1, 21)]
    serve(azure, among(odd, good))
    proofs.configure(site, azure)
    counts = {"fetched": len(odd) + 20, "updated": 0, "quarantined": 0}
    assert poll(site) == {**counts, "new": len(odd) + 20, "noop": 0}
    assert poll(site) == {**counts, "new": 0, "noop": len(odd) + 20}
    have = titled(site)
    clipped = {row["id"] for row in site.rows("select id from alert where clipped")}
    for item, (name, (title, cut)) in zip(odd, TITLES.items()):
        row = have[item["name"]]
        if not isinstance(title, str) or not title.strip():
            assert row["title"] == ("Untitled alert from defender-for-cloud" if type_too
                                    else "VM_SuspectScreenSaver"), name
        else:
            assert row["title"].strip() and row["title"].isprintable(), (name, row["title"])
            assert len(row["title"]) <= TITLE_MAX, name
        assert (row["id"] in clipped) == cut, name
        assert row["state"] == "open" and row["triage_due_ms"], name
    assert [have[item["name"]]["title"] for item in good] == [
        item["properties"]["alertDisplayName"] for item in good]
    status, out, errors = site.ctl("list", "--limit", "100")
    assert status == 0, errors
    assert not [c for c in out if not c.isprintable() and c != "\n"]


# {name: (place, value)}
WORDS = {
    "a new severity": ("severity", "Catastrophic"), "severity unknown": ("severity", "unknownFutureValue"),
    "severity a number": ("severity", 3), "severity null": ("severity", None),
    "severity a list": ("severity", ["High"]), "severity absent": ("severity", ABSENT),
    "severity empty": ("severity", ""),
    "a new status": ("status", "Superposed"), "status null": ("status", None),
    "status a number": ("status", 2), "status absent": ("status", ABSENT), "status empty": ("status", ""),
    "a new intent": ("intent", "Teleportation"), "intent a list": ("intent", [1, {"a": 2}]),
    "resources an object": ("resourceIdentifiers", {"a": 1}), "resources a word": ("resourceIdentifiers", "x"),
    "entities null": ("entities", None), "entities of nothing": ("entities", [None, 1, "a", [], {}]),
    "an entity of a new kind": ("entities", [{"$id": "1", "type": "hologram", "name": "h"}]),
    "steps a number": ("remediationSteps", 5), "a new field": ("quantumState", {"deep": [1, [2, [3]]]}),
    "times of nothing": ("timeGeneratedUtc", "yesterday"),
}


def renamed(number):
    """{name: item} in which what is read has another name."""
    items = {}
    for name, old in (("severity", "severity"), ("status", "status"), ("title", "alertDisplayName")):
        item = items[name] = kit.alert(number + len(items))
        item["properties"]["the" + old] = item["properties"].pop(old)
    item = items["all of it"] = kit.alert(number + len(items))
    item["data"] = item.pop("properties")
    return items


@pytest.mark.row("C12")
def test_words_that_are_new(site, azure):
    """No alert is lost, closed or without a clock for a word that nobody knows: what may be bad
    counts as open and medium, is marked, and each severity is told of once."""
    odd = {}
    for number, (name, (place, value)) in enumerate(WORDS.items()):
        odd[name] = kit.alert(100 + number)
        odd[name]["properties"].setdefault(place, None)
        put(odd[name], place, value)
    odd.update({f"renamed {name}": item for name, item in renamed(200).items()})
    good = [kit.alert(number) for number in range(1, 31)]
    serve(azure, among(list(odd.values()), good))
    proofs.configure(site, azure)
    n = len(odd) + len(good)
    assert poll(site) == {"fetched": n, "new": n, "updated": 0, "noop": 0, "quarantined": 0}
    assert poll(site) == {"fetched": n, "new": 0, "updated": 0, "noop": n, "quarantined": 0}
    have = titled(site)
    for name, item in odd.items():
        row = have[item["name"]]
        vague = "severity" in name or name == "renamed all of it"
        assert (row["base_severity"], row["severity_unmapped"]) == (
            ("medium", 1) if vague else ("high", 0)), name
        assert row["state"] == "open" and row["triage_due_ms"], name
        assert row["title"] or name == "renamed all of it"
    told = [row["description"] for row in site.rows(
        "select description from v_alerts where title = 'Unknown severity from a source'")]
    for word in ("'Catastrophic'", "'unknownFutureValue'", "'(none)'"):
        assert len([text for text in told if word in text]) == 1, told


# What an alert was, one poll after the other: (severity, status).
LIVES = {
    "back to what it was": [("High", "Active"), ("Low", "Active"), ("High", "Active")],
    "to and fro": [("High", "Active"), ("Medium", "Active")] * 4,
    "up and down": [(word, "Active") for word in ("Low", "Medium", "High", "Medium", "Low")],
    "flapping": [("High", "Active"), ("High", "Resolved")] * 4,
    "both at once": [("High", "Active"), ("Low", "Resolved"), ("High", "Active"), ("Low", "Dismissed")],
    "nothing": [("High", "Active")] * 3,
}


@pytest.mark.row("C9")
def test_alerts_that_change_back(site, azure):
    """A revision for each change, with what came then as it came, also when it has been all that
    before; each poll counts them; each turn from closed to open is another episode."""
    items = {name: kit.alert(number) for number, name in enumerate(LIVES, start=1)}
    now = {name: None for name in LIVES}
    want = {name: [] for name in LIVES}
    proofs.configure(site, azure)
    for step in range(max(len(life) for life in LIVES.values())):
        before = dict(now)
        for name, life in LIVES.items():
            now[name] = life[min(step, len(life) - 1)]
            if now[name] != before[name]:
                want[name].append(now[name])
            items[name]["properties"].update(zip(("severity", "status"), now[name]))
        serve(azure, list(items.values()))
        changed = sum(now[name] != before[name] for name in LIVES)
        counts = poll(site)
        assert (counts["new"] or counts["updated"], counts["noop"]) == (changed, len(LIVES) - changed)
        for name, row in {name: titled(site)[item["name"]] for name, item in items.items()}.items():
            assert (row["source_severity"], row["source_status"]) == now[name], name
            assert row["state"] == ("open" if now[name][1] == "Active" else "closed"), name
    for name, item in items.items():
        row = titled(site)[item["name"]]
        found = [json.loads(line["raw"])["properties"] for line in site.rows(
            "select raw from v_revisions where alert_id = ? order by revision", row["id"])]
        assert [(one["severity"], one["status"]) for one in found] == want[name], name
        opened = [status for _, status in want[name]].count("Active") if "Resolved" in str(want[name]) else 1
        assert row["episode"] == opened, name
    proofs.check_database(site)


@pytest.mark.row("C9")
def test_an_older_copy_after_a_newer(site, azure):
    """It is not news: what the alert is stays, in this poll and those that follow, and the newer
    one again is none either; a copy that is newer still wins."""
    item = copy.deepcopy(azure.door("graph")[0])
    copies = {}
    for name, severity, status, when in (
            ("old", "low", "new", "10:00:00.1"), ("new", "high", "inProgress", "11:00:00.2"),
            ("older", "medium", "resolved", "09:00:00.3"), ("a tick older", "low", "resolved", "11:00:00.1"),
            ("newest", "medium", "new", "12:00:00")):
        copies[name] = {**copy.deepcopy(item), "severity": severity, "status": status,
                        "lastUpdateDateTime": f"2026-01-05T{when}Z"}
    doors.configure(site, doors.block("graph", azure, name="azure"))

    def shown(name):
        serve(azure, [copies[name]], path="*/alerts_v2")
        poll(site)
        [row] = titled(site).values()
        return {key: value for key, value in row.items() if "last_seen" not in key}

    assert shown("old")["source_severity"] == "low"
    new = shown("new")
    assert (new["source_severity"], new["source_status"]) == ("high", "inProgress")
    revisions = "select revision, raw from v_revisions order by revision"
    for name in ("older", "a tick older", "old", "new", "older"):
        row = shown(name)
        same = ("source_severity", "source_status", "severity", "state", "episode", "triage_due_ms")
        assert {key: row[key] for key in same} == {key: new[key] for key in same}, name
    newest = shown("newest")
    assert (newest["source_severity"], newest["source_status"], newest["state"]) == ("medium", "new", "open")
    assert json.loads(site.rows(revisions)[-1]["raw"])["severity"] == "medium"
    proofs.check_database(site)
