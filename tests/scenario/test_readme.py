"""The README's screens are those of the program.

Typed at a demonstration that has come as far as theirs. Numbers differ from run
to run, and who asks; each word that a screen shows must stand on the real one.
"""
import os
import re
import shlex
import sqlite3
import subprocess
from pathlib import Path

import pytest

from harness import TRIAGECTL, TRIAGED, wait_for

README = (Path(__file__).parents[2] / "README.md").read_text()
# Time and people, which are others in each run.
PASSING = {"min", "ago", "late", "since", "UTC", "CET", "root"}


def screens():
    """[(command, screen)]: what "Look around" shows to be typed, and what then stands there."""
    chapter = re.search(r"^## Look around\n(.*?)^## ", README, re.M | re.S).group(1)
    shown = "".join(line[4:] for line in chapter.splitlines(True) if line.startswith("    "))
    parts = re.split(r"^\$ triagectl (.*)\n", shown, flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2]))


def words(text):
    """What a cut ends is not whole."""
    return set(re.findall(r"[^\W\d]\w{2,}(?![\w.]*…)", text)) - PASSING


@pytest.fixture
def demo(tmp_path):
    """A demonstration in which everything has happened; its settings."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with (tmp_path / "said").open("wb") as said, \
            subprocess.Popen([TRIAGED, "--demo"], env=environment, stdout=said,
                             stderr=subprocess.STDOUT, cwd=tmp_path) as process:
        state = wait_for(lambda: list(tmp_path.glob("triaged-demo-*/state/triaged.db")),
                         "its database")[0]
        wait_for(lambda: settled(state), "the escalation of alert 5 behind its breach", 120)
        yield state.parents[1] / "triaged.yaml"
        process.kill()


def settled(state):
    """Alert 5 ran out and was escalated once more; the last alert of the play is overdue."""
    try:
        with sqlite3.connect(f"file:{state}?mode=ro", uri=True) as database:
            return database.execute(
                "select sum(alert_id = 5 and kind = 'escalated' and state = 'sent') >= 2"
                " and sum(alert_id = 11 and kind = 'breached' and state = 'sent') from v_deliveries"
            ).fetchone()[0]
    except sqlite3.OperationalError:
        return False


def typed(demo, command):
    done = subprocess.run([TRIAGECTL, "-c", demo, *shlex.split(command)], text=True,
                          capture_output=True, check=False, timeout=60,
                          env={"COLUMNS": "80", "LANG": "C.UTF-8", "NO_COLOR": "1"})
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def test_screens(demo):
    """Each, in the order of the README. Who knows of what was just acknowledged is soon told."""
    assert len(screens()) >= 4
    for command, screen in screens():
        text = typed(demo, command)
        if command.split()[0] == "show" and not words(screen) <= words(text):
            wait_for(lambda: not re.search("pending|leased", typed(demo, command)),
                     "the messages to be sent")
            text = typed(demo, command)
        missing = words(screen) - words(text)
        assert not missing, f"{command}: {sorted(missing)} not in\n{text}"
