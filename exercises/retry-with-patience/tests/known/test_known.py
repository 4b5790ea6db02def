import pytest
from solution import Temporary, retry


class Server:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def run(server, **options):
    waits = []
    try:
        return retry(server, sleep=waits.append, **options), waits
    except Exception as error:
        return error, waits


def fails(count):
    return [Temporary() for _ in range(count)]


def test_fine_at_once():
    assert run(Server("ok"), attempts=3) == ("ok", [])


def test_third_time():
    assert run(Server(*fails(2), "ok"), attempts=3) == ("ok", [1, 2])


def test_not_more_often_than_asked():
    server = Server(*fails(9))
    run(server, attempts=3)
    assert server.calls == 3


def test_last_failure_goes_out_without_waiting():
    result, waits = run(Server(*fails(3)), attempts=3)
    assert isinstance(result, Temporary)
    assert waits == [1, 2]


def test_doubles():
    assert run(Server(*fails(4), "ok"), attempts=5)[1] == [1, 2, 4, 8]


def test_cap():
    assert run(Server(*fails(2), "ok"), attempts=3, base=20)[1] == [20, 30]


def test_told_how_long():
    assert run(Server(Temporary(after=7), "ok"), attempts=2)[1] == [7]


def test_told_not_to_wait():
    assert run(Server(Temporary(after=0), "ok"), attempts=2)[1] == [0]


def test_told_too_long():
    assert run(Server(Temporary(after=86400), "ok"), attempts=2)[1] == [30]


def test_other_errors():
    server = Server(KeyError("x"), "ok")
    result, _ = run(server, attempts=3)
    assert isinstance(result, KeyError)


def test_no_attempts():
    server = Server("ok")
    with pytest.raises(ValueError):
        retry(server, attempts=0, sleep=lambda seconds: None)
    assert server.calls == 0
