"""Each kind of receiver with each kind of fault: what becomes of the message, and after
the fault is over: nothing is lost, nothing changes its key, nobody else is told.

One daemon tries all receivers of a fault at once; where minutes must pass its clock
jumps. Each fault ends with a kill -9, so that what follows was in the database. The
table of outcomes is printed (pytest -s).
"""
import collections
import email.utils
import json
import time

import pytest

import fakes
import kit
from harness import Clock, wait_for

SECRET = "canary-secret-0123456789"
# What each wants to know beside its URL.
FORMATS = {
    "json": "", "cloudevents": "", "slack": "", "teams": "",
    "ntfy": "topic: security",
    "pagerduty": "routing-key: {credential: key}",
    "opsgenie": "api-key: {credential: key}",
    "jira": "username: a@example.org, password: {credential: key}, project: SEC",
    "servicenow": "api-key: {credential: key}",
    "alertmanager": "", "alertmanager-webhook": "",
}
FAULTS = {
    # name: (what the receiver does, state of the message, words of its error); a state of
    # some formats alone means that the others have sent it.
    "hang": ({"hang": True}, "retry", "no answer|too slow|timed out"),
    "drip": ({"slow_bytes": 1, "slow_ms": 5000}, "retry", ""),
    "reset": ({"reset": True}, "retry", "connection"),
    "cut": ({"status": 200, "body": "ok " * 40, "cut": 5}, "retry", ""),
    "302": ({"status": 302, "headers": {"Location": "{other}/x"}}, "dead", "302"),
    "400": ({"status": 400}, "dead", "400"),
    "404": ({"status": 404}, "dead", "404"),
    "410": ({"status": 410}, "disabled", "410"),
    "429 seconds": ({"status": 429, "headers": {"Retry-After": "120"}}, "retry", "429"),
    "429 date": ({"status": 429, "headers": {"Retry-After": "{date}"}}, "retry", "429"),
    "500": ({"status": 500}, "retry", "500"),
    "503": ({"status": 503}, "retry", "503"),
    "1 MB": ({"status": 500, "huge": 1000000}, "retry", "500"),
    # Whose answer must have a certain form is not content with the status.
    "200, 1 MB": ({"status": 200, "huge": 1000000},
                  {"slack": "retry", "pagerduty": "retry", "opsgenie": "retry",
                   "jira": "retry", "servicenow": "retry"}, ""),
    "TLS": (None, "retry", "certificate"),
}
table = collections.defaultdict(dict)


@pytest.fixture(scope="module", autouse=True)
def outcomes():
    yield
    print("\n" + " ".join(["fault".ljust(12), *(name[:12].ljust(12) for name in FORMATS)]))
    for fault, row in table.items():
        print(" ".join([fault.ljust(12), *(row.get(name, "-").ljust(12) for name in FORMATS)]))


def target(name, more, url):
    more = f", {more}" if more else ""
    return (f"  - {{name: {name}, type: webhook, format: {name}, url: \"{url}/{name}\", "
            f"rate: off, allow-private: true{more}}}\n")


def settings(site, url, ca=""):
    names = ", ".join(FORMATS)
    text = kit.FILES + "targets:\n" + "".join(
        target(name, more + (", " if more and ca else "") + ca, url)
        for name, more in FORMATS.items())
    text += ("  - {name: other, type: folder, path: \"{outbox}\"}\n"
             f"routes:\n  - ladder: [{{after: 0s, notify: [{names}]}}]\nfallback: other\n")
    site.secret("key", SECRET)
    site.settings(text)


def rows(site):
    """{format: its row about the alert}."""
    return {row["target"]: row for row in site.rows(
        "select * from v_deliveries where kind = 'opened' and alert_id = 1")}


def tried(site):
    found = rows(site)
    return found if len(found) == len(FORMATS) and all(
        row["state"] in ("retry", "dead", "sent") for row in found.values()) else None


def wait_tried(site, clock, fault):
    """All have been tried; who is left hanging waits for the end of the limit."""
    if fault in ("hang", "drip"):
        wait_for(lambda: sum(row["state"] == "leased" for row in rows(site).values())
                 == len(FORMATS), "all to be asked")
        time.sleep(0.3)
        clock.jump(40)
    return wait_for(lambda: tried(site), "all to be tried")


def hurry(site, clock, seconds):
    clock.jump(seconds)
    site.ctl("status")


def name_of(request):
    return request["path"].split("/")[1]


@pytest.mark.row("D1", "D3", "D4")
@pytest.mark.parametrize("fault", FAULTS)
def test_fault(site, tmp_path, fault):
    effect, expected, words = FAULTS[fault]
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    tls = fakes.certificate(tmp_path) if fault == "TLS" else None
    with fakes.Sink(tmp_path, tls=tls, env=clock.environment) as sink:
        if effect:
            effect = json.loads(json.dumps(effect).replace("{other}", sink.url + "/other").replace(
                "{date}", email.utils.formatdate(time.time() + 120, usegmt=True)))
            sink.fault(**effect)
        settings(site, sink.url)
        kit.put(site, kit.alert())
        site.start()
        before = wait_tried(site, clock, fault)
        for name, row in before.items():
            disabled = expected == "disabled" and row["state"] == "dead"
            table[fault][name] = "disabled" if disabled else row["state"]
            want = expected if isinstance(expected, str) else expected.get(name, "sent")
            assert table[fault][name] == want, (name, row["last_error"])
            error = row["last_error"] or ""
            assert bool(error) == (want != "sent")
            assert SECRET not in error and f"/{name}" not in error, error
            assert not error or not words or any(word in error for word in words.split("|")), (name, error)
            if fault.startswith("429"):
                wait = row["not_before_ms"] - clock.wall_ms - time.time() * 1000
                assert 60000 < wait <= 121000, (name, wait)
        assert not [r for r in sink.requests() if r["path"].startswith("/other")]
        site.kill()
        recover(site, sink, clock, fault, before)


def recover(site, sink, clock, fault, before):
    """The fault is over: it arrives under the same key, and what comes later behind it."""
    sink.heal()
    if fault == "TLS":
        settings(site, sink.url, "ca-file: \"{folder}/cert.pem\"")
    site.start()
    if FAULTS[fault][1] == "disabled":
        for name in FORMATS:
            assert site.ctl("outbox", "enable", name)[0] == 0
    for row in before.values():
        if row["state"] == "dead":
            assert site.ctl("outbox", "retry", row["id"])[0] == 0
    hurry(site, clock, 400)
    wait_for(lambda: all(row["state"] == "sent" for row in rows(site).values()) or
             site.ctl("status") and None, "all to arrive")
    assert site.ctl("close", "1", "--as", "benign")[0] == 0
    wait_for(lambda: site.value("select count(*) from v_deliveries where kind = 'closed' and "
                                "alert_id = 1 and state = 'sent'") == len(FORMATS), "the end to arrive")
    after = rows(site)
    for name, row in after.items():
        assert row["key"] == before[name]["key"], name
    asked = collections.defaultdict(list)
    for request in sink.requests():
        asked[name_of(request)].append(request)
    assert asked.keys() == FORMATS.keys()
    # One that knows messages by their id and shows the alert: in order, each repeat under
    # the id it had.
    heard = [(r, json.loads(r["body"])) for r in asked["json"]]
    heard = [(r["headers"]["webhook-id"], body["type"]) for r, body in heard
             if body["data"]["alert"]["id"] == 1]
    heard = list(dict.fromkeys(heard))
    assert [kind for _, kind in heard] == ["alert.opened", "alert.closed"]
    assert heard[0][0] == before["json"]["key"]
    # Those that keep an incident or an issue for each alert know it by one name.
    for name, member in (("pagerduty", "dedup_key"), ("opsgenie", "alias")):
        names = {body[member] for r in asked[name] if member in (body := json.loads(r["body"]))
                 and "Suspicious process 1" in r["body"]}
        assert len(names) <= 1, name
    # The fallback hears of dead targets alone, never of the alert.
    assert not site.rows("select 1 from v_deliveries where target = 'other' and alert_id = 1")
