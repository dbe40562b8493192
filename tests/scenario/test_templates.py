"""Templates: messages in own words, refused ones, and what happens when one fails."""
import email
import email.policy
import json
import re
import textwrap
from pathlib import Path

import pytest

import fakes
import kit
from harness import wait_for

ROOT = Path(__file__).parents[2]
MAIL = """
targets:
  - name: to
    type: email
    server: smtp://127.0.0.1:{port}
    starttls: false
    from: triaged@example.org
    to: anna@example.org
"""
HOOK = """
targets:
  - name: to
    type: webhook
    url: "{url}"
    allow-private: true
"""
ROUTE = """
routes:
  - ladder: [{after: 0s, notify: [to]}]
fallback: to
"""
TITLE = 'Bad "process" <b>1</b>'


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


@pytest.fixture
def smtp(tmp_path):
    with fakes.Smtp(tmp_path) as fake:
        yield fake


def example(name):
    """A worked example of the manual, as a block of a target."""
    page = (ROOT / "man/triaged.yaml.5").read_text()
    text = re.search(rf'\.\\" example: {name}\n\.Bd [^\n]*\n(.*?)\n\.Ed\n', page, re.S).group(1)
    return textwrap.indent(text, "    ") + "\n"


def configure(site, target, template, **words):
    # What replaces {words} would find those of the template too.
    site.settings(kit.FILES + target + "@TEMPLATE@" + ROUTE, **words)
    path = site.file
    path.write_text(path.read_text().replace("@TEMPLATE@", template))


def test_the_mail_of_the_manual(site, smtp):
    configure(site, MAIL, example("mail"), port=smtp.port)
    kit.put(site, kit.alert(alertDisplayName=TITLE))
    status, _, errors = site.once()
    assert status == 0, errors
    [message] = smtp.messages()
    mail = email.message_from_bytes(message["text"], policy=email.policy.default)
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert mail["Subject"] == f"SOC HIGH: {TITLE}"
    assert text.startswith(f"{TITLE}\nHost:   vm-1\nDue:    ")
    assert "First:  Look at the process tree.\n" in text
    assert "  - host vm-1\n" in text
    assert "{" not in text and "triagectl" not in text
    html = mail.get_body(("html",)).get_content()
    assert "&lt;b&gt;1&lt;/b&gt;" in html and "<b>" not in html
    assert "references" in {name.lower() for name in mail.keys()}


def test_the_webhook_of_the_manual(site, sink):
    configure(site, HOOK, example("webhook"), url=sink.url)
    kit.put(site, kit.alert(alertDisplayName=TITLE))
    status, _, errors = site.once()
    assert status == 0, errors
    [request] = sink.requests()
    body = json.loads(request["body"])
    assert body["summary"].startswith(f"HIGH: {TITLE} on vm-1. Triage due ")
    assert (body["level"], body["resolved"], body["hosts"]) == ("HIGH", False, [""])


def test_test_notify_uses_the_template(site, sink):
    configure(site, HOOK, example("webhook"), url=sink.url)
    site.start()
    status, _, errors = site.ctl("test-notify", "to")
    assert status == 0, errors
    request = sink.wait_requests(1)[0]
    assert json.loads(request["body"])["summary"].startswith("TEST: this is a test notice")


FAULTS = {
    "section": ("text: |\n        Hi\n        {{#data.alert}}\n", "{{#data.alert}}", "never closed"),
    "name": ("text: |\n        {{data.alert.titel}}\n", "data.alert.titel",
             "did you mean 'data.alert.title'?"),
    "subject": ('subject: "{{#x"\n', "{{#x", "without '}}'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_check_config_points_into_the_template(site, smtp, fault):
    template, at, words = FAULTS[fault]
    configure(site, MAIL, "    template:\n      " + template, port=smtp.port)
    lines = site.file.read_text().splitlines()
    line = next(i for i, text in enumerate(lines) if at in text)
    place = f"{site.file}:{line + 1}:{lines[line].index(at) + 1}: "
    status, _, errors = site.run("--check-config")
    assert status == 1
    assert any(said.startswith(place + "targets.to.template: ") and words in said
               for said in errors.splitlines()), errors


def test_a_fault_in_a_file_is_shown_there(site, smtp, tmp_path):
    path = tmp_path / "mail.html"
    path.write_text("<p>\n  {{/data}}\n")
    configure(site, MAIL, f"    template: {{html: {{file: {path}}}}}\n", port=smtp.port)
    status, _, errors = site.run("--check-config")
    assert status == 1 and f"{path}:2:3: targets.to.template: " in errors


def test_a_subject_that_splits_threads_is_a_warning(site, smtp):
    configure(site, MAIL, '    template: {subject: "{{data.notice.kind}}"}\n', port=smtp.port)
    status, _, errors = site.run("--check-config")
    assert status == 0 and "warning: targets.to.template: the messages of one alert" in errors


def test_a_broken_template_keeps_the_old_settings(site, sink):
    configure(site, HOOK, """    template: {body: '{"our": 1}'}\n""", url=sink.url)
    site.start()
    configure(site, HOOK, """    template: {body: '{"our": {{type}}}'}\n""", url=sink.url)
    status, said, errors = site.ctl("reload")
    assert status != 0 and "the result is no JSON" in said + errors
    kit.put(site, kit.alert())
    assert sink.wait_requests(1)[0]["body"] == '{"our": 1}'


def test_a_template_that_fails_sends_the_built_in(site, sink):
    """Many names in a list of lists: fine for the samples, too much for this alert."""
    inner = "x" * 500
    for name in ("data.alert.entities",) * 3:
        inner = "{{#" + name + "}}" + inner + "{{/" + name + "}}"
    configure(site, HOOK, f"""    template: {{body: '{{"our": "{inner}"}}'}}\n""", url=sink.url)
    site.start()
    entities = [{"$id": str(n), "type": "host", "hostName": f"vm-{n}"} for n in range(1, 20)]
    kit.put(site, kit.alert(1, entities=entities), kit.alert(2, entities=entities))
    for request in sink.wait_requests(2):
        assert json.loads(request["body"])["type"] == "alert.opened"
    wait_for(lambda: "a template failed" in site.log_text(), "the event")
    assert site.log_text().count("a template failed") == 1
    kit.put(site, kit.alert(3))
    assert sink.wait_requests(3)[2]["body"].startswith('{"our": "xxx')
