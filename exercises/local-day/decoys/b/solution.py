from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def local_day(instant, zone):
    if instant.utcoffset() is None:
        raise ValueError("naive")
    year, month, day, *_ = instant.astimezone(UTC).astimezone(ZoneInfo(zone)).timetuple()
    return date(year, month, day)


def day_bounds(day, zone):
    tz = ZoneInfo(zone)
    days = (day, day + timedelta(1))
    return tuple(datetime(d.year, d.month, d.day, 0, 0, tzinfo=tz).astimezone(UTC) for d in days)


def hours(day, zone):
    bounds = [one.timestamp() for one in day_bounds(day, zone)]
    return round((bounds[1] - bounds[0]) / 3600)
