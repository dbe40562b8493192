"""What each fault of a mail server costs: how a try ends, how many tries it
takes, and how many times the reader gets the mail."""
import email
import email.policy

import pytest

import fakes
import kit
from harness import Clock, wait_for

PASSWORD = "corr3ct-h0rse"
SERVER = {"users": {"triaged": PASSWORD}, "require_auth": True, "require_tls": True}

SETTINGS = """
targets:
  - name: oncall
    type: email
    server: smtp://127.0.0.1:{port}
    from: triaged@example.org
    starttls: {starttls}
    to: [anna@example.org]
    username: triaged
    password: {credential: smtp-password}
    ca-file: {cert}
    rate: off
routes:
  - ladder: [{after: 0s, notify: [oncall]}]
fallback: oncall
"""

RETRY, DEAD = "retry", "dead"

# Stage and fault; state after the first try; what its error says; mails that the
# reader has once the server is well again. A lost answer to the dot is the one
# fault that shows a mail twice: nobody can know whether it was taken.
FAULTS = [
    ("connect", {"drop": True}, RETRY, "127.0.0.1", 1),
    ("connect", {"reply": "421 4.3.2 closing"}, RETRY, "421", 1),
    ("connect", {"reply": "554 5.7.1 go away"}, DEAD, "554", 0),
    ("ehlo", {"drop": True}, RETRY, "127.0.0.1", 1),
    ("starttls", {"reply": "454 4.7.0 not now"}, RETRY, "454", 1),
    ("starttls", {"drop": True}, RETRY, "127.0.0.1", 1),
    ("auth-start", {"reply": "454 4.7.0 not now"}, RETRY, "454", 1),
    ("auth", {"reply": "535 5.7.8 no"}, RETRY, "535 5.7.8: sign-in refused", 1),
    ("auth", {"reply": "454 4.7.0 later"}, RETRY, "454", 1),
    ("auth", {"drop": True}, RETRY, "127.0.0.1", 1),
    ("mail", {"reply": "451 4.7.1 greylisted"}, RETRY, "451 4.7.1: refused for now", 1),
    ("mail", {"reply": "550 5.1.8 no"}, DEAD, "550 5.1.8: refused for good", 0),
    ("mail", {"drop": True}, RETRY, "127.0.0.1", 1),
    ("rcpt", {"reply": "450 4.2.1 busy"}, RETRY, "450 4.2.1", 1),
    ("rcpt", {"reply": "550 5.1.1 unknown"}, DEAD, "550 5.1.1", 0),
    ("rcpt", {"drop": True}, RETRY, "127.0.0.1", 1),
    ("data", {"reply": "452 4.3.1 full"}, RETRY, "452 4.3.1", 1),
    ("data", {"reply": "554 5.5.1 no"}, DEAD, "554 5.5.1", 0),
    ("data", {"drop": True}, RETRY, "127.0.0.1", 1),
    ("body", {"drop": True}, RETRY, "127.0.0.1", 1),
    ("dot", {"reply": "451 4.3.0 later"}, RETRY, "451 4.3.0", 1),
    ("dot", {"reply": "554 5.7.1 spam"}, DEAD, "554 5.7.1", 0),
    ("dot", {"drop": True, "store": False}, RETRY, "may have arrived", 1),
    ("dot", {"drop": True, "store": True}, RETRY, "may have arrived", 2),
]

# Where a server can fall silent, and how often its reader then has the mail.
SILENCES = [("connect", 1), ("ehlo", 1), ("starttls", 1), ("auth", 1), ("mail", 1), ("rcpt", 1),
            ("data", 1), ("body", 1), ("dot", 2)]


@pytest.fixture
def smtp(tmp_path):
    with fakes.Smtp(tmp_path, SERVER, tls=fakes.certificate(tmp_path)) as fake:
        yield fake


def configure(site, smtp, starttls=True):
    site.secret("smtp-password", PASSWORD)
    site.settings(kit.FILES + SETTINGS, port=smtp.port, cert=smtp.tls[0],
                  starttls=str(starttls).lower())


def parsed(smtp):
    return [email.message_from_bytes(m["text"], policy=email.policy.default)
            for m in smtp.messages()]


def name_of(fault):
    stage, effect = fault[:2]
    return f"{stage} {effect.get('reply', 'drop')[:4].strip()}"


@pytest.mark.row("E1", "E2")
@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_fault(site, smtp, fault):
    stage, effect, state, says, mails = fault
    configure(site, smtp)
    kit.put(site, kit.alert())
    smtp.fault(method=stage, **effect)
    assert site.once()[0] == 1
    row = kit.deliveries(site)[0]
    assert (row["state"], row["attempts"]) == (state, 1), row
    assert says in row["last_error"] and PASSWORD not in row["last_error"], row
    smtp.heal()
    clock = Clock(site.folder)
    site.more_environment = clock.environment
    clock.jump(1200)
    site.once()
    row = kit.deliveries(site)[0]
    assert (row["state"], row["attempts"]) == ((DEAD, 1) if state == DEAD else ("sent", 2))
    # A refused sign-in is news of its own, as an alert about triaged itself.
    ids = [mail["Message-ID"] for mail in parsed(smtp) if "Suspicious" in mail["Subject"]]
    assert len(ids) == mails and len(set(ids)) <= 1


@pytest.mark.row("E2")
@pytest.mark.parametrize("stage, mails", SILENCES)
def test_silence(site, smtp, stage, mails):
    """A server that says nothing does not hold the end of the daemon; the next
    start sends what was not answered."""
    configure(site, smtp)
    kit.put(site, kit.alert())
    smtp.fault(method=stage, hang=True)
    site.start()
    if stage == "body":
        smtp.wait_log(lambda line: line["stage"] == "data", what="the text")
    else:
        smtp.wait_log(lambda line: line.get("stage") == stage, what=stage)
    assert site.stop() == 0
    smtp.heal()
    site.start()
    kit.wait_delivery(site, "state = 'sent'")
    assert site.stop() == 0
    assert len(smtp.messages()) == mails


def burst(site, smtp, n, starttls=True):
    configure(site, smtp, starttls=starttls)
    kit.put(site, *(kit.alert(number + 1) for number in range(n)))
    site.start()
    wait_for(lambda: len(kit.deliveries(site, "state = 'sent'")) == n, f"{n} mails", limit=60)
    assert site.stop() == 0
    assert {row["attempts"] for row in kit.deliveries(site)} == {1}
    subjects = [mail["Subject"] for mail in parsed(smtp)]
    assert len(subjects) == len(set(subjects)) == n


def test_burst_shares_one_connection(site, smtp):
    """Fifty mails sign in once."""
    burst(site, smtp, 50)
    assert smtp.state()["connections"] == 1
    assert len(smtp.commands("auth")) == 1


def test_server_that_closes_between_mails(site, tmp_path):
    """It ends the connection behind every mail: none is lost, none comes twice,
    and it costs no try."""
    with fakes.Smtp(tmp_path, {"users": {"triaged": PASSWORD}}) as smtp:
        smtp.tls = fakes.certificate(tmp_path)
        smtp.fault(method="dot", close=True)
        burst(site, smtp, 10, starttls=False)
        assert smtp.state()["connections"] >= 10
