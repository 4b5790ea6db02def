import pytest
from solution import Order, Refused

EVENTS = ["cancel", "deliver", "lose", "pay", "refund", "return", "ship"]


def order(*events):
    made = Order()
    for event in events:
        made.apply(event)
    return made


def possible(made):
    return sorted(made.allowed())


def test_straight_way():
    assert order("pay", "ship", "deliver").history == ["created", "paid", "shipped", "delivered"]


def test_created():
    assert possible(order()) == ["cancel", "pay"]


def test_paid():
    assert possible(order("pay")) == ["refund", "ship"]


def test_shipped():
    assert possible(order("pay", "ship")) == ["deliver", "lose"]


def test_delivered():
    assert possible(order("pay", "ship", "deliver")) == ["return"]


def test_final_states():
    assert possible(order("cancel")) == []
    assert possible(order("pay", "refund")) == []


def test_lost():
    assert order("pay", "ship", "lose").state == "refunded"


def test_in_order():
    assert order().allowed() == ["cancel", "pay"]


def test_refusal():
    with pytest.raises(Refused):
        order().apply("deliver")


def test_refusal_changes_nothing():
    made = order("pay")
    try:
        made.apply("return")
    except Refused:
        pass
    assert (made.state, len(made.history)) == ("paid", 2)


def test_history_is_a_copy():
    made = order()
    made.history.append("stolen")
    assert len(made.history) == 1
