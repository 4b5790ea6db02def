from solution import price


def test_adult():
    assert price(30) == 12000
