from solution import Payments


def test_charges():
    assert Payments(lambda account, amount: "receipt").pay("k", "kim", 100) == "receipt"
