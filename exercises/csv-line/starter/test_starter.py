from solution import parse


def test_plain():
    assert parse("a,b,c") == ["a", "b", "c"]
