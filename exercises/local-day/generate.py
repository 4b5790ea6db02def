from datetime import date, datetime, timedelta, timezone

ZONES = ["Asia/Seoul", "America/New_York", "Europe/London", "Pacific/Apia", "Asia/Kolkata"]
DAYS = [date(2024, 3, 10), date(2024, 11, 3), date(2024, 3, 31), date(2024, 7, 4), date(2024, 1, 1), date(2024, 2, 29)]


def generate(random):
    offset = random.choice([None, 0, 9, -5])
    zone = None if offset is None else timezone(timedelta(hours=offset))
    day = random.choice(DAYS)
    return datetime(day.year, day.month, day.day, random.randrange(24), 30, tzinfo=zone), random.choice(ZONES), day


def observe(solution, case):
    instant, zone, day = case
    try:
        seen = str(solution.local_day(instant, zone))
    except ValueError:
        seen = "refused"
    return [seen, [one.isoformat() for one in solution.day_bounds(day, zone)], solution.hours(day, zone)]
