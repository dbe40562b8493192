"""triagectl backup: a whole copy beside a working daemon, and nothing when it fails."""
import json
import resource
import signal
import sqlite3
import subprocess

import pytest

import kit
from harness import TRIAGECTL

SETTINGS = kit.FILES + """
targets:
  - {name: first, type: folder, path: "{outbox}/first"}
fallback: first
"""


@pytest.fixture
def busy(site):
    """A daemon with three alerts."""
    site.settings(SETTINGS)
    site.start()
    kit.put(site, *(kit.alert(n) for n in (1, 2, 3)))
    kit.wait_alert(site, "Suspicious process 3")
    return site


def files(site):
    return sorted(p.name for p in site.folder.iterdir())


@pytest.mark.row("A11")
def test_a_copy_of_a_working_database(busy):
    copy = busy.folder / "copy.db"
    told = busy.ctl_json("backup", copy)
    assert (told["alerts"], told["file"]) == (3, str(copy))
    assert copy.stat().st_size == told["bytes"] and copy.stat().st_mode & 0o777 == 0o640
    with sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True) as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert db.execute("select count(*) from v_alerts").fetchone() == (3,)
        assert db.execute("select id, hash from v_events order by id desc limit 1").fetchone() == (
            told["head_id"], told["head_hash"].lower())
    # It is a database like the other for every command that looks.
    status, out, errors = busy.ctl("--database", copy, "list")
    assert status == 0 and "Suspicious process 2" in out, errors


def test_while_the_daemon_is_down(busy):
    busy.kill()
    status, out, errors = busy.ctl("backup", busy.folder / "copy.db")
    assert status == 0 and "3" in out and errors == ""
    assert f"triagectl -c {busy.file} restore {busy.folder}/copy.db" in kit.flat(out)


def test_what_is_there_is_kept(busy):
    copy = busy.folder / "copy.db"
    assert busy.ctl("backup", copy)[0] == 0
    before = copy.read_bytes()
    kit.put(busy, kit.alert(4), name="more.json")
    kit.wait_alert(busy, "Suspicious process 4")
    status, _, errors = busy.ctl("backup", copy)
    assert status == 1 and "--force" in errors and copy.read_bytes() == before
    assert busy.ctl_json("backup", "--force", copy)["alerts"] == 4
    assert busy.ctl("backup", "--force", busy.state / "triaged.db")[0] == 1
    assert len([n for n in files(busy) if n.startswith("copy.db")]) == 1


def limited(size):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def test_no_room_leaves_nothing(busy):
    before = files(busy)
    done = subprocess.run([TRIAGECTL, "-c", busy.file, "backup", busy.folder / "copy.db"],
                          env=busy.environment(), capture_output=True, text=True, check=False,
                          preexec_fn=limited(65536))
    assert done.returncode == 1 and "nothing was left behind" in done.stderr
    assert done.stdout == "" and files(busy) == before
    done = subprocess.run([TRIAGECTL, "--json", "-c", busy.file, "backup", "/dev/full"],
                          env=busy.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "no regular file" in json.loads(done.stdout)["text"]


def test_full_file_system(busy):
    """A disk of its own, where a mount name space is allowed."""
    script = ("mkdir -p $1/small && mount -t tmpfs -o size=64k none $1/small || exit 77; "
              "$2 -c $3 backup $1/small/copy.db; status=$?; ls $1/small; exit $status")
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", busy.folder, TRIAGECTL, busy.file],
                          env=busy.environment(), capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no mount name space here")
    assert done.returncode == 1 and "MiB left" in done.stderr and done.stdout == ""


@pytest.mark.row("A11")
def test_signals_leave_nothing(busy):
    with sqlite3.connect(busy.state / "triaged.db") as db:
        db.execute("create table bulk (x)")
        db.executemany("insert into bulk values (randomblob(100000))", [()] * 600)
    before = files(busy)
    run = subprocess.Popen([TRIAGECTL, "-c", busy.file, "backup", busy.folder / "copy.db"],
                           env=busy.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while run.poll() is None and files(busy) == before:
        pass
    run.send_signal(signal.SIGTERM)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 1 and b"was stopped" in errors
    assert files(busy) == before
