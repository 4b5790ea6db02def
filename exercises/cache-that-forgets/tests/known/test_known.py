import pytest
from solution import Cache


class Clock:
    now = 0

    def __call__(self):
        return self.now


def cache(size=2, seconds=10):
    clock = Clock()
    return Cache(size, seconds, clock), clock


def test_remembers():
    made, clock = cache()
    made.put("a", 1)
    clock.now = 9
    assert made.get("a") == 1


def test_forgets_at_the_moment():
    made, clock = cache()
    made.put("a", 1)
    clock.now = 10
    assert made.get("a", "gone") == "gone"


def test_least_recently_used_goes():
    made, _ = cache()
    made.put("a", 1)
    made.put("b", 2)
    made.get("a")
    made.put("c", 3)
    assert (made.get("a"), made.get("b"), made.get("c")) == (1, None, 3)


def test_oldest_goes_when_none_was_used():
    made, _ = cache()
    for key in "abc":
        made.put(key, key)
    assert made.get("a") is None


def test_full_is_not_too_full():
    made, _ = cache()
    made.put("a", 1)
    made.put("b", 2)
    assert len(made) == 2


def test_looking_does_not_prolong():
    made, clock = cache()
    made.put("a", 1)
    clock.now = 6
    made.get("a")
    clock.now = 12
    assert made.get("a") is None


def test_replacing_starts_anew():
    made, clock = cache()
    made.put("a", 1)
    clock.now = 6
    made.put("a", 2)
    clock.now = 12
    assert made.get("a") == 2


def test_replacing_throws_nothing_out():
    made, _ = cache()
    made.put("a", 1)
    made.put("b", 2)
    made.put("b", 3)
    assert made.get("a") == 1


def test_old_ones_give_way_first():
    made, clock = cache()
    made.put("old", 1)
    clock.now = 5
    made.put("used", 2)
    made.get("old")
    clock.now = 11
    made.put("new", 3)
    assert made.get("used") == 2


def test_old_ones_do_not_count():
    made, clock = cache()
    made.put("a", 1)
    clock.now = 11
    assert len(made) == 0


def test_none_is_a_value():
    made, _ = cache()
    made.put("a", None)
    assert made.get("a", "missing") is None


def test_no_room():
    with pytest.raises(ValueError):
        cache(size=0)
