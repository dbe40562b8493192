#!/usr/bin/env python3
"""Prints golden_rotation.inc: who has the duty, by Python's zoneinfo.

As golden_due.py: instants are looked up minute by minute, not calculated. The
rows stand on both sides of every change, in the hours where clocks change too.
"""
from datetime import date

from golden_zone import DAY, MINUTE, instant, text

TRIO = ("anna", "bert", "cem")
PAIR = ("anna", "bert")

# name: zone, first day, minute of the day, days between, members, overrides
ROTATIONS = {
    "berlin": ("Europe/Berlin", date(2026, 1, 5), 540, 7, TRIO, [
        ("2026-02-01T09:00", "2026-02-03T09:00", "cem"),
        ("2026-06-01T00:00", "2026-06-02T24:00", None)]),
    "berlin-gap": ("Europe/Berlin", date(2026, 3, 25), 150, 1, PAIR, [
        ("2026-03-29T02:15", "2026-03-29T02:45", "cem"),
        ("2026-03-29T12:00", "2026-03-29T13:00", "anna")]),
    "new-york": ("America/New_York", date(2026, 2, 25), 90, 1, TRIO, [
        ("2026-11-01T01:15", "2026-11-01T01:45", "bert"),
        ("2026-11-01T01:45", "2026-11-01T03:00", "cem")]),
    "st-johns": ("America/St_Johns", date(2026, 3, 1), 0, 3, PAIR, []),
    "santiago": ("America/Santiago", date(2026, 3, 29), 0, 7, TRIO, []),
    "santiago-late": ("America/Santiago", date(2026, 4, 1), 1410, 1, PAIR,
                      []),
    "kathmandu": ("Asia/Kathmandu", date(2026, 1, 2), 1035, 14, PAIR, []),
    "kolkata": ("Asia/Kolkata", date(2027, 12, 27), 570, 7, TRIO, []),
    "adelaide": ("Australia/Adelaide", date(2026, 3, 20), 1080, 14, TRIO, []),
    "lord-howe": ("Australia/Lord_Howe", date(2026, 3, 31), 105, 1, TRIO, []),
    "chatham": ("Pacific/Chatham", date(2026, 3, 1), 210, 5, PAIR, []),
    "kiritimati": ("Pacific/Kiritimati", date(2026, 12, 14), 0, 7, TRIO, []),
    "honolulu": ("Pacific/Honolulu", date(2026, 12, 6), 1410, 7, PAIR, []),
}

# The days around which to look, besides the start and the overrides.
DAYS = {
    "berlin": "2026-03-23 2026-03-30 2026-10-19 2026-10-26 2026-12-28",
    "berlin-gap": "2026-03-28 2026-03-29 2026-03-30 2026-10-24 2026-10-25",
    "new-york": "2026-03-07 2026-03-08 2026-03-09 2026-10-31 2026-11-01",
    "st-johns": "2026-03-07 2026-10-30 2026-11-02",
    "santiago": "2026-04-05 2026-08-30 2026-09-06 2026-09-13",
    "santiago-late": "2026-04-03 2026-04-04 2026-04-05 2026-09-05",
    "kathmandu": "2026-01-16 2026-01-30 2028-02-25",
    "kolkata": "2028-02-21 2028-02-28 2028-03-06",
    "adelaide": "2026-04-03 2026-04-17 2026-10-02",
    "lord-howe": "2026-04-04 2026-04-05 2026-10-03 2026-10-04 2026-10-05",
    "chatham": "2026-04-05 2026-09-27",
    "kiritimati": "2026-12-21 2026-12-28 2027-01-04",
    "honolulu": "2026-12-27 2027-01-03",
}


def moment(zone, word, last):
    day, time = word.split("T")
    hour, minute = map(int, time.split(":"))
    return instant(zone, date.fromisoformat(day), hour * 60 + minute, last)


def handovers(name, until):
    """[(instant, member)] up to the first one after @until."""
    zone, day, minute, every, members, _ = ROTATIONS[name]
    found = []
    while not found or found[-1][0] <= until:
        found.append((instant(zone, day, minute, False),
                      members[len(found) % len(members)]))
        day += every * DAY
    return found


def duty(name, now):
    zone, overrides = ROTATIONS[name][0], ROTATIONS[name][5]
    turns = handovers(name, now)
    member = ([None] + [who for when, who in turns if when <= now])[-1]
    until = next(when for when, _ in turns if when > now)
    spans = sorted((moment(zone, a, False), moment(zone, b, True), str(i), who)
                   for i, (a, b, who) in enumerate(overrides))
    for begin, end, _, who in spans:
        if begin <= now < end:
            member, until = who, end
    for begin, end, _, _ in spans:
        if now < begin < end:
            until = min(until, begin)
    return member, until


def instants(name):
    zone, start, minute, _, _, overrides = ROTATIONS[name]
    edges = {instant(zone, start, minute, False)}
    for word in DAYS[name].split():
        edges.add(instant(zone, date.fromisoformat(word), minute, False))
        edges.add(instant(zone, date.fromisoformat(word), minute, True))
    for begin, end, _ in overrides:
        edges |= {moment(zone, w, last) for w in (begin, end)
                  for last in (False, True)}
    return sorted(edges | {edge - MINUTE for edge in edges})


def quoted(word):
    return f'"{word}"' if word else "NULL"


def main():
    print("/* Written by golden_rotation.py; the literals are what the tests"
          " trust. */")
    print("static const struct golden_rotation golden_rotations[] = {")
    for name, (zone, day, minute, every, members, _) in ROTATIONS.items():
        print(f'\t{{ "{name}", "{zone}", "{day}", {minute}, {every},'
              f' "{" ".join(members)}" }},')
    print("};\n")
    print("static const struct golden_override golden_overrides[] = {")
    for name, row in ROTATIONS.items():
        for begin, end, who in row[5]:
            print(f'\t{{ "{name}", "{begin}", "{end}", {quoted(who)} }},')
    print("};\n")
    print("static const struct golden_duty golden_duties[] = {")
    for name in ROTATIONS:
        for now in instants(name):
            member, until = duty(name, now)
            print(f'\t{{ "{name}", "{text(now)}", {quoted(member)},'
                  f' "{text(until)}" }},')
    print("};")


main()
