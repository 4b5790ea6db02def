from datetime import date, datetime, timezone

from solution import local_day


def test_noon():
    assert local_day(datetime(2024, 2, 28, 3, 0, tzinfo=timezone.utc), "Asia/Seoul") == date(2024, 2, 28)
