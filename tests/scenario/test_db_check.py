"""triagectl db check: what is wrong with the file, and which backup to go back to."""
import contextlib
import json
import os
import sqlite3
import subprocess

import pytest

import kit
import test_schemas
from harness import TRIAGECTL, Clock, wait_for

SETTINGS = kit.FILES + """
targets:
  - {name: first, type: folder, path: "{outbox}/first"}
fallback: first
"""


@pytest.fixture
def busy(site):
    site.settings(SETTINGS)
    site.start()
    kit.put(site, *(kit.alert(n) for n in range(1, 40)))
    kit.wait_alert(site, "Suspicious process 39")
    return site


def check(site):
    """(status, {check: result}, everything)."""
    status, out, errors = site.ctl("--json", "db", "check")
    assert out, errors
    said = json.loads(out)
    return status, {row["check"]: row["result"] for row in said["checks"]}, said


def test_a_sound_one(busy):
    status, results, said = check(busy)
    assert status == 0 and said["good"] and set(results.values()) == {"good"}
    assert {"file", "log", "schema", "structure", "references", "views", "space"} <= results.keys()
    assert busy.ctl("db", "check", "--quick")[0] == 0
    busy.kill()
    assert check(busy)[0] == 0
    assert "sound" in busy.ctl("db", "check")[1]


@pytest.mark.row("A8")
def test_flipped_bytes(busy):
    backup = busy.state / "backup-1.db"
    assert busy.ctl("backup", backup)[0] == 0
    busy.stop()
    file = busy.state / "triaged.db"
    # The roots of a table and an index, wherever this database has them; the list of
    # tables stays readable, or nothing else could be looked at.
    size = busy.value("pragma page_size")
    roots = [row["rootpage"] for row in busy.rows(
        "select rootpage from sqlite_schema where name in ('event', 'delivery') or tbl_name = 'alert'"
        " and rootpage > 0")]
    with file.open("r+b") as f:
        for root in roots:
            f.seek((root - 1) * size)
            f.write(os.urandom(size // 2))
    before = file.read_bytes()
    status, results, said = check(busy)
    assert (status, results["structure"], said["newest_backup"]) == (1, "bad", str(backup))
    out = busy.ctl("db", "check")[1]
    assert f"triagectl -c {busy.file} restore --dry-run {backup}" in kit.flat(out)
    assert file.read_bytes() == before
    # And that helps.
    assert busy.ctl("restore", backup)[0] == 0
    assert check(busy)[0] == 0


@pytest.mark.row("A8")
def test_a_truncated_log(busy):
    busy.kill()
    log = busy.state / "triaged.db-wal"
    os.truncate(log, log.stat().st_size // 2)
    status, results, said = check(busy)
    assert (status, results["log"]) == (1, "bad")
    assert "the newest changes are lost" in [r["text"] for r in said["checks"] if r["check"] == "log"][0]


@pytest.mark.row("A8")
def test_what_is_no_database(busy):
    status, out, _ = busy.ctl("--database", busy.file, "db", "check")
    assert status == 1 and "not a database" in " ".join(out.split()) and "skipped" in out
    status, out, _ = busy.ctl("--database", busy.folder / "none", "db", "check")
    assert status == 1 and "there is no database" in " ".join(out.split())


def test_no_permission(busy):
    (busy.state / "triaged.db").chmod(0)
    # Root without capabilities is a user like others.
    reader = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
    done = subprocess.run([*reader, TRIAGECTL, "-c", busy.file, "db", "check"], text=True,
                          env=busy.environment(), capture_output=True, check=False, timeout=60)
    (busy.state / "triaged.db").chmod(0o640)
    assert done.returncode == 4 and "ls -l" in done.stderr


def test_compact(busy, tmp_path):
    """As an older release made it, with much removed: told what it takes beside the daemon, done
    without it, and the daemon goes on with the same alerts."""
    busy.stop()
    file = busy.state / "triaged.db"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA auto_vacuum = NONE")
        db.execute("VACUUM")
        db.execute("CREATE TABLE bulk (x)")
        db.execute("INSERT INTO bulk VALUES (zeroblob(70 << 20))")
        db.execute("DROP TABLE bulk")
        alerts = db.execute("SELECT id, title FROM v_alerts WHERE source = 'exported' ORDER BY id").fetchall()
    large = file.stat().st_size
    clock = Clock(tmp_path)
    busy.more_environment = clock.environment
    busy.start()

    def doctor():
        clock.jump(600)
        return " ".join(busy.ctl("doctor")[1].split())
    wait_for(lambda: "an older release made it" in doctor(), "a word of it")
    assert (f"systemctl stop triaged; triagectl -c {busy.file} db compact; systemctl start triaged"
            in kit.flat(busy.ctl("doctor")[1]))
    told = busy.ctl_json("db", "compact", "--dry-run")
    assert not told["compacted"] and told["bytes_before"] >= large and told["bytes_after"] is None
    assert "Nothing was changed" in " ".join(busy.ctl("db", "compact", "--dry-run")[1].split())
    status, _, errors = busy.ctl("db", "compact")
    assert status == 1 and "systemctl stop triaged" in errors and file.stat().st_size >= large
    busy.stop()
    owner, mode = file.stat().st_uid, file.stat().st_mode
    done = busy.ctl_json("db", "compact")
    assert test_schemas.check(done) == "triaged.db-compact.v1"
    assert done["compacted"] and done["bytes_after"] < large - (60 << 20)
    assert file.stat().st_size < large - (60 << 20)
    assert (file.stat().st_uid, file.stat().st_mode) == (owner, mode)
    assert "systemctl start triaged" in busy.ctl("db", "compact")[1]
    assert not list(busy.state.glob("etilqs*"))
    busy.start()
    assert [tuple(row.values()) for row in busy.rows(
        "SELECT id, title FROM v_alerts WHERE source = 'exported' ORDER BY id")] == alerts
    assert busy.value("PRAGMA auto_vacuum") == 2 and check(busy)[0] == 0
    assert all("db compact" not in doctor() for _ in range(10))
    for words, text in ((["check", "--dry-run"], "belongs to db compact"), (["compact", "--quick"], "belongs to db check")):
        status, _, errors = busy.ctl("db", *words)
        assert status == 2 and text in errors


def test_nothing_else_to_do_with_it(busy):
    status, _, errors = busy.ctl("db", "repair")
    assert status == 2 and "db check" in errors and "db compact" in errors
