class Payments:
    def __init__(self, charge):
        self.charge = charge
        self.amounts = {}
        self.results = {}

    def pay(self, key, account, amount):
        if not key or not amount > 0:
            raise ValueError((key, amount))
        mine = self.amounts.setdefault(account, {})
        if key in mine:
            if mine[key] == amount:
                return self.results[account, key]
            raise ValueError("another amount")
        self.results[account, key] = self.charge(account, amount)
        mine[key] = amount
        return self.results[account, key]
