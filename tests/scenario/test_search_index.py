"""The index of words is damaged, and everything else works."""
import json
import sqlite3

import kit
from harness import Clock, wait_for
from test_disk import emergencies

SETTINGS = """
sources:
  - {name: exported, type: file, path: "{folder}/in/*.json", interval: 300s}
targets:
  - {name: duty, type: folder, path: "{outbox}/duty"}
fallback: duty
"""


def take_five(site):
    for number in range(1, 6):
        kit.put(site, kit.alert(number), name=f"{number}.json")
        site.start()
        kit.wait_alert(site, f"Suspicious process {number}")
        site.stop()


def damage(site, what):
    with sqlite3.connect(site.state / "triaged.db") as db:
        db.execute(f"UPDATE alert_search_data SET block = {what} WHERE id >= 10")
    db.close()


def found(site, status=0):
    got, said, errors = site.ctl("--json", "search", "suspicious")
    assert got == status, errors
    said = json.loads(said)
    assert said["damaged"] == (status == 1)
    return len(said["alerts"])


def test_damage_that_nobody_meets(site):
    """The check of the database finds it and says what makes the index anew, and that does."""
    site.settings(SETTINGS)
    take_five(site)
    whole = {"check": "search", "result": "good", "text": "the index has the words of every alert"}
    assert whole in site.ctl_json("db", "check")["checks"]
    assert site.ctl_json("db", "compact")["search_emptied"] is False
    status, said, _ = site.ctl("search", "nowhere")
    assert status == 0 and "damaged" not in said and not site.ctl_json("search", "nowhere")["damaged"]
    assert site.ctl("search", "suspicious", "--source", "none")[:2] == (
        0, "no alert that the options ask for has all of these words\n")
    assert site.ctl("search", "nowhere")[1] == "no alert has all of these words\n"
    damage(site, "zeroblob(length(block))")
    # Also by words that none of the alerts has: the index is not to be believed.
    for words in ("suspicious", "nowhere"):
        status, said, _ = site.ctl("search", words)
        said = kit.flat(said)
        assert status == 1 and "The index of words is damaged" in said, said
        assert f"systemctl stop triaged; triagectl -c {site.file} db compact; systemctl start triaged" in said, said
        assert "no alert has all of these words" not in said
    assert found(site, status=1) == 0
    assert whole in site.ctl_json("db", "check", "--quick")["checks"]
    status, said, _ = site.ctl("db", "check")
    assert status == 0 and "remark  the index of words is damaged: no alert is lost" in said
    assert "triagectl db compact" in " ".join(said.split())
    assert "makes it anew after its start" in " ".join(site.ctl("db", "compact")[1].split())
    assert whole in site.ctl_json("db", "check")["checks"]
    site.start()
    wait_for(lambda: found(site) == 5, "all five to be found")


def test_a_damaged_index(site, tmp_path):
    """It holds nothing that the alerts do not: they come in, nobody is told that the database
    refuses changes, the index is made anew, and the log tells of it once."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    site.settings(SETTINGS)
    take_five(site)
    damage(site, "zeroblob(length(block))")
    site.start()
    for number in range(6, 9):
        kit.put(site, kit.alert(number), name=f"{number}.json")
        for _ in range(6):
            clock.jump(61)
            # Two answers of the loop: it has been around.
            site.ctl("status")
            site.ctl("status")
        kit.wait_alert(site, f"Suspicious process {number}")
    wait_for(lambda: found(site) == 8, "all eight to be found")
    assert not emergencies(site)
    text = site.log_text()
    assert "the database refused a change" not in text
    assert text.count("the search index was damaged and is made anew") == 1
    assert site.stop() == 0
