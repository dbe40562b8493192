"""Two people who take turns: the notice goes to who is on call, says so, and
follows an override from the next reload on."""
import datetime
import json

import pytest

import fakes
import kit
from harness import wait_for

SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
targets:
  - {name: anna, type: webhook, url: "{sink}/anna", allow-private: true}
  - {name: bert, type: webhook, url: "{sink}/bert", allow-private: true}
  - {name: boss, type: webhook, url: "{sink}/boss", allow-private: true}
rotations:
  - name: primary
    timezone: Europe/Berlin
    start: {begin}
    handover: "00:00"
    every: 52w
    members: [anna, bert]
    OVERRIDES
routes:
  - when: {severity: critical}
    ladder: [{after: 0s, notify: [primary], repeat: 1s, times: 1000}]
fallback: boss
"""


def day(offset):
    return datetime.date.today() + datetime.timedelta(days=offset)


def configure(site, sink, member=None):
    overrides = ""
    if member:
        overrides = f"overrides: [{{from: {day(-3)}T12:00, to: {day(3)}T12:00, member: {member}}}]"
    site.settings(SETTINGS.replace("OVERRIDES", overrides), sink=sink.url, begin=day(-5))


def reasons(sink, who):
    return [json.loads(request["body"])["data"]["notice"]["reason"]
            for request in sink.requests(f"/{who}")]


def test_who_is_on_call_is_told(site, tmp_path):
    """By turn, then by an override, then nobody: the fallback is told, and it is recorded."""
    with fakes.Sink(tmp_path) as sink:
        configure(site, sink)
        assert site.run("--check-config")[0] == 0
        kit.put(site, kit.alert(crown=True))
        site.start()
        sink.wait_requests(2, "/anna")
        assert not sink.requests("/bert") and not sink.requests("/boss")
        assert "on call: anna (rotation primary until" in reasons(sink, "anna")[0]

        configure(site, sink, "bert")
        assert site.ctl("reload")[0] == 0
        sink.wait_requests(2, "/bert")
        n_anna = len(sink.requests("/anna"))
        assert f"on call: bert (rotation primary until {day(3):%a} 12:00)" in reasons(
            sink, "bert")[0]

        configure(site, sink, "none")
        assert site.ctl("reload")[0] == 0
        sink.wait_requests(1, "/boss")
        assert len(sink.requests("/anna")) == n_anna
        assert "nobody is on call there, you are the fallback" in reasons(sink, "boss")[0]
        found = wait_for(lambda: site.rows("select detail from v_events where kind = 'step-skipped'"),
                         "the record of the step")
        detail = json.loads(found[0]["detail"])
        assert detail["route"] == "route 1" and detail["step"] == 1 and detail["repeat"] > 0
        assert "nobody is on call, step skipped" in site.log_text()


@pytest.mark.parametrize("zone, begin, word, status", [
    ("Europe/Atlantis", -5, "rotation primary: time zone \"Europe/Atlantis\" is unknown", 1),
    ("Europe/Berlin", 5, "warning: rotations.primary: has not begun", 0)])
def test_doubts_about_a_rotation(site, zone, begin, word, status):
    """--check-config points at it, with line and column."""
    site.settings(SETTINGS.replace("OVERRIDES", "").replace("Europe/Berlin", zone),
                  sink="http://127.0.0.1:1", begin=day(begin))
    line = next(i for i, text in enumerate(site.file.read_text().splitlines(), start=1)
                if "name: primary" in text)
    found, _, errors = site.run("--check-config")
    assert found == status
    assert f"{site.file}:{line}:5: {word}" in errors, errors
