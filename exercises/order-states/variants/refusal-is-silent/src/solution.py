class Refused(ValueError):
    pass


WAYS = {
    "created": {"pay": "paid", "cancel": "cancelled"},
    "paid": {"ship": "shipped", "refund": "refunded"},
    "shipped": {"deliver": "delivered", "lose": "refunded"},
    "delivered": {"return": "refunded"},
    "cancelled": {},
    "refunded": {},
}


class Order:
    def __init__(self):
        self.state = "created"
        self._history = ["created"]

    @property
    def history(self):
        return list(self._history)

    def allowed(self):
        return sorted(WAYS[self.state])

    def apply(self, event):
        if event not in WAYS[self.state]:
            return
        self.state = WAYS[self.state][event]
        self._history.append(self.state)
