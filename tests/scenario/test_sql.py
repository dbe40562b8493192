"""triagectl sql beside a daemon that works: it reads and nothing else, holds
nobody up, helps who slips, and what stands in the database drives neither the
terminal nor a spreadsheet."""
import csv
import io
import signal
import sqlite3
import subprocess

import pytest

import harness
import kit
from harness import wait_for

SETTINGS = kit.FILES + """
targets:
  - {name: folder, type: folder, path: "{outbox}"}
fallback: folder
"""
ENDLESS = ("with recursive c(x) as (select 1 union all select x + 1 from c) "
           "select count(*) from c, v_alerts")


@pytest.fixture
def up(site):
    site.settings(SETTINGS)
    kit.put(site, kit.alert(1), kit.alert(2))
    site.start()
    wait_for(lambda: site.value("select count(*) from v_alerts") == 2, "two alerts")
    return site


def start(site, *arguments):
    return subprocess.Popen([harness.TRIAGECTL, "-c", site.file, *arguments],
                            env=site.environment(), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def notes(site, n):
    for i in range(n):
        assert site.ctl("note", "1", f"note {i}")[0] == 0


def n_notes(site):
    return site.value("select count(*) from v_events where kind = 'note'")


@pytest.mark.row("A10")
def test_a_long_query_stops_no_commit(up):
    """While it runs people work and alerts come in; it is still running then,
    and stops when its time is over."""
    query = start(up, "sql", "--timeout", "20s", ENDLESS)
    try:
        notes(up, 10)
        kit.put(up, kit.alert(3), name="more.json")
        wait_for(lambda: up.value("select count(*) from v_alerts") == 3, "the third alert")
        assert n_notes(up) == 10
        assert query.poll() is None, query.stderr.read()
    finally:
        query.kill()
        query.communicate()
    status, out, errors = up.ctl("sql", "--timeout", "1s", ENDLESS)
    assert status == 1 and "stopped after 1s" in errors and "--timeout" in errors and not out


@pytest.mark.row("A10")
def test_a_reader_that_stays_stops_no_commit(up):
    """A shell that forgot its transaction sees what it saw; all others go on."""
    reader = sqlite3.connect(f"file:{up.state}/triaged.db?mode=ro", uri=True)
    reader.execute("begin")
    count = "select count(*) from v_events where kind = 'note'"
    assert reader.execute(count).fetchone()[0] == 0
    notes(up, 20)
    assert n_notes(up) == 20
    assert reader.execute(count).fetchone()[0] == 0
    up.stop()
    up.start()
    notes(up, 1)
    reader.execute("commit")
    assert reader.execute(count).fetchone()[0] == 21
    reader.close()


def test_ctrl_c_ends_a_query(up):
    query = start(up, "sql", "--timeout", "60s", ENDLESS)
    with pytest.raises(subprocess.TimeoutExpired):
        query.wait(1)
    query.send_signal(signal.SIGINT)
    out, _ = query.communicate(timeout=10)
    assert query.returncode in (-signal.SIGINT, 130) and not out
    assert up.ctl("note", "1", "after it")[0] == 0


@pytest.mark.parametrize("down", [False, True])
def test_who_slips_is_helped(up, down):
    """Exit status 2 and what was meant, with the daemon up and down."""
    if down:
        up.stop()
    for text, words in {
            "select severty from v_alerts": "there is no column 'severty' (did you mean 'severity'?)",
            "select * from v_alert": "there is no view 'v_alert' (did you mean 'v_alerts'?)",
            "select ( from v_alerts": "syntax error",
            "delete from alert": "it does more than read",
            "": "the query is empty"}.items():
        status, out, errors = up.ctl("sql", text)
        assert (status, out) == (2, "") and words in errors, (text, errors)
    status, _, errors = up.ctl("sql", "queu")
    assert status == 5 and "did you mean 'queue'" in errors


def test_ready_queries_in_every_shape(up):
    listed = up.ctl_json("sql")["queries"]
    assert len(listed) >= 10
    for query in listed:
        assert up.ctl_json("sql", query["name"])["schema"] == "triaged.sql.v1"
        status, out, errors = up.ctl("sql", "--csv", query["name"])
        assert status == 0, errors
        assert len({len(row) for row in csv.reader(io.StringIO(out))}) <= 1, query["name"]
    queue = up.ctl_json("sql", "queue")["rows"]
    assert [row["title"] for row in queue] == ["Suspicious process 1", "Suspicious process 2"]
    assert up.ctl("ack", "1")[0] == 0
    assert [row["id"] for row in up.ctl_json("sql", "unowned")["rows"]] == [2]
    assert {row["kind"] for row in up.ctl_json("sql", "last-night")["rows"]} == {"acknowledged"}


def test_names_of_the_columns_without_a_row(up):
    """A script that reads the heading finds it on a quiet night, too."""
    none = "select id, title as 'what, and why' from v_alerts where 0"
    assert up.ctl("sql", "--csv", none)[1] == 'id,"what, and why"\n'
    found = up.ctl_json("sql", none)
    assert (found["columns"], found["rows"]) == (["id", "what, and why"], [])
    assert up.ctl("sql", none)[1] == "id  what, and why\nno rows\n"
    assert up.ctl_json("sql", none.replace("where 0", ""))["columns"] == found["columns"]
    full = up.ctl("list", "--csv")[1].splitlines()
    assert len(full) > 2 and full[0].startswith("id,")
    assert up.ctl("list", "--csv", "--severity", "low")[1].splitlines() == full[:1]
    heading = up.ctl("search", "--csv", "Suspicious")[1].splitlines()[0]
    assert up.ctl("search", "--csv", "unheard-of")[1].splitlines() == [heading]


def test_rows_are_limited(up):
    many = "with recursive c(x) as (select 1 union all select x + 1 from c where x < 5000) " \
           "select x from c"
    found = up.ctl_json("sql", many)
    assert len(found["rows"]) == 1000 and found["complete"] is False
    assert "stopped after 1000 rows" in up.ctl("sql", many)[1]
    assert len(up.ctl_json("sql", "--limit", "0", many)["rows"]) == 5000


@pytest.mark.row("G4")
def test_spreadsheets_take_nothing_for_a_formula(site):
    """Whatever an attacker names an alert, its cell is text."""
    titles = ["=cmd|' /C calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "a\r\n=1,\"x\""]
    site.settings(SETTINGS)
    kit.put(site, *(kit.alert(n, alertDisplayName=title) for n, title in enumerate(titles, 1)))
    site.start()
    wait_for(lambda: site.value("select count(*) from v_alerts") == len(titles), "the alerts")
    for command in (["sql", "--csv", "select title from v_alerts order by id"],
                    ["list", "--csv"]):
        status, out, errors = site.ctl(*command)
        assert status == 0, errors
        rows = list(csv.reader(io.StringIO(out)))
        assert len(rows) == len(titles) + 1, out
        assert {len(row) for row in rows} == {len(rows[0])}
        for row in rows[1:]:
            for cell in row:
                assert cell[:1] not in set("=+@\t\r") and not cell.startswith("-2"), row
