"""The doors of the fake cloud themselves: Graph, hunting, Cloud Apps, Resource Graph, and
the ways to sign in. A test against a fake that lets everything pass would prove nothing."""
import base64
import hashlib
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

import fakes

BASE = "2026-11-21T21:22:00Z"
CLOUD_APPS = "05a65629-4c1b-48c1-a78b-804c4abdd4af/.default"
PREFER = {"Prefer": "include-unknown-enum-members"}


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 7, "alerts": 20, "xdr": 60, "behaviors": 12,
                                "subscriptions": 2, "page": 25, "base": BASE}) as fake:
        yield fake


def call(url, body=None, headers=None):
    """(status, headers, JSON) of a request, also when it is an error."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(url, data, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as e:
        with e:
            return e.code, e.headers, json.loads(e.read() or b"null")


def sign_in(azure, scope="https://graph.microsoft.com/.default", **fields):
    fields = {"client_id": "c", "grant_type": "client_credentials", "scope": scope,
              **(fields or {"client_secret": "s"})}
    return call(azure.url + "/t/oauth2/v2.0/token", fakes.form(**fields).encode())


def bearer(azure, scope="https://graph.microsoft.com/.default", **headers):
    return {"Authorization": "Bearer " + sign_in(azure, scope)[2]["access_token"], **headers}


def graph_url(azure, **options):
    query = urllib.parse.urlencode({f"${name}": value for name, value in options.items()},
                                   quote_via=urllib.parse.quote)
    return f"{azure.url}/v1.0/security/alerts_v2?{query}"


def graph_alerts(azure, **options):
    """Alerts of all pages, and the count of pages."""
    url, found, pages = graph_url(azure, **options), [], 0
    headers = bearer(azure, **PREFER)
    while url:
        status, _, page = call(url, headers=headers)
        assert status == 200, page
        found += page["value"]
        pages += 1
        url = page.get("@odata.nextLink")
    return found, pages


def test_graph_shows_every_product(azure):
    found, pages = graph_alerts(azure)
    assert (len(found), pages) == (80, 4)
    assert len({alert["id"] for alert in found}) == 80
    assert {alert["id"][:2] for alert in found} == {"dc", "ca", "da", "ma", "ad", "fa", "sn"}
    for alert in found:
        assert alert["id"] == alert["id"][:2] + alert["providerAlertId"]
        assert alert["severity"] in ("high", "medium", "low", "informational")
        assert alert["evidence"] and alert["lastUpdateDateTime"] >= alert["createdDateTime"][:19]
    arm = {alert["name"]: alert for alert in azure.alerts()}
    cloud = {alert["providerAlertId"] for alert in found if alert["id"].startswith("dc")}
    assert cloud == set(arm)


def test_graph_filters_and_sorts(azure):
    everything = azure.door("graph")
    moments = sorted(alert["lastUpdateDateTime"] for alert in everything)
    middle = moments[40]
    found, _ = graph_alerts(azure, filter=f"lastUpdateDateTime ge {middle}",
                            orderby="lastUpdateDateTime asc")
    # As text, fractions of different length do not sort; as instants they do.
    assert 35 <= len(found) <= 45
    assert middle in [alert["lastUpdateDateTime"] for alert in found]
    seconds = [alert["lastUpdateDateTime"][:19] for alert in found]
    assert seconds == sorted(seconds)
    found, _ = graph_alerts(azure, filter="serviceSource eq 'microsoftDefenderForCloud'")
    assert len(found) == 20
    found, _ = graph_alerts(azure, filter="(serviceSource eq 'microsoftDefenderForCloudApps' or "
                                          "serviceSource eq 'microsoftAppGovernance') and "
                                          "lastUpdateDateTime lt 2027-01-01T00:00:00Z")
    assert {alert["id"][:2] for alert in found} == {"ca", "ma"}
    headers = bearer(azure)
    for bad in ("lastUpdateDateTime ge '2026-01-01T00:00:00Z'", "title eq 'x'", "and", "a b c",
                "serviceSource eq microsoftSentinel", "(status eq 'new'", "status ge 'new'"):
        status, _, answer = call(graph_url(azure, filter=bad), headers=headers)
        assert (status, answer["error"]["code"]) == (400, "BadRequest"), bad
    assert call(graph_url(azure, orderby="title"), headers=headers)[0] == 400
    assert call(graph_url(azure, top=0), headers=headers)[0] == 400


def test_graph_hides_later_members_without_prefer(azure):
    url = graph_url(azure, filter="serviceSource eq 'microsoftDefenderForCloud'")
    plain = call(url, headers=bearer(azure))[2]["value"]
    asked = call(url, headers=bearer(azure, **PREFER))[2]["value"]
    assert {alert["serviceSource"] for alert in plain} == {"unknownFutureValue"}
    assert {alert["serviceSource"] for alert in asked} == {"microsoftDefenderForCloud"}


def test_graph_moves_and_ties_times(azure):
    azure.script(set_xdr=[{"index": 4, "status": "resolved", "updated": "2026-11-21T22:00:00Z"},
                          {"index": 5, "severity": "high", "still": True}],
                 set=[{"index": 0, "status": "Dismissed", "updated": "2026-11-21T22:00:00Z"}])
    found, _ = graph_alerts(azure, filter="lastUpdateDateTime ge 2026-11-21T22:00:00Z")
    assert {alert["status"] for alert in found} == {"resolved"} and len(found) == 2
    azure.script(set_xdr=[{"index": n, "updated": "2026-11-21T23:00:00Z"} for n in range(30)])
    tied, pages = graph_alerts(azure, filter="lastUpdateDateTime ge 2026-11-21T23:00:00Z")
    assert (len(tied), pages) == (30, 2)
    assert {alert["lastUpdateDateTime"] for alert in tied} == {"2026-11-21T23:00:00Z"}


def test_graph_shuffles_and_repeats(azure):
    azure.script(shuffle=True)
    one, two = (  # each listing in an order of its own, whole all the same
        [alert["id"] for alert in graph_alerts(azure)[0]] for _ in range(2))
    assert one != two and sorted(one) == sorted(two) and len(set(one)) == 80
    azure.script(shuffle=False, repeat=3)
    repeated = [alert["id"] for alert in graph_alerts(azure)[0]]
    assert len(repeated) > 80 and len(set(repeated)) == 80


def test_graph_says_no(azure):
    for name, status in (("forbidden", 403), ("throttled", 429), ("unavailable", 503)):
        azure.answer({"graph": name})
        answer = call(graph_url(azure), headers={})
        assert answer[0] == status and answer[2]["error"]["code"]
    assert call(graph_url(azure))[0] == 401
    assert call(graph_url(azure), headers=bearer(azure, CLOUD_APPS))[0] == 401
    azure.script(graph_per_minute=1)
    headers = bearer(azure)
    call(graph_url(azure), headers=headers)
    status, answer_headers, _ = call(graph_url(azure), headers=headers)
    assert status == 429 and answer_headers["Retry-After"] == "1"


def hunt(azure, query):
    return call(f"{azure.url}/v1.0/security/runHuntingQuery", {"Query": query}, bearer(azure))


def test_hunting_finds_behaviors_in_a_window(azure):
    status, _, answer = hunt(azure, "BehaviorInfo | where Timestamp > ago(2d)")
    assert status == 200 and len(answer["results"]) == 12
    assert {"name": "Timestamp", "type": "DateTime"} in answer["schema"]
    whens = sorted(row["Timestamp"] for row in answer["results"])
    query = ("BehaviorInfo | where Timestamp between "
             f"(datetime({whens[3]}) .. datetime({whens[7]})) "
             "| join kind=leftouter BehaviorEntities on BehaviorId")
    rows = hunt(azure, query)[2]["results"]
    assert len(rows) == 10 and len({row["BehaviorId"] for row in rows}) == 5
    assert {row["EntityType"] for row in rows} == {"User", "Ip"}
    query = (f"BehaviorInfo | where Timestamp >= datetime({whens[3]}) "
             f"and Timestamp < datetime({whens[7]})")
    assert len(hunt(azure, query)[2]["results"]) == 4
    assert hunt(azure, "DeviceInfo")[0] == 400


def apps(azure, headers=None, **body):
    headers = headers or bearer(azure, CLOUD_APPS)
    return call(f"{azure.url}/api/v1/alerts/", body, headers)


def test_cloud_apps_pages_and_filters(azure):
    azure.script(seed=7, alerts=0, xdr=60, products=["ca"], base=BASE)
    headers = bearer(azure, CLOUD_APPS)
    found, more = [], True
    while more:
        status, _, page = apps(azure, headers, filters={}, sortField="date", sortDirection="asc",
                               skip=len(found), limit=100)
        assert status == 200 and page["total"] == 60 and page["moreThanTotal"] is False
        found += page["data"]
        more = page["hasNext"]
    assert len({alert["_id"] for alert in found}) == 60
    whens = [alert["timestamp"] for alert in found]
    assert whens == sorted(whens)
    graph = {alert["id"] for alert in azure.door("graph")}
    assert {"ca" + alert["_id"] for alert in found} == graph
    some = apps(azure, headers, filters={"date": {"gte": whens[10], "lte": whens[12]}})[2]
    assert [alert["timestamp"] for alert in some["data"]] == whens[12:9:-1]
    low = apps(azure, headers, filters={"severity": {"eq": [3]}})[2]["data"]
    assert {alert["severityValue"] for alert in low} <= {3}
    for wrong in ({"limit": 101}, {"sortField": "title"}, {"filters": {"nothing": {}}}):
        status, _, answer = apps(azure, headers, **wrong)
        assert status == 400 and answer["error"] is True


def test_cloud_apps_counts_requests(azure):
    azure.script(cloud_apps_per_minute=3)
    headers = bearer(azure, CLOUD_APPS)
    assert [apps(azure, headers)[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    assert azure.state()["cloud_apps_refused"] == 2


def test_cloud_apps_lets_in(azure):
    assert apps(azure, {"Authorization": "Bearer x"})[0] == 401
    assert apps(azure, bearer(azure))[0] == 401, "a token for another service"
    azure.script(token={"legacy": "0123abcd"})
    assert apps(azure, {"Authorization": "Token 0123abcd"})[0] == 200
    assert apps(azure, {"Authorization": "Token 0123abce"})[0] == 401


def resource_graph(azure, options=None, query=None, **body):
    query = query or ("securityresources | where type =~ 'microsoft.security/locations/alerts' "
                      "| project id, name, subscriptionId, properties | order by id asc")
    url = f"{azure.url}/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
    return call(url, {"query": query, "options": options or {}, **body}, bearer(azure))


def test_resource_graph_pages(azure):
    azure.script(page=8)
    rows, options = [], {"$top": 1000, "resultFormat": "objectArray"}
    while True:
        status, headers, answer = resource_graph(azure, options)
        assert status == 200 and headers["x-ms-user-quota-remaining"] == "14"
        rows += answer["data"]
        assert answer["resultTruncated"] == ("true" if "$skipToken" in answer else "false")
        if "$skipToken" not in answer:
            break
        options["$skipToken"] = answer["$skipToken"]
    assert [row["id"].lower() for row in rows] == sorted(row["id"].lower() for row in rows)
    assert {row["name"] for row in rows} == {alert["name"] for alert in azure.alerts()}
    one = resource_graph(azure, subscriptions=azure.subscriptions()[:1])[2]
    assert one["totalRecords"] == 10
    lost = resource_graph(azure, query="securityresources | project name")[2]
    assert lost["resultTruncated"] == "true" and "$skipToken" not in lost


def test_management_group_has_descendants(azure):
    azure.script(groups={"platform": [1]}, subscription_page=1)
    url = f"{azure.url}/providers/Microsoft.Management/managementGroups/platform/descendants"
    answer = call(url + "?api-version=2021-04-01", headers=bearer(azure))[2]
    assert [one["name"] for one in answer["value"]] == azure.subscriptions()[1:]
    assert call(url.replace("platform", "x") + "?api-version=2021-04-01",
                headers=bearer(azure))[0] == 404


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def assertion(azure, folder, pem, head=None, **claims):
    """A signed JWT as the documentation of the certificate sign-in has it."""
    key = folder / "both.pem"
    key.write_text(pem)
    der = subprocess.run(["openssl", "x509", "-in", key, "-outform", "DER"], check=True,
                         capture_output=True).stdout
    now = int(time.time())
    head = {"alg": "PS256", "typ": "JWT", "x5t#S256": part(hashlib.sha256(der).digest()),
            **(head or {})}
    claims = {"aud": azure.url + "/t/oauth2/v2.0/token", "iss": "c", "sub": "c",
              "jti": str(time.monotonic_ns()), "nbf": now, "iat": now, "exp": now + 600, **claims}
    text = part(head) + "." + part(claims)
    command = ["openssl", "dgst", "-sha256", "-sign", key]
    if head["alg"] == "PS256":
        command += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"]
    signature = subprocess.run(command, input=text.encode(), check=True,
                               capture_output=True).stdout
    return text + "." + part(signature)


def sign_in_with(azure, text):
    status, _, answer = sign_in(
        azure, client_assertion=text,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    return status if status == 200 else answer["error_codes"][0]


def test_a_certificate_signs_in(azure, tmp_path):
    certificate, both = fakes.signing_certificate(tmp_path)
    _, other = fakes.signing_certificate(tmp_path, "other")
    azure.script(token={"certificate": certificate})
    good = assertion(azure, tmp_path, both)
    assert sign_in_with(azure, good) == 200
    assert sign_in_with(azure, good) == 50012, "the same jti twice"
    now = int(time.time())
    for code, text in (
            (700027, assertion(azure, tmp_path, other)),
            (50012, assertion(azure, tmp_path, both)[:-8] + "AAAAAAAA"),
            (50012, assertion(azure, tmp_path, both, aud="https://login.example.org/")),
            (50012, assertion(azure, tmp_path, both, iss="somebody")),
            (700024, assertion(azure, tmp_path, both, exp=now - 10)),
            (700024, assertion(azure, tmp_path, both, exp=now + 7200)),
            (9002313, assertion(azure, tmp_path, both, {"alg": "none"})),
            (9002313, "text")):
        assert sign_in_with(azure, text) == code


def test_a_federated_assertion_signs_in(azure):
    azure.script(token={"federated": "header.claims.signature"})
    assert sign_in_with(azure, "header.claims.signature") == 200
    assert sign_in_with(azure, "header.claims.other") == 700213
    assert azure.sign_ins()[0]["client_assertion"] == "header.claims.signature"


def test_a_machine_has_an_identity(azure):
    url = (f"{azure.url}/metadata/identity/oauth2/token?api-version=2018-02-01"
           "&resource=https%3A%2F%2Fmanagement.azure.com%2F")
    assert call(url)[0] == 400, "without the header"
    status, _, answer = call(url, headers={"Metadata": "true"})
    assert status == 200 and answer["expires_in"] == "3599" and answer["expires_on"].isdigit()
    token = {"Authorization": "Bearer " + answer["access_token"]}
    assert call(f"{azure.url}/subscriptions?api-version=2022-12-01", headers=token)[0] == 200
    azure.script(token={"client_id": "mine"})
    assert call(url + "&client_id=other", headers={"Metadata": "true"})[0] == 400
    azure.fault(path="/metadata/*", identity="updating", times=1)
    assert call(url, headers={"Metadata": "true"})[0] == 410
    assert azure.state()["identity_requests"] == 4


def test_arc_wants_the_key_of_a_file(azure):
    azure.script(arc={"key": "k3y", "file": "/var/opt/azcmagent/tokens/x.key"})
    url = (f"{azure.url}/metadata/identity/oauth2/token?api-version=2019-11-01"
           "&resource=https%3A%2F%2Fmanagement.azure.com%2F")
    status, headers, _ = call(url, headers={"Metadata": "true"})
    assert status == 401
    assert headers["WWW-Authenticate"] == "Basic realm=/var/opt/azcmagent/tokens/x.key"
    assert call(url, headers={"Metadata": "true", "Authorization": "Basic k3y"})[0] == 200


def test_a_challenge_wants_its_claims(azure):
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'
    azure.script(claims=claims)
    url = f"{azure.url}/subscriptions?api-version=2022-12-01"
    for door in (url, graph_url(azure)):
        status, headers, _ = call(door, headers=bearer(azure))
        assert status == 401 and 'error="insufficient_claims"' in headers["WWW-Authenticate"]
        text = headers["WWW-Authenticate"].split('claims="')[1].split('"')[0]
        assert json.loads(base64.urlsafe_b64decode(text + "==")) == json.loads(claims)
    answer = sign_in(azure, client_secret="s", claims=claims)[2]
    token = {"Authorization": "Bearer " + answer["access_token"]}
    assert call(url, headers=token)[0] == 200
    azure.script(claims=None)
    assert call(url, headers=bearer(azure))[0] == 200
