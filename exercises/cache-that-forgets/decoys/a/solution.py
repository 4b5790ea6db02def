from collections import OrderedDict


class Cache:
    def __init__(self, size, seconds, clock):
        if not size > 0:
            raise ValueError(size)
        self.size, self.seconds, self.clock = size, seconds, clock
        self.values = OrderedDict()
        self.born = {}

    def _alive(self, key):
        return self.clock() - self.born[key] < self.seconds

    def _sweep(self):
        for key in [key for key in self.values if not self._alive(key)]:
            del self.values[key], self.born[key]

    def get(self, key, default=None):
        self._sweep()
        if key in self.values:
            self.values.move_to_end(key)
            return self.values[key]
        return default

    def put(self, key, value):
        self._sweep()
        self.values[key] = value
        self.values.move_to_end(key)
        self.born[key] = self.clock()
        while len(self.values) > self.size:
            oldest, _ = self.values.popitem(last=False)
            del self.born[oldest]

    def __len__(self):
        self._sweep()
        return len(self.values)
