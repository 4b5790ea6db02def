class Payments:
    def __init__(self, charge):
        self._charge = charge
        self._done = {}

    def pay(self, key, account, amount):
        if key == "" or amount <= 0:
            raise ValueError("a payment has a key and an amount")
        known = self._done.get((account, key))
        if known is not None:
            if known[0] != amount:
                raise ValueError("the key was used for another amount")
            return known[1]
        try:
            result = self._charge(account, amount)
        except OSError:
            return None
        self._done[(account, key)] = (amount, result)
        return result
