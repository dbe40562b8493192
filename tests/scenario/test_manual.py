"""The manual pages, the sample file and the programs say the same."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import BUILD, TRIAGECTL, TRIAGED

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "man").glob("*.[158]"), *(BUILD / "man").glob("*.[158]")])
# A section of the table of options: the heading of its list in triaged.yaml(5).
HEADINGS = {
    "": "TOP LEVEL", "sandbox": "SANDBOX", "control": "CONTROL", "retention": "RETENTION",
    "tenants": "TENANTS", "sources": "SOURCES", "sources.sweep": "Sweep",
    "sources.posture": "Posture", "sources.endpoints": "Endpoints",
    "calendars": "CALENDARS", "rotations": "ROTATIONS", "rotations.overrides": "Overrides",
    "sla": "TRIAGE CLOCKS", "sla.LEVEL": "TRIAGE CLOCKS",
    "rules": "RULES", "rules.set": "Set", "when": "WHEN BLOCKS", "targets": "TARGETS",
    "targets.severities": "targets.severities", "targets.template": "targets.template",
    "targets.endpoints": "targets.endpoints", "targets.rate": "targets.rate",
    "routes": "ROUTES", "routes.ladder": "Steps of a ladder", "routes.digest": "Digest",
    "acknowledge-expires": "ACKNOWLEDGEMENTS",
    "groups": "GROUPS", "groups.wait": "GROUPS", "storm": "STORMS",
    "respond": "RESPONDING", "forward": "FORWARDING", "forward.rotate": "Rotation",
    "quiet-hours": "QUIET HOURS", "maintenance": "MAINTENANCE",
}
PEM = "".join(f"-----BEGIN {word}-----\nAA==\n-----END {word}-----\n"
              for word in ("CERTIFICATE", "PRIVATE KEY"))
CREDENTIALS = {"azure-secret": "s", "cloud-apps-token": "t", "azure-certificate": PEM,
               "siem-certificate": PEM,
               "smtp-password": "p", "soc-url": "https://hook.example.org/x",
               "soc-certificate": PEM, "soc-token": "t", "pagerduty-key": "k",
               "pulse-url": "https://pulse.example.org/x",
               "opsgenie-key": "k", "jira-token": "t", "servicenow-key": "k",
               "soc-signing": "whsec_" + "QUJD" * 10, "soc-signing-next": "whsec_" + "REVG" * 10}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def table():
    """[(section, option)] of the one table of settings."""
    text = "".join(path.read_text() for path in sorted((ROOT / "src/conf").glob("table*.c")))
    rows = re.findall(r'\.shown = \{ "([^"]*)", "([^"]*)",', text)
    assert len(rows) > 80 and len(set(rows)) == len(rows)
    return rows


def page(name):
    return (ROOT / "man" / name).read_text()


def lists(text):
    """{heading: the Ic items below it} of an mdoc page."""
    found, heading = {}, None
    for line in text.splitlines():
        if line.startswith((".Sh ", ".Ss ")):
            heading = line[4:].strip('"')
        elif line.startswith(".It Ic "):
            found.setdefault(heading, []).append(line.split()[2])
    return found


def flags(text):
    """Long options that an mdoc text names."""
    return set(re.findall(r"Fl (?:Fl |-)([a-z][a-z-]*)", text))


def long_options(text):
    return set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", text))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_page_is_sound(path):
    """mandoc has nothing to warn of."""
    assert shutil.which("mandoc"), "mandoc is missing"
    done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", path], capture_output=True,
                          text=True, check=False)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_options_of_triaged_are_in_its_page():
    """Both ways: nothing undocumented, nothing documented that is not there."""
    text = page("triaged.8")
    items = re.findall(r"^\.It (Fl .*)", text, re.M)
    documented = {name for item in items for name in flags(item)}
    assert documented == long_options(output(TRIAGED, "--help"))


def commands():
    """{command: its own long options}, as triagectl itself says."""
    general = output(TRIAGECTL, "help")
    names = re.findall(r"^([a-z][a-z-]*)  +\S", general.split("Options of every command")[0], re.M)
    assert len(names) >= 13
    found = {}
    for name in names:
        own = output(TRIAGECTL, "help", name).split("Options of every command")[0]
        # Other options that a help text names stand further to the right.
        found[name] = set(re.findall(r"^(?:    |-., )--([a-z][a-z-]*)", own, re.M))
    return found


def chapters():
    """{command: what triagectl(1) says of it}."""
    text = page("triagectl.1").split(".Sh COMMANDS IN DETAIL")[1].split("\n.Sh ")[0]
    parts = re.split(r"^\.It (?:Xo\n\.)?Cm ([a-z-]+)", text, flags=re.M)
    found = {}
    for name, part in zip(parts[1::2], parts[2::2]):
        found[name] = found.get(name, "") + part
    return found


def test_commands_of_triagectl_are_in_its_page():
    """Every command with each of its options, and no command that is not."""
    said, there = chapters(), commands()
    assert said.keys() == there.keys()
    for name, options in there.items():
        assert flags(said[name]) == options, name
    general = output(TRIAGECTL, "help").split("Options of every command:")[1]
    before = page("triagectl.1").split(".Sh COMMANDS")[0]
    assert long_options(general) <= flags(before)
    for status in range(6):
        assert re.search(rf"^\.It {status}$", page("triagectl.1"), re.M), status


def test_settings_are_in_their_page():
    """Every option stands below the heading of its section, and every option
    that stands there is one."""
    documented = lists(page("triaged.yaml.5"))
    for section, name in table():
        assert name in documented[HEADINGS[section]], (section, name)
    known = {}
    for section, name in table():
        known.setdefault(HEADINGS[section], set()).add(name)
    for heading, names in known.items():
        assert set(documented[heading]) == names, heading


def sample(everything):
    """The sample file; @everything: also what stands there as a comment."""
    text = (ROOT / "etc/triaged.yaml").read_text()
    if everything:
        text = re.sub(r"^( *)#(?! \S|$)", r"\1", text, flags=re.M)
    return text


def test_settings_are_in_the_sample_file():
    """Every option stands in etc/triaged.yaml, in use or ready to be."""
    keys = set(re.findall(r"(?:^|[\s{,])([a-z][a-z-]*):(?=\s|$)", sample(True), re.M))
    for section, name in table():
        assert name in keys, (section, name)


@pytest.mark.parametrize("everything", [False, True], ids=["as it is", "all of it"])
def test_sample_file_can_be_used(site, everything):
    """As shipped, and with every line in use that is shipped as a comment."""
    for name, value in CREDENTIALS.items():
        site.secret(name, value)
    text = sample(everything).replace("/etc/triaged/", f"{site.folder}/")
    (site.folder / "holidays.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
    site.file.write_text(text)
    status, out, errors = site.run("--check-config")
    assert status == 0 and ": ok: " in out, errors
    assert "warning" not in errors or everything, errors


def log_calls():
    """{name of a message: the fields of each call that logs it by this name}."""
    found = {}
    for path in (ROOT / "src").rglob("*.c"):
        for call in path.read_text().split("log_event(")[1:]:
            call = call.split(");\n")[0]
            for name in re.findall(r"MSG_\w+", call):
                found.setdefault(name, []).append(set(re.findall(r'kv_\w+\(\s*"(\w+)"', call)))
    return found


def test_catalogue_names_fields_that_are_logged():
    """What the catalogue has journalctl put in is in the entry; without, its @NAME@ would stand
    there."""
    named = re.findall(r'^#define (MSG_\w+) "(\w+)"', (ROOT / "include/triaged/messages.h").read_text(),
                       re.M)
    names = {number: name for name, number in named}
    entries = re.split(r"^-- ", (ROOT / "systemd/triaged.catalog").read_text(), flags=re.M)[1:]
    calls = log_calls()
    everything = set(re.findall(r'kv_\w+\(\s*"(\w+)"', "".join(
        path.read_text() for path in (ROOT / "src").rglob("*.c"))))
    direct = 0
    for entry in entries:
        name, wanted = names[entry[:32]], set(re.findall(r"@TRIAGED_(\w+)@", entry))
        assert wanted <= everything, (name, wanted - everything)
        for fields in calls.get(name, []):
            direct += 1
            assert wanted <= fields, (name, wanted - fields)
    assert len(entries) == len(names) and direct > 40


def test_options_of_formats_are_told_with_them():
    """What belongs to some formats of webhooks names those in the manual, or those that refuse it;
    what one of them cannot do without is required there."""
    text = (ROOT / "src/conf/load_webhook.c").read_text()
    formats = dict(re.findall(r'\[FORMAT_(\w+)\] = "([\w-]+)"', text))
    macro = {"PUSHES": re.findall(r"F\((\w+)\)", re.search(r"#define PUSHES (.*)", text)[1])}
    targets = page("triaged.yaml.5").split('options: targets\n')[1].split("end of options")[0]
    items = dict(re.findall(r"^\.It Ic ([\w-]+)\n(.*?)(?=^\.It Ic |\Z)", targets, re.M | re.S))
    rows = re.findall(r'\{ "([\w-]+)",\s*([^,]*),\s*([^,]*) \}', text)
    assert len(rows) > 15

    def named(mask):
        found = re.findall(r"F\((\w+)\)", mask) + macro.get(mask.split("|")[-1].strip(), [])
        return {formats[name] for name in found}

    for option, those, needed in rows:
        if "~" in those:
            continue
        told = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^\.Cm (.*)", items[option], re.M))))
        told &= set(formats.values())
        assert told in (named(those), set(formats.values()) - named(those)), (option, told)
        assert not named(needed) or "required there" in items[option], option
