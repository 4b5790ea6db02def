from solution import Order


def test_pay():
    order = Order()
    order.apply("pay")
    assert order.state == "paid"
