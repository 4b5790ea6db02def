import itertools


class Temporary(Exception):
    after = None

    def __init__(self, after=None):
        super().__init__()
        if after is not None:
            self.after = after


def _waits(base, most):
    return (min(most, base << n) if isinstance(base, int) else min(most, base * 2**n) for n in itertools.count())


def retry(call, *, attempts, sleep, base=1, most=30):
    if attempts <= 0:
        raise ValueError("attempts")
    waits = _waits(base, most)
    for _ in range(attempts - 1):
        try:
            return call()
        except Temporary as error:
            planned = next(waits)
            sleep(planned if error.after is None else min(most, error.after))
    return call()
