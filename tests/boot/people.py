"""Who may do what, and what nobody may see."""
import json
import os
import signal
import subprocess
from pathlib import Path

from lab import (DATABASE, MAIL_SECRET, SECRET, drop_in, must, pid, rows, seen, sh, tried,
                 wait_other_pid)


def as_user(name, *words):
    return sh("runuser", "-u", name, "--", *words, check=False)


def operators(lab):
    """Operators are named truly in the audit log"""
    del lab
    for name in ("anna", "bert"):
        sh("useradd", "--no-create-home", "--groups", "triaged", name)
    ids = [row["id"] for row in rows("select id from v_alerts where state = 'open' limit 2")]
    tried(f"anna and bert of group triaged: triagectl ack {ids[0]}, {ids[1]}")
    for name, number in zip(("anna", "bert"), ids):
        done = as_user(name, "triagectl", "ack", str(number))
        must(done.returncode == 0, done.stderr)
    named = [row["actor"] for row in rows(
        "select actor from v_events where kind = 'acknowledged' order by id desc limit 2")]
    must(named == ["bert", "anna"], f"the audit log says {named}")
    seen(f"v_events.actor: {named[1]}, {named[0]}; both read the database as group triaged")


def strangers(lab):
    """A user outside of the group is refused, at the socket and at the database"""
    del lab
    sh("useradd", "--no-create-home", "eve")
    words = []
    for command in (("triagectl", "ack", "1"), ("triagectl", "list"),
                    ("sqlite3", f"file:{DATABASE}?mode=ro", "select 1 from v_alerts"),
                    ("ls", "/run/triaged"), ("cat", "/etc/triaged/credentials/azure-secret")):
        tried(f"eve: {' '.join(command)}")
        done = as_user("eve", *command)
        must(done.returncode != 0, f"eve may: {done.stdout}")
        words.append(f"{done.returncode}: {(done.stderr or done.stdout).strip()}")
    seen("\n".join(words))


def no_core(lab):
    """It never leaves its memory behind: no core file, and nobody of its own user reads it"""
    drop_in("core", "[Service]\nRestartSec=100ms\n")
    old = pid()
    limit = next(line for line in Path(f"/proc/{old}/limits").read_text().splitlines()
                 if line.startswith("Max core file size"))
    owner = os.stat(f"/proc/{old}/mem").st_uid
    tried(f"as user triaged: head /proc/{old}/mem, /proc/{old}/environ; then kill -SEGV {old}")
    for name in ("mem", "environ"):
        done = as_user("triaged", "head", "-c", "1", f"/proc/{old}/{name}")
        must(done.returncode != 0, f"user triaged reads /proc/{old}/{name}")
    must(owner == 0, "its /proc entries belong to itself, so it can be dumped")
    os.kill(old, signal.SIGSEGV)
    wait_other_pid(old)
    out = sh("journalctl", "-q", "--no-pager", "-o", "cat", "-u", "triaged", "-n", "50").stdout
    line = [line for line in out.splitlines() if "status=11/SEGV" in line][-1]
    must("code=killed" in line, line)
    must(lab.wait_nothing_lost(), "")
    seen(f"refused both; {' '.join(limit.split())}; journal: {line}")
    drop_in("core", None)


def secrets_nowhere(lab):
    """Its secrets are nowhere: journal, database, log files, units, /proc, metrics"""
    key = rows("select 1 from v_deliveries where target = 'mail' and state = 'sent'")
    must(key, "no mail was sent, so nothing was used")
    places = {
        "journal": sh("journalctl", "-q", "--no-pager", "-o", "json", "--all").stdout.encode(),
        "systemctl show": sh("systemctl", "show", "triaged").stdout.encode(),
        "metrics": subprocess.run(["curl", "-s", f"http://127.0.0.1:{lab.port}/metrics"],
                                  capture_output=True, check=True).stdout,
        "dump": sh("triaged", "--dump-config", check=False).stdout.encode(),
        "status": sh("triagectl", "--json", "status").stdout.encode(),
    }
    for name in ("cmdline", "environ", "status"):
        places[name] = Path(f"/proc/{pid()}/{name}").read_bytes()
    for path in [*Path("/var/lib/triaged").rglob("*"), *Path("/var/log/triaged").rglob("*")]:
        if path.is_file():
            places[str(path)] = path.read_bytes()
    must("triaged_alerts" in places["metrics"].decode(), "no metrics")
    for where, text in places.items():
        for secret in (SECRET, MAIL_SECRET):
            must(secret.encode() not in text, f"{where} has a secret")
    # The search itself can fail: here they must be found.
    found = sh("grep", "-rlF", SECRET, "/etc/triaged").stdout
    must("credentials/azure-secret" in found, "the search finds nothing where it is")
    tried(f"two canaries searched in {len(places)} places: {', '.join(places)}")
    seen(f"none there; {sum(map(len, places.values())) // 1024} KiB looked at; "
         f"found only in {json.dumps(found.split())}")
