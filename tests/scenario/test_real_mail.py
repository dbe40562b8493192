"""E-mail through a real mail server into a maildir, read there with Python's
email package."""
import email
import email.policy
import html.parser

import pytest

import kit
import postfix
from harness import wait_for

pytestmark = pytest.mark.skipif(postfix.MISSING, reason="needs root, postfix and sasl2-bin")

SETTINGS = """
targets:
  - name: oncall
    type: email
    server: "{server}"
    from: triaged@test.invalid
    to: [{to}]
    username: {user}
    password: {credential: smtp-password}
    ca-file: {cert}
routes:
  - ladder: [{after: 0s, notify: [oncall]}]
fallback: oncall
"""

TITLES = [
    "Suspicious process",
    "Verdächtige Anmeldung 🔥 aus München",
    "可疑的登录活动来自未知位置的用户帐户，请立即检查并确认",
    "Подозрительный вход в систему",
    "تسجيل دخول مشبوه",
    "Bcc\r\nBcc: evil@test.invalid\r\n\r\nhidden",
    "long " + "word " * 80,
    "=?utf-8?B?PHNjcmlwdD4=?= <script>alert(1)</script>",
    ".\r\n.\r\nMAIL FROM:<evil@test.invalid>",
]


@pytest.fixture(scope="module")
def server():
    with postfix.Postfix() as running:
        yield running


@pytest.fixture
def inbox(server):
    """The mails of one test: [(parsed)], of those that came since it began."""
    before = server.mails()  # their names do not tell which came first in a second
    return lambda: [email.message_from_bytes(text, policy=email.policy.default)
                    for path, text in server.mails().items() if path not in before]


def configure(site, server, to, scheme="smtp", password=postfix.PASSWORD):
    site.secret("smtp-password", password)
    port = server.tls_port if scheme == "smtps" else server.port
    site.settings(kit.FILES + SETTINGS, server=f"{scheme}://127.0.0.1:{port}", to=to,
                  user=postfix.USER, cert=server.tls[0])


class Words(html.parser.HTMLParser):
    """The words that a page shows."""

    def __init__(self, page):
        super().__init__()
        self.text, self.shown = [], True
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.shown = self.shown and tag not in ("title", "style")

    def handle_endtag(self, tag):
        self.shown = self.shown or tag in ("title", "style")

    def handle_data(self, data):
        if self.shown:
            self.text.append(data)


def words(text):
    """Without the marks that each part has of its own."""
    return "".join(c for c in text if c.isalnum())


@pytest.mark.row("E4")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_mails_arrive_and_parse(site, server, inbox, scheme):
    """STARTTLS or TLS, and AUTH; whatever the titles are, each mail has the same
    headers, its subject decodes to the title, and both parts say the same."""
    configure(site, server, "anna@test.invalid, otto@test.invalid", scheme)
    kit.put(site, *(kit.alert(n + 1, alertDisplayName=title) for n, title in enumerate(TITLES)))
    status, _, errors = site.once()
    assert status == 0, errors
    mails = wait_for(lambda: len(inbox()) == 2 * len(TITLES) and inbox(), "the mails")
    assert {mail["Delivered-To"] for mail in mails} == {"anna@test.invalid", "otto@test.invalid"}
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert len({mail["References"] for mail in mails}) == len(TITLES)
    assert len({tuple(sorted(mail.keys())) for mail in mails}) == 1
    for mail in mails:
        assert mail.defects == [] and not any(part.defects for part in mail.walk())
        assert mail["To"] == mail["Delivered-To"] and mail["Bcc"] is None
        assert mail["In-Reply-To"] == mail["References"] != mail["Message-ID"]
        assert mail["Auto-Submitted"] == "auto-generated" and mail["Importance"] == "high"
        assert mail["List-Id"].startswith("triaged alerts <alerts.triaged.")
        number = int(mail["Subject"].rsplit("(#", 1)[1].rstrip(")"))
        assert mail["Subject"].startswith("[HIGH] ")
        assert words(mail["Subject"]).startswith("HIGH" + words(TITLES[number - 1])[:60])
        plain, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert "evil@test.invalid" not in mail["To"] and "<script>" not in page
        assert words("".join(Words(page).text)) == words(plain)


def test_one_thread_for_one_alert(site, server, inbox):
    configure(site, server, "anna@test.invalid")
    kit.put(site, kit.alert())
    site.start()
    wait_for(lambda: len(inbox()) == 1, "the first mail")
    assert site.ctl("ack", "1")[0] == 0
    mails = wait_for(lambda: len(inbox()) == 2 and inbox(), "the second mail")
    assert site.stop() == 0
    assert len({mail["Subject"] for mail in mails}) == 1
    assert len({mail["References"] for mail in mails}) == 1
    assert len({mail["Message-ID"] for mail in mails}) == 2


def test_refused_recipients_cost_no_other(site, server, inbox):
    """What a real server says to RCPT: 450 waits, 554 is given up."""
    configure(site, server, "busy@test.invalid, gone@test.invalid, fine@test.invalid")
    kit.put(site, kit.alert())
    assert site.once()[0] == 1
    wait_for(lambda: inbox(), "the mail")
    assert [mail["To"] for mail in inbox()] == ["fine@test.invalid"]
    states = {row["recipient"]: (row["state"], row["last_error"]) for row in kit.deliveries(site)}
    assert states["busy@test.invalid"][0] == "retry" and "450" in states["busy@test.invalid"][1]
    assert states["gone@test.invalid"][0] == "dead" and "554" in states["gone@test.invalid"][1]


def test_wrong_password(site, server, inbox):
    configure(site, server, "anna@test.invalid", password="wrong-canary")
    kit.put(site, kit.alert())
    assert site.once()[0] == 1
    row = kit.deliveries(site)[0]
    assert row["state"] == "retry" and "535" in row["last_error"]
    assert "canary" not in row["last_error"] and inbox() == []
