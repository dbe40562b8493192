"""E-mail: what people get, and what a bad mail server can and cannot do."""
import email
import email.policy
import signal
import time

import pytest

import fakes
import kit
from harness import wait_for

PASSWORD = "corr3ct-h0rse"
USERS = {"users": {"triaged": PASSWORD}, "require_auth": True, "require_tls": True}

TARGET = """
targets:
  - name: oncall
    type: email
    server: smtp://127.0.0.1:{port}
    from: triaged@example.org
    to: [{to}]
    username: triaged
    password: {credential: smtp-password}
    ca-file: {cert}
"""

ROUTE = """
routes:
  - ladder: [{after: 0s, notify: [oncall]}]
fallback: oncall
"""


@pytest.fixture
def tls(tmp_path):
    return fakes.certificate(tmp_path)


@pytest.fixture
def smtp(tmp_path, tls):
    with fakes.Smtp(tmp_path, USERS, tls=tls) as fake:
        yield fake


def configure(site, smtp, tls, to="anna@example.org", more=ROUTE, head=""):
    site.secret("smtp-password", PASSWORD)
    site.settings(head + kit.FILES + kit.CROWN_JEWELS + TARGET + more, port=smtp.port, to=to,
                  cert=tls[0])


def parse(message):
    return email.message_from_bytes(message["text"], policy=email.policy.default)


def wait_mails(smtp, n):
    return wait_for(lambda: len(smtp.messages()) >= n and smtp.messages(), f"{n} mails")


def parts(mail):
    return [part.get_content() for part in mail.iter_parts()]


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def test_mail_is_one_that_every_client_reads(site, smtp, tls):
    """Two parts, text first; headers that thread, sort and keep robots quiet;
    signed in, encrypted, and one recipient for each transaction."""
    title = "Verdächtige Anmeldung 🔥 aus München"
    configure(site, smtp, tls, to="anna@example.org, otto@example.net")
    kit.put(site, kit.alert(alertDisplayName=title))
    status, _, errors = site.once()
    assert status == 0, errors
    messages = smtp.messages()
    assert sorted(message["to"] for message in messages) == [["anna@example.org"],
                                                             ["otto@example.net"]]
    for message in messages:
        assert message["tls"] and message["user"] == "triaged"
        assert message["from"] == "triaged@example.org"
        assert message["bare_newlines"] == 0 and message["longest_line"] <= 78
        mail = parse(message)
        assert mail.defects == [] and not any(part.defects for part in mail.walk())
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain",
                                                                           "text/html"]
        assert mail["Subject"] == f"[HIGH] {title} (#1)"
        assert mail["To"] == message["to"][0] and "triaged@example.org" in mail["From"]
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Importance"] == "high"
        assert mail["Date"].datetime.tzinfo is not None
        assert title in text_of(mail).splitlines()[0]
        assert all("vm-1" in part and "triagectl ack 1" in part for part in parts(mail))
        head = message["text"].split(b"\r\n\r\n")[0]
        assert b"Subject: =?UTF-8?" in head and head.isascii()
    assert len({parse(message)["Message-ID"] for message in messages}) == 2


def test_mails_of_one_alert_are_one_thread(site, smtp, tls):
    """First notice, escalation, acknowledgement and close have one subject and
    one root, and a Message-ID each; another alert has another root."""
    configure(site, smtp, tls, more="""
routes:
  - when: {severity: critical}
    ladder:
      - {after: 0s, notify: [oncall]}
      - {after: 1s, notify: [oncall]}
  - ladder: [{after: 0s, notify: [oncall]}]
fallback: oncall
""")
    site.start()
    kit.put(site, kit.alert(1, crown=True), kit.alert(2))
    wait_mails(smtp, 3)
    assert site.ctl("ack", "1")[0] == 0
    wait_mails(smtp, 4)
    kit.put(site, kit.alert(1, crown=True, status="Resolved"), name="later.json")
    wait_mails(smtp, 5)
    assert site.stop() == 0
    mails = [parse(message) for message in smtp.messages()]
    first = [mail for mail in mails if "(#1)" in mail["Subject"]]
    other = [mail for mail in mails if "(#2)" in mail["Subject"]]
    assert [mail["X-Triaged-Event"] for mail in first] == ["opened", "escalated", "acknowledged",
                                                           "closed"]
    assert len(other) == 1
    assert {mail["Subject"] for mail in first} == {"[CRITICAL] Suspicious process 1 (#1)"}
    roots = {mail["References"] for mail in first}
    assert len(roots) == 1 and roots.isdisjoint({other[0]["References"]})
    assert all(mail["In-Reply-To"] == mail["References"] for mail in first)
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert [mail["Importance"] for mail in first] == ["high", "high", "normal", "normal"]
    openings = [text_of(mail).splitlines()[0] for mail in first]
    assert openings[0].startswith("CRITICAL: ") and openings[1].startswith("ESCALATED")
    assert openings[2].startswith("ACKNOWLEDGED by ") and openings[3].startswith("CLOSED")


HOSTILE = [
    "Bcc\r\nBcc: evil@example.com\r\n\r\nhidden",
    "newline\nX-Evil: 1\nSubject: other",
    "carriage\rX-Evil: 1",
    "nul\x00byte",
    "unicode lines\u2028X-Evil: 1\u2029X-Evil: 2\x85X-Evil: 3",
    "right to left \u202egnp.exe\u202c and \u2066isolate\u2069",
    "escape \x1b]0;owned\x07 and \x9b31m",
    "long " + "x" * 5000,
    "emoji " + "👩‍👩‍👧‍👦" * 400,
    ".",
    "dot\r\n.\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<evil@example.com>\r\nDATA\r\n",
    "From nobody Sat Nov 21 21:22:00 2026",
    "=?utf-8?B?PHNjcmlwdD4=?= <script>alert(1)</script>",
    " ",
]
BODY = "one\r\n.\r\nQUIT\r\n..\r\nFrom here\r\n.hidden\r\n--=_triaged_alternative--\r\nlast line"


@pytest.mark.row("E4")
def test_hostile_titles_are_one_mail_each(site, smtp, tls):
    """Whatever a title holds, it is one mail to one recipient with the headers
    every mail has, and nothing of it is an SMTP command."""
    configure(site, smtp, tls)
    kit.put(site, *(kit.alert(n + 1, alertDisplayName=title, description=BODY)
                    for n, title in enumerate(HOSTILE)), kit.alert(90))
    assert site.once()[0] == 0
    messages = smtp.messages()
    assert len(messages) == len(HOSTILE) + 1
    assert {tuple(message["to"]) for message in messages} == {("anna@example.org",)}
    mails = [parse(message) for message in messages]
    plain = next(mail for mail in mails if "Suspicious process 90" in mail["Subject"])
    for message, mail in zip(messages, mails):
        assert mail.keys() == plain.keys()
        assert mail.defects == []
        assert (mail["From"], mail["To"]) == (plain["From"], plain["To"])
        assert mail["Subject"].startswith("[HIGH] ") and len(mail["Subject"]) < 400
        assert not set(mail["Subject"]) & set("\r\n\0\x1b\x07\x85\x9b\u2028\u2029\u202e\u2066")
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain",
                                                                           "text/html"]
        assert "<script>" not in parts(mail)[1]
        if mail is not plain:
            assert "last line" in text_of(mail)
        assert message["bare_newlines"] == 0 and message["longest_line"] <= 78
    assert {line["argument"].split(" ")[0] for line in smtp.commands("mail")} == {
        "FROM:<triaged@example.org>"}
    assert smtp.commands("other") == []


@pytest.mark.row("E1")
def test_a_refused_recipient_costs_no_other(site, smtp, tls):
    """4xx is tried again, 5xx is given up, and the third one has the mail at
    once."""
    configure(site, smtp, tls, to="busy@example.org, gone@example.org, fine@example.org")
    smtp.fault(method="rcpt", path="*busy@*", reply="451 4.3.0 come back later", times=1)
    smtp.fault(method="rcpt", path="*gone@*", reply="550 5.1.1 nobody here")
    kit.put(site, kit.alert())
    site.start()
    kit.wait_delivery(site, "recipient = 'fine@example.org' and state = 'sent'")
    gone = kit.wait_delivery(site, "recipient = 'gone@example.org' and state = 'dead'")
    assert gone["attempts"] == 1 and "550 5.1.1" in gone["last_error"]
    assert "nobody here" not in gone["last_error"]
    busy = kit.wait_delivery(site, "recipient = 'busy@example.org' and state = 'sent'")
    assert busy["attempts"] == 2
    assert [message["to"] for message in smtp.messages()] == [["fine@example.org"],
                                                              ["busy@example.org"]]


@pytest.mark.row("E2")
def test_lost_answer_repeats_the_same_message(site, smtp, tls):
    """The line drops behind the final dot: nobody knows, so it goes again and
    the reader's client sees one message twice, not two messages."""
    configure(site, smtp, tls)
    smtp.fault(method="dot", drop=True, times=1)
    kit.put(site, kit.alert())
    site.start()
    messages = wait_mails(smtp, 2)
    row = kit.wait_delivery(site, "state = 'sent'")
    assert row["attempts"] == 2
    first, second = (parse(message) for message in messages)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]
    assert first["Subject"] == second["Subject"]


def no_starttls(tmp_path, tls):
    """A server, or somebody in between, that offers sign-in but no TLS."""
    return fakes.Smtp(tmp_path, {"users": {"triaged": PASSWORD}}), tls


def refused_starttls(tmp_path, tls):
    return fakes.Smtp(tmp_path, {**USERS, "faults": [
        {"method": "starttls", "reply": "454 4.7.0 not now"}]}, tls=tls), tls


def foreign_certificate(tmp_path, tls):
    """TLS, but with a certificate that the configured authority did not sign."""
    other = tmp_path / "other"
    other.mkdir()
    return fakes.Smtp(tmp_path, USERS, tls=fakes.certificate(other)), tls


@pytest.mark.row("E3")
@pytest.mark.parametrize("server", [no_starttls, refused_starttls, foreign_certificate])
def test_nothing_travels_in_clear(site, tmp_path, tls, server):
    """Without TLS that can be trusted no password, address or word goes out,
    and the notice waits with the reason."""
    smtp, tls = server(tmp_path, tls)
    with smtp:
        configure(site, smtp, tls)
        kit.put(site, kit.alert())
        assert site.once()[0] == 1
        stages = {line["stage"] for line in smtp.commands()}
        assert stages <= {"connect", "ehlo", "starttls", "quit"}
        assert smtp.messages() == []
    row = kit.deliveries(site)[0]
    assert row["state"] == "retry" and row["last_error"]
    assert PASSWORD not in row["last_error"]


@pytest.mark.row("E2")
def test_hung_mail_server_stops_nothing_else(site, tmp_path, smtp, tls):
    """While a mail server says nothing the webhook's message arrives, triagectl
    gets answers and SIGTERM ends the daemon in time."""
    smtp.fault(method="connect", hang=True)
    with fakes.Sink(tmp_path) as sink:
        configure(site, smtp, tls, more=f"""
  - {{name: hook, type: webhook, url: "http://127.0.0.1:{sink.port}/", allow-private: true}}
routes:
  - ladder: [{{after: 0s, notify: [oncall, hook]}}]
fallback: oncall
""")
        kit.put(site, kit.alert())
        site.start()
        smtp.wait_log(lambda line: line["stage"] == "connect", what="a connection")
        sink.wait_requests(1)
        kit.wait_delivery(site, "target = 'hook' and state = 'sent'")
        assert kit.deliveries(site, "target = 'oncall'")[0]["state"] == "leased"
        assert site.ctl("ack", "1")[0] == 0
        sink.wait_requests(2)
        began = time.monotonic()
        site.signal(signal.SIGTERM)
        assert site.process.wait(timeout=15) == 0
        assert time.monotonic() - began < 10
        site.process = None
    assert not kit.deliveries(site, "state = 'leased'")
    assert smtp.messages() == []
