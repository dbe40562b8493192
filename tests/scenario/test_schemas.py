"""Every answer for programs has the shape that its schema promises: each command is
asked with --json on a site where something is going on, and once where nothing is."""
import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

import fakes
import kit
import posture
from harness import TRIAGECTL, wait_for

FOLDER = Path(__file__).parents[2] / "etc/schema"
SETTINGS = kit.FILES + kit.CROWN_JEWELS + """
sla:
  critical: {triage: 1s, resolve: 8h}
  high: {triage: 4h, resolve: 24h}
  medium: {triage: 24h}
rotations:
  - name: primary
    timezone: Europe/Berlin
    start: 2026-01-05
    handover: "09:00"
    members: [oncall, soc]
targets:
  - {name: oncall, type: exec, command: ["{folder}/hook"], timeout: 10s}
  - {name: soc, type: exec, command: [/bin/false], timeout: 10s}
  - {name: handler, type: exec, command: [/bin/true], timeout: 10s}
  - {name: gone, type: webhook, url: "{sink}/gone", allow-private: true}
routes:
  - name: loud
    when: {severity: [critical, high]}
    ladder:
      - {after: 0s, notify: [oncall, primary]}
      - {after: 20m, notify: [soc], repeat: 15m, times: 3}
    continue: true
  - name: all
    ladder: [{after: 0s, notify: [soc]}]
fallback: oncall
maintenance:
  - {name: move, owner: ops, reason: the racks move, when: {title: "*process 9"},
     timezone: UTC, hours: {mon-sat: ["00:00-24:00"], sun: ["00:01-24:00"]}}
respond: {hooks: handler, second-person: never}
forward:
  - {name: spool, type: file, path: "{folder}/spool.json", from: beginning}
"""


def schemas():
    return {path.name.removesuffix(".schema.json"): json.loads(path.read_text())
            for path in sorted(FOLDER.glob("*.schema.json"))}


SCHEMAS = schemas()
STORE = {document["$id"]: document for document in SCHEMAS.values()}


def faults_of(name, answer):
    """What is wrong with the shape of @answer, which should be @name; empty when nothing is."""
    resolver = jsonschema.RefResolver.from_schema(SCHEMAS[name], store=STORE)
    validator = jsonschema.Draft202012Validator(SCHEMAS[name], resolver=resolver)
    return [f"{name}: {'/'.join(map(str, fault.absolute_path))}: {fault.message}"
            for fault in validator.iter_errors(answer)]


def check(answer):
    """@answer has the shape that it says; the name of that shape."""
    name = answer["schema"]
    assert name in SCHEMAS, f"etc/schema has no {name}.schema.json"
    faults = faults_of(name, answer)
    assert not faults, "\n".join(faults[:10])
    return name


def ask(site, *arguments, statuses=(0,)):
    status, out, errors = site.ctl("--json", *arguments)
    assert status in statuses, (arguments, status, out, errors)
    answer = json.loads(out)
    return check(answer)


# What is asked, in this order; {1} is the first alert, {message} one given up.
LOOKING = [
    "status", "list", "list --state all --sort id", "list --severity info", "show {1}",
    "show {2} --full", "show {9}", "why {1}", "why {2} --target soc", "why {9} --target nobody",
    "search process", "search suspicious --state open --limit 1", "search nothing-has-this",
    "related {1}", "related {9} --limit 1", "forecast", "forecast --within 3d", "timeline {1}", "timeline {9}",
    "oncall", "outbox", "outbox --state sent", "outbox show {message}", "silence list --all",
    "maintenance list", "sources", "coverage", "audit ladders", "audit verify", "doctor", "check", "check --poll-age off --overdue high=1", "sql", "sql queue",
    "sql overdue", "what-if --config {file} --since 1d", "help", "help list", "version",
    "help --values ID", "help --values SEVERITY",
    "report {1}", "report {9}", "report --shift 12h", "approve",
    "plans", "plans --state off", "score", "score --daily", "recommendations", "recommendations --each",
    "recommendations --state gone", "recommendations {advice}", "checklist", "checklist --state missing,unknown", "blindspots",
]
CHANGING = [
    "ack {1} --note looking", "ack {1} {2}", "assign {1} payments-team", "phase {1} investigate",
    "hold {1} --for 2h --reason vendor", "hold {1} --end", "note {2} seen",
    "close {3} --as benign", "reopen {3} --note again", "outbox retry {message}",
    "outbox drop {message} --reason old", "test-notify gone",
    "outbox enable gone",
    "silence add --match title=*scan* --for 1h --reason test --preview",
    "silence add --match title=*process* --for 1h --reason test",
    "drill --wait 1s --reason test",
    "test-notify oncall", "test-notify oncall --no-wait", "backup {folder}/copy.db",
    "restore --dry-run {folder}/copy.db", "db check",
    "db compact --dry-run",
    "report {1} --output {folder}/report.json",
    "respond {1} exec handler --plan", "respond {2} exec handler --reason test", "approve 1 --refuse --reason late",
    "respond {1} exec handler --reason test", "approve 2 --plan", "approve 2 --yes --no-wait",
]
# Not asked here: top has no answer for programs, the lines of watch come from
# tests/scenario/test_top.py, those of export and the answer of import from
# test_export.py, that of setup, which asks a cloud, from test_setup.py, activities, which asks a cloud, from test_activities.py.
LIVE = {"top": None, "watch": "triaged.watch.v1", "activities": "triaged.activities.v1",
        "export": "triaged.export.v1", "import": "triaged.import.v1",
        "setup": "triaged.setup.v1"}
# No source here has a posture: a reload ends what was written of one.
FIRST = ["reload"]
LATER = ["silence list", "silence end 1", "outbox retry --dead", "outbox drop --target soc --reason x"]


def fill(site):
    site.start()
    kit.put(site, kit.alert(1, crown=True), kit.alert(2), kit.alert(3, severity="Low"),
            kit.alert(4, severity="Medium", description=None, entities=[], remediationSteps=[]),
            kit.alert(9), {"id": "x", "name": 5})
    ids = {str(n): str(kit.wait_alert(site, f"Suspicious process {n}")["id"])
           for n in (1, 2, 3, 9)}
    dead = wait_for(lambda: kit.deliveries(site, "target = 'soc' and last_error <> ''"),
                    "a message that fails")
    kit.wait_delivery(site, "target = 'oncall' and state = 'sent'")
    return {**ids, "message": str(dead[0]["id"]), "file": str(site.file),
            "folder": str(site.folder), "advice": "1"}


def usual(line):
    """check has a plugin's statuses."""
    return (0, 1, 2, 3) if line.startswith("check") else (0, 1)


def words(line, values):
    return [re.sub(r"\{(\w+)\}", lambda m: values[m.group(1)], word) for word in line.split()]


@pytest.fixture
def sink(tmp_path):
    """A receiver that has gone for good."""
    with fakes.Sink(tmp_path) as receiver:
        receiver.fault(path="/gone", status=410)
        yield receiver


def test_every_answer_has_its_shape(site, sink):
    """With the daemon and without it; and no schema is left that nothing answers with."""
    # Nothing there yet: rows may be none, moments may be null.
    hook = site.folder / "hook"
    hook.write_text("#!/bin/sh\ncat >/dev/null; echo done\n")
    hook.chmod(0o755)
    site.settings(SETTINGS, sink=sink.url)
    assert site.once()[0] in (0, 1)
    seen = {ask(site, *words(line, {"file": str(site.file)}), statuses=usual(line))
            for line in LOOKING if not re.search(r"\{[1-9ma]", line)}
    values = fill(site)
    seen |= {ask(site, *words(line, values)) for line in FIRST}
    with posture.writing(site) as writer:
        posture.usual(writer)
    for lines in (LOOKING, CHANGING, LATER, LOOKING):
        # A change that comes too late is told in the same shape.
        seen |= {ask(site, *words(line, values), statuses=usual(line)) for line in lines}
    site.stop()
    seen |= {ask(site, *words(line, values), statuses=usual(line)) for line in LOOKING}
    seen |= {ask(site, *words(line, values), statuses=(1, 2, 3, 5))
             for line in ("ack {2}", "show 999", "list --state opn")}
    promised = {name for name in SCHEMAS if not name.startswith("triaged.common")}
    promised -= set(LIVE.values())
    assert promised == seen, promised ^ seen


def test_every_command_is_asked():
    """A new command is asked here, so it has a schema."""
    done = subprocess.run([TRIAGECTL, "--json", "help"], capture_output=True, text=True, check=True)
    commands = {row["name"] for row in json.loads(done.stdout)["commands"]}
    asked = LIVE.keys() | {line.split()[0] for line in FIRST + LOOKING + CHANGING + LATER}
    assert commands == asked, f"say in LOOKING or CHANGING how to ask: {commands ^ asked}"


def every_object(schema):
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from every_object(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from every_object(part)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_sound(name):
    """It is one, says its own name, and takes no member that it does not tell."""
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name}.schema.json" and schema["title"]
    for part in every_object(schema):
        assert part.get("additionalProperties") is False, part["properties"].keys()
    if not name.startswith("triaged.common"):
        # An export says its name in the first of its lines.
        schema = schema if "properties" in schema else schema["oneOf"][0]
        assert schema["properties"]["schema"] == {"const": name}
        assert "schema" in schema["required"]


def test_a_new_member_is_seen():
    """The check itself: one member more, one less, one of another kind."""
    good = {"schema": "triaged.version.v1", "version": "0.1.0"}
    assert check(good) == "triaged.version.v1"
    for bad in ({**good, "more": 1}, {"schema": "triaged.version.v1"}, {**good, "version": 1}):
        with pytest.raises(AssertionError):
            check(bad)
