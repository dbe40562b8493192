"""To acknowledge from the message: the link and its page, the code, who may and
who may not, and that looking alone changes nothing."""
import email
import email.policy
import getpass
import http.client
import json
import re
import stat

import pytest

import fakes
import kit
from harness import Clock, wait_for
from test_control import events, refused
from ports import free_port
from test_life import get
from test_people import detail

PUBLIC = "https://soc.example.org/triaged"
HEAD = "listen: 127.0.0.1:{port}\npublic-url: {public}\n"
TARGETS = """
targets:
  - name: oncall
    type: email
    server: smtp://127.0.0.1:{smtp}
    starttls: false
    from: triaged@example.org
    to: [anna@example.org, otto@example.net]
  - {name: boss, type: folder, path: "{outbox}"}
routes:
  - ladder:
      - {after: 0s, notify: [oncall]}
      - {after: 1s, notify: [boss], repeat: 1s, times: 1000}
fallback: boss
"""
LINK = re.compile(re.escape(PUBLIC) + r"(/ack/[A-Za-z0-9_-]{76})\n")
CODE = re.compile(r"triagectl ack (1-[0-9A-HJKMNP-TV-Z]{5})\n")
ME = getpass.getuser()


class Up:
    """A daemon with one high alert that two people were mailed, climbing to the boss."""

    def __init__(self, site, smtp, head=HEAD, **words):
        self.site, self.smtp, self.port = site, smtp, free_port()
        words = {"port": self.port, "public": PUBLIC, "smtp": smtp.port, **words}
        site.settings(head + kit.FILES + kit.CROWN_JEWELS + TARGETS, **words)
        kit.put(site, kit.alert(1))
        site.start()
        self.mails = {}
        wait_for(self.read, "two mails")
        kit.wait_delivery(site, "target = 'boss' and state = 'sent'")

    def read(self):
        """The last mail of each that says how to answer."""
        for message in self.smtp.messages():
            mail = email.message_from_bytes(message["text"], policy=email.policy.default)
            text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
            if CODE.search(text):
                self.mails[message["to"][0]] = text
        return len(self.mails) == 2

    def link(self, to="anna@example.org"):
        return LINK.search(self.mails[to])[1]

    def code(self, to="anna@example.org"):
        return CODE.search(self.mails[to])[1]

    def post(self, path, form="acknowledge=yes", kind="application/x-www-form-urlencoded"):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            c.request("POST", path, form, {"Content-Type": kind})
            answer = c.getresponse()
            return answer.status, answer.read().decode()
        finally:
            c.close()

    def row(self):
        return kit.alert_row(self.site, "Suspicious process 1")

    def climbing(self):
        return self.site.value("select count(*) from ladder where next_ms > 0")


def told_by_why(up):
    """On one line, wherever it was broken."""
    return " ".join(up.site.ctl("why", 1)[1].split())


@pytest.fixture
def smtp(tmp_path):
    with fakes.Smtp(tmp_path) as fake:
        yield fake


@pytest.fixture
def up(site, smtp):
    return Up(site, smtp)


def test_only_the_button_acts(up):
    """The page tells what is the matter; GET and HEAD change nothing, whoever
    follows the link; POST takes the alert in the receiver's name."""
    before = up.row()
    for method in ("GET", "HEAD", "GET"):
        status, headers, page = get(up.port, up.link(), method)
        assert status == 200
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script" not in policy
        assert "form-action 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "Suspicious process 1" in page and "vm-1" in page and "anna@example.org" in page
    assert "high" in page and "Triage due" in page and "<dd>open</dd>" in page
    assert page.count("<form") == 1 and "<script" not in page
    assert up.row() == before and "acknowledged" not in events(up.site, 1)
    assert up.post(up.link(), "acknowledge=no")[0] == 400
    assert up.post(up.link(), "")[0] == 400
    assert up.post(up.link(), "acknowledge=yes", "text/plain")[0] == 415
    assert up.post(up.link(), "x" * 4097)[0] == 413
    assert up.row() == before and up.climbing() == 1
    status, page = up.post(up.link())
    assert status == 200 and "You have it now" in page and "<form" not in page
    row = up.row()
    assert (row["state"], row["acknowledged_by"]) == ("acknowledged", "anna@example.org")
    actor, said = detail(up.site, "acknowledged")
    first = kit.deliveries(up.site, "recipient = 'anna@example.org' and kind = 'opened'")[0]
    assert actor == "anna@example.org"
    assert (said["by"], said["target"], said["delivery"]) == ("link", "oncall", first["id"])
    assert "acknowledge_expires" not in said and "until_at" in said
    kit.wait_delivery(up.site, "kind = 'acknowledged' and target = 'boss' and state = 'sent'")
    assert "anna@example.org acknowledged it" in kit.deliveries(
        up.site, "kind = 'acknowledged'")[0]["reason"]
    # What is over stays over: again, by the other one, and for those who only look.
    for answer in (up.post(up.link()), up.post(up.link("otto@example.net"))):
        assert answer[0] == 200 and "Somebody has it" in answer[1]
    assert events(up.site, 1).count("acknowledged") == 1
    assert up.row()["acknowledged_by"] == "anna@example.org"
    assert "by the link of a message to oncall" in told_by_why(up)
    # Neither a token nor an address of a person is in the log.
    log = up.site.log_text()
    assert up.link()[5:] not in log and "anna@" not in log and "/ack/" not in log


def test_the_other_receiver_is_named(up):
    """Each link is bound to the one it was sent to; also with the path of public-url."""
    assert up.link() != up.link("otto@example.net")
    assert up.post("/triaged" + up.link("otto@example.net"))[0] == 200
    assert up.row()["acknowledged_by"] == "otto@example.net"


def test_forged_links_are_all_refused_alike(up):
    """What was changed, cut or invented gets one page that tells nothing; the log
    hears of it once a minute, and a good link serves all the same."""
    token = up.link()[5:]
    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    pages = set()
    for bad in (changed, token[:-1], token + "A", "A" * 76, "", "x", "%00", token[::-1]):
        assert up.post("/ack/" + bad)[0] == 403
        status, _, page = get(up.port, "/ack/" + bad)
        assert status == 403
        pages.add(page)
    assert len(pages) == 1 and "Suspicious" not in pages.pop()
    while get(up.port, "/ack/" + changed)[0] != 429:
        pass
    assert get(up.port, up.link())[0] == 200
    assert up.row()["state"] == "open"
    assert up.site.log_text().count("links to acknowledge were refused") == 1
    refused_total = re.search(r'links_total\{result="refused"\} (\d+)', get(up.port, "/metrics")[2])
    assert int(refused_total[1]) > 16


def test_closed_and_reopened(up):
    """A closed alert says so; the link of an episode that is over is gone, and
    shows nothing of the new one; the new message has a new one."""
    old = up.link()
    assert up.site.ctl("close", 1, "--as", "benign")[0] == 0
    for status, page in (get(up.port, old)[::2], up.post(old)):
        assert status == 200 and "It is closed" in page and "<form" not in page
    assert up.site.ctl("reopen", 1)[0] == 0
    for status, page in (get(up.port, old)[::2], up.post(old)):
        assert status == 410 and "re-opened" in page and "Suspicious" not in page
    refused(up.site.ctl("ack", up.code()), 5, "no code of alert 1")
    assert up.row()["state"] == "open"
    wait_for(lambda: up.read() and up.link() != old, "the new mail")
    assert up.post(up.link())[0] == 200
    assert up.row()["state"] == "acknowledged"


def test_expired(site, smtp, tmp_path):
    """After acknowledge-link-expires the link is gone, the code is not."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    up = Up(site, smtp, HEAD + "acknowledge-link-expires: 2h\n")
    assert get(up.port, up.link())[0] == 200
    clock.jump(7100)
    assert get(up.port, up.link())[0] == 200
    clock.jump(200)
    for status, page in (get(up.port, up.link())[::2], up.post(up.link())):
        assert status == 410 and "expired" in page and "Suspicious" not in page
    assert up.row()["state"] == "open"
    assert site.ctl("ack", up.code())[0] == 0
    assert up.row()["acknowledged_by"] == "anna@example.org"


def test_key_outlives_restart_and_kill(up):
    """Links and codes are good after a restart and a kill; the key is the daemon's
    alone; without it, those that were sent are void."""
    site = up.site
    key = site.state / "acknowledge.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = key.read_text().strip()
    assert len(secret) == 64
    assert secret not in site.log_text()
    assert secret.encode() not in (site.state / "triaged.db").read_bytes()
    site.stop()
    site.start()
    assert get(up.port, up.link())[0] == 200
    site.kill()
    site.start()
    assert key.read_text().strip() == secret
    site.kill()
    key.unlink()
    site.start()
    assert get(up.port, up.link())[0] == 403
    refused(site.ctl("ack", up.code()), 5, "no code of alert 1")
    key.write_text("0000\n")
    site.stop()
    site.start()
    assert "have no link and no code" in site.log_text()
    assert get(up.port, up.link())[0] == 403
    assert site.ctl("ack", "1")[0] == 0


def test_killed_between_mail_and_answer(site, smtp):
    """Who looked at the page before the kill presses its button after it; the
    answer is stored once it was given, whatever comes then."""
    up = Up(site, smtp)
    assert get(up.port, up.link())[0] == 200
    site.kill()
    smtp.kill()
    site.start()
    assert get(up.port, up.link())[0] == 200
    assert up.post(up.link())[0] == 200
    site.kill()
    assert up.row()["acknowledged_by"] == "anna@example.org"
    assert events(site, 1).count("acknowledged") == 1


def test_code_at_the_keyboard(up):
    """In small letters and with O for 0; in the name of the receiver, while the
    history says who typed it."""
    wrong = up.code()[:-1] + ("0" if up.code()[-1] != "0" else "1")
    refused(up.site.ctl("ack", wrong), 5, "no code of alert 1")
    refused(up.site.ctl("ack", "2-00000"), 5, "no alert")
    refused(up.site.ctl("close", up.code(), "--as", "benign"), 5, "no alert")
    typed = up.code("otto@example.net").lower().replace("0", "o").replace("1", "l", 2)
    typed = "1" + typed[1:]
    status, out, errors = up.site.ctl("ack", typed)
    assert status == 0, errors
    assert "in the name of otto@example.net" in out
    assert up.row()["acknowledged_by"] == "otto@example.net"
    assert detail(up.site, "acknowledged")[1].items() >= {
        "by": "code", "target": "oncall", "typed_by": ME}.items()
    assert up.climbing() == 0
    assert "typed by " + ME in told_by_why(up)


def test_codes_cannot_be_tried_out(up):
    """Ten wrong ones, and none is looked at for a while; the number still is."""
    for _ in range(10):
        status, _, errors = up.site.ctl("ack", "1-00000")
        assert status == 5, errors
    refused(up.site.ctl("ack", up.code()), 4, "too many wrong codes")
    assert up.row()["state"] == "open"
    assert up.site.ctl("ack", "1")[0] == 0


def test_without_public_url(site, smtp):
    """No links, no page, and codes all the same; data.acknowledge says so."""
    up = Up(site, smtp, "listen: 127.0.0.1:{port}\n")
    assert not any("/ack/" in text for text in up.mails.values())
    assert get(up.port, "/ack/" + "A" * 76)[0] == 404
    assert up.post("/ack/" + "A" * 76)[0] == 404
    payload = [json.loads(file.read_text()) for file in sorted(site.outbox.rglob("*.json"))][0]
    said = payload["data"]["acknowledge"]
    assert said["url"] is None and said["expires_at"] is None
    assert site.ctl("ack", said["code"])[0] == 0
    assert up.row()["acknowledged_by"] == "boss"
    last = wait_for(lambda: [f for f in site.outbox.rglob("*.json")
                             if json.loads(f.read_text())["type"] == "alert.acknowledged"], "the news")
    assert json.loads(last[0].read_text())["data"]["acknowledge"] is None


@pytest.mark.parametrize("running", [True, False], ids=["reload", "restart"])
def test_links_that_were_sent_before_a_change(up, running):
    """With another public-url they serve, by the path they have; without any they say what does."""
    def change(head):
        if not running:
            up.site.stop()
        up.site.settings(head + kit.FILES + kit.CROWN_JEWELS + TARGETS, port=up.port,
                         public="https://other.example.org/desk", smtp=up.smtp.port)
        if running:
            assert up.site.ctl("reload")[0] == 0
        else:
            up.site.start()
    change(HEAD)
    for way in ("", "/triaged", "/desk"):
        status, _, page = get(up.port, way + up.link())
        assert status == 200 and "Take this alert?" in page
    change(HEAD.splitlines()[0] + "\n")
    for status, page in (get(up.port, "/triaged" + up.link())[::2], up.post(up.link())):
        assert status == 404 and "triagectl ack CODE" in page
    assert up.row()["state"] == "open"
    change(HEAD)
    assert up.post("/triaged" + up.link())[0] == 200
    assert up.row()["acknowledged_by"] == "anna@example.org"
