"""triagectl db check: what is wrong with the file, and which backup to go back to."""
import json
import os

import pytest

import kit

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
    assert f"triagectl restore --dry-run {backup}" in " ".join(out.split())
    assert file.read_bytes() == before
    # And that helps.
    assert busy.ctl("restore", backup)[0] == 0
    assert check(busy)[0] == 0


def test_a_truncated_log(busy):
    busy.kill()
    log = busy.state / "triaged.db-wal"
    os.truncate(log, log.stat().st_size // 2)
    status, results, said = check(busy)
    assert (status, results["log"]) == (1, "bad")
    assert "the newest changes are lost" in [r["text"] for r in said["checks"] if r["check"] == "log"][0]


def test_what_is_no_database(busy):
    status, out, _ = busy.ctl("--database", busy.file, "db", "check")
    assert status == 1 and "not a database" in " ".join(out.split()) and "skipped" in out
    status, out, _ = busy.ctl("--database", busy.folder / "none", "db", "check")
    assert status == 1 and "there is no database" in " ".join(out.split())


def test_no_permission(busy):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (busy.state / "triaged.db").chmod(0)
    status, _, errors = busy.ctl("db", "check")
    assert status == 4 and "ls -l" in errors


def test_nothing_else_to_do_with_it(busy):
    status, _, errors = busy.ctl("db", "repair")
    assert status == 2 and "db check" in errors
