"""A site under load while everything goes wrong: what A1, F4 and the breaks are made of.

A fake cloud in which alerts come and change, a webhook, a mail server and a folder. A seed draws
what happens and when; the checker says afterwards whether anything was lost.
"""
import random
import time

import checker
import fakes
import proofs
from harness import Clock, wait_for

RATE = 50  # alerts that arrive in a second
STATUSES = ("Active", "InProgress", "Resolved", "Dismissed")
SEVERITIES = ("High", "Medium", "Low", "Informational")
TARGETS = """
targets:
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true, rate: off}
  - {name: mail, type: email, server: "smtp://127.0.0.1:{smtp}", starttls: false,
     from: triaged@example.org, to: [anna@example.org], rate: off}
  - {name: duty, type: folder, path: "{outbox}/duty"}
routes:
  - when: {severity: [critical, high]}
    ladder: [{after: 0s, notify: [soc, mail]}]
  - when: {severity: medium}
    ladder: [{after: 0s, notify: [soc]}]
  - when: {severity: low}
    ladder: [{after: 0s, notify: [duty]}]
fallback: duty
import-horizon: 3650d
"""
OWED = {"critical": {"soc", "mail"}, "high": {"soc", "mail"}, "medium": {"soc"}, "low": {"duty"}}
# A target has at most so many under way; mail has one thread.
IN_FLIGHT = 8 + 1

API_FAULTS = ({"cut": 3000}, {"arm": "throttled"}, {"arm": "expired-token"}, {"status": 206},
              {"reset": True}, {"delay_ms": 300}, {"body": fakes.HTML, "type": "text/html"},
              {"arm": "server-error"}, {"shape": "bad_item"}, {"close": True},
              {"slow_bytes": 4000, "slow_ms": 5})
SINK_FAULTS = ({"status": 500}, {"reset": True}, {"status": 503, "headers": {"Retry-After": "1"}},
               {"cut": 4}, {"delay_ms": 200}, {"status": 429}, {"close": True})
MAIL_FAULTS = ({"method": "rcpt", "reply": "450 4.2.1 busy"}, {"method": "dot", "drop": True},
               {"method": "connect", "drop": True}, {"method": "data", "reply": "452 4.3.1 full"},
               {"method": "dot", "delay_ms": 300})


class Storm:
    """One site, its peers, and what has happened to it so far."""

    def __init__(self, site, seed, stack, alerts=60, **script):
        self.site, self.draw, self.kills = site, random.Random(seed), 0
        self.calm = True
        self.began = time.monotonic()
        self.n_alerts, self.owed_alerts = alerts, 0.0
        # Theirs and ours are one clock, so that waiting for a back-off takes no time.
        self.clock = Clock(site.folder)
        site.more_environment = self.clock.environment
        alike = {"env": self.clock.environment}
        self.azure = stack.enter_context(fakes.Azure(site.folder, {
            "seed": seed, "alerts": alerts, "subscriptions": 2, "page": 20, "log_items": True,
            **script}, **alike))
        self.sink = stack.enter_context(fakes.Sink(site.folder, **alike))
        self.smtp = stack.enter_context(fakes.Smtp(site.folder, **alike))
        self.stranger = stack.enter_context(fakes.Azure(site.folder, {"alerts": 3}))
        (site.outbox / "duty").mkdir(exist_ok=True)
        site.secret("azure-secret", "canary-storm-secret")
        site.settings("sources:\n" + proofs.azure_source(self.azure, interval="1s") + TARGETS,
                      sink=self.sink.url, smtp=self.smtp.port)

    def arrive(self, seconds, rate=RATE):
        """As many as come in so much time, and a few that change: by the draw, not by the clock
        on the wall, so that a slow machine has the same to do."""
        self.owed_alerts += seconds * rate
        add, self.owed_alerts = int(self.owed_alerts), self.owed_alerts % 1
        self.azure.script(add=add, set=[
            {"index": self.draw.randrange(self.n_alerts), "status": self.draw.choice(STATUSES),
             "severity": self.draw.choice(SEVERITIES)} for _ in range(self.draw.randrange(4))])
        self.n_alerts += add

    def trouble(self):
        """Each peer gets a fault, or is well again."""
        self.calm = False
        for peer, faults, path in ((self.azure, API_FAULTS, "*/alerts"),
                                   (self.sink, SINK_FAULTS, "*"), (self.smtp, MAIL_FAULTS, "*")):
            peer.heal()
            if self.draw.random() < 0.6:
                peer.fault(**{"path": path, "skip": self.draw.randrange(4),
                              "times": 1 + self.draw.randrange(3), **self.draw.choice(faults)})

    def begin(self):
        """The database is made once, and the first alerts are told: what follows is a life."""
        self.quiet()
        assert self.site.stop() == 0

    def signs_of_life(self):
        return [peer.log_file.stat().st_size for peer in (self.azure, self.sink, self.smtp)]

    def wait_awake(self, before):
        wait_for(lambda: self.signs_of_life() != before, "a first word")

    def live(self, seconds, awake=False):
        """Be killed after so long; @awake: so long after it began to talk to somebody."""
        before = self.signs_of_life()
        self.site.launch()
        if awake:
            self.wait_awake(before)
        time.sleep(seconds)
        assert self.site.process.poll() is None, self.site.log_text()[-2000:]
        self.site.kill()
        self.kills += 1

    def heal(self):
        for peer in (self.azure, self.sink, self.smtp):
            peer.heal()

    def is_quiet(self, last):
        """Two complete polls of every scope since poll @last, and nothing left to tell."""
        whole = self.site.rows("SELECT scope, count(*) AS n FROM v_polls WHERE id > ? AND "
                               "complete GROUP BY scope", last)
        scopes = {row["scope"] for row in whole if row["n"] >= 2}
        waits = {row["state"] for row in self.site.rows(
            "SELECT state FROM v_deliveries WHERE state IN ('pending', 'leased', 'retry')")}
        if waits == {"retry"}:
            self.clock.jump(20)
            self.site.ctl_reaches()  # being asked wakes it
        return not waits and scopes >= set(self.azure.subscriptions())

    def quiet(self, limit=300):
        """The faults are over: it runs until it has caught up."""
        self.heal()
        last = proofs.last_poll(self.site)
        if self.site.process is None:
            self.site.start()
        wait_for(lambda: self.is_quiet(last), "quiet", limit)

    def examine(self, **more):
        """Only where no peer hangs up can a kill alone be why something came again."""
        return checker.examine(
            self.site, self.azure, {"soc": self.sink}, {"mail": self.smtp}, owed=OWED,
            strangers=[self.stranger], kills=self.kills * IN_FLIGHT if self.calm else None,
            **more)

    def finish(self, suspended=False, **more):
        """Quiet, stopped, looked at; nothing may be wrong. @suspended: the machine was; polls
        that this cut in two say when they began by another hour than the peers."""
        self.quiet()
        assert self.site.stop() == 0, self.site.log_text()[-2000:]
        report = self.examine(jumped=suspended, **more)
        print(f"{self.kills} kills in {time.monotonic() - self.began:.0f} s, "
              f"{self.n_alerts} alerts; {next(report.lines())}")
        assert not report.faults, "\n".join(report.lines())
        return report
