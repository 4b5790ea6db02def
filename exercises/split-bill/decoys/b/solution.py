from fractions import Fraction
from math import floor


def split(total, weights):
    if total < 0:
        raise ValueError(total)
    if len(weights) == 0 or sum(weights) <= 0 or [w for w in weights if w < 0]:
        raise ValueError(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    result = [floor(one) for one in exact]
    missing = total - sum(result)
    ranked = sorted(((result[i] - exact[i], i) for i in range(len(exact))))
    for _, i in ranked[:missing]:
        result[i] += 1
    return result
