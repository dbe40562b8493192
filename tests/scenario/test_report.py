"""The record of an alert: everything that happened to it, who was told, what
proves it; whatever the alert says, it stays text."""
import hashlib
import os
import subprocess
import xml.etree.ElementTree as xml

import pytest

import kit
from harness import TRIAGECTL, wait_for
from test_people import ME, RESOLVE, SETTINGS, TITLE, ok

HOSTILE = ("# own heading\n\n<script>alert(1)</script> <img src=x onerror=y> [link](http://evil.example) "
           "![image](http://evil.example/i) <http://evil.example> **bold** _em_ `code` &lt;b&gt;\n"
           "===\n---\n1. list\n- list\n> quote\n```\nfence\n\\*end | a | b\n|---|---|\n"
           "    indented code\n[ref]: http://evil.example\n\x1b[2J\u202e")
HEADINGS = ["What happened", "First steps, by the source", "Timeline", "Notes", "Phases", "Clocks", "Entities",
            "Decisions", "Deliveries", "Evidence"]
# What a document of ours is made of, as CommonMark's own program names it.
PLAIN = {"document", "heading", "paragraph", "text", "softbreak", "list", "item", "strong", "code", "block_quote"}


def parse(text):
    """The tree that cmark, the reference program of CommonMark, makes of it."""
    done = subprocess.run(["cmark", "-t", "xml"], input=text, capture_output=True, text=True, check=True)
    return xml.fromstring(done.stdout)


def name(node):
    return node.tag.split("}")[-1]


def words(node):
    return "".join(" " if name(part) == "softbreak" else part.text or "" for part in node.iter()
                   if name(part) in ("text", "code", "softbreak"))


def sections(tree):
    """{heading: its blocks}; what is before the first of level 2 is under the title."""
    found, blocks = {}, []
    for node in tree:
        if name(node) == "heading":
            blocks = found.setdefault(words(node), [])
        else:
            blocks.append(node)
    return found


def items(section):
    return [words(item) for block in section for item in block.iter() if name(item) == "item"]


@pytest.fixture
def up(site):
    """A daemon whose alert is hostile, was worked on, and escalated before."""
    site.settings(SETTINGS + RESOLVE)
    kit.put(site, kit.alert(1, alertDisplayName=f"{TITLE} {HOSTILE}", description=HOSTILE,
                            compromisedEntity=HOSTILE, alertType=HOSTILE,
                            remediationSteps=["1. Look.", HOSTILE],
                            entities=[{"$id": "1", "type": "host", "hostName": HOSTILE}]))
    site.start()
    kit.wait_delivery(site, "target = 'boss' and state = 'sent'")
    ok(site, "ack", 1, "--note", HOSTILE.replace("\0", ""))
    ok(site, "assign", 1, "alice")
    ok(site, "phase", 1, "contain", "--note", "# cut off")
    ok(site, "note", 1, HOSTILE)
    ok(site, "close", 1, "--as", "true-positive", "--note", "<b>done</b>")
    wait_for(lambda: not kit.deliveries(site, "state in ('pending', 'leased', 'retry')"), "the last message")
    return site


def test_every_event_and_message_is_in_it(up):
    """For programs and for people, also while the daemon is down."""
    assert up.stop() == 0
    events = up.rows("select * from v_events where alert_id = 1 order by id")
    deliveries = kit.deliveries(up, "alert_id = 1")
    report = up.ctl_json("report", 1)
    assert report["schema"] == "triaged.report.v1"
    assert [event["id"] for event in report["events"]] == [event["id"] for event in events]
    assert [one["id"] for one in report["deliveries"]] == [one["id"] for one in deliveries]
    assert len(report["timeline"]) == len(events) + len(deliveries)
    assert report["audit"] == {"event": events[-1]["id"], "hash": events[-1]["hash"]}
    raw = up.value("select raw from v_revisions where alert_id = 1")
    assert report["revisions"][0]["raw_sha256"] == hashlib.sha256(raw.encode()).hexdigest()
    assert [stay["phase"] for stay in report["phases"]] == ["detect", "triage", "contain"]
    assert all(stay["until_ms"] for stay in report["phases"])

    status, text, errors = up.ctl("report", 1)
    assert status == 0, errors
    assert " UTC" in text and "UTC UTC" not in text
    parts = sections(parse(text))
    timeline = items(parts["Timeline"])
    assert len(timeline) == len(events) + len(deliveries)
    assert sum("goes on to phase contain" in line for line in timeline) == 1
    told = items(parts["Deliveries"])
    assert len(told) == len(deliveries)
    for one in deliveries:
        assert any(f"(message {one['id']})" in line and one["target"] in line for line in told), one
    assert events[-1]["hash"] in " ".join(items(parts["Evidence"]))
    assert any("met" in line for line in items(parts["Clocks"]))
    assert f"closed as true-positive by {ME}" in " ".join(items(next(iter(parts.values()))))


@pytest.mark.row("G2")
@pytest.mark.parametrize("columns", ["40", "80", ""])
def test_hostile_text_stays_text(up, columns):
    """A parser finds our headings, lists and quotes, and nothing else."""
    env = {**up.environment(), "COLUMNS": columns}
    text = subprocess.run([TRIAGECTL, "-c", up.file, "report", "1"], env=env, capture_output=True, text=True,
                          check=True).stdout
    tree = parse(text)
    assert {name(node) for node in tree.iter()} <= PLAIN
    headings = [words(node) for node in tree if name(node) == "heading"]
    assert headings[0].startswith(f"Alert 1: {TITLE}") and headings[1:] == HEADINGS
    assert not any(ord(char) < 32 and char != "\n" or char in "\x7f\u202e" for char in text)
    # It is all there, as it was typed.
    title = headings[0]
    for piece in ("<script>alert(1)</script>", "[link](http://evil.example)", "**bold** _em_ `code` &lt;b&gt;"):
        assert piece in title, piece
    if columns:
        whole = [line for line in text.splitlines() if not ("`" in line or line.startswith(("#", "> ")))]
        assert max(map(len, whole)) <= int(columns) + 30  # a word is never broken


def test_into_a_file(up):
    """Whole, for its owner alone, and never over what is there."""
    path = up.folder / "report.md"
    assert "report.md written" in ok(up, "report", 1, "--output", path)
    assert path.read_text().startswith("# Alert 1: ")
    assert os.stat(path).st_mode & 0o777 == 0o600
    path.write_text("mine")
    status, _, errors = up.ctl("report", 1, "-o", path)
    assert status == 2 and "is there already; --force replaces it" in errors
    assert path.read_text() == "mine"
    ok(up, "report", 1, "-o", path, "--force", "--json")
    assert path.read_text().startswith("{")
    assert up.ctl("report", 99, "-o", up.folder / "none.md")[0] == 5
    assert not [one for one in os.listdir(up.folder) if one.startswith("none.md")]
    assert up.ctl("report", 1, "--force")[0] == 2


def test_a_full_disk_leaves_no_part(up):
    """What could not be written is told, and nothing of it is left."""
    limited = ["sh", "-c", 'ulimit -f 1; trap "" XFSZ; exec "$@"', "sh"]
    done = subprocess.run([*limited, TRIAGECTL, "-c", up.file, "report", "1", "-o", up.folder / "big.md"],
                          env=up.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "File too large" in done.stderr, done.stderr
    assert not [one for one in os.listdir(up.folder) if one.startswith("big.md")]
