from datetime import date, datetime, timedelta, timezone

import pytest
from solution import day_bounds, hours, local_day

UTC = timezone.utc
SEOUL = "Asia/Seoul"
NEW_YORK = "America/New_York"


def test_evening_in_utc_is_tomorrow_in_seoul():
    assert local_day(datetime(2024, 2, 28, 15, 0, tzinfo=UTC), SEOUL) == date(2024, 2, 29)


def test_just_before_midnight_in_seoul():
    assert local_day(datetime(2024, 2, 28, 14, 59, 59, tzinfo=UTC), SEOUL) == date(2024, 2, 28)


def test_zone_of_the_input_does_not_matter():
    seoul = timezone(timedelta(hours=9))
    assert local_day(datetime(2024, 3, 1, 8, 0, tzinfo=seoul), NEW_YORK) == date(2024, 2, 29)


def test_zone_of_the_input_where_utc_agrees():
    seoul = timezone(timedelta(hours=9))
    assert local_day(datetime(2024, 3, 1, 8, 0, tzinfo=seoul), "Europe/London") == date(2024, 2, 29)


def test_naive():
    with pytest.raises(ValueError):
        local_day(datetime(2024, 1, 1), SEOUL)


def test_bounds_in_seoul():
    assert day_bounds(date(2024, 1, 1), SEOUL) == (
        datetime(2023, 12, 31, 15, tzinfo=UTC),
        datetime(2024, 1, 1, 15, tzinfo=UTC),
    )


def test_bounds_are_utc():
    assert [one.utcoffset() for one in day_bounds(date(2024, 1, 1), SEOUL)] == [timedelta(0), timedelta(0)]


def test_bounds_in_summer():
    assert day_bounds(date(2024, 7, 4), NEW_YORK)[0] == datetime(2024, 7, 4, 4, tzinfo=UTC)


def test_end_when_clocks_go_forward():
    assert day_bounds(date(2024, 3, 10), NEW_YORK)[1] == datetime(2024, 3, 11, 4, tzinfo=UTC)


def test_short_day():
    assert hours(date(2024, 3, 10), NEW_YORK) == 23


def test_long_day():
    assert hours(date(2024, 11, 3), NEW_YORK) == 25


def test_ordinary_day():
    assert hours(date(2024, 3, 11), NEW_YORK) == 24
