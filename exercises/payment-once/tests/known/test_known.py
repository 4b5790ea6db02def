import pytest
from solution import Payments


class Bank:
    def __init__(self, results=None):
        self.calls = []
        self.results = list(results or [])

    def charge(self, account, amount):
        self.calls.append((account, amount))
        result = self.results.pop(0) if self.results else f"receipt {len(self.calls)}"
        if isinstance(result, Exception):
            raise result
        return result


def test_charges():
    bank = Bank()
    assert Payments(bank.charge).pay("k", "kim", 100) == "receipt 1"
    assert bank.calls == [("kim", 100)]


def test_same_key_charges_once():
    bank = Bank()
    payments = Payments(bank.charge)
    assert [payments.pay("k", "kim", 100) for _ in range(3)] == ["receipt 1"] * 3
    assert len(bank.calls) == 1


def test_other_account_same_key():
    bank = Bank()
    payments = Payments(bank.charge)
    payments.pay("k", "kim", 100)
    assert payments.pay("k", "lee", 100) == "receipt 2"


def test_other_amount():
    bank = Bank()
    payments = Payments(bank.charge)
    payments.pay("k", "kim", 100)
    with pytest.raises(ValueError):
        payments.pay("k", "kim", 200)
    assert len(bank.calls) == 1


def test_failure_goes_out():
    with pytest.raises(OSError):
        Payments(Bank([OSError("down")]).charge).pay("k", "kim", 100)


def test_failure_may_be_tried_again():
    payments = Payments(Bank([OSError("down"), "fine"]).charge)
    try:
        payments.pay("k", "kim", 100)
    except OSError:
        pass
    assert payments.pay("k", "kim", 100) == "fine"


def test_none_is_a_result():
    bank = Bank([None, "again"])
    payments = Payments(bank.charge)
    payments.pay("k", "kim", 100)
    assert payments.pay("k", "kim", 100) is None


def test_zero_is_a_result():
    bank = Bank([0, "again"])
    payments = Payments(bank.charge)
    payments.pay("k", "kim", 100)
    assert payments.pay("k", "kim", 100) == 0


def test_no_amount():
    with pytest.raises(ValueError):
        Payments(Bank().charge).pay("k", "kim", 0)


def test_no_key():
    with pytest.raises(ValueError):
        Payments(Bank().charge).pay("", "kim", 100)
