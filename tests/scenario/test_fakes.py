"""The fakes themselves: a test against a fake that does not do what its script
says would prove nothing."""
import base64
import http.client
import json
import smtplib
import socket
import ssl
import time
import urllib.error
import urllib.request

import pytest

import fakes

VERSION = "api-version=2022-01-01"
SIGN_IN = fakes.form(client_id="c", client_secret="s", scope="x/.default",
                     grant_type="client_credentials")


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 7, "alerts": 25, "subscriptions": 2, "page": 5,
                                "base": "2026-11-21T21:22:00Z"}) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


def call(url, body=None, token=None, context=None, timeout=10):
    """(status, headers, body) of a request, also when it is an error."""
    request = urllib.request.Request(url, body.encode() if body is not None else None)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=context) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as e:
        with e:
            return e.code, e.headers, e.read()


def sign_in(azure, body=SIGN_IN):
    status, _, text = call(azure.url + "/t/oauth2/v2.0/token", body)
    return status, json.loads(text)


def token_of(azure):
    status, answer = sign_in(azure)
    assert status == 200
    return answer["access_token"]


def alerts_url(azure, number=0):
    return (f"{azure.url}/subscriptions/{azure.subscriptions()[number]}"
            f"/providers/Microsoft.Security/alerts?{VERSION}")


def pages(azure, number=0, limit=50):
    """All pages of a list, as dicts."""
    token, url, found = token_of(azure), alerts_url(azure, number), []
    while url and len(found) < limit:
        status, _, text = call(url, token=token)
        assert status == 200, text
        found.append(json.loads(text))
        url = found[-1].get("nextLink")
    return found


def ids(some_pages):
    return [alert["id"] for page in some_pages for alert in page["value"]]


# Sign-in and Resource Manager

def test_token_is_issued_and_counted(azure):
    status, answer = sign_in(azure)
    assert status == 200
    assert answer["token_type"] == "Bearer" and answer["expires_in"] == 3599
    assert len(answer["access_token"]) > 1000
    assert azure.state()["token_requests"] == 1
    azure.script(token={"expires_in": 5, "as_string": True})
    assert sign_in(azure)[1]["expires_in"] == "5"


def test_wrong_credentials_have_their_code(azure):
    azure.script(token={"client_id": "c", "client_secret": "right"})
    status, answer = sign_in(azure)
    assert (status, answer["error"], answer["error_codes"]) == (401, "invalid_client", [7000215])
    assert answer["error_description"].startswith("AADSTS7000215:")
    assert sign_in(azure, "grant_type=client_credentials")[1]["error_codes"] == [900144]
    azure.fault(path="*/token", aadsts=90033, times=1)
    assert sign_in(azure)[1]["error"] == "temporarily_unavailable"


def test_arm_wants_a_token_it_issued(azure):
    url = f"{azure.url}/subscriptions?api-version=2022-12-01"
    status, headers, text = call(url)
    assert status == 401 and headers["WWW-Authenticate"].startswith("Bearer ")
    assert json.loads(text)["error"]["code"] == "InvalidAuthenticationToken"
    token = token_of(azure)
    assert call(url, token=token)[0] == 200
    assert call(url, token="x" + token)[0] == 401
    azure.script(revoke=True)
    assert call(url, token=token)[0] == 401
    azure.script(token={"expires_in": 0})
    assert call(url, token=token_of(azure))[0] == 401


def test_subscriptions_come_in_pages(azure):
    azure.script(subscription_page=1)
    token = token_of(azure)
    first = json.loads(call(f"{azure.url}/subscriptions?api-version=2022-12-01", token=token)[2])
    second = json.loads(call(first["nextLink"], token=token)[2])
    assert [s["subscriptionId"] for s in first["value"] + second["value"]] == azure.subscriptions()
    assert "nextLink" not in second
    assert first["value"][0]["state"] == "Enabled"


def test_alerts_have_the_documented_shape(azure):
    found = pages(azure, 0) + pages(azure, 1)
    alerts = [alert for page in found for alert in page["value"]]
    assert len(alerts) == len(set(ids(found))) == 25
    for alert in alerts:
        p = alert["properties"]
        assert alert["name"] == p["systemAlertId"] == alert["id"].split("/")[-1]
        assert alert["type"] == "Microsoft.Security/Locations/alerts"
        assert p["severity"] in ("High", "Medium", "Low", "Informational")
        assert p["status"] in ("Active", "InProgress", "Resolved", "Dismissed")
        assert p["startTimeUtc"] <= p["timeGeneratedUtc"] < "2026-11-21T21:22:01"
        assert p["resourceIdentifiers"] and p["entities"]
        assert 3000 < len(json.dumps(alert)) < 6000


POSTURE = ("pricings", "secureScores", "assessments", "assessmentMetadata", "securityContacts",
           "automations", "autoProvisioningSettings", "settings")


def posture(azure, name, number=0):
    """All items of a listing of a subscription's posture, page by page."""
    url = (f"{azure.url}/subscriptions/{azure.subscriptions()[number]}/providers/"
           f"Microsoft.Security/{name}?api-version=2021-06-01")
    token, found = token_of(azure), []
    while url:
        status, _, text = call(url, token=token)
        assert status == 200, text
        page = json.loads(text)
        found += page["value"]
        url = page.get("nextLink")
    return found


def test_posture_is_told_in_pages(azure):
    """Two subscriptions, one kept better than the other; what is mended is healthy."""
    azure.script(page=2)
    for name in POSTURE:
        items = posture(azure, name)
        assert items and len({item["id"] for item in items}) == len(items)
        assert all(item["type"] == f"Microsoft.Security/{name}" for item in items)
        assert all(item["name"] and item["properties"] for item in items)

    def unhealthy(number):
        return [i["properties"]["status"]["code"] for i in posture(azure, "assessments", number)
                ].count("Unhealthy")
    before = unhealthy(0)
    assert 0 < before < unhealthy(1)
    azure.script(healthy=[0])
    assert unhealthy(0) == before - 1
    # What an alert is about has a recommendation of its own.
    newest = pages(azure)[0]["value"][0]["properties"]["resourceIdentifiers"][0]
    assert posture(azure, "assessments")[0]["id"].startswith(newest["azureResourceId"] + "/")


def test_posture_goes_wrong_by_script(azure):
    url = (f"{azure.url}/subscriptions/{azure.subscriptions()[0]}/providers/"
           "Microsoft.Security/pricings?api-version=2024-01-01")
    token = token_of(azure)
    azure.fault(path="*/pricings", arm="forbidden", times=1)
    assert call(url, token=token)[0] == 403
    azure.heal()
    azure.fault(path="*/pricings", next_link="self", times=1)
    assert json.loads(call(url, token=token)[2])["nextLink"] == url
    assert json.loads(call(url, token=token)[2])["nextLink"] != url
    azure.script(states={"0": "Disabled"})
    listed = json.loads(call(f"{azure.url}/subscriptions?api-version=2022-12-01",
                             token=token)[2])["value"]
    assert [one["state"] for one in listed] == ["Disabled", "Enabled"]


def test_same_seed_same_alerts(azure, tmp_path):
    with fakes.Azure(tmp_path, {"seed": 7, "alerts": 25, "subscriptions": 2, "page": 100,
                                "base": "2026-11-21T21:22:00Z"}) as other:
        assert ids(pages(other)) == ids(pages(azure))
    with fakes.Azure(tmp_path, {"seed": 8, "alerts": 25, "subscriptions": 2}) as other:
        assert not set(ids(pages(other))) & set(ids(pages(azure)))


def test_id_counters_differ_by_answer(azure):
    one, two = pages(azure), pages(azure)
    assert ids(one) == ids(two)
    assert json.dumps(one[0]["value"][0]["properties"]["entities"]) != json.dumps(
        two[0]["value"][0]["properties"]["entities"])


def test_alerts_can_be_added_and_changed(azure):
    azure.script(set=[{"index": 3, "status": "Dismissed", "severity": "High"}])
    azure.script(add=2, base="2026-11-21T22:00:00Z")
    held = azure.alerts()
    assert len(held) == 27
    assert (held[3]["status"], held[3]["severity"]) == ("Dismissed", "High")
    served = {a["name"]: a for n in (0, 1) for page in pages(azure, n) for a in page["value"]}
    assert served[held[3]["name"]]["properties"]["status"] == "Dismissed"
    # What is new enters at the front.
    newest = [a for a in held[25:] if a["subscription"] == azure.subscriptions()[0]][0]
    assert pages(azure)[0]["value"][0]["name"] == newest["name"]


def test_order_and_repetition(azure):
    plain = ids(pages(azure))
    azure.script(shuffle=True)
    assert ids(pages(azure)) != plain and sorted(ids(pages(azure))) == sorted(plain)
    azure.script(shuffle=False, repeat=2)
    repeated = ids(pages(azure))
    assert len(repeated) > len(plain) and set(repeated) == set(plain)


def test_next_links_that_must_not_be_followed(azure):
    azure.fault(path="*/alerts", next_link="https://other.example.org/x", times=1)
    azure.fault(path="*/alerts", next_link="self", times=1)
    azure.fault(path="*/alerts", next_link="first", times=1)
    url, token = alerts_url(azure), token_of(azure)
    links = [json.loads(call(url, token=token)[2])["nextLink"] for _ in range(3)]
    assert links == ["https://other.example.org/x", url, url]


def test_shapes_that_were_seen_and_should_not_be(azure):
    for shape in ("pascal", "no_value", "value_object", "bad_item"):
        azure.faults.append({"path": "*/alerts", "shape": shape, "times": 1})
    azure.script(faults=azure.faults)
    url, token = alerts_url(azure), token_of(azure)
    pascal = json.loads(call(url, token=token)[2])["value"][0]["properties"]
    assert "AlertDisplayName" in pascal and "Severity" not in pascal
    assert "value" not in json.loads(call(url, token=token)[2])
    assert json.loads(call(url, token=token)[2]) == {"value": {}}
    bad = call(url, token=token)[2]
    assert b'"\\ud800"' in bad and len(json.loads(bad)["value"]) == 6


def test_arm_errors_by_name(azure):
    expected = {"forbidden": 403, "not-registered": 404, "throttled": 429, "server-error": 500,
                "unavailable": 503, "expired-token": 401}
    url, token = alerts_url(azure), token_of(azure)
    for name, status in expected.items():
        azure.script(faults=[{"path": "*/alerts", "arm": name, "times": 1}])
        got, headers, text = call(url, token=token)
        assert got == status and json.loads(text)["error"]["code"]
        assert ("Retry-After" in headers) == (status in (429, 503))
    assert call(url, token=token)[0] == 200


def test_rules_count(azure):
    azure.fault(path="*/alerts", skip=1, times=2, status=500, body="<html>", type="text/html")
    url, token = alerts_url(azure), token_of(azure)
    assert [call(url, token=token)[0] for _ in range(4)] == [200, 500, 500, 200]


# Any HTTP fake

def test_sink_keeps_what_came(sink):
    assert call(sink.url + "/hook?x=1", '{"a": "é"}')[0] == 200
    line = sink.requests("/hook")[0]
    assert (line["method"], line["target"], line["n"]) == ("POST", "/hook?x=1", 1)
    assert line["headers"]["content-length"] == str(line["body_size"]) == "11"
    assert sink.bodies() == [{"a": "é"}]
    assert sink.state() == {"requests": 1}


def test_sink_keeps_bytes_that_are_no_text(sink):
    with socket.create_connection(("127.0.0.1", sink.port), timeout=10) as s:
        s.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n\xff\x00")
        assert s.recv(100).startswith(b"HTTP/1.1 200")
    assert base64.b64decode(sink.log()[0]["body"]["base64"]) == b"\xff\x00"


def test_sink_answers_as_told(sink):
    sink.answer({"status": 503, "headers": {"Retry-After": "7"}},
                {"status": 302, "headers": {"Location": "http://other.example.org/"}},
                {"json": {"ok": 0}})

    def post():
        c = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=10)
        c.request("POST", "/", "x")
        answer = c.getresponse()
        result = answer.status, answer.headers, answer.read()
        c.close()
        return result

    status, headers, _ = post()
    assert (status, headers["Retry-After"]) == (503, "7")
    status, headers, _ = post()
    assert (status, headers["Location"]) == (302, "http://other.example.org/")
    assert post()[2] == b'{"ok":0}'
    assert post()[0] == 200
    assert [line["status"] for line in sink.log()] == [503, 302, 200, 200]


def test_one_connection_takes_many_requests(sink):
    c = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=10)
    for _ in range(3):
        c.request("POST", "/", "x" * 100000)
        assert c.getresponse().read() == b'{"ok":true}'
    c.close()
    assert {line["connection"] for line in sink.log()} == {1}


def test_cut_close_reset(sink):
    sink.answer({"body": "0123456789", "cut": 4}, {"close": True}, {"reset": True})
    with pytest.raises(http.client.IncompleteRead) as cut:
        call(sink.url, "x")
    assert cut.value.partial == b"0123"
    with pytest.raises(http.client.RemoteDisconnected):
        call(sink.url, "x")
    with pytest.raises((ConnectionResetError, urllib.error.URLError)):
        call(sink.url, "x")
    assert call(sink.url, "x")[0] == 200


def test_hang_and_late(sink):
    sink.answer({"hang": True}, {"delay_ms": 150})
    with pytest.raises((TimeoutError, socket.timeout, urllib.error.URLError)):
        call(sink.url, "x", timeout=0.2)
    begin = time.monotonic()
    assert call(sink.url, "x")[0] == 200
    assert time.monotonic() - begin >= 0.15


def test_slow_huge_deep_chunked(sink):
    sink.answer({"body": "abcdef", "slow_bytes": 2, "slow_ms": 5}, {"huge": 3000001},
                {"depth": 5000}, {"body": "in a chunk", "chunked": True},
                {"huge": 200000, "chunked": True})
    assert call(sink.url, "x")[2] == b"abcdef"
    huge = call(sink.url, "x")[2]
    assert len(huge) == 3000001 and huge.startswith(b"[1,1,1") and b"11" not in huge
    assert call(sink.url, "x")[2] == b"[" * 5000
    assert call(sink.url, "x")[2] == b"in a chunk"
    assert len(call(sink.url, "x")[2]) == 200000


def test_http_over_tls(tmp_path):
    tls = fakes.certificate(tmp_path)
    with fakes.Azure(tmp_path, {"alerts": 3}, tls=tls) as azure:
        context = ssl.create_default_context(cafile=tls[0])
        status, _, text = call(azure.url + "/t/oauth2/v2.0/token", SIGN_IN, context=context)
        assert status == 200
        token = json.loads(text)["access_token"]
        page = json.loads(call(alerts_url(azure), token=token, context=context)[2])
        assert page["value"]
        with pytest.raises(urllib.error.URLError):
            call(azure.url + "/", context=ssl.create_default_context())


# Mail

MESSAGE = "From: a@example.org\r\nSubject: x\r\n\r\nline\r\n.dot\r\n..\r\n"


def send(smtp, tls=None, login=None, recipients=("b@example.org",)):
    with smtplib.SMTP("127.0.0.1", smtp.port, timeout=10) as client:
        client.ehlo("tester")
        if tls:
            client.starttls(context=ssl.create_default_context(cafile=tls[0]))
            client.ehlo("tester")
        if login:
            client.login(*login)
        return client.sendmail("a@example.org", list(recipients), MESSAGE)


def test_mail_is_kept_with_its_envelope(tmp_path):
    with fakes.Smtp(tmp_path) as smtp:
        assert send(smtp, recipients=["b@example.org", "c@example.org"]) == {}
        [mail] = smtp.messages()
        assert mail["from"] == "a@example.org"
        assert mail["to"] == ["b@example.org", "c@example.org"]
        assert mail["text"] == MESSAGE.encode()
        assert mail["bare_newlines"] == 0 and mail["longest_line"] == 19
        assert [c["stage"] for c in smtp.commands()] == [
            "connect", "ehlo", "mail", "rcpt", "rcpt", "data", "dot", "quit"]
        assert smtp.state() == {"connections": 1, "messages": 1}


def test_only_cr_lf_ends_a_line(tmp_path):
    with fakes.Smtp(tmp_path) as smtp, \
            socket.create_connection(("127.0.0.1", smtp.port), timeout=10) as s:
        f = s.makefile("rb")
        f.readline()
        for line in (b"MAIL FROM:<a@x>", b"RCPT TO:<b@x>", b"DATA"):
            s.sendall(line + b"\r\n")
            assert f.readline()[:1] in b"23"
        s.sendall(b"one\n.\nMAIL FROM:<evil@x>\r\n.\r\n")
        assert f.readline().startswith(b"250")
        f.close()
        [mail] = smtp.messages()
        assert mail["text"] == b"one\n.\nMAIL FROM:<evil@x>\r\n" and mail["bare_newlines"] == 2


def test_tls_and_sign_in(tmp_path):
    tls = fakes.certificate(tmp_path)
    script = {"users": {"u": "p"}, "require_auth": True, "require_tls": True}
    with fakes.Smtp(tmp_path, script, tls=tls) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            send(smtp)
        assert refused.value.smtp_code == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            send(smtp, tls, ("u", "wrong"))
        send(smtp, tls, ("u", "p"))
        [mail] = smtp.messages()
        assert mail["tls"] and mail["user"] == "u"
        assert '"p"' not in smtp.log_file.read_text()


def test_both_mechanisms(tmp_path):
    with fakes.Smtp(tmp_path, {"users": {"u": "p"}}) as smtp:
        for mechanism in ("auth_plain", "auth_login"):
            with smtplib.SMTP("127.0.0.1", smtp.port, timeout=10) as client:
                client.ehlo()
                client.user, client.password = "u", "p"
                for initial in (True, False):
                    name = mechanism[5:].upper()
                    if name == "LOGIN" and initial:
                        continue
                    code, _ = client.auth(name, getattr(client, mechanism),
                                          initial_response_ok=initial)
                    assert code == 235


def test_implicit_tls(tmp_path):
    tls = fakes.certificate(tmp_path)
    with fakes.Smtp(tmp_path, {"implicit_tls": True}, tls=tls) as smtp:
        context = ssl.create_default_context(cafile=tls[0])
        with smtplib.SMTP_SSL("127.0.0.1", smtp.port, timeout=10, context=context) as client:
            client.sendmail("a@example.org", ["b@example.org"], MESSAGE)
        assert len(smtp.messages()) == 1


@pytest.mark.parametrize("stage, error", [
    ("mail", smtplib.SMTPSenderRefused), ("rcpt", smtplib.SMTPRecipientsRefused),
    ("data", smtplib.SMTPDataError), ("dot", smtplib.SMTPDataError)])
def test_refusal_at_each_stage(tmp_path, stage, error):
    with fakes.Smtp(tmp_path) as smtp:
        smtp.fault(method=stage, reply="451 4.3.0 later", times=1)
        with pytest.raises(error):
            send(smtp)
        assert smtp.messages() == []
        send(smtp)
        assert len(smtp.messages()) == 1


def test_connections_that_break(tmp_path):
    gone = (smtplib.SMTPServerDisconnected, ConnectionError, smtplib.SMTPConnectError)
    with fakes.Smtp(tmp_path) as smtp:
        for stage, kept in (("connect", 0), ("body", 0), ("dot", 1)):
            smtp.script(faults=[{"method": stage, "drop": True, "times": 1}])
            with pytest.raises(gone):
                send(smtp)
            assert len(smtp.messages()) == kept
        smtp.script(faults=[{"method": "dot", "drop": True, "store": False}])
        with pytest.raises(gone):
            send(smtp)
        assert len(smtp.messages()) == 1


def test_silence_and_delay_after_the_dot(tmp_path):
    with fakes.Smtp(tmp_path) as smtp:
        smtp.script(faults=[{"method": "dot", "hang": True, "times": 1}])
        with smtplib.SMTP("127.0.0.1", smtp.port, timeout=0.3) as client:
            with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
                client.sendmail("a@example.org", ["b@example.org"], MESSAGE)
        assert len(smtp.messages()) == 1
        smtp.script(faults=[{"method": "rcpt", "path": "*slow@*", "delay_ms": 150}])
        begin = time.monotonic()
        send(smtp, recipients=["slow@example.org"])
        assert time.monotonic() - begin >= 0.15


def test_a_fake_ends_with_its_test(tmp_path):
    fake = fakes.Sink(tmp_path)
    process = fake.process
    fake.stop()
    assert process.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", fake.port), timeout=5)
    killed = fakes.Sink(tmp_path)
    killed.kill()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", killed.port), timeout=5)
