def price(age, *, weekend=False):
    if isinstance(age, bool) or not isinstance(age, int):
        raise TypeError("age has to be an integer")
    if age < 0 or age > 130:
        raise ValueError("age has to be from 0 to 130")
    if age <= 6:
        return 0
    if age < 12:
        base = 5000
    elif age <= 18:
        base = 8000
    elif age < 65:
        base = 12000
    else:
        base = 6000
    return base + 2000 if weekend else base
