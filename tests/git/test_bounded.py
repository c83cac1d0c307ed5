"""A cache stays within its weight."""

from syncline_workers.git.bounded import Bounded


def test_what_was_used_longest_ago_goes_first_and_is_told() -> None:
    gone: list[str] = []
    cache = Bounded[int, str](3, gone.append)
    for key, value in enumerate("abc"):
        cache.put(key, value)
    cache.get(0)

    cache.put(3, "d")

    assert gone == ["b"]
    assert [cache.get(key) for key in range(4)] == ["a", None, "c", "d"]


def test_a_heavy_value_displaces_several_and_stays_even_if_too_heavy() -> None:
    cache = Bounded[int, str](10)
    for key in range(5):
        cache.put(key, "x", weight=2)

    cache.put(9, "heavy", weight=50)

    assert [cache.get(key) for key in (0, 4, 9)] == [None, None, "heavy"]


def test_the_first_value_under_a_key_stays() -> None:
    cache = Bounded[int, str](10)

    assert cache.put(1, "first") == "first"
    assert cache.put(1, "second") == "first"


def test_clearing_tells_of_all() -> None:
    gone: list[str] = []
    cache = Bounded[int, str](10, gone.append)
    cache.put(1, "a")
    cache.put(2, "b")

    cache.clear()

    assert gone == ["a", "b"]
    assert cache.get(1) is None
