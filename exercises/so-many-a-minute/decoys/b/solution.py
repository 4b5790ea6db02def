class Limiter:
    def __init__(self, count, seconds):
        for value in (count - 1, seconds):
            if value < 0:
                raise ValueError("too small")
        if seconds == 0:
            raise ValueError("no time")
        self.limit, self.window, self.log = count, seconds, []

    def _held(self, user, now):
        return sorted(at + self.window for who, at in self.log if who == user and at + self.window > now)

    def allow(self, user, now):
        if len(self._held(user, now)) < self.limit:
            self.log.append((user, now))
            return True
        return False

    def wait(self, user, now):
        held = self._held(user, now)
        return held[-self.limit] - now if len(held) >= self.limit else 0
