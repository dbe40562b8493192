"""Two operators act at once on an alert that both have looked at: one of them
does it, the other reads who was faster, with what and when, and undoes nothing."""
import concurrent.futures
import re

import pytest

import kit
from test_control import events
from test_people import ME, RESOLVE, SETTINGS, TITLE, ok

AGO = r"\d+ m?s ago"


@pytest.fixture
def up(site):
    """A daemon with one high alert that has a resolve clock."""
    site.settings(SETTINGS + RESOLVE)
    kit.put(site, kit.alert(1))
    site.start()
    kit.wait_alert(site)
    return site


def looked_at(site):
    """The version that a screen shows now."""
    return site.ctl_json("show", 1)["alert"]["version"]


def both(site, one, other):
    """Both commands at once; (command, output) of the winner and of the loser."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda command: site.ctl(*command), (one, other)))
    done = [(command, out) for command, (status, out, _) in zip((one, other), answers) if status == 0]
    lost = [(command, out) for command, (status, out, _) in zip((one, other), answers) if status == 1]
    assert len(done) == len(lost) == 1, answers
    return done[0], lost[0]


def race(site, kind, one, other):
    """Both with the version they looked at: one event, and the loser's text."""
    version = looked_at(site)
    before = events(site, 1).count(kind)
    won, (_, text) = both(site, [*one, "--if-version", version], [*other, "--if-version", version])
    assert events(site, 1).count(kind) == before + 1
    assert "nothing was changed" in text, text
    return won[0], text


def test_each_verb(up):
    """Every verb that changes an alert, in the order of a case."""
    _, text = race(up, "acknowledged", ["ack", 1], ["ack", 1, "--note", "me too"])
    assert re.search(rf"1: not acknowledged: {ME} acknowledged it {AGO}, after you looked", text), text

    won, text = race(up, "assigned", ["assign", 1, "alice"], ["assign", 1, "bob"])
    assert re.search(rf"1: not assigned to \w+: {ME} assigned it to {won[2]} {AGO}", text), text
    assert kit.alert_row(up, TITLE)["owner"] == won[2]

    won, text = race(up, "phase", ["phase", 1, "investigate"], ["phase", 1, "contain"])
    assert re.search(rf"1: not in phase \w+: {ME} set its phase to {won[2]} {AGO}", text), text
    assert kit.alert_row(up, TITLE)["phase"] == won[2]

    _, text = race(up, "held", ["hold", 1, "--for", "1h", "--reason", "a patch"],
                   ["hold", 1, "--for", "2d", "--reason", "a vendor"])
    assert re.search(rf"1: not put on hold: {ME} put it on hold {AGO}", text), text
    _, text = race(up, "hold-ended", ["hold", 1, "--end"], ["hold", 1, "--end"])
    assert re.search(rf"1: not taken off hold: {ME} ended its hold {AGO}", text), text

    won, text = race(up, "closed", ["close", 1, "--as", "false-positive"],
                     ["close", 1, "--as", "true-positive"])
    verdict = won[3].replace("-", " ")
    assert re.search(rf"1: not closed: {ME} closed it {AGO} \({verdict}\); nothing was changed", text), text
    assert kit.alert_row(up, TITLE)["verdict"] == won[3]

    _, text = race(up, "reopened", ["reopen", 1], ["reopen", 1])
    assert re.search(rf"1: not re-opened: {ME} re-opened it {AGO}; nothing was changed", text), text
    assert kit.alert_row(up, TITLE)["episode"] == 2


def test_notes_of_both_are_kept(up):
    """A note takes nothing away from anybody."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda text: up.ctl("note", 1, text), ("seen before", "not by me")))
    assert [status for status, _, _ in answers] == [0, 0]
    assert events(up, 1).count("note") == 2


def test_who_loses_an_alert_is_named(up):
    """Who assigns what somebody owns is told whose it was."""
    ok(up, "assign", 1, "alice")
    assert "it belonged to alice" in ok(up, "assign", 1, "bob")
    assert "it belonged to bob" in ok(up, "assign", 1, "-")
    assert "belonged" not in ok(up, "assign", 1, "alice")


def test_a_version_of_before(up):
    """Minutes later it is the same answer; without a version the newest is meant."""
    version = looked_at(up)
    ok(up, "phase", 1, "contain")
    status, out, _ = up.ctl("assign", 1, "bob", "--if-version", version)
    assert status == 1 and f"{ME} set its phase to contain" in out and "triagectl show 1" in out
    assert kit.alert_row(up, TITLE)["owner"] is None
    ok(up, "assign", 1, "bob", "--if-version", looked_at(up))
    ok(up, "phase", 1, "triage")
    status, _, errors = up.ctl("phase", 1, "triage", "--if-version", "old")
    assert status == 2 and "takes a number" in errors
