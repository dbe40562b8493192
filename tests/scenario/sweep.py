"""One whole `triaged --once`, harmed at one point of it, over and over: at the first, the second,
the third... What must hold after each is looked up from outside: in the fakes and in the file.
"""
import collections
import os
import re
import shutil
import signal
import subprocess

import fakes
import harness
import proofs

SLOW = os.environ.get("TRIAGED_SLOW") == "1"
# A message whose delivery was harmed is tried again within so many seconds.
RETRY_SECONDS = 900
ALERTS = 3
# What it says when it ends because it was refused what nothing works without.
GIVEN_UP = ", ending: restart continues from the database"
SETTINGS = """
targets:
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true, rate: off}
  - {name: duty, type: folder, path: "{outbox}/duty"}
routes:
  - {ladder: [{after: 0s, notify: [soc, duty]}]}
fallback: duty
import-horizon: 3650d
"""


class Harmed:
    """How one run ended, and what the harm was."""

    def __init__(self, point, status, errors):
        self.point, self.status, self.errors = point, status, errors

    def words(self):
        """What it said that is wrong, without the time and what is not always the same."""
        said = [re.sub(r"^\S+Z ", "", line) for line in self.errors.splitlines()
                if not re.search(r"^\S+Z (info|notice) |runs as root", line)]
        assert said, f"it says nothing of it: {self}"
        return re.sub(r"/tmp/pytest-of-[^/]+/pytest-\d+/", "", " | ".join(said))[:400]

    def __str__(self):
        return f"{self.point}: status {self.status}\n{self.errors[-3000:]}"


class Estate:
    """Three alerts that are new, two places that are told of each, a database that has
    polled before; and after each run all of it again."""

    def __init__(self, folder, fresh=False):
        self.site = harness.Site(folder)
        self.azure = fakes.Azure(folder, {"seed": 12, "alerts": ALERTS, "subscriptions": 1})
        self.sink = fakes.Sink(folder)
        self.clock = harness.Clock(folder)
        self.kept = self.site.folder / "kept"
        self.runs = collections.Counter()
        self.site.secret("azure-secret", "correct horse")
        self.site.settings("sources:\n" + proofs.azure_source(self.azure) + SETTINGS,
                           sink=self.sink.url)
        if not fresh:
            self.prepare()
        else:
            self.kept.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sink.stop()
        self.azure.stop()

    def prepare(self):
        """A poll that found nothing, and what it leaves."""
        self.azure.fault(path="*/alerts", body='{"value": []}', type="application/json")
        status, _, errors = self.site.once()
        assert status == 0 and self.site.value("SELECT count(*) FROM v_alerts") == 0, errors
        self.azure.heal()
        shutil.copytree(self.site.state, self.kept)

    def lay(self):
        for folder in (self.site.state, self.site.outbox):
            shutil.rmtree(folder)
        shutil.copytree(self.kept, self.site.state)
        self.site.outbox.mkdir()
        self.clock.jump(-self.clock.wall_ms // 1000)
        self.sink.forget()

    def run(self, point, wrapper=(), environment=None):
        """A run of its own that is harmed at @point."""
        env = {**self.site.environment(), **(environment or {})}
        done = subprocess.run([*wrapper, harness.TRIAGED, "-c", self.site.file, "--once"],
                              env=env, capture_output=True, text=True, errors="replace",
                              timeout=120, check=False)
        self.runs[point] += 1
        return Harmed(point, done.returncode, done.stderr)

    def heal(self, harmed):
        """Unharmed runs until nothing is owed; then nothing may be lost."""
        done = self.run("healing")
        assert done.status == 0 or self.owed(), f"{harmed}\nand then {done}"
        waiting = self.owed()
        assert all(row["state"] == "retry" and row["last_error"] for row in waiting), (
            f"{harmed}\n{waiting}")
        if waiting:
            self.clock.jump(RETRY_SECONDS)
            done = self.run("healing", environment=self.clock.environment)
            assert done.status == 0 and not self.owed(), f"{harmed}\nand later {done}"
        self.check(harmed)

    def owed(self):
        return self.site.rows("SELECT * FROM v_deliveries WHERE state NOT IN ('sent')")

    def check(self, harmed):
        try:
            proofs.check_equal(self.site, self.azure)
            proofs.check_ledger(self.site)
            proofs.check_database(self.site)
            self.check_told()
        except AssertionError as e:
            raise AssertionError(f"{harmed}\n{e}") from e

    def check_told(self):
        """Each place has each alert; what came twice came under the same key."""
        rows = self.site.rows("SELECT alert_id, target, key, state FROM v_deliveries")
        about = collections.Counter((row["alert_id"], row["target"]) for row in rows
                                    if row["alert_id"])
        assert about == {(n, target): 1 for n in range(1, ALERTS + 1)
                         for target in ("soc", "duty")}, rows
        keys = {row["key"] for row in rows if row["target"] == "soc"}
        came = collections.Counter(line["headers"]["webhook-id"]
                                   for line in self.sink.requests("/soc", "POST"))
        assert set(came) == keys, (came, rows)
        assert max(came.values()) <= 2, came
        proofs.check_folder(self.site, [row for row in rows if row["target"] == "duty"])


class Tally:
    """What was tried, what was said about it, and what went wrong: one point that fails does
    not end a sweep."""

    def __init__(self, what):
        self.what = what
        self.tried = collections.Counter()
        self.said = collections.Counter()
        self.faults = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, _):
        if kind and issubclass(kind, AssertionError):
            self.faults.append(str(value))
            return True
        return False

    def close(self, capsys):
        with capsys.disabled():
            print(f"\n{self.what}: {dict(self.tried)} points, {self.said.total()} said an error, "
                  f"{len(self.faults)} lost or broken")
            for text, n in self.said.most_common() if SLOW else ():
                print(f"  {n:5} {text}")
        assert self.tried.total()
        assert not self.faults, f"{len(self.faults)} points\n" + "\n\n".join(self.faults[:40])


def check_end(harmed, deliberate=(), words=""):
    """It ended by itself, or by the signal that was sent; whatever was wrong was said, and so
    is why it gives up where nothing works any more."""
    assert harmed.status >= 0 or -harmed.status in deliberate or (
        harmed.status == -signal.SIGABRT and GIVEN_UP in harmed.errors), (
            f"died of {signal.Signals(-harmed.status).name} {words}: {harmed}")
    if harmed.status > 0:
        assert harmed.errors.strip(), f"says nothing: {harmed}"
