"""Why the daemon is down, as systemd knows it: a systemctl of the test's own answers."""
import pytest

from checkup import doctor, found, named, wait_well

SETTINGS = """
sources: [{name: files, type: file, path: "{folder}/none-*.json"}]
targets: [{name: ops, type: folder, path: "{outbox}/ops"}]
fallback: ops
"""
SHOWS = {"LoadState": "loaded", "ActiveState": "failed", "SubState": "failed", "Result": "exit-code",
         "UnitFileState": "enabled", "ExecMainStatus": "1", "NRestarts": "0", "MainPID": "0"}


@pytest.fixture
def systemd(site):
    """systemd(...) is what `systemctl show` says of the unit from then on."""
    folder = site.folder / "bin"
    folder.mkdir()
    answer, program = folder / "answer", folder / "systemctl"
    program.write_text(f"#!/bin/sh\n[ \"$1 $2\" = 'show triaged.service' ] && exec cat {answer}\n"
                       "exit 1\n")
    program.chmod(0o755)
    environment = site.environment()
    site.more_environment["PATH"] = f"{folder}:{environment['PATH']}"
    site.settings(SETTINGS)

    def says(**properties):
        answer.write_text("".join(f"{k}={v}\n" for k, v in {**SHOWS, **properties}.items()))
    return says


LOG = "journalctl -u triaged -n 40 --no-pager"
# What systemd shows; what the cause says; the command.
FAILURES = [
    ({"ExecMainStatus": "78"}, "(exit status 78)", LOG),
    ({"ExecMainStatus": "243"}, "a credential that the unit loads is not there",
     "systemctl cat triaged | grep -i credential"),
    ({"Result": "watchdog"}, "watchdog ended it", "systemctl restart triaged"),
    ({"Result": "oom-kill"}, "ran out of memory", "systemctl restart triaged"),
    ({"Result": "start-limit-hit"}, "does not start it any more", LOG),
    ({}, "the unit failed: exit-code, exit status 1", LOG),
    ({"ActiveState": "inactive", "SubState": "dead"}, "it is stopped", "systemctl start triaged"),
    ({"ActiveState": "inactive", "SubState": "dead", "UnitFileState": "disabled"},
     "not started with the machine", "systemctl enable --now triaged"),
    ({"ActiveState": "activating", "SubState": "auto-restart", "NRestarts": "7"},
     "systemd has started it again 7 times", LOG),
]


@pytest.mark.parametrize("shows,says,following", FAILURES)
def test_the_unit_failed(shows, says, following, site, systemd):
    systemd(**shows)
    named(site, f"daemon down: {' '.join(shows.values()) or 'it failed'}", "daemon", "triaged",
          "unit", says, following)


def test_faulty_settings_stopped_it(site, systemd):
    """They are looked at at once: the log would only say the same."""
    systemd(ExecMainStatus="78")
    site.file.write_text(site.file.read_text() + "no-such-key: 1\n")
    named(site, "daemon down: faulty settings", "daemon", "triaged", "unit", "(exit status 78)",
          f"triaged -c {site.file} --check-config")


@pytest.mark.parametrize("shows", [{"LoadState": "not-found"}, {"ActiveState": "active"}])
def test_systemd_knows_nothing_of_it(shows, site, systemd):
    """Another installation, or a socket that is elsewhere."""
    systemd(**shows)
    named(site, "daemon down: systemd knows nothing", "daemon", "triaged", "control socket",
          "cannot be reached", "systemctl status triaged")


def test_started_again_and_again(site, systemd):
    """It answers now; that it ended says systemd alone. Another unit's count is none of ours."""
    site.start()
    systemd(ActiveState="active", SubState="running", NRestarts="3", MainPID="1")
    wait_well(site)
    assert not [f for f in doctor(site)[1] if f["step"] == "unit"]
    systemd(ActiveState="active", SubState="running", NRestarts="3", MainPID=site.process.pid)
    named(site, "restarted by systemd", "daemon", "triaged", "unit", "it ended 3 times",
          grade="remark")


def test_a_systemctl_that_hangs(site, systemd):
    """It is not waited for."""
    systemd()
    program = site.folder / "bin" / "systemctl"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    assert found(site, "daemon", "triaged")["step"] == "control socket"
