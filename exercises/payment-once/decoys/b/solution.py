from collections import namedtuple

Entry = namedtuple("Entry", "account key amount result")


class Payments:
    def __init__(self, charge):
        self._charge = charge
        self._entries = []

    def pay(self, key, account, amount):
        if len(key) == 0:
            raise ValueError("key")
        if amount < 1 and amount <= 0:
            raise ValueError("amount")
        for entry in self._entries:
            if entry.account == account and entry.key == key:
                if entry.amount != amount:
                    raise ValueError("amount")
                return entry.result
        entry = Entry(account, key, amount, self._charge(account, amount))
        self._entries.append(entry)
        return entry.result
