import pytest
from solution import split


def test_even():
    assert split(9000, [1, 1, 1]) == [3000, 3000, 3000]


def test_rest_goes_to_first_of_equals():
    assert split(10, [1, 1, 1]) == [4, 3, 3]


def test_two_left():
    assert sum(split(11, [1, 1, 1])) == 11


def test_largest_remainder():
    assert split(10, [1, 2, 4]) == [1, 3, 6]


def test_remainder_in_the_back():
    assert split(10, [6, 1, 5]) == [5, 1, 4]


def test_weightless_pays_nothing():
    assert split(100, [0, 1]) == [0, 100]


def test_remainders_in_order():
    assert split(10, [4, 2, 1]) == [6, 3, 1]


def test_large_amount():
    assert split(27_021_597_764_222_979, [1, 2]) == [9_007_199_254_740_993, 18_014_398_509_481_986]


def test_nobody_pays():
    with pytest.raises(ValueError):
        split(100, [0, 0])


def test_no_weights():
    with pytest.raises(ValueError):
        split(100, [])


def test_negative_total():
    with pytest.raises(ValueError):
        split(-1, [1])


def test_negative_weight():
    with pytest.raises(ValueError):
        split(100, [2, -1])


def test_input_is_kept():
    weights = [1, 3, 2]
    split(6, weights)
    assert weights == [1, 3, 2]
