def split(total, weights):
    if total < 0 or not weights or any(weight < 0 for weight in weights):
        raise ValueError("amounts and weights may not be negative, and there has to be a weight")
    whole = sum(weights)
    if whole == 0:
        raise ValueError("somebody has to pay")
    shares = [int(total * (weight / whole)) for weight in weights]
    left = total - sum(shares)
    order = sorted(range(len(weights)), key=lambda index: -(total * weights[index] % whole))
    for index in order[:left]:
        shares[index] += 1
    return shares
