"""E-mail without a password: AUTH XOAUTH2, and sendMail of Microsoft Graph. The
token comes from the sign-in that the sources use."""
import email
import email.policy

import pytest

import fakes
import kit
from harness import wait_for

CLIENT = "66666666-7777-8888-9999-000000000000"
SECRET = "s3cr3t~value-for-tests"
EXCHANGE = "https://outlook.office365.com/.default"
FROM = "triaged@example.org"

SETTINGS = """
tenants:
  - {name: contoso, id: contoso.example, client-id: {app}, client-secret: {credential: mail-app}}
targets:
  - name: oncall
    type: email
    server: "{server}"
    from: triaged@example.org
    to: [{to}]
    oauth: contoso
    endpoints: {login: "{login}"}
{more}
routes:
  - ladder: [{after: 0s, notify: [oncall]}]
fallback: oncall
"""


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"token": {"client_id": CLIENT, "client_secret": SECRET}}) as fake:
        yield fake


@pytest.fixture
def smtp(tmp_path):
    tls = fakes.certificate(tmp_path)
    with fakes.Smtp(tmp_path, {"mailboxes": {FROM: EXCHANGE}, "require_auth": True,
                               "require_tls": True}, tls=tls) as fake:
        yield fake


def configure(site, azure, server, to="anna@example.org", more="", secret=SECRET):
    site.secret("mail-app", secret)
    site.settings(kit.FILES + SETTINGS, app=CLIENT, server=server, to=to, login=azure.url,
                  more=more)


def exchange(site, azure, smtp, **options):
    configure(site, azure, f"smtp://127.0.0.1:{smtp.port}",
              more=f"    ca-file: {smtp.tls[0]}", **options)


def test_exchange_takes_the_token(site, azure, smtp):
    """Signed in as the sender's mailbox with a token for Exchange, over TLS; one
    token and one connection serve both recipients."""
    exchange(site, azure, smtp, to="anna@example.org, otto@example.net")
    kit.put(site, kit.alert())
    status, _, errors = site.once()
    assert status == 0, errors
    messages = smtp.messages()
    assert sorted(m["to"][0] for m in messages) == ["anna@example.org", "otto@example.net"]
    assert all(m["tls"] and m["user"] == FROM for m in messages)
    assert smtp.state()["connections"] == 1
    assert [s["scope"] for s in azure.sign_ins()] == [EXCHANGE]


def test_refused_token_is_replaced_at_once(site, azure, smtp):
    """One 535 costs another sign-in and no try; the mail is there."""
    exchange(site, azure, smtp)
    smtp.fault(method="auth", reply="535 5.7.3 Authentication unsuccessful", times=1)
    kit.put(site, kit.alert())
    assert site.once()[0] == 0
    assert kit.deliveries(site)[0]["attempts"] == 1
    assert len(smtp.messages()) == 1 and len(azure.sign_ins()) == 2


def test_tokens_that_stay_refused(site, azure, smtp):
    """A second 535 ends the try: the notice waits, with the reason."""
    exchange(site, azure, smtp)
    smtp.fault(method="auth", reply="535 5.7.3 Authentication unsuccessful")
    kit.put(site, kit.alert())
    assert site.once()[0] == 1
    row = kit.deliveries(site)[0]
    assert (row["state"], row["attempts"]) == ("retry", 1)
    assert "535 5.7.3: sign-in refused" in row["last_error"]
    assert len(azure.sign_ins()) == 2 and smtp.messages() == []


def test_no_token(site, azure, smtp):
    """A wrong secret: nobody asks the mail server, and the delivery says what the
    sign-in said, without the secret."""
    exchange(site, azure, smtp, secret="wrong-canary")
    kit.put(site, kit.alert())
    assert site.once()[0] == 1
    row = kit.deliveries(site)[0]
    assert row["state"] == "retry" and row["last_error"].startswith("no token for smtp://127")
    assert "AADSTS7000215" in row["last_error"] and "canary" not in row["last_error"]
    assert smtp.commands() == []


def test_graph_sends_the_whole_message(site, azure):
    """The mail that SMTP would have carried, out of the sender's mailbox."""
    title = "Verdächtige Anmeldung 🔥"
    configure(site, azure, azure.url, to="anna@example.org, otto@example.net")
    kit.put(site, kit.alert(alertDisplayName=title))
    status, _, errors = site.once()
    assert status == 0, errors
    mails = azure.mails()
    assert [m["mailbox"] for m in mails] == [FROM] * 2
    parsed = [email.message_from_string(m["text"], policy=email.policy.default) for m in mails]
    assert sorted(m["To"] for m in parsed) == ["anna@example.org", "otto@example.net"]
    for mail in parsed:
        assert mail.defects == []
        assert mail["Subject"] == f"[HIGH] {title} (#1)" and mail["References"]
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain",
                                                                           "text/html"]
    assert [s["scope"] for s in azure.sign_ins()] == [azure.url + "/.default"]


def test_graph_out_of_another_mailbox(site, azure):
    configure(site, azure, azure.url, more="    username: alerts@example.org")
    kit.put(site, kit.alert())
    assert site.once()[0] == 0
    (mail,) = azure.mails()
    assert mail["mailbox"] == "alerts@example.org" and f"From: triaged <{FROM}>" in mail["text"]


@pytest.mark.parametrize("name, times, state, text", [
    ("unauthorized", 1, "sent", None),
    ("unauthorized", 9, "retry", "HTTP 401 InvalidAuthenticationToken"),
    ("send-denied", 9, "retry", "HTTP 403 ErrorAccessDenied"),
    ("bad-recipient", 9, "dead", "HTTP 400 ErrorInvalidRecipients"),
    ("throttled", 9, "retry", "HTTP 429 TooManyRequests"),
    ("unavailable", 9, "retry", "HTTP 503 ServiceUnavailable"),
])
def test_graph_refuses(site, azure, name, times, state, text):
    configure(site, azure, azure.url)
    azure.fault(path="*/sendMail", graph=name, times=times)
    kit.put(site, kit.alert())
    site.once()
    row = kit.deliveries(site)[0]
    assert (row["state"], row["attempts"]) == (state, 1)
    assert len(azure.sign_ins()) == (2 if name == "unauthorized" else 1)
    assert len(azure.mails()) == (1 if state == "sent" else 0)
    if text:
        assert text in row["last_error"] and "anna@" not in row["last_error"]


def test_graph_asks_for_claims(site, azure):
    """What a policy asks for with its 401 goes into the next sign-in."""
    configure(site, azure, azure.url)
    azure.script(claims='{"access_token":{"nbf":{"essential":true,"value":"1"}}}')
    kit.put(site, kit.alert())
    assert site.once()[0] == 0
    assert len(azure.mails()) == 1 and len(azure.sign_ins()) == 2


def test_graph_is_asked_again_when_it_said(site, azure):
    configure(site, azure, azure.url)
    azure.fault(path="*/sendMail", graph="throttled", times=1)
    kit.put(site, kit.alert())
    site.start()
    wait_for(lambda: azure.mails(), "the mail")
    row = kit.wait_delivery(site, "state = 'sent'")
    assert row["attempts"] == 2
    assert site.stop() == 0
