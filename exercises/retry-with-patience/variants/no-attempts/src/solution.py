class Temporary(Exception):
    def __init__(self, after=None):
        super().__init__(after)
        self.after = after


def retry(call, *, attempts, sleep, base=1, most=30):
    for attempt in range(attempts):
        try:
            return call()
        except Temporary as error:
            if attempt == attempts - 1:
                raise
            wait = base * 2**attempt if error.after is None else error.after
            sleep(min(wait, most))
