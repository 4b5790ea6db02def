from solution import Limiter


def test_first_call():
    assert Limiter(2, 60).allow("mina", 0)
