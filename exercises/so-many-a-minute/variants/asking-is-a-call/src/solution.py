class Limiter:
    def __init__(self, count, seconds):
        if count < 1 or seconds <= 0:
            raise ValueError("a limit needs a count and a time")
        self.count = count
        self.seconds = seconds
        self.calls = {}

    def recent(self, user, now):
        calls = [at for at in self.calls.get(user, []) if now - at < self.seconds]
        self.calls[user] = calls
        return calls

    def allow(self, user, now):
        calls = self.recent(user, now)
        if len(calls) >= self.count:
            return False
        calls.append(now)
        return True

    def wait(self, user, now):
        calls = self.recent(user, now)
        if len(calls) < self.count:
            calls.append(now)
            return 0
        return calls[0] + self.seconds - now
