class Cache:
    def __init__(self, size, seconds, clock):
        if size < 1:
            raise ValueError("a cache has room for something")
        self._size = size
        self._seconds = seconds
        self._clock = clock
        self._entries = {}

    def get(self, key, default=None):
        value, until = self._entries.get(key, (None, 0))
        if value is None:
            return default
        if self._clock() >= until:
            del self._entries[key]
            return default
        self._entries[key] = self._entries.pop(key)
        return value

    def put(self, key, value):
        self._entries.pop(key, None)
        if len(self._entries) >= self._size:
            self._forget_old()
        if len(self._entries) >= self._size:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (value, self._clock() + self._seconds)

    def __len__(self):
        self._forget_old()
        return len(self._entries)

    def _forget_old(self):
        now = self._clock()
        self._entries = {key: entry for key, entry in self._entries.items() if now < entry[1]}
