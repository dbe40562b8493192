"""The script: what a user would write in an afternoon. urllib, json, sqlite3; an upsert, one
transaction a page. Called by bench_ingest.py.

    script.py DATABASE TOKEN URL...
"""
import json
import sqlite3
import sys
import urllib.request

COLUMNS = ("alertDisplayName", "description", "alertType", "severity", "status", "intent",
           "productName", "compromisedEntity", "startTimeUtc", "endTimeUtc", "timeGeneratedUtc",
           "alertUri")
# Whoever looks at alerts asks by these.
INDEXES = ("severity", "status", "alertType", "compromisedEntity", "timeGeneratedUtc", "resource")
SCHEMA = (f"CREATE TABLE IF NOT EXISTS alert (id TEXT PRIMARY KEY, {', '.join(COLUMNS)}, "
          "resource, remediation, entities, raw);"
          + "".join(f"CREATE INDEX IF NOT EXISTS by_{c} ON alert ({c});" for c in INDEXES))
NAMES = (*COLUMNS, "resource", "remediation", "entities", "raw")
UPSERT = (f"INSERT INTO alert VALUES (?{', ?' * len(NAMES)}) ON CONFLICT (id) DO UPDATE SET "
          + ", ".join(f"{name} = excluded.{name}" for name in NAMES))


def row(alert):
    p = alert["properties"]
    resource = next((r["azureResourceId"] for r in p["resourceIdentifiers"]
                     if "azureResourceId" in r), None)
    return (alert["name"], *map(p.get, COLUMNS), resource,
            json.dumps(p["remediationSteps"]), json.dumps(p["entities"]), json.dumps(alert))


def main(database, token, *urls):
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.executescript(SCHEMA)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.addheaders = [("Authorization", f"Bearer {token}")]
    for url in urls:
        while url:
            with opener.open(url) as answer:
                page = json.load(answer)
            with db:
                db.executemany(UPSERT, map(row, page["value"]))
            url = page.get("nextLink")


main(*sys.argv[1:])
