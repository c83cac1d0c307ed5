"""The health rules that a worker process keeps: read when they changed, and only then."""

from __future__ import annotations

from structlog.testing import capture_logs

from syncline.health import custom
from syncline.model.healthrule import HealthRule
from syncline.model.names import Uid
from syncline.store import keys, rules
from syncline.store.connection import Store
from syncline_workers.app.judging import StoreRules

C1 = Uid("c1")


def rule(when: str) -> HealthRule:
    return HealthRule.model_validate(
        {
            "apiVersion": "syncline.dev/v1alpha1",
            "kind": "HealthRule",
            "metadata": {"name": "widgets"},
            "spec": {
                "group": "example.com",
                "kinds": ["Widget"],
                "cases": [{"when": when, "status": "Healthy"}],
            },
        }
    )


def test_rules_are_read_once_for_each_version(store: Store) -> None:
    rules.keep(store, [rule("true")])
    version = rules.version(store)
    held = StoreRules(store)

    first = held.of(version)
    store.redis.delete(keys.HEALTH_RULES())  # it would be seen, if it were read again

    assert list(first) == [("example.com", "Widget")]
    assert held.of(version) is first
    assert held.of("") is custom.NONE


def test_rules_that_changed_meanwhile_are_kept_under_their_own_version(store: Store) -> None:
    rules.keep(store, [rule("true")])
    before = rules.version(store)
    held = StoreRules(store)
    rules.keep(store, [])

    assert list(held.of(before)) == []
    rules.keep(store, [rule("true")])

    assert list(held.of(before)) == list(held.of(rules.version(store))) != []


def test_rules_that_come_back_judge_again(store: Store) -> None:
    """Meanwhile an object may have been looked at without them, and no sweep have come by."""
    rules.keep(store, [rule("true")])
    rules.judged(store, C1, rules.version(store))
    rules.keep(store, [])
    rules.keep(store, [rule("true")])

    found, anew = StoreRules(store).newest(C1)

    assert (list(found), anew) == ([("example.com", "Widget")], rules.version(store))


def test_a_cluster_that_was_judged_by_others_is_told(store: Store) -> None:
    held = StoreRules(store)
    assert held.newest(C1) == (custom.NONE, None)

    rules.keep(store, [rule("true")])
    version = rules.version(store)
    found, anew = held.newest(C1)
    rules.judged(store, C1, version)

    assert (list(found), anew) == ([("example.com", "Widget")], version)
    assert held.newest(C1) == (found, None)

    rules.keep(store, [])

    assert held.newest(C1) == (custom.NONE, rules.version(store))


def test_rules_that_this_release_cannot_use_are_left_out_and_logged(store: Store) -> None:
    rules.keep(store, [rule("function_of_a_later_release(self)")])

    with capture_logs() as logs:
        found = StoreRules(store).of(rules.version(store))

    assert dict(found) == {}
    (line,) = logs
    assert "HealthRule/widgets, case 1, when" in line["error"]
