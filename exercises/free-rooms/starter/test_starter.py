from solution import merge


def test_overlapping():
    assert merge([(1, 4), (3, 6)]) == [(1, 6)]
