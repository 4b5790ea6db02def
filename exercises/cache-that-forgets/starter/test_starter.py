from solution import Cache


def test_remembers():
    cache = Cache(2, 10, lambda: 0)
    cache.put("a", 1)
    assert cache.get("a") == 1
