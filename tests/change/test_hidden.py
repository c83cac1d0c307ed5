"""What a decrypted value looks like in what people see: as nothing, wherever it stands."""

from base64 import b64encode
from typing import Any

import pytest

from syncline.model.change import ref_of
from syncline_workers.change import diff, revised
from syncline_workers.change.hidden import CHANGED, HIDDEN, NOTHING, Hidden

PASSWORD = "correct horse battery"
HIDE = Hidden.of([PASSWORD, "db1", "true", "first line here\nsecond: line here\n", "54321", "ab"])


def config(**data: Any) -> dict[str, Any]:
    meta = {"name": "db1", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (PASSWORD, HIDDEN),
        (f"postgres://shop:{PASSWORD}@db", f"postgres://shop:{HIDDEN}@db"),
        (f'{{"password":"{PASSWORD}"}}', f'{{"password":"{HIDDEN}"}}'),
        (b64encode(PASSWORD.encode()).decode(), HIDDEN),
        ("   second: line here", f"   {HIDDEN}"),
        ("db1 is true", "db1 is true"),
    ],
)
def test_a_value_is_hidden_within_a_text(text: str, shown: str) -> None:
    assert HIDE.text(text) == shown


def test_a_short_value_is_hidden_where_it_is_the_whole() -> None:
    found = HIDE.shown(config(host="db1", is_="true", port=54321, two="ab", other="db12"))

    expected = config(host=HIDDEN, is_="true", port=HIDDEN, two="ab", other="db12")
    assert found == expected


def test_nothing_is_hidden_where_nothing_was_encrypted() -> None:
    before, after = config(a="one thing"), config(a="another thing")

    assert not NOTHING
    assert NOTHING.both(before, after) == (before, after)
    assert NOTHING.text(PASSWORD) == PASSWORD


def test_what_a_changed_value_was_is_hidden_too() -> None:
    found = HIDE.both(config(a="the old password"), config(a=PASSWORD))

    assert found == (config(a=HIDDEN), config(a=CHANGED))


def test_a_value_that_stays_is_no_difference() -> None:
    found = HIDE.both(config(a=PASSWORD, b="1"), config(a=PASSWORD, b="2"))

    assert found == (config(a=HIDDEN, b="1"), config(a=HIDDEN, b="2"))


def test_what_is_lost_may_have_been_one() -> None:
    found = HIDE.both(config(a="the old password", b="xy"), config(b="xy"))

    assert found == (config(a=HIDDEN, b="xy"), config(b="xy"))


def test_what_names_something_is_shown() -> None:
    old = {"spec": {"containers": [{"name": "web", "image": "shop:1.2.3"}]}, **config()}
    new = {"spec": {"containers": [{"name": "web", "image": "shop:1.2.4"}]}, **config()}

    assert HIDE.both(old, new) == (old, new)


def test_items_are_compared_by_name_and_the_others_by_place() -> None:
    old = config(env=[{"name": "A", "value": "old value"}, {"name": "B", "value": "same value"}])
    new = config(env=[{"name": "B", "value": "same value"}, {"name": "A", "value": PASSWORD}])
    args = config(a=["--x", "old value"]), config(a=["--first", "--x", PASSWORD])

    assert HIDE.both(old, new) == (
        config(env=[{"name": "A", "value": HIDDEN}, {"name": "B", "value": "same value"}]),
        config(env=[{"name": "B", "value": "same value"}, {"name": "A", "value": CHANGED}]),
    )
    assert "old value" not in str(HIDE.both(*args))
    assert PASSWORD not in str(HIDE.both(*args))


def test_no_diff_holds_one() -> None:
    old, new = config(a=f"x {PASSWORD}", b="old password"), config(a=f"y {PASSWORD}", b=PASSWORD)
    ref = ref_of(new)
    made = [
        diff.created(ref, new, HIDE),
        diff.deleted(ref, old, HIDE),
        diff.configured(ref, old, new, hidden=HIDE),
        *revised.differences([old], [new], HIDE),
    ]

    assert all(each is not None for each in made)
    for clear in (PASSWORD, "old password"):
        assert clear not in repr(made)
    assert CHANGED in repr(made)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"url is {PASSWORD} and", f"url is {HIDDEN} and"),
        (f"url is {PASSWORD[:9]}", f"url is {HIDDEN}"),
        (f"url is {PASSWORD[:9]}…", f"url is {HIDDEN}…"),
        (
            f"it says {PASSWORD[:8]} […] {PASSWORD[-7:]} is bad",
            f"it says {HIDDEN} […] {HIDDEN} is bad",
        ),
        ("nothing to see… here", "nothing to see… here"),
        ("ends like corre", "ends like corre"),
    ],
)
def test_what_is_left_of_a_value_where_a_message_was_cut_is_hidden(text: str, shown: str) -> None:
    assert HIDE.message(text) == shown
