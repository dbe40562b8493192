"""Civil time of a zone by looking it up, for the golden tables.

Every minute of the days in question is asked of Python's zoneinfo, and the
answers are turned round. Nothing is calculated, so that no idea of how to
calculate it is shared with the program.
"""
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

UTC = timezone.utc
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@lru_cache(maxsize=None)
def readings(zone, day):
    """What the clocks of @zone show in each minute of the UTC date @day."""
    where = ZoneInfo(zone)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    minutes = [start + i * MINUTE for i in range(1440)]
    return [(utc, utc.astimezone(where).replace(tzinfo=None))
            for utc in minutes]


@lru_cache(maxsize=None)
def when_shown(zone, day):
    """The same turned round: reading -> its instants, oldest first."""
    found = {}
    for utc, shown in readings(zone, day):
        found.setdefault(shown, []).append(utc)
    return found


def local_date(zone, utc):
    return utc.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=None)
def instant(zone, day, minute, last):
    """First or last instant of a local minute, or the first behind it."""
    naive = datetime(day.year, day.month, day.day) + minute * MINUTE
    near = [naive.date() + i * DAY for i in (-1, 0, 1)]
    found = [utc for d in near for utc in when_shown(zone, d).get(naive, [])]
    if found:
        return found[-1] if last else found[0]
    return next(utc for d in near for utc, shown in readings(zone, d)
                if shown > naive)


def parse(word):
    return datetime.strptime(word, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)


def text(utc):
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")
