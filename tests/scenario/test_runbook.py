"""Runbook hooks: a program of the site gets each event, once more after a crash,
and what it did is on record."""
import json

import pytest

import kit
from harness import Clock, wait_for

SETTINGS = """
targets:
  - name: handler
    type: exec
    command: [{program}, "{folder}", one two]
    timeout: 10s
routes:
  - when: {alert-type: VM_*}
    ladder: [{after: 0s, notify: [handler]}]
fallback: handler
"""


def program(site, body):
    path = site.folder / "hook"
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(0o755)
    return path


def configure(site, body, more=""):
    site.settings(kit.FILES + SETTINGS + more, program=program(site, body))


def events(site):
    path = site.folder / "got"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def timeline(site):
    return [(row["kind"], json.loads(row["detail"])) for row in
            site.rows("select kind, detail from v_events where alert_id = 1 order by id")]


@pytest.mark.row("G7")
def test_each_event_reaches_it_by_itself(site):
    """Ten alerts of one kind at once: ten runs, no group, no storm; then the
    close. Its arguments are those of the settings, as they stand there."""
    configure(site, 'cat >> "$1/got"; echo "did $#: $2"\n', "groups: {wait: {high: 5m}}\n")
    site.start()
    kit.put(site, *[kit.alert(n) for n in range(1, 11)])
    wait_for(lambda: len(events(site)) == 10, "ten events")
    assert {e["type"] for e in events(site)} == {"alert.opened"}
    assert len({e["data"]["notice"]["key"] for e in events(site)}) == 10
    site.ctl("close", "1", "--as", "benign")
    wait_for(lambda: len(events(site)) == 11, "the close")
    assert events(site)[-1]["type"] == "alert.closed"
    wait_for(lambda: [k for k, _ in timeline(site)].count("runbook") == 2, "the record of it")
    kinds = [detail for kind, detail in timeline(site) if kind == "runbook"]
    assert kinds[0]["output"] == "did 2: one two\n"
    assert kinds[0]["target"] == "handler" and kinds[0]["notice"] == "opened"


def test_asks_to_be_run_again(site):
    """Exit 75 is another try with the same key; success ends it."""
    configure(site, 'cat >> "$1/got"; test -e "$1/ready" || { echo not yet; exit 75; }\n')
    site.start()
    kit.put(site, kit.alert())
    wait_for(lambda: site.rows("select 1 from v_deliveries where state = 'retry'"), "a retry")
    assert "asks to be run again (exit 75): not yet" in site.value(
        "select last_error from v_deliveries")
    (site.folder / "ready").touch()
    wait_for(lambda: site.rows("select 1 from v_deliveries where state = 'sent'"), "success")
    assert len({e["data"]["notice"]["key"] for e in events(site)}) == 1


def test_failure_is_final_and_told(site):
    configure(site, "echo it is broken >&2; exit 3\n")
    site.start()
    kit.put(site, kit.alert())
    wait_for(lambda: site.rows("select 1 from v_deliveries where state = 'dead'"), "the end")
    assert "exit status 3: it is broken" in site.value(
        "select last_error from v_deliveries where state = 'dead'")


@pytest.mark.row("G7")
def test_killed_in_the_middle(site):
    """kill -9 while the program runs: it is run again under the same key."""
    configure(site, 'cat >> "$1/got"; test -e "$1/ready" || sleep 600\n')
    site.start()
    kit.put(site, kit.alert())
    wait_for(lambda: len(events(site)) == 1, "the first run")
    site.kill()
    (site.folder / "ready").touch()
    site.start()
    wait_for(lambda: site.rows("select 1 from v_deliveries where state = 'sent'"), "success")
    assert len(events(site)) == 2
    assert len({e["data"]["notice"]["key"] for e in events(site)}) == 1
    assert events(site)[1]["data"]["notice"]["maybe_duplicate"] is True


def test_a_long_run_is_one_run(site, tmp_path):
    """Nine minutes, as timeout allows: nobody takes it for lost and runs it again
    beside itself."""
    clock = site.clock = Clock(tmp_path)
    site.more_environment = clock.environment
    configure(site, 'cat >> "$1/got"; until test -e "$1/ready"; do sleep 0.1; done\n')
    site.file.write_text(site.file.read_text().replace("timeout: 10s", "timeout: 10m"))
    site.start()
    kit.put(site, kit.alert())
    wait_for(lambda: len(events(site)) == 1, "the run")
    for _ in range(9):
        clock.jump(60)
        site.ctl("status")
    (site.folder / "ready").touch()
    wait_for(lambda: site.rows("select 1 from v_deliveries where state = 'sent'"), "success")
    assert len(events(site)) == 1
    assert site.value("select attempts from v_deliveries") == 1


@pytest.mark.row("F1")
def test_stop_while_it_runs(site):
    """SIGTERM does not wait for a program; its try counts, and it goes again."""
    configure(site, 'cat >> "$1/got"; test -e "$1/ready" || sleep 600\n')
    site.start()
    kit.put(site, kit.alert())
    wait_for(lambda: len(events(site)) == 1, "the first run")
    site.stop()
    assert site.value("select state from v_deliveries") == "retry"
    (site.folder / "ready").touch()
    site.start()
    wait_for(lambda: site.rows("select 1 from v_deliveries where state = 'sent'"), "success")
