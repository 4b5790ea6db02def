import pytest
from solution import Limiter


def test_so_many_and_no_more():
    limiter = Limiter(2, 60)
    assert [limiter.allow("mina", 1) for _ in range(3)] == [True, True, False]


def test_exactly_old_enough():
    limiter = Limiter(1, 60)
    limiter.allow("mina", 0)
    assert limiter.allow("mina", 60)


def test_the_window_slides():
    limiter = Limiter(1, 60)
    limiter.allow("mina", 59)
    assert not limiter.allow("mina", 61)


def test_refused_calls_do_not_count():
    limiter = Limiter(1, 60)
    limiter.allow("mina", 1)
    limiter.allow("mina", 30)
    assert limiter.allow("mina", 61.5)


def test_users_are_apart():
    limiter = Limiter(1, 60)
    limiter.allow("mina", 1)
    assert limiter.allow("jun", 1)


def test_waits_for_the_oldest():
    limiter = Limiter(2, 60)
    limiter.allow("mina", 1)
    limiter.allow("mina", 21)
    assert limiter.wait("mina", 31) == 30


def test_asking_is_no_call():
    limiter = Limiter(1, 60)
    assert limiter.wait("mina", 1) == 0
    assert limiter.allow("mina", 1)


def test_count_and_time_are_needed():
    for count, seconds in ((0, 60), (1, 0), (1, -1)):
        with pytest.raises(ValueError):
            Limiter(count, seconds)
