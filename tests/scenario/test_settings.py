"""Settings: every fault at its place, drop-ins, secrets, and a reload that cannot hurt."""
import json
import re
import signal
from random import Random

import pytest

import fakes
import harness
import proofs

# Each ~N~ stands before what fault N points at, and is taken out again. Some are
# found only by looking: there is no such credential, zone or holiday file.
FAULTY = """\
listen: ~1~0.0.0.0:80
sources:
  - name: azure
    type: defender-for-cloud
    tenant: {tenant}
    client-id: ~2~6666
    client-secret: ~3~{credential: azure-secret}
    interval: ~4~soon
    ~5~intervall: 5m
calendars:
  - ~6~{name: lost, timezone: Europe/Atlantis, hours: {mon-fri: ["08:00-17:00"]}}
  - ~7~{name: torn, timezone: UTC, hours: {mon: ["08:00-17:00"]}, holidays: /nowhere.ics}
sla:
  high: {triage: ~8~4 hours}
  low: {triage: next-business-day, calendar: lost}
targets:
  - {name: ops, type: folder, path: /nowhere}
  - {name: ~9~ops, type: ~10~carrier-pigeon}
routes:
  - when: {severity: ~11~hihg}
    ladder: [{after: 0s, notify: [~12~opps]}]
fallback: ~13~nobody
quiet-hours: ~14~{timezone: Europe/Atlantis, hours: {mon: ["22:00-06:00"]}}
maintenance:
  - ~15~{name: gone, owner: a, reason: b, timezone: Europe/Berlin,
     from: 2027-03-28T02:10, to: 2027-03-28T02:40}
"""
FOLDER_SITE = """\
sources:
  - {name: exported, type: file, path: "{folder}/in/*.json", interval: 1s}
targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
fallback: ops
"""


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 15, "alerts": 40, "subscriptions": 2}) as fake:
        yield fake


def write_faulty(site):
    """Write the faulty file; the places of its faults as file:line:column."""
    site.settings(FAULTY)
    lines, places = site.file.read_text().splitlines(), []
    for number, line in enumerate(lines, start=1):
        while mark := re.search(r"~\d+~", line):
            places.append(f"{site.file}:{number}:{mark.start() + 1}")
            line = line.replace(mark.group(), "", 1)
        lines[number - 1] = line
    site.file.write_text("\n".join(lines) + "\n")
    return places


def places_in(text):
    return re.findall(r"^(\S+:\d+:\d+): (?!warning:)", text, re.MULTILINE)


def test_every_fault_is_told_at_its_place(site):
    """15 faults are 15 lines in one go, in order; status 1. A daemon does not start: 78."""
    places = write_faulty(site)
    assert len(places) == 15
    status, _, errors = site.run("--check-config")
    assert (status, places_in(errors)) == (1, places)
    assert "did you mean 'interval'" in errors and "did you mean 'ops'" in errors
    status, _, errors = site.run()
    assert (status, places_in(errors)) == (78, places)
    assert not list(site.state.iterdir())
    assert site.once()[0] == 78


def test_a_good_file_is_good(site, azure):
    """--check-config of what the other tests run says so, with status 0, and makes nothing."""
    proofs.configure(site, azure)
    status, out, errors = site.run("--check-config")
    assert (status, errors) == (0, "")
    assert f"{site.file}: ok" in out
    assert not list(site.state.iterdir()) and not azure.log()


DOUBTFUL = """\
calendars:
  - name: office
    timezone: Europe/Berlin
    hours: {mon-fri: ["08:00-17:00"]}
    closed: [2020-12-25]
    holidays: {holidays}
"""
ICS = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20201225
END:VEVENT
END:VCALENDAR
"""


def test_a_doubtful_calendar_is_told_at_its_place(site):
    """By --check-config with status 0, at start and at reload; each with line and column."""
    holidays = site.folder / "holidays.ics"
    holidays.write_text(ICS)
    site.settings(FOLDER_SITE + DOUBTFUL.replace("{holidays}", str(holidays)))
    lines = site.file.read_text().splitlines()
    closed, ran_out = (next(i for i, line in enumerate(lines, start=1) if word in line)
                       for word in ("closed:", "holidays:"))
    status, _, errors = site.run("--check-config")
    assert status == 0
    for place, text in ((f"{closed}:13", "closed has dates of the past only"),
                        (f"{ran_out}:15", f"{holidays} has no holiday in")):
        assert f"{site.file}:{place}: warning: calendars.office: {text}" in errors, errors
    site.start()
    assert "warning: calendars.office: closed has dates" in site.log_text()
    said = " ".join(reload_by_triagectl(site).split())
    assert f"{site.file}:{closed}:13: warning: calendars.office: closed has dates" in said
    assert site.stop() == 0


def test_maintenance_that_is_over_is_told(site):
    """It stops nothing: a warning at its place, and the file is good."""
    site.settings(FOLDER_SITE + """\
maintenance:
  - {name: past, owner: a, reason: b, timezone: UTC, from: 2021-03-28T02:00, to: 2021-03-28T03:00}
""")
    status, _, errors = site.run("--check-config")
    assert status == 0
    assert re.search(r":\d+:5: warning: maintenance.past: is over", errors), errors


@pytest.mark.parametrize("text, place", [
    ("sources: [", ":4:1"), ("sources: {a: 1, a: 2}\n", ":3:"), ("\tx: 1\n", ":3:1"),
    ("a: &x [*x]\n", ":3:"), ("\x00", ":3:1"), ("listen: off\n", ":3:1")])
def test_what_is_no_settings_file(site, text, place):
    """Broken YAML, a key twice, a tab, a loop, a zero byte: a place, status 78, no crash."""
    site.settings("listen: off\n" + text)
    status, _, errors = site.run()
    assert status == 78
    assert any(found.startswith(f"{site.file}:") for found in places_in(errors)), errors


def test_a_file_that_is_not_there(site):
    """Named, with the reason."""
    status, _, errors = site.run()
    assert status == 78
    assert str(site.file) in errors and "No such file" in errors


def test_wrong_command_lines(site):
    """Status 2 and the way to the help, before anything is read."""
    for options in (["--bogus"], ["stray"], ["--once", "--check-config"], ["-c"]):
        status, out, errors = site.run(*options)
        assert (status, out) == (2, ""), options
        assert errors.startswith("triaged: ")


def drop_in(site, name, text):
    folder = site.folder / "conf.d"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_drop_ins_add_up(site):
    """Entries add up, a single value of the later file counts, other files are not read."""
    site.settings(FOLDER_SITE)
    drop_in(site, "20-later.yaml", "import-horizon: 36h\n")
    first = drop_in(site, "10-more.yaml", "import-horizon: 2h\ntargets:\n"
                    "  - {name: more, type: folder, path: /more}\nfallback: more\n")
    drop_in(site, "30-note.txt", "nonsense\n")
    drop_in(site, ".hidden.yaml", "nonsense\n")
    status, out, errors = site.run("--dump-config")
    assert status == 0, errors
    assert re.search(r"^import-horizon: 36h\b.*20-later\.yaml:1", out, re.MULTILINE)
    assert re.search(r'^fallback: "?more\b.*10-more\.yaml:4', out, re.MULTILINE)
    for name in ("ops", "more", "exported"):
        assert re.search(rf'name: "?{name}\b', out)
    first.write_text(first.read_text().replace("name: more", "name: ops"))
    status, _, errors = site.run("--check-config")
    assert status == 1
    assert f"{first}:3:" in errors and f"{site.file}:7" in errors


def test_a_secret_others_can_read(site, azure):
    """Refused by its path, with what to do; its bytes are not shown."""
    proofs.configure(site, azure)
    secret = site.folder / "azure.secret"
    secret.write_text("correct horse")
    text = site.file.read_text().replace("{credential: azure-secret}", f"{{file: {secret}}}")
    site.file.write_text(text)
    secret.chmod(0o644)
    for options, expected in ((["--check-config"], 1), (["--once"], 78)):
        status, out, errors = site.run(*options)
        assert status == expected
        assert str(secret) in errors and "chmod" in errors
        assert "correct horse" not in out + errors
        assert places_in(errors)
    secret.chmod(0o600)
    assert site.once()[0] == 0


def test_a_credential_that_is_not_there(site, azure):
    """Named at the line that wants it."""
    proofs.configure(site, azure)
    (site.credentials / "azure-secret").unlink()
    status, _, errors = site.run("--check-config")
    assert status == 1
    assert "azure-secret" in errors and len(places_in(errors)) == 1


def test_dump_shows_no_secret(site, azure):
    """The effective settings with their places; [secret] where something is to be kept."""
    proofs.configure(site, azure)
    text = site.file.read_text().replace("targets:", """targets:
  - {name: hook, type: webhook, url: "https://hooks.example.org/T0K3N/x"}""")
    site.file.write_text(text)
    status, out, errors = site.run("--dump-config")
    assert status == 0, errors
    assert "[secret]" in out and "T0K3N" not in out + errors
    assert "correct horse" not in out + errors
    assert re.search(rf'client-id: "?{harness.CLIENT}.*{site.file.name}:\d+', out)


def test_what_was_dumped_can_be_read(site):
    """The dump of settings without secrets is a settings file of the same meaning."""
    site.settings(FOLDER_SITE)
    status, out, _ = site.run("--dump-config")
    assert status == 0
    site.file.write_text(out)
    status, again, errors = site.run("--dump-config")
    assert status == 0, errors

    def bare(text):
        return [re.sub(r"\s+#.*", "", line) for line in text.splitlines()]

    assert bare(again) == bare(out)


# What YAML, the shell or a template could take for something else.
PIECES = ["a", "b c", '"', "'", "\\", "#", " #", ": ", "- ", "!", "&", "*", "%s", "@", "`", "{",
          "}", "[x]", ",", "?", "|", ">", "é", "日本", "🙂", "{{", "~", "null", "yes", "0x1",
          "1e3", "\u00a0x", "=", "<<", "\\n", "\\x41", "$(x)"]


def some_text(random):
    return "".join(random.choices(PIECES, k=random.randint(1, 6))).strip(" \u00a0") or "x"


def some_when(random):
    names = random.sample(["title", "resource", "entity", "tag", "account", "policy"], 2)
    return {**{name: [some_text(random), some_text(random)] for name in names},
            "severity": random.choice(["high", ["m*", "high"]]), "not": {"incident": "No"}}


def some_settings(random):
    """One of every kind of value, as JSON, which is YAML."""
    span = random.choice(["61m", "90s", "3600s", "48h", "1d"])
    every = {
        "rules": [{"name": f"r {i}", "when": some_when(random), "reason": some_text(random),
                   "set": {"owner": some_text(random), "tags": ["a.b"]}, "expires": "2099-02-28"}
                  for i in range(2)],
        "routes": [{"when": some_when(random), "digest": {"at": "07:05", "notify": "ops"}},
                   {"name": "n 1", "continue": "on", "ladder": [
                       {"after": "0s", "notify": "duty"},
                       {"after": span, "notify": ["ops"], "repeat": span, "times": "3"},
                       {"after": f"{random.randint(0, 100)}%", "notify": "ops"}]}],
        "rotations": [{"name": "duty", "timezone": "UTC", "start": "2026-01-05",
                       "handover": "mon  09:00", "every": "2w", "members": ["ops", "run", "ops"],
                       "overrides": [{"from": "2026-02-01T24:00", "to": "2026-02-03 09:00",
                                      "member": "none"}]}],
        "calendars": [{"name": "c", "timezone": "Europe/Berlin", "closed": ["2099-12-25"],
                       "hours": {"mon-wed,fri": ["13:00-24:00", "08:00-12:00"],
                                 "sat": "22:00-06:00"},
                       "special": {"2099-12-24": "22:00-02:00"}}],
        "sla": {"high": {"triage": "90s", "resolve": "100h"}, "low": {"triage": "none"}},
        "maintenance": [{"name": "m", "owner": some_text(random), "reason": some_text(random),
                         "when": some_when(random), "timezone": "UTC",
                         "from": "2099-01-01T24:00", "to": "2099-01-03 07:05"}],
        "quiet-hours": {"target": "ops", "timezone": "CET", "hours": {"tue": "01:00-02:00"}},
        "retention": {"raw": "forever", "size-limit": random.choice(["off", "65537KiB", "3GiB"])},
        "crown-jewels": some_text(random), "acknowledge-expires": {"high": "never"},
        "control": {"operate": []}, "groups": {"wait": {"high": "0s"}}, "reopen-window": "0s",
        "sandbox": {"landlock": "no", "write": [f"/w/{some_text(random)}"]},
    }
    if random.random() < 0.5:
        every = {name: every[name] for name in random.sample(sorted(every), 5)}
        every["rotations"] = []
        every.pop("routes", None)
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in {
        **every, "fallback": "ops",
        "sources": [{"name": "in", "type": "file", "path": f"/in/{some_text(random)}"}],
        "targets": [{"name": "ops", "type": "folder", "path": f"/out/{some_text(random)}"},
                    {"name": "run", "type": "exec", "command": ["/x", some_text(random)]}],
    }.items())


def test_whatever_was_dumped_can_be_read(site):
    """30 settings with texts that mean something to others: the dump loads, to the same dump."""
    for seed in range(30):
        dumps, text = [], some_settings(Random(seed))
        for _ in range(2):
            site.file.write_text(text)
            status, text, errors = site.run("--dump-config")
            assert status == 0, (seed, errors)
            dumps.append([re.sub(r"\s+# (default|\S*:\d+)$", "", line)
                          for line in text.splitlines()])
        assert dumps[1] == dumps[0], seed
        assert len(dumps[0]) > 40


def reload_by_signal(site):
    """SIGHUP; what the daemon has logged about it, once it has."""
    before = len(site.log_text())
    site.signal(signal.SIGHUP)
    return harness.wait_for(lambda: re.search(
        r".*settings (refused|read again).*", site.log_text()[before:], re.DOTALL),
        "the outcome of a reload").group()


def reload_by_triagectl(site):
    # It reads the file too, to find the socket, and goes on with a warning.
    status, out, errors = site.ctl("reload")
    said = out + errors
    assert (status == 0) == ("read again" in said), said
    return said


@pytest.mark.row("F2")
@pytest.mark.parametrize("reload", [reload_by_signal, reload_by_triagectl])
def test_reload(site, azure, reload):
    """A bad file changes nothing and is told by line; a good one brings a source at once."""
    site.settings(FOLDER_SITE)
    good = site.file.read_text()
    site.start()

    site.file.write_text(good.replace("fallback: ops", "fallback: oops"))
    line = good.splitlines().index("fallback: ops") + 1
    said = reload(site)
    assert "oops" in said and re.search(rf":{line}:11\b|LINE={line}\b|line={line}\b", said), said
    assert site.ctl_reaches()
    status, out, errors = site.ctl("list", "--json")
    assert status == 0 and json.loads(out)
    assert errors == ("triagectl: warning: the configuration has 1 fault; see all with: "
                      f"triaged -c {site.file} --check-config\n")

    site.file.write_text(good.replace("listen: off", "listen: 127.0.0.1:1"))
    said = reload(site)
    assert "listen" in said and "restart" in said
    assert site.ctl_reaches() and not azure.log()

    site.secret("azure-secret", "correct horse")
    source = proofs.azure_source(azure).replace("{tenant}", harness.TENANT)
    source = source.replace("{client}", harness.CLIENT)
    site.file.write_text(good.replace("sources:\n", "sources:\n" + source))
    assert "read again" in reload(site)
    harness.wait_for(lambda: len(site.rows(
        "SELECT 1 FROM v_polls WHERE source = 'azure' AND complete")) == 3, "the new source")
    assert set(proofs.stored(site)) == set(proofs.truth(azure))
    assert site.stop() == 0, site.log_text()
