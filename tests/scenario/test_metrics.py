"""What Prometheus gets: every series from the start, the numbers of the database, and the
list of the manual."""
import re
import subprocess
from pathlib import Path

import fakes
import kit
from harness import BUILD, MAY_LOOK_INSIDE, wait_for
from ports import free_port
from test_life import families, get

MANUAL = Path(__file__).parents[2] / "man/triaged.8"
MANUAL_DB = BUILD / "man/triaged-db.5"
PROMISED = """
    triaged_alerts{severity,state} triaged_ingested_total{source,result}
    triaged_poll_age_seconds{source} triaged_polls_total{source,result}
    triaged_sla_overdue{severity} triaged_sla_breaches_total{severity} triaged_outbox{state}
    triaged_deliveries_total{target,result} triaged_delivery_seconds
    triaged_detection_lag_seconds triaged_loop_stall_seconds triaged_db_bytes
    triaged_build_info
"""
# What a label may be: a word of ours, or a name of the settings.
LABELS = {"action", "severity", "state", "source", "result", "target", "file", "version", "part",
          "event", "reason", "trouble", "cause", "rotation", "destination", "class", "le"}
# Of these the settings, the program or everybody knows the words.
NAMED = {"source", "target", "rotation", "destination", "severity", "version", "le"}
# One of everything that has metrics of its own.
EVERYTHING = """
listen: 127.0.0.1:{port}
sources:
  - {name: exported, type: file, path: "{folder}/in/*.json", interval: 1s}
  - name: azure
    type: defender-for-cloud
    tenant: {tenant}
    auth: client-certificate
    client-id: {client}
    client-certificate: {credential: azure-certificate}
    endpoints: {login: "{nobody}", resource-manager: "{nobody}"}
    interval: 1s
rotations:
  - {name: primary, timezone: UTC, start: 2026-01-05, handover: "mon 09:00", every: 1w, members: [folder]}
targets:
  - {name: folder, type: folder, path: "{outbox}"}
  - {name: mail, type: email, server: "smtp://127.0.0.1:{closed}", starttls: off, from: a@example.org,
     to: [secret.person@example.org]}
  - {name: pulse, type: heartbeat, url: "{nobody}/beat", interval: 10s, allow-private: true}
routes:
  - when: {severity: medium}
    ladder: [{after: 0s, notify: [mail]}]
  - ladder: [{after: 0s, notify: [primary]}]
fallback: folder
forward:
  - {name: siem, type: file, path: "{folder}/siem.json", format: json}
"""


def configure(site, folder):
    """Settings with one of everything; the port of the page."""
    port, closed = free_port(), free_port()
    site.secret("azure-certificate", fakes.signing_certificate(folder)[1])
    site.settings(EVERYTHING, port=port, closed=closed, nobody=f"http://127.0.0.1:{closed}")
    return port


def scrape(port):
    status, headers, text = get(port, "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return text


def values(port):
    """{series: value} of a scrape."""
    return {name + (f"{{{labels}}}" if labels else ""): value
            for _, samples in families(scrape(port)).values()
            for (name, labels), value in samples.items()}


def shape(text):
    """{family: its labels}."""
    found = {}
    for name, (_, samples) in families(text).items():
        labels = {tuple(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', key[1])) for key in samples}
        found[name] = set().union(*map(set, labels)) - {"le"}
    return found


def manual():
    """The same as the manual lists it."""
    part = MANUAL.read_text().split(".Sh METRICS")[1].split(".Sh ")[0]
    rows = re.findall(r"^\.It Li (\w+)( \+)?(?: Brq (.*))?$", part, re.MULTILINE)
    return {name: set(labels.replace(",", " ").split()) for name, _, labels in rows}


def test_names(site, tmp_path):
    """Those of the interface with exactly its labels; those of the manual, no more and no less;
    promtool has nothing to say."""
    port = configure(site, tmp_path)
    site.start()
    text = scrape(port)
    found = shape(text)
    assert found == manual()
    for name, labels in re.findall(r"(\w+)(?:\{(.*?)\})?", PROMISED):
        extra = {"triaged_db_bytes": {"file"}, "triaged_build_info": {"version"}}.get(name, set())
        assert found[name] == set(filter(None, labels.split(","))) | extra, name
    for name, (kind, _) in families(text).items():
        assert (kind == "counter") == name.endswith("_total"), name
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def label_words(text):
    """{(family, label): the words of ours that it takes}; not what the settings name."""
    found = {}
    for family, (_, samples) in families(text).items():
        for _, labels in samples:
            for label, word in re.findall(r'(\w+)="([^"]*)"', labels):
                if label not in NAMED:
                    found.setdefault((family, label), set()).add(word)
    return found


def test_words_of_labels(site, tmp_path):
    """Whoever writes a query finds each word that a label takes with its metric in the manual, or
    with the view that it names."""
    port = configure(site, tmp_path)
    site.start()
    part = MANUAL.read_text().split(".Sh METRICS")[1].split(".Sh ")[0]
    items = dict(zip(*[iter(re.split(r"^\.It Li (\w+).*$", part, flags=re.MULTILINE)[1:])] * 2))
    views = MANUAL_DB.read_text()
    for (family, label), words in label_words(scrape(port)).items():
        told = items[family]
        for view in re.findall(r"\bv_\w+", told):
            told += views.split(f".Ss {view}\n")[1].split("\n.Ss ")[0]
        for word in words:
            assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", told), (family, label, word)


def test_series_are_there_before_anything_happens(site, tmp_path):
    """A rate has two points from the first event on: later scrapes bring no new series."""
    port = configure(site, tmp_path)
    site.start()
    first = values(port)
    for severity in ("critical", "high", "medium", "low", "info"):
        for state in ("open", "acknowledged", "closed"):
            assert first[f'triaged_alerts{{severity="{severity}",state="{state}"}}'] == 0
    for target in ("folder", "mail"):
        assert first[f'triaged_deliveries_total{{target="{target}",result="dead"}}'] == 0
        assert first[f'triaged_delivery_retries_total{{target="{target}"}}'] == 0
    assert first['triaged_poll_age_seconds{source="azure"}'] == float("inf")
    assert first['triaged_outbox_oldest_seconds{target="mail"}'] == 0
    kit.put(site, kit.alert(1), kit.alert(2, severity="Medium"), kit.alert(3, severity="Odd"))
    kit.wait_delivery(site, "state = 'sent'")
    kit.wait_delivery(site, "state = 'retry'")
    (site.folder / "in/half.json").write_text('{"value": [{"id": "/x", "name": "cut off in')
    wait_for(lambda: values(port)['triaged_source_trouble{source="exported",'
                                  'reason="reading"}'] == 1, "the trouble of the source")
    last = values(port)
    assert set(last) == set(first)
    assert last['triaged_alerts{severity="high",state="open"}'] == 1
    assert last['triaged_alert_events_total{event="opened"}'] >= 3
    assert last['triaged_delivery_retries_total{target="mail"}'] >= 1
    assert last['triaged_outbox_oldest_seconds{target="mail"}'] > 0
    assert last['triaged_outbox_oldest_seconds{target="folder"}'] == 0
    assert last['triaged_ingested_total{source="exported",result="new"}'] == 3
    assert 0 <= last['triaged_poll_age_seconds{source="exported"}'] < 60
    assert last["triaged_audit_events_total"] == site.value("select max(id) from v_events")


def test_says_nothing_it_should_not(site, tmp_path):
    """No label but those of the list; nobody's address, nothing of an alert."""
    port = configure(site, tmp_path)
    site.start()
    kit.put(site, kit.alert(1), kit.alert(2, severity="Medium"))
    kit.wait_delivery(site, "state = 'sent'")
    kit.wait_delivery(site, "state = 'retry'")
    text = scrape(port)
    assert set().union(*shape(text).values()) <= LABELS
    for word in ("secret.person", "vm-1", "Suspicious", kit.SUBSCRIPTION, str(site.folder)):
        assert word not in text


def test_process(site, tmp_path):
    """What is said of the process is what the kernel says of it."""
    port = configure(site, tmp_path)
    site.start()
    seen = values(port)
    pid = site.process.pid
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    assert 0.5 < seen["process_resident_memory_bytes"] / resident < 2
    if MAY_LOOK_INSIDE:
        assert abs(seen["process_open_fds"] - len(list(Path(f"/proc/{pid}/fd").iterdir()))) <= 3
    assert seen["process_max_fds"] >= seen["process_open_fds"]
    ticks = sum(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    assert 0 < seen["process_cpu_seconds_total"] <= ticks / 100 + 0.1
    since = site.ctl_json("status")["daemon"]["up_since_ms"] / 1000
    assert seen["process_start_time_seconds"] == since
    expiry = seen['triaged_credential_expiry_timestamp_seconds{source="azure"}']
    assert 89 < (expiry - since) / 86400 < 91
    assert seen['triaged_rotation_staffed{rotation="primary"}'] == 1
    assert seen["triaged_disk_free_bytes"] > 0


def test_over_a_restart(site, tmp_path):
    """Counters of the database go on; those of the process, which the manual marks, begin again."""
    port = configure(site, tmp_path)
    site.start()
    kit.put(site, kit.alert(1))
    kit.wait_delivery(site, "state = 'sent'")
    before = values(port)
    assert before['triaged_alert_events_total{event="opened"}'] >= 1
    site.stop()
    site.start()
    after = values(port)
    marked = set(re.findall(r"^\.It Li (\w+) \+", MANUAL.read_text(), re.MULTILINE))
    for series, value in before.items():
        name = series.split("{")[0]
        if name.endswith("_total") and name not in marked and name.startswith("triaged_"):
            assert after[series] >= value, series
    assert after['triaged_deliveries_total{target="folder",result="sent"}'] >= 1
    assert after['triaged_ingested_total{source="exported",result="new"}'] == 1
    assert after['triaged_alert_events_total{event="opened"}'] < before[
        'triaged_alert_events_total{event="opened"}']


def test_settings_and_backup(site, tmp_path):
    """A refused reload shows until one is taken; a backup has an age."""
    port = configure(site, tmp_path)
    site.start()
    first = values(port)
    assert first["triaged_config_last_reload_successful"] == 1
    assert first["triaged_backup_age_seconds"] == float("inf")
    whole = site.file.read_text()
    site.file.write_text(whole + "nonsense: 1\n")
    assert site.ctl("reload")[0] == 1
    bad = values(port)
    assert bad["triaged_config_last_reload_successful"] == 0
    assert bad['triaged_reloads_total{result="refused"}'] == 1
    stamp = "triaged_config_last_reload_success_timestamp_seconds"
    assert bad[stamp] == first[stamp]
    site.file.write_text(whole)
    assert site.ctl("reload")[0] == 0
    good = values(port)
    assert good["triaged_config_last_reload_successful"] == 1 and good[stamp] > first[stamp]
    assert site.ctl("backup", site.state / "copy.db")[0] == 0
    site.stop()
    site.start()
    assert 0 <= values(port)["triaged_backup_age_seconds"] < 60
