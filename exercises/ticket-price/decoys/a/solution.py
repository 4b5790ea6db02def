BRACKETS = ((65, 6000), (19, 12000), (13, 8000), (7, 5000), (0, 0))


def price(age, *, weekend=False):
    if type(age) is not int:
        raise TypeError(age)
    if age not in range(131):
        raise ValueError(age)
    base = next(amount for least, amount in BRACKETS if age >= least)
    return base + 2000 * bool(weekend) * (base > 0)
