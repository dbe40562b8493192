"""Alerts whose every field tries something on whoever stores, searches, prints or logs it."""
import json
import re
import subprocess
import unicodedata

import pytest

import harness
import kit
import test_schemas

SETTINGS = kit.FILES + """
targets:
  - {name: duty, type: folder, path: "{outbox}"}
routes:
  - ladder: [{after: 0s, notify: [duty]}]
fallback: duty
"""
# What is typed at triaged in every field of one alert each. Each has one word of its own.
TRICKS = {
    "quotes": "quotes'); DROP TABLE alerts; -- \"); UPDATE x SET y = 'z",
    "wildcards": "100%_ wildcards [a-z]* ?? {a,b} ~ ^$ \\",
    "operators": 'operators NEAR("a" "b", 2) AND title : * OR NOT ( "',
    "formats": "formats %s%n%1$*999999999d %% {0} ${HOME} $(id) `id` {{title}}",
    "paths": "paths ../../../etc/passwd /dev/null file:///x",
    "pairs": "pairs level=err alert_id=1 \"quoted\" \\\" key=",
}
# What a terminal, a log or a reader would obey.
MARKS = ("marks \x1b]0;owned\x07 \x1b]52;c;bWFpbA==\x07 \x1b]8;;http://x\x07y \x1b[2J \x9b31m\x85 "
         "over\rwrite \x08 \u202egnp.exe\u202c \u2066x\u2069 \u2028line\u2029 \x00nul \x7f \ufeff "
         "new\nMESSAGE=forged\n2026-11-21T21:22:00.000Z err forged")
COMMANDS = [line for line in test_schemas.LOOKING if not re.search(r"\{(?!1\})", line)]
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
                      r"(emerg|alert|crit|err|warning|notice|info|debug) \S")


def hostile(number, text):
    """Every field that holds anything a person or a machine chose is @text."""
    return kit.alert(
        number, alertType=text, alertDisplayName=text, description=text, compromisedEntity=text,
        remediationSteps=[text, text], productName=text, vendorName=text,
        extendedProperties={text: text}, intent=text,
        entities=[{"$id": "1", "type": "host", "hostName": text, "dnsDomain": text},
                  {"$id": "2", "type": "account", "name": text, "upnSuffix": text},
                  {"$id": "3", "type": "file", "name": text, "directory": text},
                  {"$id": "4", "type": "process", "commandLine": text},
                  {"$id": "5", "type": text, "name": text}])


@pytest.fixture
def told(site):
    """A site that has stored and told all of them: {word: number of the alert}."""
    site.settings(SETTINGS)
    texts = [*TRICKS.values(), MARKS]
    kit.put(site, *(hostile(number, text) for number, text in enumerate(texts, start=1)))
    site.launch("--debug")
    harness.wait_for(site.answers, "the daemon to answer")
    harness.wait_for(lambda: site.value(
        "select count(*) from v_deliveries where state = 'sent'") == len(texts), "the notices")
    return {row["title"].split()[0].strip("'\");"): row["id"] for row in
            site.rows("select id, title from v_alerts")}


@pytest.mark.row("G1")
def test_text_is_text(site, told):
    """It is stored as it came, found by its own words and by all of itself, told as it came, and
    the database is whole."""
    titles = {row["title"] for row in site.rows("select title from v_alerts")}
    assert set(TRICKS.values()) <= titles
    mails = [path.read_text() for path in site.outbox.iterdir() if path.suffix == ".json"] or [
        path.read_text() for path in site.outbox.iterdir()]
    for word, text in TRICKS.items():
        number = next(row["id"] for row in site.rows("select id from v_alerts where title = ?", text))
        for query in (word, text, f'"{text}"', f"{word} {text[::-1]}"):
            status, _, errors = site.ctl("search", query)
            assert status in (0, 1) and "SQL" not in errors and "fts" not in errors, (query, errors)
        for query in (word, text):
            found = site.ctl_json("search", query)["alerts"]
            assert number in [row["id"] for row in found], query
        related = site.ctl_json("related", number)
        assert related["schema"] == "triaged.related.v1"
        for option in ("--resource", "--source", "--owner", "--entity"):
            status, _, errors = site.ctl("list", option, text)
            assert status in (0, 1, 2) and "SQL" not in errors, errors
        status, out, errors = site.ctl("silence", "add", "--match", f"title={text}", "--for", "1h",
                                       "--reason", text, "--preview")
        assert status in (0, 2), (out, errors)
    assert any(TRICKS["formats"].split()[1] in mail for mail in mails)
    assert site.value("pragma integrity_check") == "ok"
    assert site.ctl("audit", "verify")[0] == 0


def bad_signs(text):
    return {sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp")}


@pytest.mark.row("G2", "G6")
def test_text_drives_nothing(site, told):
    """No answer of any command, for people or programs, and no line of the log carries what a
    terminal obeys; a line of the log is one entry, whoever wrote its values."""
    for line in COMMANDS:
        command = [word.replace("{1}", str(told["marks"])).replace("{file}", str(site.file))
                   for word in line.split()]
        for how in ([], ["--json"]):
            done = subprocess.run([harness.TRIAGECTL, "-c", site.file, *how, *command],
                                  env=site.environment(), capture_output=True, check=False, timeout=60)
            text = (done.stdout + done.stderr).decode()
            assert bad_signs(text) <= {"\n"}, (how, command, bad_signs(text))
            if how and done.returncode == 0:
                json.loads(done.stdout)
    log = site.log_text()
    assert "gnp.exe" in log and "forged" in log
    assert bad_signs(log) <= {"\n"}
    for line in log.splitlines():
        assert LOG_LINE.match(line), line
        assert not re.match(r"\S+ err forged", line), line
