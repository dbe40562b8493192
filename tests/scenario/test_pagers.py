"""Services that people are called by keep an incident for each alert: what they are told,
and in which order, also when the daemon is killed in between."""
import json

import pytest

import fakes
import kit

KEY = "R0123456789abcdefghijklmnopqrstu"
SETTINGS = kit.FILES + """
targets:
  - name: pager
    type: webhook
    format: pagerduty
    url: "{url}/v2/enqueue"
    routing-key: {credential: pagerduty-key}
    allow-private: true
routes:
  - ladder: [{after: 0s, notify: [pager]}]
fallback: pager
"""
ACCEPTED = {"status": 202, "type": "application/json",
            "body": json.dumps({"status": "success", "message": "Event processed",
                                "dedup_key": "k"})}


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        fake.fault(path="/v2/enqueue", **ACCEPTED)
        yield fake


@pytest.fixture
def pager(site, sink):
    site.secret("pagerduty-key", KEY)
    site.settings(SETTINGS, url=sink.url)
    kit.put(site, kit.alert())
    return site


def events(sink):
    return [(body["event_action"], body["dedup_key"]) for body in sink.bodies()]


def wait_sent(site, kind):
    return kit.wait_delivery(site, "kind = ? and state = 'sent'", kind)


def test_one_incident_from_trigger_to_resolve(pager, sink):
    """Opened, acknowledged and closed here are a trigger, an acknowledge and a resolve of
    one incident; the key of the service is nowhere but in the requests."""
    pager.start()
    wait_sent(pager, "opened")
    assert pager.ctl("ack", "1", "--note", "mine")[0] == 0
    wait_sent(pager, "acknowledged")
    assert pager.ctl("close", "1", "--as", "benign")[0] == 0
    wait_sent(pager, "closed")
    actions, keys = zip(*events(sink))
    assert actions == ("trigger", "acknowledge", "resolve")
    assert len(set(keys)) == 1
    assert {body["routing_key"] for body in sink.bodies()} == {KEY}
    payload = sink.bodies()[0]["payload"]
    assert payload["summary"] == "HIGH: Suspicious process 1 on vm-1 (#1)"
    assert (payload["severity"], payload["source"]) == ("error", "vm-1")
    assert pager.stop() == 0
    for path in pager.state.iterdir():
        assert KEY.encode() not in path.read_bytes(), path
    assert KEY not in pager.log_text()
    assert KEY not in pager.ctl("outbox")[1]


def test_order_holds_over_kills(pager, sink):
    """Killed after each event, and in the middle of one: the incident hears its own end
    last, and of no event less than once."""
    pager.start()
    wait_sent(pager, "opened")
    pager.kill()
    pager.start()
    # The answer to the acknowledgement never comes: nobody knows whether it arrived.
    sink.heal()
    sink.fault(path="/v2/enqueue", hang=True)
    n = len(sink.requests())
    assert pager.ctl("ack", "1", "--note", "mine")[0] == 0
    sink.wait_requests(n + 1)
    pager.kill()
    sink.heal()
    sink.fault(path="/v2/enqueue", **ACCEPTED)
    pager.start()
    wait_sent(pager, "acknowledged")
    pager.kill()
    pager.start()
    assert pager.ctl("close", "1", "--as", "benign")[0] == 0
    wait_sent(pager, "closed")
    actions, keys = zip(*events(sink))
    assert actions == ("trigger", "acknowledge", "acknowledge", "resolve")
    assert len(set(keys)) == 1


def test_who_is_called_again_gets_a_new_incident(pager, sink):
    """The service leaves an incident alone that is acknowledged, whatever comes: when an
    acknowledgement has run out it is resolved and triggered, once, and called again."""
    pager.settings(SETTINGS.replace("notify: [pager]}]", "notify: [pager]}, {after: 2s, notify: [pager]}]")
                   + "acknowledge-expires: {high: 2s}\n", url=sink.url)
    pager.start()
    wait_sent(pager, "opened")
    assert pager.ctl("ack", "1", "--note", "mine")[0] == 0
    wait_sent(pager, "acknowledged")
    since = "kind = 'escalated' and state = 'sent' and id > (select id from v_deliveries where kind = 'acknowledged')"
    kit.wait_for(lambda: len(kit.deliveries(pager, since)) == 2, "two steps of the ladder begun anew")
    told = events(sink)
    assert len({key for _, key in told}) == 1
    actions = [action for action, _ in told]
    assert actions[actions.index("acknowledge"):] == ["acknowledge", "resolve", "trigger", "trigger"]


def test_a_summary_ends_with_the_last_of_its_alerts(pager, sink):
    """A message about several alerts is one incident, which nobody would ever resolve."""
    pager.settings(SETTINGS + "groups: {wait: {high: 1s}}\n", url=sink.url)
    kit.put(pager, *(kit.alert(n, alertType="VM_Probe", compromisedEntity="vm-1") for n in (1, 2)))
    pager.start()
    wait_sent(pager, "digest")
    for number in (1, 2):
        assert pager.ctl("close", number, "--as", "benign")[0] == 0
        kit.wait_delivery(pager, "kind = 'closed' and state = 'sent' and alert_id = ?", number)
    (first, summary), *rest = events(sink)
    assert first == "trigger" and {action for action, _ in rest} == {"resolve"}
    keys = [key for _, key in rest]
    assert len(keys) == 3 and keys[2] == summary and len(set(keys)) == 3, keys


def test_refusal_names_the_field(pager, sink):
    """400: once more with less, then dead with the service's own words, for whoever looks
    into the outbox. What it repeats of the key is not shown."""
    sink.heal()
    sink.fault(path="/v2/enqueue", status=400, type="application/json", body=json.dumps({
        "status": "invalid event", "message": "Event object is invalid",
        "errors": [f"'routing_key' {KEY} is unknown"]}))
    pager.start()
    row = kit.wait_delivery(pager, "state = 'dead'")
    assert "Event object is invalid; 'routing_key' [secret] is unknown" in row["last_error"]
    first, second = (body["payload"]["custom_details"] for body in sink.bodies())
    assert first["alert_id"] == "1" and isinstance(second, str)
    assert KEY not in pager.log_text()


def test_answer_of_something_in_between(pager, sink):
    """A page instead of PagerDuty's answer is no success, whatever its status."""
    sink.heal()
    sink.answer({"status": 200, "type": "text/html", "body": fakes.HTML})
    sink.fault(path="/v2/enqueue", **ACCEPTED)
    pager.start()
    row = wait_sent(pager, "opened")
    assert row["attempts"] == 2


def test_opsgenie_hears_each_verb_at_its_path(site, sink):
    """Created, acknowledged and closed under one alias, below the address of the settings."""
    site.secret("opsgenie-key", KEY)
    site.settings(SETTINGS.replace("pagerduty\n", "opsgenie\n")
                  .replace("/v2/enqueue", "/jsm/ops/integration/v2/alerts")
                  .replace("routing-key: {credential: pagerduty-key}",
                           "api-key: {credential: opsgenie-key}\n    responders: [soc]"),
                  url=sink.url)
    sink.fault(path="/jsm/*", status=202, type="application/json",
               body=json.dumps({"result": "Request will be processed", "requestId": "r"}))
    kit.put(site, kit.alert())
    site.start()
    wait_sent(site, "opened")
    assert site.ctl("ack", "1", "--note", "mine")[0] == 0
    wait_sent(site, "acknowledged")
    assert site.ctl("close", "1", "--as", "benign")[0] == 0
    wait_sent(site, "closed")
    create, acknowledge, close = sink.requests("/jsm/*")
    body = json.loads(create["body"])
    base = "/jsm/ops/integration/v2/alerts"
    assert create["path"] == base
    assert acknowledge["path"] == f"{base}/{body['alias']}/acknowledge"
    assert close["path"] == f"{base}/{body['alias']}/close"
    assert body["responders"] == [{"type": "team", "name": "soc"}]
    for request in (create, acknowledge, close):
        headers = {name.lower(): value for name, value in request["headers"].items()}
        assert headers["authorization"] == f"GenieKey {KEY}"
        assert KEY not in request["body"]
