import pytest
from solution import fits, free, merge


def test_overlapping():
    assert merge([(1, 4), (3, 6)]) == [(1, 6)]


def test_touching():
    assert merge([(1, 3), (3, 5)]) == [(1, 5)]


def test_contained():
    assert merge([(1, 9), (2, 3)]) == [(1, 9)]


def test_apart():
    assert merge([(1, 2), (4, 5)]) == [(1, 2), (4, 5)]


def test_in_any_order():
    assert merge([(4, 5), (1, 2)]) == [(1, 2), (4, 5)]


def test_free_between():
    assert free([(2, 3)], 1, 5)[0] == (1, 2)


def test_free_at_the_end():
    assert free([(2, 3)], 1, 5)[-1] == (3, 5)


def test_free_with_an_older_booking():
    assert free([(1, 2)], 4, 6) == [(4, 6)]


def test_taken_to_the_end():
    assert free([(3, 5)], 1, 5) == [(1, 3)]


def test_booking_beyond():
    assert free([(7, 9)], 1, 5) == [(1, 5)]


def test_fits_touching():
    assert fits([(1, 3), (5, 7)], 3, 5)


def test_does_not_fit_around():
    assert not fits([(3, 4)], 1, 9)


def test_does_not_fit_inside():
    assert not fits([(1, 9)], 3, 4)


def test_no_length():
    with pytest.raises(ValueError):
        fits([], 3, 3)
