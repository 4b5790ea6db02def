def split(total, weights):
    weights = list(weights)
    if total < 0 or min(weights, default=-1) < 0 or sum(weights) == 0:
        raise ValueError("this cannot be split")
    parts = [divmod(total * weight, sum(weights)) for weight in weights]
    shares = [share for share, _ in parts]
    rest = [remainder for _, remainder in parts]
    while sum(shares) < total:
        largest = rest.index(max(rest))
        shares[largest] += 1
        rest[largest] = -1
    return shares
