"""What must be true of an installation after whatever was done to it.

Asked from outside: of the log of the fake API (what it served, and whole), of the logs of the
receivers (what they took), and of the database, read the way an administrator reads it. Nothing
here is asked of the daemon, and nothing here knows how it works.

    I1  every content of an alert that was served is stored, or kept raw in quarantine
    I2  each obligation is one row, and that row ends, or waits with a time and a reason
    I3  what a receiver took has a key that is known, one event for one key; sent means taken
    I4  fetched = new + updated + noop + quarantined; complete means read whole
    I5  the file is sound, and the chain of its log is whole
    I6  no due time moved, no breach undone, no step sent twice
    I7  secrets are nowhere, and tokens go where they were issued for
    I8  memory, descriptors and threads are back where they were; nobody waited for the loop

    report = checker.examine(site, azure=fake, sinks={"soc": sink}, ...)
    report.faults        [(invariant, what is wrong)]
    checker.check(...)   the same, and fails with all of them

Every report becomes a line of the file that BATTERY_REPORT names: make soak adds them up.
"""
import contextlib
import email
import email.policy
import hashlib
import json
import os
import re
import sqlite3
import time
from collections import Counter, defaultdict
from pathlib import Path

# What the answers of a fake may have done to them and still be what they say.
HARMLESS = {"path", "method", "skip", "times", "delay_ms", "slow_bytes", "slow_ms", "chunked",
            "close_after"}
# What an episode has once for each step and recipient, but for steps that repeat.
ONCE = ("opened", "escalated", "breached", "closed", "reopened")
WAITING = ("pending", "retry")
MESSAGE_ID = re.compile(r"<([0-9a-f]+)@")
FAULT_WORDS = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer")


class Report:
    """What was found: faults, and how much of everything was looked at."""

    def __init__(self):
        self.faults = []
        self.counts = Counter()

    def fault(self, invariant, text):
        self.faults.append((invariant, text))

    def says(self, invariant, condition, text):
        if not condition:
            self.fault(invariant, text)

    def add(self, other):
        self.faults += other.faults
        self.counts += other.counts

    @property
    def red(self):
        """The invariants that do not hold."""
        return sorted({invariant for invariant, _ in self.faults})

    def lines(self):
        n = self.counts
        yield (f"{n['served']} contents served, {n['lost']} lost; {n['owed']} messages owed, "
               f"{n['taken']} taken, {n['repeated']} of them again; {n['damaged']} damaged")
        yield from (f"{invariant}: {text}" for invariant, text in self.faults)

    def keep(self):
        path = os.environ.get("BATTERY_REPORT")
        if path:
            line = {"test": os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0],
                    "counts": dict(self.counts), "red": self.red}
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        return self


class Database:
    """Rows as dicts, of a file that is not written."""

    def __init__(self, state):
        self.file = Path(state) / "triaged.db"
        self.db = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=10)
        self.db.row_factory = sqlite3.Row

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()

    def rows(self, query, *values):
        return [dict(row) for row in self.db.execute(query, values)]


def whole_answer(line):
    """The fake said 200 and changed nothing of what it says."""
    return line.get("status") == 200 and not set(line.get("effect", {})) - HARMLESS


def taken(line):
    """A receiver said yes, and the yes left whole."""
    spoilt = set(line.get("effect", {})) - HARMLESS - {"status", "headers", "body", "json", "type"}
    return 200 <= line.get("status", 0) < 300 and not spoilt


# I1

class Served:
    """What the API showed, and when, in milliseconds of the day's clock."""

    def __init__(self, azure):
        self.contents = defaultdict(list)  # {name: [(ms, scope, content)]}
        self.n_by_answer = defaultdict(list)  # {scope: [(ms, items)]}
        to_wall = time.time() * 1000 - time.monotonic() * 1000
        for line in azure.log():
            # One item of the page is spoilt, and the others are as good as ever.
            spoilt = line.get("effect", {}).get("shape") == "bad_item"
            if "items" not in line or not (spoilt or whole_answer(line)):
                continue
            scope, at = line["path"].split("/")[2], line["t_ms"] + to_wall
            self.n_by_answer[scope].append((at, len(line["items"]) + spoilt))
            for name, content in line["items"].items():
                self.contents[name.lower()].append((at, scope, content))


def stored_contents(db):
    """{name: {content}}, None among them for one whose bytes retention removed."""
    found = defaultdict(set)
    for row in db.rows("SELECT a.native_id, r.raw FROM v_revisions AS r "
                       "JOIN v_alerts AS a ON a.id = r.alert_id"):
        content = None
        if row["raw"] is not None:
            properties = json.loads(row["raw"]).get("properties", {})
            content = f"{properties.get('severity')} {properties.get('status')}"
        found[row["native_id"].lower()].add(content)
    return found


def check_served(report, db, served, settled, jumped):
    """The newest content always; an older one when a poll that was complete saw it. (What was
    read by a daemon that died of it, and changed before the next one read, is nobody's.)"""
    have = stored_contents(db)
    polls = defaultdict(list)
    for row in db.rows("SELECT scope, started_ms, ended_ms FROM v_polls WHERE complete"):
        polls[row["scope"]].append((row["started_ms"], row["ended_ms"]))
    for name, seen in served.contents.items():
        newest = seen[-1][2]
        for at, scope, content in dict((entry[2], entry) for entry in seen).values():
            proven = not jumped and any(a <= at <= b for a, b in polls[scope])
            if not (proven or (settled and content == newest)):
                continue
            report.counts["served"] += 1
            if not {content, None} & have[name]:
                report.counts["lost"] += 1
                report.fault("I1", f"{name} was served as {content!r} and is not stored")


# I2, I3

def handed_on(row):
    """Its reader has it no more: when settings change back he is owed it once again."""
    return row["state"] == "superseded" and row["second"]


def check_obligations(report, db, settled, owed):
    rows = db.rows("SELECT * FROM v_deliveries")
    report.counts["owed"] += len(rows)
    one = Counter((r["alert_id"], r["episode"], r["kind"], r["step"], r["target"], r["recipient"],
                   r["reason"]) for r in rows if r["kind"] in ONCE and r["bundle_id"] is None
                  and r["alert_id"] and not (r["reason"] or "").endswith("repeated")
                  and not handed_on(r))
    for what, n in one.items():
        report.says("I2" if n < 2 else "I6", n == 1, f"{n} rows for one step: {what}")
    report.says("I2", len({r["key"] for r in rows}) == len(rows), "two rows have one key")
    for r in rows:
        name = f"delivery {r['id']} to {r['target']}"
        if r["state"] in WAITING:
            report.says("I2", r["not_before_ms"] and (r["last_error"] or r["reason"]),
                        f"{name} waits without a time or a reason")
        elif r["state"] in ("dead", "superseded"):
            report.says("I2", r["last_error"], f"{name} is {r['state']} and nobody says why")
        elif r["state"] == "leased":
            report.says("I2", not settled, f"{name} is still on its way")
    if owed:
        check_owed(report, db, rows, owed)


def check_owed(report, db, rows, owed):
    """Whoever has to hear of a severity has a row about each opening of it."""
    have = {(r["alert_id"], r["episode"], r["target"]) for r in rows
            if r["kind"] in ("opened", "reopened")}
    episodes = Counter()
    for event in db.rows("SELECT alert_id, kind, detail FROM v_events "
                         "WHERE kind IN ('opened', 'reopened') ORDER BY id"):
        episodes[event["alert_id"]] += 1
        severity = json.loads(event["detail"]).get("severity")
        for target in owed.get(severity, ()) if event["kind"] == "opened" else ():
            key = (event["alert_id"], episodes[event["alert_id"]], target)
            report.says("I2", key in have, f"alert {key[0]} opened as {severity}, and "
                        f"{target} is owed nothing")


def event_of(body):
    """What a message is about, whichever try it is. How the alert stands, and so which episode it is
    in, is as of the try."""
    data = body.get("data", {})
    notice, alert = data.get("notice", {}), data.get("alert") or {}
    return (body.get("type"), notice.get("step"), notice.get("target"), alert.get("key"),
            body.get("timestamp"))


def named(fakes):
    return fakes.items() if isinstance(fakes, dict) else [(None, one) for one in fakes]


def webhooks(sinks):
    """{key: [(target, event, body)]} of what the receivers took; @sinks as for examine, or a
    list of those that take for any target."""
    found = defaultdict(list)
    for target, sink in named(sinks):
        for line in sink.log():
            if "webhook-id" not in line.get("headers", {}) or not taken(line):
                continue
            try:
                body = json.loads(line["body"])
            except (TypeError, ValueError):
                body = {}
            notice = body.get("data", {}).get("notice", {})
            if target is None or notice.get("target", target) == target:
                found[line["headers"]["webhook-id"]].append((target, event_of(body), body))
    return found


def mails(smtps):
    """{beginning of the key: [(target, event)]} of the mails that were accepted."""
    found = defaultdict(list)
    for target, smtp in named(smtps):
        for message in smtp.messages():
            parsed = email.message_from_bytes(message["text"], policy=email.policy.default)
            key = MESSAGE_ID.match(parsed["Message-ID"] or "<none@>")
            found[key[1] if key else parsed["Message-ID"]].append(
                (target, (parsed["Subject"], parsed["Date"], tuple(message["to"])), None))
    return found


def check_known(report, db, keys):
    """Those of test messages are in no row: nobody is owed them."""
    have = {row["key"] for row in db.rows("SELECT key FROM v_deliveries")}
    short = {key[:n] for key in have for n in {len(key) for key in keys}}
    report.counts["taken"] += len(keys)
    for key in keys:
        report.says("I3", key in short, f"{key} was taken, which no delivery has")


def check_taken(report, db, sinks, smtps, kills):
    rows = db.rows("SELECT key, state, target, attempts, maybe_duplicate FROM v_deliveries")
    came = dict(webhooks(sinks))
    lengths = {len(key) for key in mails(smtps)}
    by_key = {row["key"]: row for row in rows}
    for n in lengths:
        by_key |= {row["key"][:n]: row for row in rows if row["target"] in smtps}
    came |= mails(smtps)
    for key, messages in came.items():
        report.counts["taken"] += len(messages)
        report.counts["repeated"] += len(messages) - 1
        row = by_key.get(key)
        if row is None:
            report.fault("I3", f"{messages[0][0]} took {key}, which no delivery has")
            continue
        events = {event for _, event, _ in messages}
        report.says("I3", len(events) == 1, f"{key} carried different events: {events}")
        report.says("I3", len(messages) == 1 or row["maybe_duplicate"] or row["attempts"] > 1,
                    f"{key} came {len(messages)} times, and its row knows nothing of it")
    for row in rows:
        if row["state"] == "sent" and row["target"] in {**sinks, **smtps}:
            known = row["key"] in came or any(row["key"][:n] in came for n in lengths)
            report.says("I3", known, f"{row['target']}: {row['key']} is sent, and nobody took it")
    if kills is not None:
        report.says("I3", report.counts["repeated"] <= kills,
                    f"{report.counts['repeated']} came again, and only {kills} were on their way "
                    "when it was killed")


# I4

def check_polls(report, db, served, jumped, gone=None):
    polls = db.rows("SELECT * FROM v_polls ORDER BY id")
    report.counts["polls"] += len(polls)
    reached = {}
    # The log of the fake is written behind its answer: what was served up to the next poll belongs
    # to this one.
    until, after = {}, {}
    for p in reversed(polls):
        until[p["id"]] = after.get((p["source"], p["scope"]), float("inf"))
        after[p["source"], p["scope"]] = p["started_ms"]
    for p in polls:
        name = f"poll {p['id']} of {p['source']} {p['scope']}"
        report.says("I4", p["fetched"] == p["new"] + p["updated"] + p["noop"] + p["quarantined"],
                    f"{name}: {p['fetched']} fetched are not accounted for")
        report.says("I4", not (p["complete"] and p["error"]), f"{name} is complete and failed")
        report.says("I4", p["ended_ms"] is None or p["complete"] or p["error"],
                    f"{name} is not complete, and does not say why")
        feed = p["source"], p["scope"]
        if p["window_from_ms"] is not None and feed in reached:
            report.says("I4", p["window_from_ms"] <= reached[feed],
                        f"{name} begins behind where the last complete one ended")
        if p["complete"] and p["window_to_ms"] is not None:
            reached[feed] = max(reached.get(feed, 0), p["window_to_ms"])
        is_known = not gone or until[p["id"]] < gone[0] or p["started_ms"] > gone[1]
        if p["complete"] and is_known and not jumped and served and p["scope"] in served.n_by_answer:
            n = sum(n for at, n in served.n_by_answer[p["scope"]]
                    if p["started_ms"] - 1 <= at < until[p["id"]] - 1)
            report.says("I4", n == p["fetched"],
                        f"{name} is complete with {p['fetched']} items; {n} were served whole")
    for row in db.rows("SELECT source, scope, last_complete_ms, (SELECT ended_ms FROM v_polls AS p "
                       "WHERE p.source = s.source AND p.scope = s.scope AND p.complete ORDER BY id "
                       "DESC LIMIT 1) AS ended_ms FROM v_sources AS s WHERE scope IS NOT NULL"):
        if row["ended_ms"] is not None:
            report.says("I4", row["last_complete_ms"] == row["ended_ms"],
                        f"{row['source']} {row['scope']}: proven up to a poll that was not whole")


# I5

def audit_field(value):
    """A value as it enters the chain: eight bytes of length, then the text."""
    text = str(0 if value is None else value).encode()
    return len(text).to_bytes(8, "big") + text


STRAYS = ("SELECT alert_id FROM entity WHERE alert_id NOT IN (SELECT id FROM alert) "
          "OR thing_id NOT IN (SELECT id FROM thing)")


def check_file(report, db):
    for question, sound in (("PRAGMA integrity_check", [("ok",)]),
                            ("PRAGMA foreign_key_check", []), (STRAYS, [])):
        try:
            found = [tuple(row) for row in db.db.execute(question)]
        except sqlite3.DatabaseError as why:
            found = [(str(why),)]
        if found != sound:
            report.counts["damaged"] += 1
            report.fault("I5", f"{question}: {found[:3]}")
    head = bytes(32)
    query = "SELECT id, alert_id, at_ms, actor, kind, detail, hash FROM v_events ORDER BY id"
    for number, row in enumerate(db.db.execute(query), start=1):
        head = hashlib.sha256(head + b"".join(map(audit_field, tuple(row)[:6]))).digest()
        if row[0] != number or head.hex() != row[6]:
            report.counts["damaged"] += 1
            report.fault("I5", f"event {number} of the audit log does not follow")
            break
    report.says("I5", head != bytes(32), "the audit log is empty")


def check_audit(report, site):
    status, out, errors = site.ctl("audit", "verify")
    report.says("I5", status == 0, f"triagectl audit verify: {out} {errors}")


# I6

def clocks(db):
    """{(alert, episode, severity): (due, breached)}; a witness for later."""
    return {(r["id"], r["episode"], r["severity"]): (r["triage_due_ms"], r["triage_state"])
            for r in db.rows("SELECT id, episode, severity, triage_due_ms, triage_state "
                             "FROM v_alerts WHERE triage_due_ms IS NOT NULL")}


def check_clocks(report, db, sinks, before):
    now = clocks(db)
    # A severity that went and came back is due by other rules.
    moved = {r["alert_id"] for r in db.rows("SELECT alert_id FROM v_revisions "
                                            "WHERE changed LIKE '%severity%'")}
    for key, (due, state) in (before or {}).items():
        if key in now and key[0] not in moved:
            report.says("I6", now[key][0] == due,
                        f"alert {key[0]} was due at {due}, and now at {now[key][0]}")
            report.says("I6", state != "breached" or now[key][1] == "breached",
                        f"alert {key[0]} was breached, and is not any more")
    for event in db.rows("SELECT alert_id, detail FROM v_events WHERE kind = 'opened'"):
        detail = json.loads(event["detail"])
        if event["alert_id"] in moved:
            continue
        for (alert, episode, severity), (due, _) in now.items():
            if (alert, episode, severity) == (event["alert_id"], 1, detail.get("severity")):
                said = detail.get("due_at")
                row = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(due / 1000))
                report.says("I6", said is None or said.startswith(row),
                            f"alert {alert} opened as due at {said}, and is due at {row}")
    # What people were told.
    told = {}
    for messages in webhooks(sinks).values():
        for _, _, body in messages:
            alert, sla = body.get("data", {}).get("alert"), body.get("data", {}).get("sla")
            if alert and sla and sla.get("due_at") and alert["id"] not in moved:
                key = alert["key"], alert["episode"], alert["severity"]
                report.says("I6", told.setdefault(key, sla["due_at"]) == sla["due_at"],
                            f"alert {key[0]}: due at {told[key]}, somebody else was told "
                            f"{sla['due_at']}")


# I7

def holds(place, secrets):
    """Those of @secrets that are in the file; in pieces, or we would become as large as it."""
    found, overlap = set(), max(map(len, secrets), default=0)
    with open(place, "rb") as file:
        text = b""
        while piece := file.read(1 << 20):
            text = text[-overlap:] + piece
            found |= {secret for secret in secrets if secret in text}
    return found


def check_secrets(report, site, azure=None, sinks=(), strangers=()):
    """Each secret of the site, and each token that was issued, where it does not belong."""
    canaries = {path.read_bytes().strip() for path in site.credentials.iterdir()}
    tokens = {word.removeprefix("Bearer ").encode()
              for line in (azure.log() if azure else ())
              for word in [line.get("headers", {}).get("authorization", "")]
              if word.startswith("Bearer ")}
    canaries = {one for one in canaries | tokens if len(one) > 7}
    places = [path for folder in (site.state, site.outbox) for path in folder.rglob("*")]
    places += [site.log, *(sink.log_file for sink in [*dict(sinks).values(), *strangers])]
    if site.process is not None:
        places += [Path(f"/proc/{site.process.pid}/{name}") for name in ("cmdline", "environ")]
    for place in places:
        for secret in holds(place, canaries) if place.is_file() else ():
            report.fault("I7", f"{place} holds {secret[:12]!r}...")
    for stranger in strangers:
        report.says("I7", not stranger.log(), f"{stranger.url} was asked: "
                    f"{[line.get('target') for line in stranger.log()][:3]}")


# I8

def is_socket(fd):
    """One that is closed meanwhile is none."""
    try:
        return os.readlink(fd).startswith("socket:")
    except FileNotFoundError:
        return False


class Vitals:
    """What a process holds. Taken when it has warmed up, compared when all is over."""

    def __init__(self, pid):
        folder = Path(f"/proc/{pid}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        self.resident = int(status["VmRSS"].split()[0]) * 1024
        self.threads = int(status["Threads"])
        kinds = []
        with contextlib.suppress(PermissionError):  # not for root
            kinds = [is_socket(fd) for fd in (folder / "fd").iterdir()]
        self.sockets = sum(kinds)
        self.files = len(kinds) - self.sockets
        ticks = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        self.cpu_s = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


GROWTH = 24 << 20
# What xfer_pool.c keeps open for the next request (CONNECTIONS_KEPT): how many of them there are
# depends on how much was under way at once.
KEPT = 16


def check_vitals(report, before, after, stall_s):
    if before and after:
        report.says("I8", after.resident - before.resident < GROWTH,
                    f"memory grew from {before.resident >> 20} to {after.resident >> 20} MiB")
        report.says("I8", after.files <= before.files + 4,
                    f"{before.files} files were open, and now {after.files}")
        report.says("I8", after.sockets <= before.sockets + KEPT,
                    f"{before.sockets} sockets were open, and now {after.sockets}")
        report.says("I8", after.threads <= before.threads + 1,
                    f"{before.threads} threads ran, and now {after.threads}")
    if stall_s is not None:
        report.says("I8", stall_s < 1, f"an answer took {stall_s:.2f} s")


def check_log(report, site):
    found = FAULT_WORDS.search(site.log_text())
    report.says("I8", not found, f"a sanitizer spoke: {found and found[0]}")


def examine_always(site, sinks=(), smtps=()):
    """What must hold at any moment, of a site of which nothing else is known."""
    report = Report()
    with Database(site.state) as db:
        check_file(report, db)
        if not report.faults:
            check_obligations(report, db, False, None)
            check_polls(report, db, None, True)
            check_known(report, db, [*webhooks(sinks), *mails(smtps)])
    check_log(report, site)
    return report.keep()


def examine(site, azure=None, sinks=None, smtps=None, *, settled=True, jumped=False, owed=None,
            kills=None, before=None, strangers=(), vitals=None, stall_s=None, gone=None):
    """The report about @site, all of it.

    @sinks, @smtps: {name of the target: fake}. @settled: the faults are over, two complete polls
    came after, and nothing is on its way. @jumped: its clocks did not run as ours. @owed:
    {severity: targets}. @kills: so many messages were on their way when it was killed. @before:
    clocks() of then. @strangers: fakes that nobody may ask. @vitals: (before, after). @gone: (ms, ms)
    between which there were polls whose disk is lost.
    """
    report = Report()
    sinks, smtps = sinks or {}, smtps or {}
    served = Served(azure) if azure else None
    with Database(site.state) as db:
        check_file(report, db)
        if not report.faults:
            if served:
                check_served(report, db, served, settled, jumped)
            check_obligations(report, db, settled, owed)
            check_taken(report, db, sinks, smtps, kills)
            check_polls(report, db, served, jumped, gone)
            check_clocks(report, db, sinks, before)
    check_audit(report, site)
    check_secrets(report, site, azure, sinks, strangers)
    check_vitals(report, *(vitals or (None, None)), stall_s)
    check_log(report, site)
    return report.keep()


def check(site, **more):
    """examine(), and nothing may be wrong."""
    report = examine(site, **more)
    assert not report.faults, "\n".join(report.lines())
    return report
