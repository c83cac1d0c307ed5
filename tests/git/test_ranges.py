"""A range picks the highest version tag that lies in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from syncline_workers.git import ranges

TAGS = [
    "v0.0.3",
    "v0.0.4",
    "v0.2.3",
    "v0.2.9",
    "v0.3.0",
    "1.0.0",
    "v1.2.0",
    "v1.2.3",
    "v1.2.9",
    "v1.3.0-rc.1",
    "v1.3.0",
    "v1.10.0",
    "v2.0.0-alpha.1",
    "v2.0.0-rc.2",
    "v2.0.0",
    "v3.0.0-beta.1",
    "latest",
    "v4",
    "v4.1",
    "app/v9.0.0",
    "v01.2.3",
]


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("*", "v2.0.0"),
        ("x", "v2.0.0"),
        (">=1.2 <2", "v1.10.0"),
        (">=1.2, <2", "v1.10.0"),
        (">= 1.2 < 2", "v1.10.0"),
        (">1.2 <1.4", "v1.3.0"),
        (">1.2.3 <=1.2", "v1.2.9"),
        ("<=1.2.3", "v1.2.3"),
        ("=>1.0.0 =<1.2.3", "v1.2.3"),
        ("<1", "v0.3.0"),
        ("^1.2", "v1.10.0"),
        ("^v1.2.3", "v1.10.0"),
        ("^1", "v1.10.0"),
        ("^0.2.3", "v0.2.9"),
        ("^0.2", "v0.2.9"),
        ("^0.0.3", "v0.0.3"),
        ("^0", "v0.3.0"),
        ("~1.2.3", "v1.2.9"),
        ("~1.2", "v1.2.9"),
        ("~>1.2", "v1.2.9"),
        ("~1", "v1.10.0"),
        ("1.x", "v1.10.0"),
        ("1.2.*", "v1.2.9"),
        ("1.2", "v1.2.9"),
        ("1.2.3", "v1.2.3"),
        ("=1.0.0", "1.0.0"),
        ("1.2 - 1.3", "v1.3.0"),
        ("1.0.0 - 1.2.3", "v1.2.3"),
        ("<0.1 || ~1.2", "v1.2.9"),
        ("1.2.x !=1.2.9", "v1.2.3"),
        (">=2.0.0-0 <3", "v2.0.0"),
        (">=1.3.0-0 <1.3.0", None),
        (">=1.3.0-0 <1.3.0-z", "v1.3.0-rc.1"),
        ("^2.0.0-alpha", "v2.0.0"),
        ("~2.0.0-alpha <2.0.0", None),
        (">2", None),
        (">2.0.0 <3.0.0-zzz", "v3.0.0-beta.1"),
        (">=4", None),
        ("9.x", None),
    ],
)
def test_the_highest_version_in_the_range_is_taken(text: str, tag: str | None) -> None:
    assert ranges.best(text, TAGS) == tag


@pytest.mark.parametrize(
    "text",
    ["main", "release-1.2", "v1.2.3-", "1.2.3.4", ">=", "1.2 ||", "<x", "a - b", "01.2", "1.2-rc"],
)
def test_a_name_is_no_range(text: str) -> None:
    assert ranges.parse(text) is None


def test_tags_of_equal_precedence_are_told_apart_by_name() -> None:
    assert ranges.best("1.x", ["v1.0.0+b", "v1.0.0+a", "1.0.0"]) == "v1.0.0+b"
    assert ranges.best("1.x", ["1.0.0", "v1.0.0+a", "v1.0.0+b"]) == "v1.0.0+b"


numbers = st.integers(0, 30)
versions = st.builds(Version, numbers, numbers, numbers)


@given(st.lists(versions, max_size=20), versions)
def test_a_caret_never_leaves_the_major_version_nor_goes_back(
    tags: list[Version], low: Version
) -> None:
    picked = ranges.best(f"^{low}", [f"v{tag}" for tag in tags])

    inside = [t for t in tags if low <= t and t.major == low.major and (t.major or t < _next(low))]
    assert picked == (f"v{max(inside)}" if inside else None)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    ranges.best(text, TAGS)


def _next(low: Version) -> Version:
    return low.bump_minor() if low.minor else low.bump_patch()
