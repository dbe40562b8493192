"""`triaged --demo`: the first ten minutes of somebody who has nothing but the
program. Run without a terminal, ended by SIGINT as soon as it has shown all."""
import os
import re
import shlex
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from harness import TRIAGED, wait_for


@pytest.fixture
def demo(tmp_path):
    """A demonstration that runs below tmp_path: (process, its directory)."""
    env = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
    with subprocess.Popen([TRIAGED, "--demo"], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        try:
            yield process, wait_for(lambda: list(tmp_path.glob("triaged-demo-*")),
                                    "its directory")[0]
        finally:
            process.kill()


def rows(directory, query):
    """Rows of the demonstration's database; none before it is there."""
    try:
        db = sqlite3.connect(f"file:{directory}/state/triaged.db?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return []
    try:
        return db.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        db.close()


def run(command):
    return subprocess.run(shlex.split(command), capture_output=True, text=True, check=False,
                          timeout=60)


def test_demo_shows_three_products_and_what_to_try_next(demo):
    """Alerts of all three products arrive and are told of; Ctrl-C ends it with
    status 0, a summary with due times, and commands that work afterwards."""
    process, directory = demo
    wanted = {"defender-for-cloud", "defender-for-cloud-apps", "entra-id-protection"}
    wait_for(lambda: wanted <= {row[0] for row in rows(directory,
                                                       "select provider from v_alerts")},
             "alerts of three products")
    wait_for(lambda: rows(directory, "select 1 from v_deliveries where state = 'sent'"), "a notice")
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and errors == ""
    assert not set(out) & set("\x1b\r\x07")
    wide = [line for line in out.splitlines() if len(line) > 80 and str(directory) not in line]
    assert not wide
    live, summary = out.split("Open alerts, most urgent first")
    assert re.search(r"^\d\d:\d\d:\d\d  new +medium +#1 .*  due in ", live, re.M)
    assert re.search(r"^\d\d:\d\d:\d\d  notice .* -> outbox/oncall$", live, re.M)
    for product in wanted:
        assert re.search(rf"^  \w+ +{product} .* \d{{4}}-\d\d-\d\dT\d\d:\d\dZ$", summary, re.M)
    assert str(directory) in summary and "Delete it with: rm -r" in summary

    commands = re.findall(r"^  (\S*triagectl -c .*|ls .*)$", summary, re.M)
    assert len(commands) == 4
    done = [run(command) for command in commands]
    assert [one.returncode for one in done] == [0] * 4, [one.stderr for one in done]
    assert "medium" in done[0].stdout and "Failed SSH" in done[0].stdout
    assert "remediation" in done[1].stdout.lower() or "triage" in done[1].stdout.lower()
    assert "Recommended" in done[1].stdout and "Management ports" in done[2].stdout
    told = {word: run(commands[0].rsplit(maxsplit=1)[0] + " " + word)
            for word in ("plans", "score", "checklist", "blindspots")}
    assert [told[word].returncode for word in told] == [0, 0, 1, 1]
    assert re.search(r"^KeyVaults +off +2$", told["plans"].stdout, re.M) and "+2.3 since" in told["score"].stdout
    assert "2 key vaults: the plan KeyVaults is off" in " ".join(told["blindspots"].stdout.split())
    # The settings that stay behind name no source; what was polled is proven all the same.
    coverage = run(commands[0].rsplit(maxsplit=1)[0] + " coverage")
    assert coverage.returncode == 0, coverage.stdout + coverage.stderr
    assert re.search(r"^demo +demonstration +proven ", coverage.stdout, re.M), coverage.stdout
    notices = [directory / "outbox/oncall" / name for name in done[3].stdout.split()]
    assert notices and all(path.is_file() for path in notices)
    assert any(b"\nSubject: [MEDIUM]" in Path(path).read_bytes().replace(b"\r", b"")
               for path in notices)


def test_demo_needs_nothing_but_a_place_for_its_files():
    """Without such a place it says so and ends with status 1."""
    missing = f"/tmp/no-{os.getpid()}"  # short: a socket must have room below it
    done = subprocess.run([TRIAGED, "--demo"], env={"TMPDIR": missing},
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and missing in done.stderr and done.stdout == ""
