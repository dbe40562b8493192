"""triagectl check, as Nagios and Icinga run it."""
import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

import fakes
import harness
import kit
import proofs
from harness import wait_for

SETTINGS = """
sources: [{name: files, type: file, path: "{folder}/in/*.json", interval: 1s}]
targets:
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true, rate: off}
  - {name: ops, type: folder, path: "{outbox}/ops"}
sla: {high: {triage: 1s}}
routes: [{when: {severity: [critical, high]}, ladder: [{after: 0s, notify: [soc]}]}]
fallback: ops
"""
# Monitoring Plugins Development Guidelines, "Performance data".
NUMBER = re.compile(r"'[^'=|]+'=(?:U|-?\d+(?:\.\d+)?(?:s|B)?);[\d.]*;[\d.]*;0")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


def check(site, *options):
    """(status, text of the first line, {label: number}) of the plugin."""
    status, out, errors = site.ctl("check", *options)
    assert not errors, "a plugin says everything on standard output"
    first, *rest = out.splitlines()
    text, _, numbers = first.partition(" | ")
    word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[status]
    assert text.startswith(f"TRIAGED {word} - "), first
    assert "|" not in text and not [line for line in rest if "|" in line], out
    assert re.fullmatch(f"(?:{NUMBER.pattern} ?)*", numbers), numbers
    return status, text, dict(re.findall(r"'([^']+)'=([^; ]+)", numbers))


def start(site, sink):
    site.settings(SETTINGS, sink=sink.url)
    kit.put(site, kit.alert(1, severity="Low"))
    site.start()
    wait_for(lambda: check(site)[0] == 0, "all to be well")


def test_all_is_well(site, sink):
    start(site, sink)
    status, text, numbers = check(site)
    assert status == 0 and re.search(r"polled .+ ago; 1 open, 0 overdue; 0 undelivered", text)
    assert {"poll-age files", "overdue high", "given-up", "unsent-age", "gaps", "quarantine",
            "db-size"} <= set(numbers)
    assert "triagectl" not in site.ctl("check")[1], "what is well needs no command"
    assert int(numbers["db-size"].removesuffix("B")) > 0


def test_the_daemon_is_down(site, sink):
    """Critical; and what the database knows is judged all the same."""
    start(site, sink)
    site.stop()
    status, text, numbers = check(site)
    assert status == 2 and "the daemon cannot be reached" in text
    assert numbers["given-up"] == "0"
    # Nobody has read for long enough: that is known without the daemon.
    assert check(site, "--poll-age", "0s")[1].count("source files was last read whole") == 1


def test_limits(site, sink):
    """From the limit on; each can be turned off."""
    start(site, sink)
    site.value("SELECT 1")
    for options, status, says in [
            (("--db-size", "1"), 1, "the database has"),
            (("--db-size", ",1KiB"), 2, "the database has"),
            (("--db-size", "off"), 0, "polled"),
            (("--poll-age", "0s,1h"), 1, "source files was last read whole"),
            (("--poll-age", "0s,0s"), 2, "source files was last read whole"),
            (("--poll-age", "off"), 0, "polled"),
            (("--gaps", "0"), 1, "0 slices of time cannot be read"),
            (("--quarantine", ",0"), 2, "0 items not understood"),
            (("--dead", "0"), 1, "0 messages given up"),
            (("--unsent-age", "0s"), 1, "no message waits"),
            (("--overdue", "low=0"), 1, "0 low alerts overdue"),
            (("--overdue", "off", "--overdue", "high=,0"), 2, "0 high alerts")]:
        got, text, _ = check(site, *options)
        assert (got, says in text) == (status, True), (options, got, text)


def test_a_great_deal_is_wrong(site, sink):
    """Every figure is of all there is, and none takes memory for each: plugins run under limits."""
    start(site, sink)
    assert site.stop() == 0
    with contextlib.closing(sqlite3.connect(site.state / "triaged.db", isolation_level=None)) as db:
        db.execute("BEGIN")
        count, raw = "WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ?) ", "x" * 2**20
        db.execute("INSERT INTO delivery (key, episode, target, kind, step, severity, state, created_ms, "
                   f"not_before_ms) {count} SELECT 'dead-' || n, 1, 'soc', 0, 0, 3, 4, 1, 1 FROM c", [100100])
        db.execute("INSERT INTO quarantine (source_id, poll_id, content_hash, reason, raw, seen_ms, last_seen_ms) "
                   f"{count.replace('?', '?1')} SELECT (SELECT min(id) FROM source), (SELECT min(id) FROM poll), "
                   "randomblob(32), 'odd', ?2, 1, 1 FROM c", [120, raw])
        db.execute(f"INSERT INTO gap (feed_id, from_ms, to_ms, since_ms, reason) {count} "
                   "SELECT (SELECT min(id) FROM feed), n, n + 1, n, 'odd' FROM c", [1200])
        db.execute("COMMIT")
    # Of addresses: what getrusage() tells begins with the size of who forked.
    limit = [] if proofs.SANITIZED else ["sh", "-c", 'ulimit -v 131072 && exec "$@"', "sh"]
    said = subprocess.run([*limit, harness.TRIAGECTL, "-c", site.file, "check"], env=site.environment(),
                          text=True, stdout=subprocess.PIPE, check=False).stdout
    assert "100100 messages given up" in said and "120 items not understood" in said, said
    assert "1200 slices of time cannot be read" in said, said
    assert "1200 slices of time cannot be read" in kit.flat(site.ctl("doctor")[1])
    assert "The oldest 1000 of 1200 slices of time" in kit.flat(site.ctl("coverage")[1])


@pytest.mark.parametrize("options", [
    ("--dead", "x"), ("--dead", "10,1"), ("--poll-age", "10"), ("--db-size", "1GB"),
    ("--overdue", "grave=1"), ("--no-such-option",), ("a-word",)])
def test_a_wrong_command_line_is_unknown(options, site):
    """Status 2 would be an alarm about what is watched."""
    status, text, _ = check(site, *options)
    assert status == 3 and options[0].removeprefix("--") in text


def test_nothing_can_be_read(site):
    """No settings: what is asked for cannot be known."""
    site.file.unlink(missing_ok=True)
    assert check(site)[0] == 3


def test_a_source_that_was_never_read(site, sink):
    """A warning, and nothing where nobody wants to know of it."""
    site.settings(SETTINGS.replace("sources: [", 'sources: [{name: none, type: file, path: "/dev/null/x", '
                                   "interval: 1s}, "), sink=sink.url)
    kit.put(site, kit.alert(1, severity="Low"))
    site.start()
    wait_for(lambda: "source none was never read whole" in check(site)[1], "a warning")
    assert check(site, "--poll-age", "off")[0] == 0


@pytest.mark.parametrize("n", [0, 1])
def test_a_folder_that_is_looked_at(site, sink, tmp_path, n):
    """Nobody is woken because nobody has exported anything for half an hour, or ever."""
    clock = harness.Clock(tmp_path)
    site.settings(SETTINGS, sink=sink.url)
    site.more_environment = clock.environment
    (site.folder / "in").mkdir(exist_ok=True)
    if n:
        kit.put(site, kit.alert(1, severity="Low"))
    site.start()
    if n:
        kit.wait_alert(site, "Suspicious process 1")
    clock.jump(1800)
    wait_for(lambda: check(site)[0] == 0, "all to be well")
    site.stop()
    assert "poll-age files" in check(site)[2], "what the database knows"


def test_overdue_and_given_up(site, sink):
    sink.fault(path="/soc", status=404)
    start(site, sink)
    kit.put(site, *(kit.alert(n) for n in range(2, 5)), name="more.json")
    wait_for(lambda: site.value("SELECT count(*) FROM v_deliveries WHERE state = 'dead'"),
             "a message that is given up")
    wait_for(lambda: "high alert" in check(site)[1], "clocks to run out")
    status, text, numbers = check(site)
    assert status in (1, 2) and "given up; see: triagectl outbox" in text
    assert int(numbers["given-up"]) > 0 and int(numbers["overdue high"]) > 0


def test_a_target_is_gone(site, sink):
    """The fallback is more than a warning."""
    sink.fault(path="/soc", status=410)
    start(site, sink)
    kit.put(site, kit.alert(2), name="more.json")
    wait_for(lambda: "target soc is gone for good" in check(site, "--dead", "off", "--overdue",
                                                            "off")[1], "the target to be gone")
    assert check(site, "--dead", "off", "--overdue", "off")[0] == 1
    site.file.write_text(site.file.read_text().replace("fallback: ops", "fallback: soc"))
    status, text, _ = check(site, "--dead", "off", "--overdue", "off")
    assert status == 2 and "fallback soc is gone for good" in text


def test_it_is_an_object_for_programs(site, sink):
    start(site, sink)
    status, out, _ = site.ctl("--json", "check", "--gaps", "0")
    answer = json.loads(out)
    assert status == 1 and (answer["state"], answer["exit"]) == ("WARNING", 1)
    [gaps] = [row for row in answer["checks"] if row["name"] == "gaps"]
    assert (gaps["state"], gaps["value"], gaps["warning"]) == ("WARNING", 0, 0)


def test_the_shipped_command_runs(site, sink):
    """The definition for Nagios and NRPE, with the paths of this site."""
    start(site, sink)
    text = (ROOT / "etc" / "nagios" / "triaged.cfg").read_text()
    commands = re.findall(r"^(?:command\[\w+\]=|#command\[\w+\]=|\s*command_line\s+)(.+)$", text,
                          re.M)
    assert len(commands) >= 2
    for command in commands:
        command = re.sub(r"^\S*triagectl", f"{proofs.harness.BUILD}/triagectl -c {site.file}",
                         command.strip())
        if "check_nrpe" in command:
            continue
        done = subprocess.run(["sh", "-c", command], env=site.environment(), capture_output=True,
                              text=True, check=False, timeout=60)
        assert done.returncode == 0 and done.stdout.startswith("TRIAGED OK - "), done
