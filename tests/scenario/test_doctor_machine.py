"""What the machine does to triaged, as triagectl doctor names it: its disk, its rules of time
zones."""
import os
import resource
import shutil
import subprocess

import pytest

import kit
from checkup import doctor, found, named, wait_well
from harness import wait_for
from mounts import mounts_of_its_own

SETTINGS = """
sources: [{name: files, type: file, path: "{folder}/in/*.json", interval: 1s}]
targets: [{name: ops, type: folder, path: "{outbox}/ops"}]
routes: [{when: {severity: [critical, high]}, ladder: [{after: 0s, notify: [ops]}]}]
fallback: ops
"""
NAME = ("database", "triaged.db")


# --- disk ---

def import_many(site):
    """More than any journal of recent writes has room for here."""
    kit.put(site, *(kit.alert(n, description="x" * 20000) for n in range(40)), name="many.json")


@pytest.fixture
def small(site):
    """The state directory is a disk of its own, of 48 MiB."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", site.state],
                          capture_output=True, check=False)
    if done.returncode:
        pytest.skip("only root can mount a disk of its own")
    yield site.state
    if site.process is not None:
        site.kill()
    subprocess.run(["umount", "-l", site.state], check=True)


def fill(folder):
    """Not a byte is left."""
    with (folder / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass


@pytest.mark.row("A6")
def test_the_disk_is_full(site, small):
    """With the daemon up: what fills it is looked for, and it goes on by itself."""
    site.settings(SETTINGS)
    site.start()
    wait_well(site)
    fill(small)
    import_many(site)
    f = named(site, "disk full", *NAME, "disk", ("0 MiB are free", "nobody is told"))
    assert f["next"].startswith(f"du -xhd3 {small} ")
    assert doctor(site)[1][0]["step"] == "disk", "it is the worst"
    wait_for(lambda: "the disk is full" in site.log_text(), "a write that fails")
    (small / "ballast").unlink()
    wait_well(site)


@pytest.mark.row("A7")
def test_no_room_for_a_database(site, small):
    """It does not even start; the doctor looks by itself."""
    fill(small)
    site.settings(SETTINGS)
    site.launch()
    assert site.ended() == 1
    named(site, "disk full, daemon down", *NAME, "disk", "0 MiB are free")
    assert found(site, "daemon", "triaged")


@pytest.mark.row("A7")
def test_a_limit_on_the_size_of_files(site):
    """An error like a full disk, not the end of the daemon."""
    site.settings(SETTINGS)
    site.start()
    wait_well(site)
    # Room for the index of the journal, which is another file.
    resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (262144, resource.RLIM_INFINITY))
    import_many(site)
    named(site, "journal of recent writes may not grow", *NAME, "disk",
          ("may not grow further", "LimitFSIZE"), "systemctl show -p LimitFSIZE triaged")
    assert site.process.poll() is None
    resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_well(site)


@pytest.mark.row("A7")
def test_a_read_only_file_system(site, small):
    """After a failure of the disk and a restart: why it is so stands in the kernel's log."""
    site.settings(SETTINGS)
    site.start()
    wait_well(site)
    site.stop()
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    site.launch()
    assert site.ended() == 1
    assert "read-only" in site.log_text()
    f = named(site, "read-only file system", *NAME, "file system",
              ("is read-only", "nobody is told"))
    assert f["next"].startswith("journalctl -k ")
    subprocess.run(["mount", "-o", "remount,rw", small], check=True)
    site.start()
    wait_well(site)


# --- rules of time zones ---

ZONED = SETTINGS + """
calendars:
  - {name: office, timezone: Europe/Berlin, hours: {mon-fri: ["08:00-17:00"]}}
"""
TZDATA = ("machine", "tzdata")
BERLIN = ("machine", "Europe/Berlin")


@pytest.fixture
def zones(site, tmp_path):
    """A zone database of the site's own, which can be changed."""
    folder = tmp_path / "zoneinfo"
    shutil.copytree("/usr/share/zoneinfo", folder, symlinks=True)
    for name in ("localtime",):
        (folder / name).unlink(missing_ok=True)
    mounts_of_its_own(site, 'mount --bind "$0" /usr/share/zoneinfo', folder)
    # 2100-01-01, in seconds since 1900
    set_end(folder, 6311433600)
    site.settings(ZONED)
    return folder


def set_end(folder, seconds):
    (folder / "leap-seconds.list").write_text(f"#\tx\n#@\t{seconds}\n")


def test_rules_in_force(site, zones):
    site.start()
    wait_well(site)
    assert not found(site, *TZDATA) and not found(site, *BERLIN)


def replace(folder, name, other):
    """As a package does: another file under the name."""
    shutil.copy(folder / other, folder / "new")
    os.replace(folder / "new", folder / name)


def test_rules_updated_while_it_runs(site, zones):
    """libical keeps what it has read; a start reads anew."""
    site.start()
    wait_well(site)
    replace(zones, "Europe/Berlin", "Asia/Tokyo")
    named(site, "stale tzdata: the daemon has the old rules", *BERLIN, "time zones",
          ("the rules of Europe/Berlin were updated while triaged ran",),
          "systemctl restart triaged")
    site.stop()
    site.start()
    wait_well(site)
    assert not found(site, *BERLIN)


def test_rules_that_are_old(site, zones):
    """By the date until which the package holds."""
    set_end(zones, 3896035200)  # 2023-06-18
    site.start()
    wait_well(site)
    named(site, "stale tzdata: an old release", *TZDATA, "time zones",
          ("held until 2023-06-18", "due times in Europe/Berlin are off"),
          "apt-get install --only-upgrade tzdata", grade="remark")


def test_a_zone_that_is_gone(site, zones):
    site.start()
    wait_well(site)
    site.stop()
    (zones / "Europe" / "Berlin").unlink()
    named(site, "stale tzdata: a zone is missing", *BERLIN, "time zones",
          ("the zone database has no Europe/Berlin",), "apt-get install --reinstall tzdata")


def test_each_zone_is_told(site, zones):
    """A restart is no good where another zone is gone."""
    site.file.write_text(site.file.read_text().replace(
        "calendars:", 'sla: {low: {triage: next-business-day, calendar: office}}\ncalendars:\n  - {name: far, timezone: Asia/Tokyo, hours: {mon-fri: ["08:00-17:00"]}}'))
    site.start()
    wait_well(site)
    replace(zones, "Asia/Tokyo", "Europe/London")
    assert found(site, "machine", "Asia/Tokyo")["next"] == "systemctl restart triaged"
    (zones / "Europe" / "Berlin").unlink()
    assert "would not start" in found(site, *BERLIN)["cause"]
    assert found(site, "machine", "Asia/Tokyo")["next"] == "systemctl restart triaged"
