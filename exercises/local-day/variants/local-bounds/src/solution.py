from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo


def local_day(instant, zone):
    if instant.tzinfo is None:
        raise ValueError("a moment has to have a time zone")
    return instant.astimezone(ZoneInfo(zone)).date()


def day_bounds(day, zone):
    here = ZoneInfo(zone)
    start = datetime.combine(day, time(), here)
    end = datetime.combine(day + timedelta(days=1), time(), here)
    return start, end


def hours(day, zone):
    start, end = day_bounds(day, zone)
    return (end - start) // timedelta(hours=1)
