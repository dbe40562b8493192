#!/usr/bin/env python3
"""Prints golden_due.inc: when clocks are due, by Python's zoneinfo.

A second opinion, written without looking at calendar.c. Run it by hand after a
tzdata update has moved a rule; the tests read only the committed table.
"""
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
WORKDAYS = range(5)

# name: zone, weekdays, (from, to) in minutes, closed, special
CALENDARS = {
    "berlin": ("Europe/Berlin", WORKDAYS, (480, 1080),
               {date(2026, 5, 1), date(2026, 12, 24), date(2026, 12, 25)},
               {date(2026, 12, 31): (540, 780)}),
    "new-york": ("America/New_York", WORKDAYS, (540, 1020),
                 {date(2026, 7, 3), date(2026, 11, 26)}, {}),
    "lord-howe": ("Australia/Lord_Howe", range(7), (105, 135), set(), {}),
    "kolkata": ("Asia/Kolkata", range(6), (600, 1140), set(), {}),
    "santiago": ("America/Santiago", range(7), (0, 1440), set(), {}),
    "casablanca": ("Africa/Casablanca", WORKDAYS, (540, 1080), set(), {}),
    "nights": ("Europe/Berlin", range(7), (1320, 1590), set(), {}),
    "small-hours": ("Europe/Berlin", range(7), (150, 150 + 420), set(), {}),
}

ELAPSED = {"critical": 15, "high": 240, "medium": 1440}


def to_utc(zone, day, minute, last):
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    found = set()
    for fold in (0, 1):
        utc = naive.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if utc.astimezone(zone).replace(tzinfo=None) == naive:
            found.add(utc)
    if found:
        return max(found) if last else min(found)
    # In the gap: walk to the first instant whose local time is past it.
    utc = naive.replace(tzinfo=UTC) - timedelta(hours=16)
    while utc.astimezone(zone).replace(tzinfo=None) < naive:
        utc += timedelta(minutes=1)
    return utc


def next_business_day(name, start):
    zone_name, weekdays, hours, closed, special = CALENDARS[name]
    zone = ZoneInfo(zone_name)
    day = start.astimezone(zone).date()
    while True:
        day += timedelta(days=1)
        if day in closed:
            continue
        if day in special:
            spans = special[day]
        elif day.weekday() in weekdays:
            spans = hours
        else:
            continue
        opens = to_utc(zone, day, spans[0], False)
        closes = to_utc(zone, day, spans[1], True)
        if opens < closes:
            return opens, closes


STARTS = {
    "berlin": """2026-01-09T15:00 2026-01-10T11:00 2026-01-12T06:00
        2026-01-12T22:59 2026-01-12T23:00 2026-03-27T15:00 2026-03-28T12:00
        2026-03-29T00:59 2026-03-29T01:00 2026-03-30T05:00 2026-04-30T08:00
        2026-04-30T22:00 2026-07-15T21:59 2026-07-15T22:00 2026-10-23T14:00
        2026-10-24T12:00 2026-10-25T00:30 2026-10-25T01:30 2026-10-26T07:00
        2026-12-23T10:00 2026-12-24T23:00 2026-12-30T09:00 2026-12-31T22:30
        2026-12-31T23:30 2027-03-26T15:00 2027-03-28T01:00 2027-10-29T15:00
        2027-10-31T01:00""",
    "new-york": """2026-03-06T21:00 2026-03-07T17:00 2026-03-08T06:59
        2026-03-08T07:00 2026-03-09T11:00 2026-07-02T20:00 2026-10-30T20:00
        2026-11-01T05:30 2026-11-01T06:30 2026-11-02T04:59 2026-11-25T15:00
        2027-03-12T21:00 2027-11-05T20:00""",
    "lord-howe": """2026-04-03T20:00 2026-04-04T05:00 2026-04-04T12:59
        2026-04-04T13:30 2026-10-02T20:00 2026-10-03T05:00 2026-10-03T13:29
        2026-10-03T13:30 2027-04-03T01:00 2027-10-02T01:00""",
    "kolkata": """2026-01-09T18:29 2026-01-09T18:30 2026-01-10T12:00
        2026-03-29T01:00 2026-10-25T01:00 2027-02-28T18:31""",
    "santiago": """2026-04-03T12:00 2026-04-04T12:00 2026-04-05T02:30
        2026-04-05T03:30 2026-04-05T04:30 2026-09-04T12:00 2026-09-05T12:00
        2026-09-06T03:59 2026-09-06T04:00 2025-04-04T12:00 2025-04-05T12:00
        2025-09-06T12:00""",
    # Morocco changes its mind: only years that are over.
    "casablanca": """2025-02-14T16:00 2025-02-21T16:00 2025-02-21T17:30
        2025-03-03T08:00 2025-04-04T16:00 2025-07-11T16:00 2024-03-08T16:00
        2024-04-12T16:00""",
    "nights": """2026-03-27T10:00 2026-03-28T10:00 2026-03-29T10:00
        2026-10-23T10:00 2026-10-24T10:00 2026-10-25T10:00
        2026-01-09T23:30""",
    "small-hours": """2026-03-27T12:00 2026-03-28T12:00 2026-10-23T12:00
        2026-10-24T12:00""",
}

ELAPSED_STARTS = """2026-03-28T23:30 2026-10-24T23:30 2026-03-08T06:50
    2026-12-31T23:50 2028-02-28T12:00"""


def text(utc):
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(word):
    return datetime.strptime(word, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)


def main():
    print("/* Written by golden_due.py; the literals are what the tests trust."
          " */")
    print("static const struct golden golden_due[] = {")
    for level, minutes in ELAPSED.items():
        for word in ELAPSED_STARTS.split():
            start = parse(word)
            due = start + timedelta(minutes=minutes)
            print(f'\t{{ "{level}", NULL, "{text(start)}", NULL,'
                  f' "{text(due)}" }},')
    for name, starts in STARTS.items():
        for word in starts.split():
            start = parse(word)
            opens, closes = next_business_day(name, start)
            print(f'\t{{ "low", "{name}", "{text(start)}", "{text(opens)}",'
                  f' "{text(closes)}" }},')
    print("};")


main()
