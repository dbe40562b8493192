"""The posture of subscriptions as people see it: plans, score, recommendations, checklist and
blind spots, at 80 columns, as CSV and for programs, while the daemon is down; and why there
is nothing to see, where there is nothing."""
import csv
import io
import json
import re
import subprocess
from pathlib import Path

import pytest

import fakes
import kit
import posture
import test_posture
from harness import TRIAGECTL, Clock, wait_for
from posture import FIRST, SECOND
from test_schemas import check

SOURCES = kit.FILES + """
  - name: azure
    type: defender-for-cloud
    tenant: "{tenant}"
    auth: client-secret
    client-id: "{client}"
    client-secret: {credential: secret}
    POSTURE
    endpoints: {login: "http://127.0.0.1:1", resource-manager: "http://127.0.0.1:1"}
"""
README = (Path(__file__).parents[2] / "README.md").read_text()
TARGETS = """
targets: [{name: oncall, type: folder, path: "{outbox}"}]
fallback: oncall
"""
COMMANDS = ["plans", "plans --state on,off", "score", "score --daily --since 30d", "recommendations",
            "recommendations --each", "recommendations --state all", "recommendations 1", "checklist",
            "checklist --state missing", "blindspots"]
REFUSED = ('HTTP 403: the application may not read it: az role assignment create --assignee {client} '
           '--role "Security Reader" --scope /subscriptions/' + SECOND)
EVIL = "\x1b]0;owned\x07=cmd|'/c calc'!A1 \u202eexe.txt"


def settle(site, sources=SOURCES, option=""):
    """Settings, and a database that no daemon has written to yet."""
    site.secret("secret", "s")
    site.settings(sources.replace("POSTURE", option) + TARGETS)
    database = site.state / "triaged.db"
    assert site.ctl("status")[0] != 0 and not database.exists()
    # An import folder alone: nothing is asked of a network for the database to be there.
    settings = site.file.read_text()
    site.settings(kit.FILES + TARGETS)
    assert site.once()[0] == 0 and database.exists()
    site.file.write_text(settings)


@pytest.fixture
def known(site):
    settle(site)
    with posture.writing(site) as writer:
        posture.usual(writer)
    return site


def screen(site, *words, status=0, columns=80):
    done = subprocess.run([TRIAGECTL, "-c", site.file, *words], capture_output=True, text=True,
                          env={**site.environment(), "COLUMNS": str(columns), "NO_COLOR": "1"}, check=False)
    assert done.returncode == status, (words, done.stdout, done.stderr)
    return done.stdout


def flat(text):
    return kit.flat(text)


def answer(site, *words, statuses=(0,)):
    status, out, errors = site.ctl("--json", *words)
    assert status in statuses, (words, status, errors)
    told = json.loads(out)
    check(told)
    return told


def test_plans(known):
    """What is unwatched comes first; how old it is, is said."""
    text = screen(known, "plans")
    rows = [line.split() for line in text.splitlines()]
    assert [row[:3] for row in rows[3:9]] == [
        ["KeyVaults", "off", "1"], ["StorageAccounts", "off", "12"], ["Arm", "on", "-"],
        ["CosmosDbs", "off", "0"], ["VirtualMachines", "on", "P2"], ["FileIntegrityMonitoring"]]
    assert f"Subscription {FIRST} of source azure" in text
    assert "2 plans are off" in flat(text) and f"turn them on: triagectl -c {known.file} checklist" in flat(text)
    assert "replaced by VirtualMachines" in text and "Read 3 h ago." in text
    told = answer(known, "plans", "--state", "off")
    assert {row["name"] for row in told["plans"]} == {"KeyVaults", "StorageAccounts", "CosmosDbs"}
    assert {row["name"]: row["resources"] for row in told["plans"]}["StorageAccounts"] == 12
    assert [read["part"] for read in told["reads"]] == ["plans"] and told["troubles"] == []


def test_status(site):
    """A line a source: not read yet, read whole, and what of it is not."""
    settle(site)
    assert "Posture azure not read yet" in flat(screen(site, "status"))
    with posture.writing(site) as writer:
        writer.subscription()
    assert "Posture azure read whole 3 h ago " in flat(screen(site, "status"))
    with posture.writing(site) as writer:
        writer.subscription(SECOND, troubles={"contacts": "HTTP 403: no", "kinds": "HTTP 500"})
    text = flat(screen(site, "status"))
    assert (f"Posture azure tried 3 h ago, never read whole, 2 of 16 parts NOT WHOLE, as contacts of {SECOND}: "
            "HTTP 403: no (see: triagectl checklist)") in text
    (row,) = answer(site, "status")["posture"]
    assert (row["source"], row["parts"], row["incomplete"], row["part"]) == ("azure", 16, 2, "contacts")
    assert row["complete_ms"] is None and row["complete_at"] is None
    site.file.write_text(site.file.read_text().replace("type: defender-for-cloud\n",
                                                       "type: defender-for-cloud\n    posture: off\n"))
    assert answer(site, "status")["posture"] == [] and "Posture" not in screen(site, "status")


def test_score(known):
    """With the day it is compared with; two subscriptions as the service weighs them."""
    assert re.search(r"61\.4 %\s+34\.4 of 56\s+\+2\.3 since \d{4}-", screen(known, "score"))
    assert "together" not in screen(known, "score")
    daily = screen(known, "score", "--daily", "--since", "30d")
    assert "61.4 %" in daily and "59.1 %" in daily
    assert "59.1" not in screen(known, "score", "--daily", "--since", "1d")
    with posture.writing(known) as writer:
        writer.subscription(SECOND)
        writer.score(80, weight=30)
    text = screen(known, "score")
    assert "All 2 together, weighted: 75.3 %" in text and SECOND[:8] in text
    assert abs(answer(known, "score")["together_percent"] - 75.34) < 0.01


def test_recommendations(known):
    """Kinds, then each, then one with what to do."""
    text = flat(screen(known, "recommendations"))
    assert re.search(r"1 high 3 32 d ago Low Management ports", text)
    assert f"on which: triagectl -c {known.file} recommendations 1" in text and "old-01" not in text
    told = answer(known, "recommendations", "--severity", "high,low")
    assert [(row["kind"], row["n"]) for row in told["kinds"]] == [("k-ports", 3), ("k-logs", 1)]
    each = answer(known, "recommendations", "--resource", "web-01")["recommendations"]
    assert [row["kind"] for row in each] == ["k-ports", "k-disks"]
    gone = answer(known, "recommendations", "--state", "gone")["recommendations"]
    assert [(row["state"], row["gone_why"]) for row in gone] == [("gone", "healthy")]
    every = answer(known, "recommendations", "--state", "all")["recommendations"]
    assert len(every) == 6 and every[-1]["state"] == "gone"
    assert len(answer(known, "recommendations", "--each", "--limit", "2")["recommendations"]) == 2
    one = screen(known, "recommendations", "1")
    for words in ("Management ports", "open, since 30 d ago", "2. Choose Networking.", "web-02", "read 3 h ago"):
        assert words in flat(one), words
    assert "healthy" in screen(known, "recommendations", str(gone[0]["id"]))


def test_checklist(known):
    """Each missing thing with its command, which a shell takes; the rest is there too."""
    text = screen(known, "checklist", status=1)
    assert re.search(r"\d+ missing, 0 unknown, \d+ done\.", text)
    assert "plan StorageAccounts: off, and 12 storage accounts would need it (read 3 h ago)" in flat(text)
    assert "the last one" not in text and f"triagectl -c {known.file} drill" in flat(text)
    told = answer(known, "checklist", statuses=(1,))
    states = {row["item"]: row["state"] for row in told["items"] if row["item"] != "plan"}
    assert states == {
        "contact": "done", "alert-emails": "missing", "export": "missing", "provisioning": "done",
        "cloud-apps-sharing": "done", "endpoint-sharing": "missing", "cloud-source": "done",
        "cloud-apps-source": "missing", "posture": "done", "second-way": "missing", "heartbeat": "missing",
        "drill": "missing"}
    assert told["missing"] == sum(row["state"] == "missing" for row in told["items"])
    for row in told["items"]:
        assert (row["state"] == "done") == (row["next"] is None), row
        assert row["why"] and (row["read_ms"] or row["subscription"] is None), row
        if row["next"]:
            subprocess.run(["bash", "-n", "-c", row["next"]], check=True)
    shown = answer(known, "checklist", "--state", "done", statuses=(1,))["items"]
    assert shown and {row["state"] for row in shown} == {"done"}
    scoped = answer(known, "checklist", "--subscription", FIRST.upper(), statuses=(1,))["items"]
    assert {row["subscription"] for row in scoped} == {FIRST}


def test_blindspots(known):
    """Nothing about what is seen, and a source that was never read."""
    told = answer(known, "blindspots", statuses=(1,))
    what = [(row["item"], row["what"]) for row in told["items"]]
    assert ("plan", "12 storage accounts") in what and ("plan", "1 key vault") in what
    assert ("cloud-apps-source", "alerts of Defender for Cloud Apps") in what
    assert not any("server" in words for _, words in what)
    text = flat(screen(known, "blindspots", status=1))
    assert "12 storage accounts: the plan StorageAccounts is off" in text and "(read 3 h ago)" in text


def test_names(known):
    """People know a subscription by its name; one that nobody reads is a blind spot."""
    with posture.writing(known) as writer:
        writer.subscription(SECOND, title="Contoso test")
        writer.plan("KeyVaults", False)
        writer.left_out("eeeeeeee-1111-4222-8333-ffffffffffff", "Contoso lab", "Warned")
        writer.score(40)
    for command in ("plans", "score"):
        text = screen(known, command)
        assert "Contoso test" in text and SECOND not in text and FIRST[:8] in text, text
    told = answer(known, "blindspots", statuses=(1,))["items"]
    unwatched = [row for row in told if row["item"] == "unwatched"]
    assert [row["subscription"][:8] for row in unwatched] == ["eeeeeeee"]
    text = flat(screen(known, "blindspots", status=1))
    assert "every alert of Contoso lab: the settings of source azure leave it out; the service calls it Warned" in text
    checklist = flat(screen(known, "checklist", status=1))
    assert "of Contoso test" in checklist and SECOND not in re.sub(r"Next .*?(Missing|Done)", "", checklist)
    assert {row["subscription_name"] for row in answer(known, "checklist", statuses=(1,))["items"]} == {
        None, FIRST, "Contoso test"}
    assert not [row for row in answer(known, "checklist", statuses=(1,))["items"] if row["subscription"] == ""]
    with posture.writing(known) as writer:
        writer.source, writer.scope = 1, writer.database.execute(
            "SELECT id FROM posture_scope WHERE name = 'Contoso test'").fetchone()[0]
        writer.advice("k-ports", "other-01")
    one = screen(known, "recommendations", "1")
    assert re.search(r"other-01 +Contoso test$", one, re.M) and re.search(r"web-02$", one, re.M)
    assert screen(known, "help", "--values", "SUBSCRIPTION").split() == [FIRST, SECOND]
    alone = screen(known, "plans", "--subscription", SECOND)
    assert f"Subscription Contoso test ({SECOND}) of source azure" in alone


@pytest.mark.parametrize("columns", [80, 200])
def test_screens_fit(known, columns):
    """But for what is to be copied whole: ids, links, what stands in quotes."""
    for command in COMMANDS:
        out = screen(known, *command.split(), status=int(command.startswith(("checklist", "blindspots"))),
                     columns=columns)
        for line in out.splitlines():
            whole = re.fullmatch(r"\s*(To what +)?\S+( \\)?|\s+--body .*", line)
            assert len(line) <= columns or whole, (command, line)


def test_csv(known):
    """One table each, with a heading; nothing that a spreadsheet would take for a formula."""
    with posture.writing(known) as writer:
        writer.scope = 1
        writer.advice("k-evil", "evil-01", title=EVIL)
    for command in COMMANDS:
        if command == "recommendations 1":
            continue
        status, out, _ = known.ctl(*command.split(), "--csv")
        assert status == int(command.startswith(("checklist", "blindspots"))), command
        heading, *rows = list(csv.reader(io.StringIO(out)))
        assert rows and {len(row) for row in rows} == {len(heading)}, command
        assert not [cell for row in rows for cell in row if cell[:1] in "=@\t" and cell], command
    shown = screen(known, "recommendations", "--each") + screen(known, "recommendations")
    assert "\x1b" not in shown and "\u202e" not in shown and "owned" in shown


def test_what_is_refused(known):
    for words, status in ((["plans", "--state", "half"], 2), (["recommendations", "x"], 2),
                          (["recommendations", "99"], 5), (["plans", "more"], 2),
                          (["score", "--since", "then"], 2)):
        assert known.ctl(*words)[0] == status, words


def test_part_of_it(known):
    """One subscription that may not be read costs the other nothing, and is told with what mends it."""
    with posture.writing(known, age_ms=2 * posture.DAY_MS) as writer:
        writer.subscription(SECOND, troubles={"plans": REFUSED, "contacts": REFUSED})
        writer.resources("Microsoft.Storage/storageAccounts", 2)
    text = flat(screen(known, "plans"))
    assert "StorageAccounts" in text and f"Not read plans of subscription {SECOND} of source azure" in text
    assert 'az role assignment create' in text and text.count("az role") == 1
    assert "Read 3 h ago." in text
    assert "between 2 d ago and 3 h ago" in flat(screen(known, "score"))
    told = answer(known, "plans")
    assert [(row["part"], row["subscription"]) for row in told["troubles"]] == [("plans", SECOND)]
    unknown = answer(known, "checklist", "--subscription", SECOND, "--state", "unknown", statuses=(1,))["items"]
    assert {row["item"] for row in unknown} >= {"plan", "contact"}
    assert all(row["next"].startswith("az role assignment create") for row in unknown)
    assert answer(known, "plans", "--subscription", SECOND)["plans"] == []
    with posture.writing(known) as writer:
        writer.database.execute("UPDATE posture_read SET n_unread = 3 WHERE part = 1")
        # Kinds are read when one is new, which may be long ago.
        writer.database.execute("UPDATE posture_read SET complete_ms = 1000000 WHERE part = 3")
    assert "3 items could not be understood" in flat(screen(known, "score"))
    assert "between 2 d ago and 3 h ago" in flat(screen(known, "recommendations"))
    assert "3 h ago." in screen(known, "recommendations", "--subscription", FIRST)


def test_the_readme(known):
    """The screens below "What would not even be seen" are those of the program."""
    chapter = re.search(r"^## What would not even be seen\n(.*?)^## ", README, re.M | re.S).group(1)
    shown = "".join(line[4:] for line in chapter.splitlines(True) if line.startswith("    "))
    parts = re.split(r"^\$ triagectl (.*)\n", shown, flags=re.M)[1:]
    assert parts[::2] == ["blindspots", "recommendations"]
    for command, text in zip(parts[::2], parts[1::2]):
        real = flat(screen(known, command, status=int(command == "blindspots")))
        for line in text.splitlines():
            # How many there are hangs on settings that are not shown.
            words = re.sub(r"^\d+ blind", "blind", flat(line).strip(" …\\"))
            assert words in real, (command, words)


NOTHING = [
    (SOURCES, "", [], "source azure: not read yet", "triagectl status"),
    (SOURCES, "posture: off", [], "its posture is off in the settings", "man 5 triaged.yaml"),
    (kit.FILES, "", [], "only sources of type defender-for-cloud tell a posture", "triagectl setup"),
    (SOURCES, "", ["--source", "exported"], "no such source of type defender-for-cloud", "triagectl sources"),
    (SOURCES, "", ["--subscription", FIRST], f"subscription {FIRST}: nothing was ever read", "triagectl sources"),
]


@pytest.mark.parametrize("sources, option, words, why, command", NOTHING)
def test_nothing_to_see(site, sources, option, words, why, command):
    """An empty answer says why it is empty, and what to do."""
    settle(site, sources, option)
    command = command.replace("triagectl", f"triagectl -c {site.file}")
    for name in ("plans", "score", "recommendations"):
        text = flat(screen(site, name, *words))
        assert why in text and command in text, (name, text)
        assert "Read " not in text
        assert [why in row["why"] or why.startswith("sub") or "source azure" in why
                for row in answer(site, name, *words)["troubles"]] == [True]


@pytest.mark.parametrize("option, words, why, command", [
    ("posture: off", [], "the posture of this source is off", "man 5 triaged.yaml"),
    ("posture: off", ["--source", "azure"], "its posture is off in the settings", "man 5 triaged.yaml"),
    ("posture: off", ["--subscription", FIRST], "nothing was ever read of it", "triagectl sources"),
    ("", ["--source", "azure"], "not read yet", "triagectl status"),
    ("", ["--subscription", FIRST], "nothing was ever read of it", "triagectl sources"),
    ("", ["--source", "azur"], "no such source of type defender-for-cloud", "triagectl sources"),
])
def test_what_was_never_read_is_not_seen(site, option, words, why, command):
    """Nothing is known, and so nobody may say that all is seen, or that all is done."""
    settle(site, SOURCES, option)
    command = command.replace("triagectl", f"triagectl -c {site.file}")
    text = flat(screen(site, "blindspots", *words, status=1))
    assert why in text and command in text, text
    assert "Nothing is known that would not be seen" not in text
    text = flat(screen(site, "checklist", *words, status=1))
    assert command in text, text


def test_no_subscription(site):
    """What the polls say is why nothing was read."""
    settle(site)
    with posture.writing(site) as writer:
        source = writer.put("source", name="azure", kind="defender-for-cloud", started_ms=writer.seen_ms)
        feed = writer.put("feed", source_id=source, scope="subscriptions", n_incomplete=1)
        poll = writer.put("poll", feed_id=feed, started_ms=writer.seen_ms, ended_ms=writer.seen_ms,
                          error="the application sees no subscription: az role assignment create --assignee x")
        writer.database.execute("UPDATE feed SET ended_poll = ?", [poll])
    text = flat(screen(site, "plans"))
    assert "the application sees no subscription" in text and "Next az role assignment create" in text
    items = answer(site, "checklist", statuses=(1,))["items"]
    assert [row["why"] for row in items if row["item"] == "posture-reading"] == [
        "the application sees no subscription"]


def test_with_an_alert(site):
    """What is recommended for its resource stands where somebody looks at the alert."""
    machine = f"/subscriptions/{FIRST}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01"
    settle(site)
    settings = site.file.read_text()
    site.settings(kit.FILES + TARGETS)
    kit.put(site, kit.alert(1, resourceIdentifiers=[{"type": "AzureResource",
                                                     "azureResourceId": machine.upper()}]))
    assert site.once()[0] == 0
    site.file.write_text(settings)
    alert = str(kit.alert_row(site, "Suspicious process 1")["id"])
    assert "Recommended" not in screen(site, "show", alert)
    with posture.writing(site) as writer:
        posture.usual(writer)
        writer.advice("k-logs", "web-01", gone=1)
    shown = flat(screen(site, "show", alert))
    assert "Recommended 2 high open Management ports should be closed" in shown and "Diagnostic" not in shown
    assert "gone Diagnostic logs" in flat(screen(site, "show", "--full", alert))
    told = answer(site, "show", alert)["recommendations"]
    assert [row["kind"] for row in told] == ["k-ports", "k-disks", "k-logs"]
    report = screen(site, "report", alert)
    assert "## Recommended for the resource" in report and "Management ports" in report
    assert [row["kind"] for row in answer(site, "report", alert)["recommendations"]] == [
        "k-ports", "k-disks", "k-logs"]


def test_what_a_daemon_has_read(site, tmp_path):
    """From the service to the screen, while the daemon runs: one subscription well kept, one in
    part, one that nobody looked after; and one that may not be read."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    with fakes.Azure(tmp_path, {"seed": 61, "alerts": 9, "subscriptions": 3, "page": 3}) as azure:
        _, part, poor = azure.subscriptions()
        azure.fault(path=f"/subscriptions/{part}/*/pricings", arm="forbidden")
        test_posture.configure(site, azure)
        test_posture.start(site, clock)
        wait_for(lambda: len(test_posture.reads(site)) >= test_posture.READINGS, "a round")
        plans = answer(site, "plans")
        assert {row["subscription_name"] for row in plans["plans"]} == {"Subscription 0", "Subscription 2"}
        assert [(row["subscription"], row["part"]) for row in plans["troubles"]] == [(part, "plans")]
        assert "Security Reader" in plans["troubles"][0]["next"]
        assert {row["percent"] for row in answer(site, "score")["scores"]} == {83.0, 54.5, 16.0}
        kinds = answer(site, "recommendations")["kinds"]
        assert kinds[0]["title"].startswith("Management ports") and kinds[0]["severity"] == "high"
        items = answer(site, "checklist", "--subscription", poor, statuses=(1,))["items"]
        assert {row["item"]: row["state"] for row in items}["contact"] == "missing"
        off = [row["what"] for row in answer(site, "blindspots", statuses=(1,))["items"]
               if row["item"] == "plan" and row["subscription"] == poor]
        assert off, "a plan that is off"
        for command in ("plans", "score", "recommendations"):
            assert "Read " in screen(site, command)
        assert site.stop() == 0
