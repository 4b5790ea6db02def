class Refused(ValueError):
    def __init__(self, event, state):
        super().__init__(f"{event} in {state}")


class Order:
    def __init__(self):
        self.state, self.past = "created", []

    @property
    def history(self):
        return self.past + [self.state]

    def _next(self, event):
        match self.state, event:
            case "created", "pay":
                return "paid"
            case "created", "cancel":
                return "cancelled"
            case "paid", "ship":
                return "shipped"
            case "shipped", "deliver":
                return "delivered"
            case ("paid", "refund") | ("shipped", "lose") | ("delivered", "return"):
                return "refunded"
        return None

    def allowed(self):
        events = ("cancel", "deliver", "lose", "pay", "refund", "return", "ship")
        return [event for event in events if self._next(event)]

    def apply(self, event):
        target = self._next(event)
        if target is None:
            raise Refused(event, self.state)
        self.past.append(self.state)
        self.state = target
