"""Without systemd: root does not stay root, and the program limits itself, its hooks
and what a reload may bring, to its own files."""
import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

import kit
from harness import TRIAGED, wait_for

HOOK = """
targets:
  - {name: handler, type: exec, command: ["{hook}", "{elsewhere}", "{state}"], timeout: 20s}
routes:
  - ladder: [{after: 0s, notify: [handler]}]
fallback: handler
"""
PROBE = """#!/bin/sh
# elsewhere state
tell() { if "$@" 2>/dev/null; then echo yes; else echo no; fi; }
echo "write elsewhere $(tell touch "$1/probe")"
echo "read elsewhere $(tell cat "$1/file")"
echo "write state $(tell touch "$2/probe")"
cp /bin/true "$2/true" && echo "execute from state $(tell "$2/true")"
t=$(mktemp -p /tmp) && rm "$t" && echo "write tmp yes"
echo "run a program $(tell /usr/bin/true)"
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def elsewhere():
    """A folder that no setting names, and not below /tmp."""
    folder = (Path("/var/lib") if os.geteuid() == 0 else Path.home()) / f"triaged-test-{os.getpid()}"
    folder.mkdir()
    (folder / "file").write_text("x")
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def said_by_hook(site):
    """What the hook printed, as {what: "yes" or "no"}."""
    event = wait_for(lambda: site.rows("select detail from v_events where kind = 'runbook'"),
                     "the hook's output")[-1]
    lines = json.loads(event["detail"])["output"].splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line.endswith((" yes", " no")))


def configure(site, elsewhere, more=""):
    hook = site.folder / "hook"
    hook.write_text(PROBE)
    hook.chmod(0o755)
    site.settings(kit.FILES + HOOK + more, hook=hook, elsewhere=elsewhere)


@pytest.mark.row("G7")
@needs_root
def test_hooks_touch_what_the_settings_name(site, elsewhere):
    """Also as root a hook writes to the state folder and not elsewhere, and executes nothing
    that was written there."""
    configure(site, elsewhere)
    site.start()
    kit.put(site, kit.alert())
    said = said_by_hook(site)
    if "the kernel has no Landlock" in site.log_text():
        pytest.skip("the kernel has no Landlock, and the log says so")
    assert said == {"write elsewhere": "no", "read elsewhere": "no", "write state": "yes",
                    "execute from state": "no", "write tmp": "yes", "run a program": "yes"}
    assert "limited itself to its own files" in site.log_text()
    assert str(site.state) in site.log_text().split("writes=", 1)[1].splitlines()[0]


@needs_root
def test_folders_of_a_unit_are_its_own(site, elsewhere):
    """What systemd gives by LogsDirectory= and its like, hooks write too."""
    site.more_environment["LOGS_DIRECTORY"] = f"/nowhere:{elsewhere}"
    configure(site, elsewhere)
    site.start()
    kit.put(site, kit.alert())
    assert said_by_hook(site)["write elsewhere"] == "yes"


@needs_root
def test_settings_open_more_or_all(site, elsewhere):
    """sandbox: write gives a hook its folder; landlock: false takes the wall away and is said."""
    configure(site, elsewhere, f"sandbox: {{write: [{elsewhere}]}}\n")
    site.start()
    kit.put(site, kit.alert())
    assert said_by_hook(site)["write elsewhere"] == "yes"
    assert site.stop() == 0
    configure(site, elsewhere, "sandbox: {landlock: false}\n")
    site.start()
    kit.put(site, kit.alert(2), name="more.json")
    wait_for(lambda: len(site.rows("select 1 from v_events where kind = 'runbook'")) == 2, "both")
    said = said_by_hook(site)
    assert said["write elsewhere"] == said["execute from state"] == "yes"
    assert "could not limit itself" in site.log_text()
    assert "landlock: false" in site.log_text()


def test_reload_names_what_takes_a_restart(site, elsewhere):
    """A folder that was not allowed at the start is refused by name, and the old settings stay;
    after a restart it works."""
    more = f"""
targets:
  - {{name: out, type: folder, path: {elsewhere}/out}}
routes:
  - ladder: [{{after: 0s, notify: [out]}}]
fallback: out
"""
    site.settings(kit.FILES + more.replace(str(elsewhere), str(site.folder)))
    site.start()
    (elsewhere / "out").mkdir()
    site.settings(kit.FILES + more)
    status, out, errors = site.ctl("reload")
    if "the kernel has no Landlock" in site.log_text():
        pytest.skip("the kernel has no Landlock, and the log says so")
    answer = " ".join((out + errors).split())
    assert status == 1 and f"{elsewhere}/out is outside of what triaged" in answer, answer
    assert "restart" in answer and "triaged.yaml:" in answer
    kit.put(site, kit.alert())
    wait_for(lambda: kit.deliveries(site, "state = 'sent'"), "a notice by the old settings")
    assert site.stop() == 0
    site.start()
    kit.put(site, kit.alert(2), name="more.json")
    wait_for(lambda: list((elsewhere / "out").iterdir()), "a notice there")
    assert site.stop() == 0  # it would write beside whoever clears up


def test_reload_does_not_switch_the_limit(site):
    """What it took from itself it cannot give back, nor take at work: said, not passed over."""
    where = "targets: [{name: out, type: folder, path: '{outbox}'}]\nfallback: out\n"
    site.settings(kit.FILES + where)
    site.start()
    site.settings(kit.FILES + where + "sandbox: {landlock: false}\n")
    status, out, errors = site.ctl("reload")
    answer = " ".join((out + errors).split())
    assert status == 1 and "sandbox: landlock cannot change while triaged runs" in answer, answer


# Root

def rooted(tmp_path, user):
    """Settings below a folder that everybody may look into."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent == Path("/tmp"):
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "triaged.yaml").write_text(
        f"state-directory: {tmp_path}/state\ncontrol-socket: {tmp_path}/run/control.sock\n"
        f"listen: off\n{user}"
        f"sources: [{{name: f, type: file, path: '{tmp_path}/in/*.json'}}]\n"
        "targets: [{name: t, type: exec, command: [/usr/bin/id]}]\n"
        "routes: [{ladder: [{after: 0s, notify: [t]}]}]\nfallback: t\n")
    (tmp_path / "in/a.json").write_text(json.dumps({"value": [kit.alert()]}))
    return subprocess.run([TRIAGED, "-c", tmp_path / "triaged.yaml", "--once"], env={
        "PATH": "/usr/bin:/bin", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")},
        capture_output=True, text=True, timeout=60, check=False)


@needs_root
def test_root_becomes_the_user(tmp_path):
    """Its folders are made for that user; hooks run as that user without any group of root."""
    done = rooted(tmp_path, "user: daemon\n")
    assert done.returncode == 0, done.stderr
    daemon = pwd.getpwnam("daemon")
    for name in ("state", "run", "state/triaged.db"):
        assert (tmp_path / name).stat().st_uid == daemon.pw_uid, name
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o750
    told = subprocess.run(["sqlite3", tmp_path / "state/triaged.db",
                           "select detail from v_events where kind = 'runbook'"],
                          capture_output=True, text=True, check=True).stdout
    assert f"uid={daemon.pw_uid}(daemon)" in told
    assert "groups=" in told and "(root)" not in told, told


@needs_root
def test_root_is_no_user_to_run_as(tmp_path):
    """Without an account to become it does not start, and says what to do."""
    done = rooted(tmp_path, "user: no-such-account\n")
    assert done.returncode == 78 and "no account 'no-such-account'" in done.stderr
    assert not (tmp_path / "state").exists()
    try:
        pwd.getpwnam("triaged")
    except KeyError:
        (tmp_path / "in/a.json").unlink()
        (tmp_path / "in").rmdir()
        done = rooted(tmp_path, "")
        assert done.returncode == 78 and "does not run as root" in done.stderr
        assert "systemd-sysusers" in done.stderr and "user: root" in done.stderr


@needs_root
def test_root_stays_when_told(tmp_path):
    done = rooted(tmp_path, "user: root\n")
    assert done.returncode == 0 and "runs as root, because the settings say so" in done.stderr
