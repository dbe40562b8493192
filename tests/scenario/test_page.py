"""The status page: what somebody sees who has a browser and no terminal."""
import html
import http.client
import re
from html.parser import HTMLParser

import pytest

import kit
from harness import wait_for
from ports import free_port
from test_life import get

SETTINGS = """
listen: 127.0.0.1:{port}
sources:
  - {name: exported, type: file, path: "{folder}/in/*.json", interval: 1s}
rotations:
  - {name: primary, timezone: UTC, start: 2026-01-05, handover: "mon 09:00", every: 1w, members: [folder]}
sla:
  critical: {triage: 1s}
  low: {triage: 4h, resolve: 9d}
targets:
  - {name: folder, type: folder, path: "{outbox}"}
  - {name: soc, type: webhook, url: "http://127.0.0.1:{closed}/x", allow-private: true}
routes:
  - ladder: [{after: 0s, notify: [primary, soc]}]
fallback: folder
""" + kit.CROWN_JEWELS
HOSTILE = '<script>alert("x")</script><img src=x>'


class Page(HTMLParser):
    """Tables of a page: {heading: [row, ...]}, and the elements it is made of."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.tables, self.heading = set(), {}, ""
        self.cell = self.in_heading = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.elements.update(f"{name}=" for name, _ in attrs)
        if tag == "h2":
            self.in_heading = ""
        elif tag == "tr":
            self.tables.setdefault(self.heading, []).append([])
        elif tag in ("td", "th"):
            self.cell = ""

    def handle_endtag(self, tag):
        if tag == "h2":
            self.heading, self.in_heading = self.in_heading, None
        elif tag in ("td", "th"):
            self.tables[self.heading][-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.in_heading is not None:
            self.in_heading += data
        if self.cell is not None:
            self.cell += data

    def rows(self, heading):
        return self.tables[heading][1:]


def start(site, more=""):
    port = free_port()
    site.settings(SETTINGS + more, port=port, closed=free_port())
    kit.put(site, kit.alert(1, alertDisplayName=HOSTILE), kit.alert(2, crown=True),
            kit.alert(3, severity="Low"))
    site.start()
    kit.wait_delivery(site, "state = 'retry'")
    kit.wait_delivery(site, "state = 'sent'")
    wait_for(lambda: site.rows("select 1 from v_sla where breached_ms is not null"), "a breach")
    return port


def look(port):
    status, headers, text = get(port, "/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    return text, Page(text)


def test_figures(site):
    """What is open, who is told, who has the duty: and nothing of what the alerts say."""
    port = start(site)
    text, page = look(port)
    levels = {row[0]: row[1:] for row in page.rows("Open alerts")}
    assert levels["critical"][:3] == ["1", "0", "1"] and levels["critical"][3]
    assert levels["high"] == ["1", "0", "0", ""] and levels["info"] == ["0", "0", "0", ""]
    worst = page.rows("The worst of them")
    assert [row[1] for row in worst] == ["critical", "high", "low"]
    assert worst[0][3].endswith(" late") and worst[1][3].startswith("in ")
    assert {tuple(row[::3]) for row in page.rows("Sources")} == {("exported", "well")}
    targets = {row[0]: row[1:] for row in page.rows("Messages")}
    assert targets["folder"][3] == "well"
    assert targets["soc"][0] != "0" and targets["soc"][3].startswith("the last try failed")
    assert page.rows("On call")[0][:2] == ["primary", "folder"]
    for word in ("vm-", "Suspicious", "script", kit.SUBSCRIPTION, str(site.folder)):
        assert word not in text
    assert site.ctl("ack", worst[0][0])[0] == 0
    levels = {row[0]: row[1:] for row in look(port)[1].rows("Open alerts")}
    assert levels["critical"][:2] == ["0", "1"]
    # Late, and triaged now: not later by the hour.
    assert site.ctl("assign", worst[0][0], "ada")[0] == 0
    assert site.ctl("phase", worst[0][0], "investigate")[0] == 0
    worst = look(port)[1].rows("The worst of them")
    assert [row[3] for row in worst if row[1] == "critical"] == ["triaged"]
    # What was triaged is due when it must be resolved, as in a list.
    assert worst[-1][3] == "in 4 h"
    assert site.ctl("assign", worst[-1][0], "ada")[0] == 0
    assert site.ctl("phase", worst[-1][0], "investigate")[0] == 0
    assert look(port)[1].rows("The worst of them")[-1][3] == "in 9 d"


def test_another_name(site):
    """Who came by a name that is not ours gets no page, but numbers all the same."""
    port = start(site)
    for path, status in (("/", 403), ("/metrics", 200), ("/-/ready", 200)):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        c.request("GET", path, headers={"Host": "evil.example"})
        answer = c.getresponse()
        assert answer.status == status, path
        assert (b"<table" in answer.read()) is False
        c.close()


@pytest.mark.row("G3")
def test_titles(site):
    """With page-titles, from a reload on: escaped, so that nothing in them acts."""
    port = start(site)
    site.file.write_text(site.file.read_text() + "page-titles: true\n")
    assert site.ctl("reload")[0] == 0
    assert site.ctl("assign", site.value("select id from v_alerts where severity = 'critical'"),
                    "anna")[0] == 0
    text, page = look(port)
    worst = {row[1]: row for row in page.rows("The worst of them")}
    assert worst["high"][6] == HOSTILE and html.escape(HOSTILE) in text
    assert worst["critical"][5:] == ["anna", "Suspicious process 2"]
    assert page.elements <= {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2",
                             "p", "div", "table", "tr", "th", "td", "footer", "a", "lang=",
                             "charset=", "name=", "content=", "http-equiv=", "class=", "nowrap=",
                             "href="}
    assert set(re.findall(r'href="(.*?)"', text)) == {"/-/healthy", "/-/ready", "/metrics"}


def test_trouble(site):
    """Settings that were refused are named with what to do."""
    port = start(site)
    assert "have a fault" not in look(port)[0]
    site.file.write_text(site.file.read_text() + "nonsense: 1\n")
    assert site.ctl("reload")[0] == 1
    assert "triaged --check-config" in look(port)[0]
    (site.folder / "in/half.json").write_text('{"value": [{"id": "/x", "name": "cut off in')
    wait_for(lambda: [row[3] for row in look(port)[1].rows("Sources")] ==
             ["fails: reading (triagectl doctor)"], "the trouble of the source")
