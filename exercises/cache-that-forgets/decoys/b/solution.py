class _Entry:
    def __init__(self, value, until, used):
        self.value, self.until, self.used = value, until, used


class Cache:
    def __init__(self, size, seconds, clock):
        if size <= 0:
            raise ValueError("size")
        self._options = (size, seconds, clock)
        self._all = {}
        self._uses = 0

    def _use(self):
        self._uses += 1
        return self._uses

    def _living(self):
        now = self._options[2]()
        return {key: entry for key, entry in self._all.items() if entry.until > now}

    def get(self, key, default=None):
        entry = self._living().get(key)
        if entry is None:
            return default
        entry.used = self._use()
        return entry.value

    def put(self, key, value):
        size, seconds, clock = self._options
        self._all = self._living()
        if key not in self._all and len(self._all) == size:
            del self._all[min(self._all, key=lambda one: self._all[one].used)]
        self._all[key] = _Entry(value, clock() + seconds, self._use())

    def __len__(self):
        return len(self._living())
