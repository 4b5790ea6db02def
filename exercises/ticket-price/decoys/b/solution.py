import bisect

_STARTS = [7, 13, 19, 65]
_PRICES = [0, 5000, 8000, 12000, 6000]


def price(age, *, weekend=False):
    if not isinstance(age, int) or age is True or age is False:
        raise TypeError("not an age")
    if not 0 <= age <= 130:
        raise ValueError("not an age")
    found = _PRICES[bisect.bisect_right(_STARTS, age)]
    if weekend and found:
        found += 2000
    return found
