import pytest
from solution import price


def test_infant():
    assert price(0) == 0


def test_six_is_free():
    assert price(6) == 0


def test_seven_pays():
    assert price(7) == 5000


def test_twelve_is_a_child():
    assert price(12) == 5000


def test_thirteen_is_a_teenager():
    assert price(13) == 8000


def test_eighteen_is_a_teenager():
    assert price(18) == 8000


def test_nineteen_is_an_adult():
    assert price(19) == 12000


def test_sixty_four_is_an_adult():
    assert price(64) == 12000


def test_sixty_five_is_a_senior():
    assert price(65) == 6000


def test_oldest():
    try:
        assert price(130) == 6000
    except ValueError:
        pytest.fail("130 is an age")


def test_weekend():
    assert price(30, weekend=True) == 14000


def test_free_at_weekends():
    assert price(3, weekend=True) == 0


def test_not_an_age():
    for age in (-1, 131):
        with pytest.raises(ValueError):
            price(age)


def test_not_a_number():
    for age in (True, False, 7.0, "7"):
        with pytest.raises(TypeError):
            price(age)
