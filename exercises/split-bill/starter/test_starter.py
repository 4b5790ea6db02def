from solution import split


def test_even():
    assert split(9000, [1, 1, 1]) == [3000, 3000, 3000]
