class Temporary(Exception):
    def __init__(self, after=None):
        self.after = after


def retry(call, *, attempts, sleep, base=1, most=30):
    if not attempts >= 1:
        raise ValueError(attempts)
    wait = base
    left = attempts
    while True:
        left -= 1
        try:
            return call()
        except Temporary as temporary:
            if left == 0:
                raise temporary
            pause = wait if temporary.after is None else temporary.after
        wait = wait + wait
        sleep(most if pause > most else pause)
