"""triaged --check-live and --test-notice: asked of the services themselves, in a few
seconds, with nothing stored, and for what fails the command that mends it."""
import json

import pytest

import doors
import fakes
import harness

ESTATE = {"seed": 5, "subscriptions": 2, "alerts": 12, "xdr": 6, "behaviors": 3, "page": 4}
PASSWORD = "canary-mail-0815"
MAIL = """
targets:
  - name: oncall
    type: email
    server: smtp://127.0.0.1:{port}
    from: triaged@example.org
    to: [anna@example.org, ben@example.org]
    username: triaged
    password: {credential: smtp-password}
    ca-file: {cert}
  - {name: soc, type: webhook, url: "{sink}/hook", allow-private: true}
fallback: oncall
"""


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, ESTATE) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


@pytest.fixture
def tls(tmp_path):
    return fakes.certificate(tmp_path)


@pytest.fixture
def smtp(tmp_path, tls):
    users = {"users": {"triaged": PASSWORD}, "require_auth": True, "require_tls": True}
    with fakes.Smtp(tmp_path, users, tls=tls) as fake:
        yield fake


def live(site, *options, status=0):
    """The rows that the check gives as JSON, without the last; the last says how many."""
    code, out, errors = site.run(*(options or ["--check-live"]), "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == status, (out, errors)
    assert rows[-1] == {"about": "end", "ok": sum(row["ok"] for row in rows[:-1]),
                        "failed": sum(not row["ok"] for row in rows[:-1])}
    for word in ("correct horse", PASSWORD, "eyJ"):
        assert word not in out + errors
    return rows[:-1]


def failed(rows):
    return [row for row in rows if not row["ok"]]


def test_every_source_is_asked(site, azure):
    """Each door signs in, and is asked for one page; nothing is left behind."""
    doors.configure(site, *(doors.block(kind, azure) for kind in doors.KINDS))
    (site.outbox / "ops").mkdir()
    rows = live(site)
    assert {row["name"] for row in rows} == {*doors.KINDS, "ops"}
    for kind in doors.KINDS:
        assert next(row["step"] for row in rows if row["name"] == kind) == "sign-in"
    arm = [(row["step"], row["text"]) for row in rows if row["name"] == "arm"]
    assert arm[1] == ("subscriptions", "2")
    assert [text for _, text in arm[2:]] == ["may be read"] * 2
    # One page each, although the doors have many; and one sign-in for all ways in.
    for _, path in doors.DOORS.values():
        assert len(azure.requests(path)) == (2 if path == doors.DOORS["arm"][1] else 1), path
    assert list(site.state.iterdir()) == []


def test_people_read_lines(site, azure):
    doors.configure(site, doors.block("graph", azure))
    azure.fault(path="*/alerts_v2", graph="forbidden")
    status, out, _ = site.run("--check-live")
    assert status == 1
    assert "ok      source graph: sign-in: " + harness.CLIENT in out
    assert "FAILED  source graph: alerts: HTTP 403" in out
    assert "        next: az ad app permission add --id " + harness.CLIENT in out
    assert out.endswith(" failed\n")


@pytest.mark.parametrize("kind, effect, path, role", [
    ("arm", {"arm": "forbidden"}, "*/Microsoft.Security/alerts", "Security Reader"),
    ("graph", {"graph": "forbidden"}, "*/alerts_v2", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5"),
    ("hunting", {"graph": "forbidden"}, "*/runHuntingQuery",
     "dd98c7f5-2d42-42d3-a0e4-633161547251"),
])
def test_a_missing_role_is_named(site, azure, kind, effect, path, role):
    """With the command that grants it, and to whom."""
    doors.configure(site, doors.block(kind, azure))
    azure.fault(path=path, **effect)
    bad = [row for row in failed(live(site, status=1)) if row["about"] == "source"]
    assert bad and all("HTTP 403" in row["text"] for row in bad)
    assert all(role in row["next"] and harness.CLIENT in row["next"] for row in bad)
    assert all(row["next"].startswith("az ") for row in bad)


def test_a_wrong_secret(site, azure):
    """Refused once, and no API is asked."""
    azure.fault(path="*/token", aadsts=7000215)
    doors.configure(site, doors.block("arm", azure))
    [bad] = [row for row in failed(live(site, status=1)) if row["about"] == "source"]
    assert bad["step"] == "sign-in" and "AADSTS7000215" in bad["text"]
    assert "az ad app credential reset --id " + harness.CLIENT in bad["next"]
    assert azure.state()["token_requests"] == 1
    assert not azure.requests("*/subscriptions*")


def test_nothing_is_tried_twice(site, azure):
    """429 and 503 are told at once: who asks wants to know now."""
    azure.fault(path="*/Microsoft.Security/alerts", status=503)
    doors.configure(site, doors.block("arm", azure))
    bad = [row for row in failed(live(site, status=1)) if row["about"] == "source"]
    assert [row["text"] for row in bad] == ["HTTP 503"] * 2
    assert len(azure.requests("*/Microsoft.Security/alerts")) == 2


def test_faults_of_the_settings(site):
    """Nothing is asked then; systemd's word for settings."""
    site.settings("sources: [{name: x}]\nfallback: nobody\n")
    status, out, errors = site.run("--check-live")
    assert status == 78 and out == "" and "triaged.yaml:" in errors


def mail_site(site, smtp, tls, sink):
    site.secret("smtp-password", PASSWORD)
    site.settings(MAIL, port=smtp.port, cert=tls[0], sink=sink.url)


def test_targets_are_reached_without_a_message(site, smtp, tls, sink):
    mail_site(site, smtp, tls, sink)
    rows = live(site)
    assert [(row["name"], row["step"], row["text"]) for row in rows] == [
        ("oncall", "mail server", "TLS, signed in"), ("soc", "connection", "without TLS")]
    assert smtp.messages() == [] and not smtp.commands("mail")
    assert sink.requests() == []


def test_targets_that_fail(site, smtp, tls, sink):
    """The wrong password, a certificate of nobody we know, a port where nobody is."""
    mail_site(site, smtp, tls, sink)
    site.secret("smtp-password", PASSWORD + "x")
    sink.kill()
    mail, hook = failed(live(site, status=1))
    assert "535: sign-in refused" in mail["text"] and mail["next"]
    assert "connection refused" in hook["text"].lower() and hook["next"].startswith("curl ")
    assert hook["next"].endswith(" " + sink.url)
    site.settings(MAIL.replace("    ca-file: {cert}\n", ""), port=smtp.port, sink=sink.url)
    mail = failed(live(site, status=1))[0]
    assert "certificate" in mail["text"]
    assert f"openssl s_client -starttls smtp -connect 127.0.0.1:{smtp.port} " in mail["next"]


def test_a_webhook_with_tls(site, tls, tmp_path):
    with fakes.Sink(tmp_path, tls=tls) as sink:
        site.settings('targets:\n  - {name: soc, type: webhook, url: "{sink}/hook", '
                      'allow-private: true, ca-file: "{cert}"}\nfallback: soc\n',
                      sink=sink.url, cert=tls[0])
        [row] = live(site)
        assert row["text"] == "TLS"
        site.settings('targets:\n  - {name: soc, type: webhook, url: "{sink}/hook", '
                      'allow-private: true}\nfallback: soc\n', sink=sink.url)
        [row] = live(site, status=1)
        assert "certificate" in row["text"]
        assert row["next"].startswith("openssl s_client -connect 127.0.0.1:")
        assert sink.requests() == []


def test_a_test_notice_is_sent(site, smtp, tls, sink, tmp_path):
    """To every recipient, without daemon and database; what it used is gone after it."""
    mail_site(site, smtp, tls, sink)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    site.more_environment["TMPDIR"] = str(scratch)
    rows = live(site, "--test-notice", "oncall")
    assert sorted((row["step"], row["text"]) for row in rows) == [
        ("anna@example.org", "sent"), ("ben@example.org", "sent")]
    assert len(smtp.messages()) == 2
    assert b"triaged --test-notice" in smtp.messages()[0]["text"]
    rows = live(site, "--test-notice", "soc")
    assert [(row["step"], row["ok"]) for row in rows] == [("test notice", True)]
    [body] = sink.bodies()
    assert "test" in json.dumps(body)
    assert list(scratch.iterdir()) == [] and list(site.state.iterdir()) == []


def test_a_test_notice_that_fails(site, smtp, tls, sink):
    mail_site(site, smtp, tls, sink)
    sink.fault(status=410)
    [row] = failed(live(site, "--test-notice", "soc", status=1))
    assert "410" in row["text"]
    smtp.fault(method="rcpt", reply="550 5.1.1 unknown")
    rows = failed(live(site, "--test-notice", "oncall", status=1))
    assert len(rows) == 2 and all("550" in row["text"] for row in rows)
    status, _, errors = site.run("--test-notice", "nobody")
    assert status == 1 and "no target 'nobody'" in errors
