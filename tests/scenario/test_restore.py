"""triagectl restore: back to a backup without losing an alert, and never over a live daemon."""
import json
import os
import socket
import subprocess

import pytest

import harness
import kit
from harness import wait_for

SETTINGS = kit.FILES + """
targets:
  - {name: first, type: folder, path: "{outbox}/first"}
routes:
  - name: all
    ladder: [{after: 0s, notify: [first]}]
fallback: first
"""


@pytest.fixture
def busy(site):
    """A daemon with one alert that was told, a backup, and another alert that was told since."""
    site.settings(SETTINGS)
    site.start()
    kit.put(site, kit.alert(1))
    told(site, 1)
    site.backup = site.folder / "backup.db"
    assert site.ctl("backup", site.backup)[0] == 0
    kit.put(site, kit.alert(1), kit.alert(2))
    told(site, 2)
    return site


def told(site, number):
    kit.wait_alert(site, f"Suspicious process {number}")
    kit.wait_delivery(site, "state = 'sent' and alert_id = (select id from v_alerts where title = ?)",
                      f"Suspicious process {number}")


def messages(site):
    return sorted((site.outbox / "first").glob("*.eml"))


@pytest.mark.row("A11")
def test_there_and_back(busy):
    before = messages(busy)
    assert len(before) == 2
    number = kit.alert_row(busy, "Suspicious process 2")["id"]
    said = busy.ctl_json("restore", "--dry-run", busy.backup)
    assert (said["restored"], said["earlier"], said["alerts_lost"]) == (False, True, 1)
    out = kit.flat(busy.ctl("restore", "--dry-run", busy.backup)[1])
    assert f"stop triaged; triagectl -c {busy.file} restore {busy.backup}; " in out
    busy.stop()
    status, out, errors = busy.ctl("restore", busy.backup)
    assert status == 0 and errors == "", errors
    assert "is in place" in out and "1 alert" in out and "systemctl start triaged" in out
    assert kit.alert_row(busy, "Suspicious process 2") is None
    busy.start()
    # What is fetched anew is told anew, under another number than people were told.
    told(busy, 2)
    assert kit.alert_row(busy, "Suspicious process 2")["id"] > number
    kit.put(busy, kit.alert(3), name="more.json")
    told(busy, 3)
    assert len(messages(busy)) == 4 and set(before) < set(messages(busy))
    status, out, _ = busy.ctl("audit", "verify")
    assert status == 0, out
    kept = [p for p in busy.state.iterdir() if ".replaced-" in p.name and p.name.endswith("Z")]
    assert len(kept) == 1
    status, out, errors = busy.ctl("--database", kept[0], "list")
    assert status == 0 and "Suspicious process 2" in out, errors


def test_the_way_back_is_one_to_copy(busy):
    """Whatever the backup is called, what is shown for a shell puts it back."""
    backup = busy.folder / "it's mine; echo broken.db"
    status, out, errors = busy.ctl("backup", backup)
    assert status == 0, errors
    busy.stop()
    command = out.split("Put it back with: ")[1]
    done = subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True, timeout=60,
                          env=dict(busy.environment(), PATH=f"{harness.TRIAGECTL.parent}:{os.environ['PATH']}"))
    assert done.returncode == 0 and "is in place" in done.stdout, (command, done.stderr)


@pytest.mark.row("A11")
def test_what_was_sent_since_is_not_sent_again(site):
    """The backup owes it, the database that it replaces has sent it."""
    site.settings(SETTINGS)
    (site.outbox / "first").write_text("in the way")
    site.start()
    kit.put(site, kit.alert(1))
    kit.wait_delivery(site, "state = 'retry'")
    assert site.ctl("backup", site.folder / "backup.db")[0] == 0
    (site.outbox / "first").unlink()
    assert site.ctl("outbox", "--json")[0] == 0
    told(site, 1)
    site.stop()
    said = site.ctl_json("restore", site.folder / "backup.db")
    assert said["backup"]["owed"] == 1 and said["taken_over"] == 1
    site.start()
    kit.put(site, kit.alert(2), name="more.json")
    told(site, 2)
    assert len(messages(site)) == 2


def test_over_a_live_daemon(busy):
    status, out, errors = busy.ctl("restore", busy.backup)
    assert status == 1 and out == ""
    assert "the daemon is running" in errors and str(busy.process.pid) in errors
    assert "systemctl stop triaged" in errors
    # Without its socket it is as alive as before.
    (busy.folder / "control.sock").unlink()
    assert busy.ctl("restore", busy.backup)[0] == 1
    assert kit.alert_row(busy, "Suspicious process 2")


def test_a_stale_socket_deceives_nobody(busy):
    busy.kill()
    with socket.socket(socket.AF_UNIX) as left:
        path = busy.folder / "control.sock"
        path.unlink(missing_ok=True)
        left.bind(str(path))
        left.listen()
        status, _, errors = busy.ctl("restore", busy.backup)
        assert status == 0, errors


@pytest.mark.row("A11")
def test_after_a_crash_with_a_log_beside(busy):
    """What the killed daemon left in its write-ahead log belongs to what is kept."""
    busy.kill()
    assert (busy.state / "triaged.db-wal").stat().st_size > 0
    said = json.loads(busy.ctl("--json", "restore", busy.backup)[1])
    assert said["present"]["alerts"] == 2
    assert busy.value("select count(*) from v_alerts") == 1
    status, out, _ = busy.ctl("--database", said["kept"], "list")
    assert status == 0 and "Suspicious process 2" in out


def test_a_full_disk_replaces_nothing(busy):
    import resource
    import subprocess
    from harness import TRIAGECTL
    busy.stop()
    before = (busy.state / "triaged.db").read_bytes()
    done = subprocess.run([TRIAGECTL, "-c", busy.file, "restore", busy.backup], capture_output=True,
                          env=busy.environment(), text=True, check=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)))
    assert done.returncode == 1 and "nothing was left behind" in done.stderr
    assert (busy.state / "triaged.db").read_bytes() == before
    assert sorted(p.name for p in busy.state.iterdir() if "restor" in p.name) == []
    busy.start()
    wait_for(lambda: kit.alert_row(busy, "Suspicious process 2"), "the alerts of before")


def test_what_is_no_backup(busy):
    status, _, errors = busy.ctl("restore", "--dry-run", busy.file)
    assert status == 1 and "not a database" in errors
    status, _, errors = busy.ctl("restore", "--dry-run", busy.folder / "none.db")
    assert status == 1 and "there is no file" in errors
    status, _, errors = busy.ctl("restore", "--dry-run", busy.state / "triaged.db")
    assert status == 1 and "the database itself" in errors
