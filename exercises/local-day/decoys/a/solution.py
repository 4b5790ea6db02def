import datetime as dt
from zoneinfo import ZoneInfo


def local_day(instant, zone):
    offset = instant.utcoffset()
    if offset is None:
        raise ValueError(instant)
    naive = instant.replace(tzinfo=None) - offset
    moment = naive.replace(tzinfo=dt.timezone.utc)
    seen = moment.astimezone(ZoneInfo(zone))
    return dt.date(seen.year, seen.month, seen.day)


def _midnight(day, zone):
    local = dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return (local.replace(tzinfo=dt.timezone.utc)) - local.utcoffset()


def day_bounds(day, zone):
    return _midnight(day, zone), _midnight(dt.date.fromordinal(day.toordinal() + 1), zone)


def hours(day, zone):
    first, last = day_bounds(day, zone)
    return int((last - first).total_seconds()) // 3600
