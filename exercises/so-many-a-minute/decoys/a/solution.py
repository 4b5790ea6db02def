from collections import defaultdict, deque


class Limiter:
    def __init__(self, count, seconds):
        if not (count >= 1 and seconds > 0):
            raise ValueError(count, seconds)
        self._seconds = seconds
        self._last = defaultdict(lambda: deque(maxlen=count))

    def wait(self, user, now):
        last = self._last[user]
        if len(last) < last.maxlen:
            return 0
        return max(0, last[0] + self._seconds - now)

    def allow(self, user, now):
        free = self.wait(user, now) == 0
        if free:
            self._last[user].append(now)
        return free
