"""The index of words is damaged, and everything else works."""
import sqlite3

import kit
from harness import Clock
from test_disk import emergencies

SETTINGS = """
sources:
  - {name: exported, type: file, path: "{folder}/in/*.json", interval: 300s}
targets:
  - {name: duty, type: folder, path: "{outbox}/duty"}
fallback: duty
"""


def test_pieces_that_cannot_be_merged(site, tmp_path):
    """Who is told that the database refuses changes, and that no alert is taken in, must be able
    to believe it: alerts come in, and only the idle work fails, of which the log tells once."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    site.settings(SETTINGS)
    for number in range(1, 6):
        kit.put(site, kit.alert(number), name=f"{number}.json")
        site.start()
        kit.wait_alert(site, f"Suspicious process {number}")
        site.stop()
    with sqlite3.connect(site.state / "triaged.db") as db:
        db.execute("UPDATE alert_search_data SET block = zeroblob(length(block)) WHERE id > 10")
    db.close()
    site.start()
    for number in range(6, 9):
        kit.put(site, kit.alert(number), name=f"{number}.json")
        for _ in range(6):
            clock.jump(61)
            # Two answers of the loop: it has been around.
            site.ctl("status")
            site.ctl("status")
        kit.wait_alert(site, f"Suspicious process {number}")
    assert not emergencies(site)
    text = site.log_text()
    assert "the database refused a change" not in text
    assert text.count("pieces of the search index cannot be merged") == 1
    assert site.stop() == 0
