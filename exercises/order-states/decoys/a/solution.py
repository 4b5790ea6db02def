class Refused(ValueError):
    pass


_TABLE = '''
created pay paid
created cancel cancelled
paid ship shipped
paid refund refunded
shipped deliver delivered
shipped lose refunded
delivered return refunded
'''
_WAYS = [tuple(line.split()) for line in _TABLE.split("\n") if line]


class Order:
    def __init__(self):
        self._past = ("created",)

    @property
    def state(self):
        return self._past[-1]

    @property
    def history(self):
        return [*self._past]

    def allowed(self):
        return sorted(event for state, event, _ in _WAYS if state == self.state)

    def apply(self, event):
        for state, name, target in _WAYS:
            if (state, name) == (self.state, event):
                self._past += (target,)
                return
        raise Refused(event)
