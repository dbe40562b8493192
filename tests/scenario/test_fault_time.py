"""Times that no calendar has, in pages of alerts: each alert is stored and open, with a clock that
has begun; and which of two copies is newer is never asked of our own clock."""
import datetime
import json

import pytest

import doors
import fakes
import kit
import proofs
from harness import Clock

DAY_MS = 86_400_000
ABSENT = object()
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
TODAY = NOW.strftime("%Y-%m-%d")


def ms(text):
    return int(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def at(days=0.0, fraction=""):
    when = NOW + datetime.timedelta(days=days)
    return when.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


# {name: (what the API says, the milliseconds it means; None: it says nothing)}
TIMES = {
    "seven digits": (f"{TODAY}T00:00:01.1239999Z", ms(f"{TODAY}T00:00:01.123+00:00")),
    "nine digits": (f"{TODAY}T00:00:01.123456789Z", ms(f"{TODAY}T00:00:01.123+00:00")),
    "ten digits": (f"{TODAY}T00:00:01.1234567890Z", None),
    "no digits": (f"{TODAY}T00:00:01Z", ms(f"{TODAY}T00:00:01+00:00")),
    "a point without digits": (f"{TODAY}T00:00:01.Z", None),
    "ahead of UTC": (f"{TODAY}T05:45:00+05:45", ms(f"{TODAY}T00:00:00+00:00")),
    "behind UTC": (f"{TODAY}T00:00:00.5-09:30", ms(f"{TODAY}T09:30:00.500+00:00")),
    "an offset of none": (f"{TODAY}T00:00:00+25:00", None),
    "no zone": (f"{TODAY}T00:00:00.0000000", ms(f"{TODAY}T00:00:00+00:00")),
    "small letters": (f"{TODAY}t00:00:00z", ms(f"{TODAY}T00:00:00+00:00")),
    "a leap second": ("2016-12-31T23:59:60Z", ms("2017-01-01T00:00:00+00:00")),
    "a leap second of no day": (f"{TODAY}T12:34:61Z", None),
    "minute 60": (f"{TODAY}T12:60:00Z", None),
    "the 30th of February": ("2026-02-30T00:00:00Z", None),
    "a leap day": ("2024-02-29T00:00:00Z", ms("2024-02-29T00:00:00+00:00")),
    "a leap day of no leap year": ("2023-02-29T00:00:00Z", None),
    "what .NET says for none": ("0001-01-01T00:00:00Z", None),
    "the same without zone": ("0001-01-01T00:00:00", None),
    "year 0": ("0000-00-00T00:00:00Z", None),
    "what .NET says for never": ("9999-12-31T23:59:59.9999999Z", None),
    "the last year but one": ("9998-12-31T23:59:59.999Z", 253370764799999),
    "behind the end": ("9999-12-31T23:59:59-01:00", None),
    "year 10000": ("10000-01-01T00:00:00Z", None),
    "null": (None, None),
    "absent": (ABSENT, None),
    "empty": ("", None),
    "words": ("yesterday", None),
    "a list": ([at()], None),
    "true": (True, None),
    "a fraction": (1.5, None),
    "milliseconds": (1_700_000_000_123, 1_700_000_000_123),
    "minus one": (-1, None),
    "2^62": (1 << 62, None),
    "tomorrow": (at(1), ms(at(1)[:-1] + "+00:00")),
}


def with_time(number, value):
    """An alert all of whose times say @value."""
    item = kit.alert(number)
    for name in ("timeGeneratedUtc", "startTimeUtc", "endTimeUtc"):
        del item["properties"][name]
        if value is not ABSENT:
            item["properties"][name] = value
    return item


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 17, "alerts": 2, "subscriptions": 1}) as fake:
        yield fake


def serve(azure, items, path):
    """The listing is this page."""
    azure.heal()
    azure.fault(path=path, body=json.dumps({"value": items}), type="application/json")


def poll(site):
    """A whole poll, which accounts for every item."""
    last = proofs.last_poll(site)
    status, _, errors = site.once()
    assert status == 0, errors
    polls = [row for scope, row in proofs.polls_since(site, last).items() if scope != "subscriptions"]
    assert polls and all(row["complete"] for row in polls)
    return {name: sum(row[name] for row in polls)
            for name in ("fetched", "new", "updated", "noop", "quarantined")}


@pytest.mark.row("B4")
def test_alerts_of_odd_times(site, azure):
    """Each is stored with the time it says or with none; all are open, and due by when they were
    seen: a time to come starts no clock later, and one of long ago is no reason to leave it out."""
    items = [with_time(number + 1, value) for number, (value, _) in enumerate(TIMES.values())]
    serve(azure, items, "*/Microsoft.Security/alerts")
    proofs.configure(site, azure)
    before = datetime.datetime.now().timestamp() * 1000
    n = len(TIMES)
    assert poll(site) == {"fetched": n, "new": n, "updated": 0, "noop": 0, "quarantined": 0}
    after = datetime.datetime.now().timestamp() * 1000
    assert poll(site) == {"fetched": n, "new": 0, "updated": 0, "noop": n, "quarantined": 0}
    rows = {row["native_id"]: row for row in site.rows("select * from v_alerts where source = 'azure'")}
    wrong = {}
    for item, (name, (_, want)) in zip(items, TIMES.items()):
        row = rows[item["name"]]
        if row["created_ms"] != want:
            wrong[name] = row["created_ms"], want
        if row["state"] != "open" or not before - 1 <= row["seen_ms"] <= after + 1:
            wrong[name, "state"] = row["state"], row["seen_ms"]
        if row["triage_due_ms"] > after + 4 * DAY_MS or row["triage_due_ms"] < before - DAY_MS:
            wrong[name, "due"] = row["triage_due_ms"] - after
    assert not wrong
    for command in (("list",), ("show", "1"), ("why", "1"), ("report", "1")):
        status, out, errors = site.ctl(*command)
        assert status == 0 and out, errors
    proofs.check_database(site)


def graph_alert(azure, **fields):
    item = dict(azure.door("graph")[0])
    for name, value in fields.items():
        item.pop(name, None)
        if value is not ABSENT:
            item[name] = value
    return item


def read(site, azure, item):
    """One run that reads this alert and no other; the row of it then."""
    serve(azure, [item], "*/alerts_v2")
    status, _, errors = site.once()
    assert status == 0, errors
    [row] = site.rows("select * from v_alerts where source = 'graph'")
    return row["source_severity"]


@pytest.mark.row("B4")
@pytest.mark.parametrize("name", ["what .NET says for never", "what .NET says for none", "null", "absent",
                                  "words", "seven digits"])
def test_an_odd_time_of_change(site, azure, name):
    """What comes behind a copy whose time of change is odd is taken all the same: no such time keeps an
    alert as it is for ever."""
    doors.configure(site, doors.block("graph", azure))
    odd = graph_alert(azure, status="new", severity="low", lastUpdateDateTime=TIMES[name][0])
    assert read(site, azure, odd) == "low"
    assert read(site, azure, {**odd, "severity": "high", "lastUpdateDateTime": at()}) == "high"
    assert read(site, azure, {**odd, "severity": "medium", "lastUpdateDateTime": at(1)}) == "medium"


@pytest.mark.row("B4", "C9")
@pytest.mark.parametrize("jump", [0, -1, 1], ids=["right", "a day behind", "a day ahead"])
def test_order_is_that_of_the_source(site, azure, tmp_path, jump):
    """Whatever our own clock says: the copy that is newer at its source wins, be it by a millisecond or
    a day ahead of everybody; an older one does not, and is kept."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    clock.jump(jump * 86400, mono=False)
    doors.configure(site, doors.block("graph", azure))
    item = graph_alert(azure, status="new", severity="low", lastUpdateDateTime=at(-.1, ".1000000"))
    assert read(site, azure, item) == "low"
    item |= {"severity": "high", "lastUpdateDateTime": at(-.1, ".1010000")}
    assert read(site, azure, item) == "high"
    item |= {"severity": "medium", "lastUpdateDateTime": at(-.1, ".1009999")}
    assert read(site, azure, item) == "high"
    item |= {"severity": "low", "lastUpdateDateTime": at(1)}
    assert read(site, azure, item) == "low"
    item |= {"severity": "informational", "lastUpdateDateTime": at()}
    assert read(site, azure, item) == "low"
    said = [json.loads(row["raw"])["severity"] for row in site.rows(
        "select raw from v_revisions where source = 'graph' order by revision")]
    assert said == ["low", "high", "medium", "low", "informational"]
