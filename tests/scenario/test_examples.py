"""The EXAMPLES of the manual pages do what they say, typed as they stand there.

Only paths are replaced: a test has no /etc/triaged of its own.
"""
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

import fakes
import kit
from harness import BUILD, TRIAGECTL, TRIAGED, Site, wait_for

ROOT = Path(__file__).parents[2]
PAGES = {"triaged.8": ROOT / "man/triaged.8", "triagectl.1": BUILD / "man/triagectl.1",
         "triaged.yaml.5": ROOT / "man/triaged.yaml.5", "triaged-db.5": BUILD / "man/triaged-db.5"}
# At a prompt, or by another program in whose settings it stands.
TYPED = r"^(?:[$#] |command\[\w+\]=)"
# The alert all examples speak of.
ALERT = 42
SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
sla:
  critical: {triage: 15m}
  high: {triage: 4h, resolve: 3d}
  medium: {triage: 24h}
targets:
  - {name: oncall, type: folder, path: "{outbox}"}
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true}
  - {name: block-ip, type: exec, command: [/bin/true]}
respond: {hooks: [block-ip]}
routes:
  - {when: {severity: [critical, high]}, ladder: [{after: 0s, notify: [oncall, soc]}]}
  - {ladder: [{after: 0s, notify: [oncall]}]}
fallback: oncall
"""
# What the settings shown need around them.
AROUND = """
sources:
  - {name: exported, type: file, path: "/nonexistent/*.json"}
targets:
  - {name: oncall, type: folder, path: "{outbox}"}
  - {name: duty-manager, type: folder, path: "{outbox}"}
  - {name: archive, type: folder, path: "{outbox}"}
fallback: oncall
"""


def displays(page):
    """The displayed texts of a page's EXAMPLES, each without its indent."""
    done = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200", PAGES[page]],
                          capture_output=True, text=True, check=True)
    text = re.sub(r".\x08", "", done.stdout)
    section = re.search(r"^EXAMPLES\n(.*?)^\S", text, re.M | re.S).group(1)
    shown = re.findall(r"(?:^ {11}.*\n)+", section, re.M)
    assert shown, f"{page} shows nothing"
    return ["".join(line[11:] for line in part.splitlines(True)) for part in shown]


def commands(display):
    """What is typed, one command each; lines that continue one belong to it."""
    return [part.rstrip("\n") for part in re.split(TYPED, display, flags=re.M) if part]


def is_typed(display):
    return re.match(TYPED, display)


@pytest.fixture
def terminal(tmp_path):
    """A site with alert 42 and a message given up; triagectl and triaged find it by themselves."""
    sink = fakes.Sink(tmp_path)
    sink.fault(path="/soc", status=400)
    site = Site(tmp_path)
    site.settings(SETTINGS, sink=sink.url)
    kit.put(site, *(kit.alert(number, severity="High" if number == ALERT else "Low")
                    for number in range(1, ALERT + 1)))
    site.start()
    wait_for(lambda: site.value("select count(*) from v_alerts where source = 'exported'") == ALERT,
             "the alerts")
    kit.wait_delivery(site, "target = 'soc' and state = 'dead'")
    sink.heal()
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for program in (TRIAGED, TRIAGECTL):
        wrapper = bin_folder / program.name
        wrapper.write_text(f'#!/bin/sh\nexec {program} -c {site.file} "$@"\n')
        wrapper.chmod(0o755)
    for name in ("journalctl", "systemctl"):  # not ours, and not for a test to run
        (bin_folder / name).write_text("#!/bin/sh\n")
        (bin_folder / name).chmod(0o755)
    yield site
    site.kill()
    sink.stop()


def answer_drill(site):
    told = wait_for(lambda: site.rows(
        "select alert_id from v_drills join v_deliveries using (alert_id) where state = 'sent'"),
        "the drill to reach somebody")
    assert site.ctl("ack", told[0]["alert_id"])[0] == 0


def typed(site, command):
    """Run @command in a shell; (status, both outputs)."""
    for shown, there in (("/etc/triaged/triaged.yaml", site.file), ("/var/lib/triaged", site.state),
                         ("/usr/bin/triagectl", "triagectl"),
                         ("/var/backups", site.folder)):
        command = command.replace(shown, str(there))
    environment = {**site.environment(), "NO_COLOR": "1", "COLUMNS": "80",
                   "PATH": f"{site.folder}/bin:{os.environ['PATH']}", "HOME": str(site.folder)}
    with subprocess.Popen(["bash", "-o", "pipefail", "-c", f"{'exec ' * ('--demo' in command)}{command}"],
                          cwd=site.folder, env=environment, text=True, start_new_session=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        if "--demo" in command:  # runs until somebody has seen enough
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
        if " drill " in command:  # runs until somebody answers
            answer_drill(site)
        said, _ = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize("page", ["triaged.8", "triagectl.1"])
def test_what_is_shown_can_be_typed(terminal, page):
    """Each ends with status 0, in the order of the page."""
    assert shutil.which("mandoc"), "mandoc is missing"
    for display in displays(page):
        assert is_typed(display), f"what is this, and who tests it? {display}"
        for command in commands(display):
            status, said = typed(terminal, command)
            assert status == 0, f"$ {command}\n{said}"


def test_queries_shown_can_be_asked(terminal):
    """In a program that knows nothing of triaged."""
    database = sqlite3.connect(f"file:{terminal.state}/triaged.db?mode=ro", uri=True)
    for query in displays("triaged-db.5"):
        assert database.execute(query).description, query
    database.close()


def test_settings_shown_are_sound(tmp_path):
    """Each is taken by --check-config without a fault."""
    site = Site(tmp_path)
    for display in displays("triaged.yaml.5"):
        shown = display
        around = AROUND
        for heading in re.findall(r"^(\w+):", shown, re.M):
            around = re.sub(rf"^{heading}:.*\n(?: .*\n)*", "", around, flags=re.M)
        site.settings(around + shown)
        status, out, errors = site.run("--check-config")
        assert status == 0, f"{display}\n{out}{errors}"
