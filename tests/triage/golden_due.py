#!/usr/bin/env python3
"""Prints golden_due.inc: when clocks are due, by Python's zoneinfo.

A second opinion that shares no thought with the program: business time is not
calculated but counted, minute by minute. The test trusts the committed table;
scenario/test_golden_tables compares. After a tzdata update has moved a rule:
python3 golden_due.py >golden_due.inc, and look at the difference.
"""
from datetime import date, timedelta

from golden_zone import DAY, MINUTE, instant, local_date, parse, text

MON_FRI = (0, 1, 2, 3, 4)
MON_SAT = (0, 1, 2, 3, 4, 5)
SUN_THU = (0, 1, 2, 3, 6)
SUN_FRI = (0, 1, 2, 3, 4, 6)
DAILY = (0, 1, 2, 3, 4, 5, 6)

# name: zone, {weekdays: spans in minutes of the day}
CALENDARS = {
    "always": ("UTC", {DAILY: [(0, 1440)]}),
    "berlin": ("Europe/Berlin", {MON_FRI: [(480, 1080)]}),
    "lunch": ("Europe/Berlin",
              {(0, 1, 2, 3): [(480, 720), (780, 1080)], (4,): [(480, 900)]}),
    "nights": ("Europe/Berlin", {DAILY: [(1320, 1590)]}),
    "small-hours": ("Europe/Berlin", {DAILY: [(150, 570)]}),
    "london-weekend": ("Europe/London",
                       {(4, 5): [(1320, 1800)], (6,): [(600, 960)]}),
    "new-york": ("America/New_York", {MON_FRI: [(540, 1020)]}),
    "st-johns": ("America/St_Johns", {MON_FRI: [(510, 990)]}),
    "santiago": ("America/Santiago", {DAILY: [(0, 1440)]}),
    "casablanca": ("Africa/Casablanca", {MON_FRI: [(540, 1080)]}),
    "jerusalem": ("Asia/Jerusalem", {SUN_THU: [(540, 1020)]}),
    "kolkata": ("Asia/Kolkata", {MON_SAT: [(600, 1140)]}),
    "kathmandu": ("Asia/Kathmandu", {SUN_FRI: [(600, 1020)]}),
    "adelaide": ("Australia/Adelaide", {MON_FRI: [(540, 1050)]}),
    "lord-howe": ("Australia/Lord_Howe", {DAILY: [(105, 135)]}),
    "sydney-nights": ("Australia/Sydney", {DAILY: [(1200, 1740)]}),
    "chatham": ("Pacific/Chatham", {MON_FRI: [(525, 1020)]}),
    "chatham-fold": ("Pacific/Chatham", {DAILY: [(150, 240)]}),
    "kiritimati": ("Pacific/Kiritimati", {MON_FRI: [(480, 960)]}),
    "honolulu": ("Pacific/Honolulu", {MON_FRI: [(450, 990)]}),
}

CLOSED = {
    "berlin": [date(2026, 5, 1), date(2026, 12, 24), date(2026, 12, 25)],
    "lunch": [date(2027, 1, 1)],
    "adelaide": [date(2026, 10, 5)],
    "kathmandu": [date(2026, 4, 14)],
}

SPECIAL = {
    "berlin": {date(2026, 12, 31): [(540, 780)]},
    "lunch": {date(2026, 1, 10): [(600, 720)],
              date(2028, 2, 29): [(0, 1440)]},
    "nights": {date(2026, 1, 12): [(60, 180), (1200, 1500)]},
    "jerusalem": {date(2026, 4, 1): [(540, 720)]},
}


def nth(year, month, weekday, n):
    """The nth such weekday of a month; -1 the last."""
    days = [date(year, month, 1) + i * DAY for i in range(31)]
    days = [d for d in days if d.month == month and d.weekday() == weekday]
    return days[n - 1] if n > 0 else days[n]


def federal(year):
    """What golden_holidays of test_golden.c says, said another way."""
    thanks = nth(year, 11, 3, 4)
    columbus = date(2027, 10, 13) if year == 2027 else nth(year, 10, 0, 2)
    days = {date(year, 1, 1), nth(year, 1, 0, 3), nth(year, 5, 0, -1),
            date(year, 7, 3), nth(year, 9, 0, 1), columbus,
            thanks, thanks + DAY, date(year, 12, 25)}
    return days - {date(2028, 12, 25)}


HOLIDAYS = {"new-york": set().union(*map(federal, range(2025, 2031)))}

# name: starts, and the minutes of business time to count from each
STARTS = {
    "berlin": ("""2026-01-09T15:00 2026-01-10T11:00 2026-01-12T06:00
        2026-01-12T22:59 2026-01-12T23:00 2026-03-27T15:00 2026-03-28T12:00
        2026-03-29T00:59 2026-03-29T01:00 2026-03-30T05:00 2026-04-30T08:00
        2026-04-30T22:00 2026-07-15T21:59 2026-07-15T22:00 2026-10-23T14:00
        2026-10-24T12:00 2026-10-25T00:30 2026-10-25T01:30 2026-10-26T07:00
        2026-12-23T10:00 2026-12-24T23:00 2026-12-30T09:00 2026-12-31T22:30
        2026-12-31T23:30 2027-03-26T15:00 2027-03-28T01:00 2027-10-29T15:00
        2027-10-31T01:00 2028-02-28T12:00 2028-02-29T16:00""", (240,)),
    "lunch": ("""2026-01-09T12:00 2026-01-09T14:30 2026-01-05T11:00
        2026-01-05T11:30 2026-12-31T16:00 2028-02-28T15:00 2028-02-29T10:00""",
              (60, 600)),
    "nights": ("""2026-03-27T10:00 2026-03-28T10:00 2026-03-29T10:00
        2026-10-23T10:00 2026-10-24T10:00 2026-10-25T10:00 2026-01-09T23:30
        2026-01-11T22:00""", (300,)),
    "small-hours": ("""2026-03-27T12:00 2026-03-28T12:00 2026-10-23T12:00
        2026-10-24T12:00""", (420,)),
    "london-weekend": ("""2026-03-27T20:00 2026-03-28T22:30 2026-10-24T20:00
        2026-10-25T00:30 2026-10-28T12:00 2027-03-27T23:00""", (240,)),
    "new-york": ("""2026-03-06T21:00 2026-03-07T17:00 2026-03-08T06:59
        2026-03-08T07:00 2026-03-09T11:00 2026-07-02T20:00 2026-10-09T20:00
        2026-10-30T20:00 2026-11-01T05:30 2026-11-01T06:30 2026-11-02T04:59
        2026-11-25T15:00 2026-12-24T20:00 2027-01-15T21:30 2027-03-12T21:00
        2027-10-08T20:00 2027-10-12T20:00 2027-11-05T20:00 2028-12-22T20:30""",
                 (240,)),
    "st-johns": ("""2026-03-06T19:30 2026-03-08T05:29 2026-03-08T05:30
        2026-10-30T18:30 2026-11-01T04:30 2026-12-31T18:00""", (120,)),
    "santiago": ("""2026-04-03T12:00 2026-04-04T12:00 2026-04-05T02:30
        2026-04-05T03:30 2026-04-05T04:30 2026-09-04T12:00 2026-09-05T12:00
        2026-09-06T03:59 2026-09-06T04:00 2025-04-04T12:00 2025-04-05T12:00
        2025-09-06T12:00""", (1440,)),
    # Morocco changes its mind: only years that are over.
    "casablanca": ("""2025-02-14T16:00 2025-02-21T16:00 2025-02-21T17:30
        2025-03-03T08:00 2025-04-04T16:00 2025-07-11T16:00 2024-03-08T16:00
        2024-04-12T16:00""", (180,)),
    "jerusalem": ("""2026-03-26T14:00 2026-03-27T00:30 2026-03-31T13:00
        2026-10-22T13:30 2026-10-24T23:30""", (240,)),
    "kolkata": ("""2026-01-09T18:29 2026-01-09T18:30 2026-01-10T12:00
        2026-03-29T01:00 2026-10-25T01:00 2027-02-28T18:31""", (200,)),
    "kathmandu": ("""2026-01-09T11:00 2026-01-10T12:00 2026-01-10T18:14
        2026-01-10T18:15 2026-04-13T11:00 2028-02-28T10:45""", (45, 480)),
    "adelaide": ("""2026-04-03T06:00 2026-04-04T16:29 2026-04-04T16:30
        2026-10-02T07:00 2026-10-03T16:30 2026-12-31T06:45 2028-02-28T23:00""",
                 (150,)),
    "lord-howe": ("""2026-04-03T20:00 2026-04-04T05:00 2026-04-04T12:59
        2026-04-04T13:30 2026-10-02T20:00 2026-10-03T05:00 2026-10-03T13:29
        2026-10-03T13:30 2027-04-03T01:00 2027-10-02T01:00""", (45,)),
    "sydney-nights": ("""2026-04-04T08:00 2026-04-04T15:30 2026-10-03T08:00
        2026-10-03T15:30 2026-12-31T12:50""", (540,)),
    "chatham": ("""2026-04-02T18:00 2026-04-05T10:00 2026-09-25T03:00
        2026-09-27T10:00 2026-12-31T03:10""", (100,)),
    "chatham-fold": ("""2026-04-03T18:00 2026-04-04T13:30 2026-09-25T18:00
        2026-09-26T13:30""", (90,)),
    "kiritimati": ("2026-01-08T18:00 2026-01-09T01:30 2026-12-31T00:15",
                   (60,)),
    "honolulu": ("2026-01-10T02:00 2026-01-10T09:59 2026-12-31T23:59", (60,)),
}

# Around the clock: no calendar, and one that never closes.
ELAPSED = (15, 240, 1440)
ELAPSED_STARTS = """2026-03-28T23:30 2026-10-24T23:30 2026-03-08T06:50
    2026-12-31T23:50 2028-02-28T12:00"""


def spans_of(name, day):
    if day in CLOSED.get(name, ()):
        return []
    if day in SPECIAL.get(name, {}):
        return SPECIAL[name][day]
    if day in HOLIDAYS.get(name, ()):
        return []
    return [s for days, spans in CALENDARS[name][1].items()
            if day.weekday() in days for s in spans]


def open_minutes(name, day):
    zone, minutes = CALENDARS[name][0], set()
    for begin, end in spans_of(name, day):
        utc = instant(zone, day, begin, False)
        stop = instant(zone, day, end, True)
        while utc < stop:
            minutes.add(utc)
            utc += MINUTE
    return minutes


def next_business_day(name, start):
    day = local_date(CALENDARS[name][0], start)
    while True:
        day += DAY
        minutes = open_minutes(name, day)
        if minutes:
            return min(minutes), max(minutes) + MINUTE


def count(name, start, wanted):
    day = local_date(CALENDARS[name][0], start)
    behind = [m for i in range(-2, 15) for m in open_minutes(name, day + i * DAY)
              if m >= start]
    return sorted(set(behind))[wanted - 1] + MINUTE


def print_calendars():
    print("static const struct golden_hours golden_hours[] = {")
    for name, (zone, week) in CALENDARS.items():
        for days, spans in week.items():
            bits = sum(1 << d for d in days)
            for begin, end in spans:
                print(f'\t{{ "{name}", "{zone}", {bits:#04x}, {begin},'
                      f' {end} }},')
    print("};\n")
    print("static const struct golden_date golden_dates[] = {")
    for name, days in CLOSED.items():
        for day in days:
            print(f'\t{{ "{name}", "{day}", 0, 0 }},')
    for name, days in SPECIAL.items():
        for day, spans in days.items():
            for begin, end in spans:
                print(f'\t{{ "{name}", "{day}", {begin}, {end} }},')
    print("};\n")


def print_row(name, minutes, start, opens, due):
    name = f'"{name}"' if name else "NULL"
    opens = f'"{text(opens)}"' if opens else "NULL"
    print(f'\t{{ {name}, {minutes}, "{text(start)}", {opens},'
          f' "{text(due)}" }},')


def print_rows():
    print("static const struct golden golden_due[] = {")
    for minutes in ELAPSED:
        for start in map(parse, ELAPSED_STARTS.split()):
            due = start + timedelta(minutes=minutes)
            print_row(None, minutes, start, None, due)
            print_row("always", minutes, start, None, due)
    for name, (starts, durations) in STARTS.items():
        for start in map(parse, starts.split()):
            opens, closes = next_business_day(name, start)
            print_row(name, 0, start, opens, closes)
            for minutes in durations:
                print_row(name, minutes, start, None,
                          count(name, start, minutes))
    print("};")


def main():
    print("/* Written by golden_due.py; the literals are what the tests trust."
          " */")
    print_calendars()
    print_rows()


main()
