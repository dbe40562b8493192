"""The rules for Prometheus and the dashboard for Grafana: sound by promtool's word, and about
metrics that there are."""
import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

import test_metrics

TOP = Path(__file__).parents[2]
RULES = TOP / "etc/prometheus/triaged.rules.yml"
DASHBOARD = TOP / "etc/grafana/triaged-dashboard.json"
# What is in the place of a word of the runbooks that only the night knows.
WORDS = {"{{ $labels.target }}": "folder", "{{ $labels.rotation }}": "primary", " ID": " 1",
         "TEXT": "x", "$(date +%F)": "2026-11-21"}
GRID = 24
# Words of Grafana: another one is shown behind the number as it stands.
UNITS = {"short", "none", "s", "bytes", "percentunit", "dateTimeFromNow"}


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rules():
    """{name of an alert: its text} of the rules."""
    parts = re.split(r"^      - (?:alert|record): (\S+)\n", RULES.read_text(), flags=re.MULTILINE)
    return {name: text.split("\n  - name:")[0] for name, text in zip(parts[1::2], parts[2::2])
            if name.startswith("Triaged")}


def panels():
    return json.loads(DASHBOARD.read_text())["panels"]


def queries():
    """Every expression of the dashboard, as Prometheus would get it."""
    found = [target["expr"] for panel in panels() for target in panel.get("targets", [])]
    found += [a["expr"] for a in json.loads(DASHBOARD.read_text())["annotations"]["list"]
              if "expr" in a]
    return [text.replace("$__rate_interval", "5m") for text in found]


def test_rules_by_promtool():
    assert "SUCCESS" in promtool("check", "rules", RULES)
    promtool("check", "config", "--syntax-only", TOP / "etc/prometheus/scrape.yml")


def test_each_alert_fires_and_none_while_all_is_well():
    """By promtool, on series of its test file, which has every alert and no other."""
    tests = TOP / "tests/prometheus/triaged.rules.test.yml"
    promtool("test", "rules", tests)
    fired = set(re.findall(r'alertname="(\w+)",alertstate="firing"', tests.read_text()))
    assert fired == set(rules())


def test_each_alert_says_what_and_what_to_do():
    for name, text in rules().items():
        assert re.search(r"labels: \{severity: (critical|warning|info)\}", text), name
        for part in ("summary", "description", "runbook"):
            assert re.search(rf"^          {part}: \S", text, re.MULTILINE), (name, part)


def test_runbooks_are_commands(site, tmp_path):
    """What they say of triagectl and triaged is understood by them."""
    test_metrics.configure(site, tmp_path)
    site.start()
    seen = 0
    for name, text in rules().items():
        runbook = re.search(r"^          runbook: (.*)$", text, re.MULTILINE)[1]
        for word, value in WORDS.items():
            runbook = runbook.replace(word, value)
        for command in runbook.split("; "):
            program, *arguments = shlex.split(command)
            if program == "triagectl":
                status, _, errors = site.ctl(*(a.replace("/var/lib/triaged/backups",
                                                         str(site.state)) for a in arguments))
                assert status in (0, 1, 5), (name, command, errors)
                seen += 1
            elif program == "triaged":
                assert site.run(*arguments)[0] == 0, command
    assert seen > 30


def test_only_metrics_and_labels_that_there_are(site, tmp_path):
    """Each name that a rule or a panel asks for is in a scrape, with each label it is asked by."""
    port = test_metrics.configure(site, tmp_path)
    site.start()
    there = test_metrics.shape(test_metrics.scrape(port))
    texts = queries() + [re.search(r"expr: (.*?)\n        (?:for|labels)", text, re.DOTALL)[1]
                         for text in rules().values()]
    asked = {}
    for text in texts:
        for name, labels in re.findall(r"\b((?:triaged|process)_\w+)(?:\{([^}]*)\})?", text):
            asked.setdefault(re.sub("_bucket$", "", name), set()).update(
                re.findall(r"(\w+)[!=]", labels))
    assert len(asked) > 40
    for name, labels in asked.items():
        assert name in there, name
        assert labels <= there[name] | {"job", "instance"}, (name, labels)


def test_dashboard_is_sound():
    """Panels have numbers of their own, a place of their own, a description, a unit and steps of
    colour; whatever they ask goes to the source of data that the reader picks."""
    board = json.loads(DASHBOARD.read_text())
    assert board["uid"] == "triaged" and board["title"] and board["schemaVersion"] >= 36
    assert board["id"] is None, "the number of one Grafana"
    variables = {v["name"]: v for v in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    required = {r["id"] for r in board["__requires"] if r["type"] == "panel"}
    assert {p["type"] for p in panels()} == required | {"row"}
    assert len({p["id"] for p in panels()}) == len(panels())
    taken = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= GRID and not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] == "row":
            continue
        assert panel["description"].endswith("."), panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] and defaults["thresholds"]["steps"][0]["value"] is None
        assert defaults["unit"] in UNITS, panel["title"]
        assert len({t["refId"] for t in panel["targets"]}) == len(panel["targets"]), panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            assert 'job=~"$job",instance=~"$instance"' in target["expr"], panel["title"]
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= {*variables, "__rate_interval"}
    rows = [p["title"] for p in panels() if p["type"] == "row"]
    assert rows == ["Now", "Ingestion", "Delivery", "Daemon"]


def test_dashboard_by_promtool(tmp_path):
    """Every expression is one, also where it says which labels it goes by."""
    file = tmp_path / "rules.yml"
    lines = ["groups:", "- name: dashboard", "  rules:"]
    for i, text in enumerate(queries()):
        lines += [f"  - record: dashboard:panel:{i}", f"    expr: {json.dumps(text)}"]
    file.write_text("\n".join(lines) + "\n")
    assert f"{len(queries())} rules found" in promtool("check", "rules", file)


@pytest.mark.parametrize("bad", ['rate(triaged_alerts{job=~"$job"}[$__rate_interval]', "sum by"])
def test_promtool_refuses_what_is_none(tmp_path, bad):
    """Or the tests above would prove nothing."""
    file = tmp_path / "rules.yml"
    file.write_text("groups:\n- name: a\n  rules:\n  - record: a:b:c\n"
                    f"    expr: {json.dumps(bad)}\n")
    assert subprocess.run(["promtool", "check", "rules", file], capture_output=True,
                          check=False).returncode != 0
