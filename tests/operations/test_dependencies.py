"""What applications depend on, as it is written: cycles, expressions, and which comes first."""

import pytest

from syncline.errors import InvalidDocument
from syncline.model.application import Application
from syncline.operations import dependencies, documents
from syncline.operations.documents import in_order
from syncline.store import documents as stored
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import application, apply, cluster, repository, settle


def on(name: str, *parents: str, ready_when: str = "") -> Application:
    expression = {"readyWhen": ready_when} if ready_when else {}
    depends_on = [{"application": each, **expression} for each in parents]
    return application(name, "east", depends_on=depends_on)


def refused(store: Store, *given: Application) -> str:
    with pytest.raises(InvalidDocument) as caught:
        apply(store, *given)
    return caught.value.detail


def names(given: list[Application]) -> list[str]:
    return [each.metadata.name for each in given]


def test_a_cycle_among_what_is_written_together_is_named(store: Store) -> None:
    told = refused(store, on("a", "b"), on("b", "c"), on("c", "a"), on("d", "a"))

    assert told == "Application a: spec.dependsOn: a -> b -> c -> a is a cycle: none would ever run"
    assert stored.get(store, Kind.APPLICATION, "d") is None


def test_a_cycle_through_what_is_registered_is_named(store: Store) -> None:
    apply(store, repository(), on("b", "c"), on("c", "a"))

    told = refused(store, on("a", "other", "b"))

    assert told.startswith("Application a: spec.dependsOn: a -> b -> c -> a is a cycle")


def test_an_application_does_not_depend_on_itself(store: Store) -> None:
    assert "spec.dependsOn: a -> a is a cycle" in refused(store, on("a", "default/a"))


def test_each_cycle_is_told_once(store: Store) -> None:
    told = refused(store, on("a", "b"), on("b", "a"), on("c", "c", "a"))

    assert [line.partition(" is a cycle")[0] for line in told.splitlines()] == [
        "Application a: spec.dependsOn: a -> b -> a",
        "Application c: spec.dependsOn: c -> c",
    ]


def test_what_is_written_takes_the_place_of_what_is_registered(store: Store) -> None:
    apply(store, on("a", "b"), on("b"))

    apply(store, on("b", "a"), on("a"))

    assert refused(store, on("a", "b"))


def test_a_diamond_is_no_cycle(store: Store) -> None:
    done = apply(store, on("d", "b", "c"), on("b", "a"), on("c", "a"), on("a"))

    assert [each.name for each in done] == ["a", "b", "c", "d"]


def test_what_is_being_deleted_holds_nobody_up(store: Store) -> None:
    apply(store, repository(), cluster("east"), on("a"), on("b", "a"))
    settle(store)
    documents.delete(store, Kind.APPLICATION, "b", actor="ana")

    apply(store, on("a", "b"))


def test_what_others_depend_on_comes_first_and_else_the_order_stays() -> None:
    given = [on("z"), on("web", "db", "elsewhere"), on("a"), on("db", "net"), on("net")]

    assert names(dependencies.parents_first(given)) == ["z", "net", "db", "web", "a"]
    assert in_order([*given, repository("r")])[0].metadata.name == "r"


def test_a_long_chain_is_no_matter(store: Store) -> None:
    chain = [on(f"a-{n}", f"a-{n + 1}") for n in range(3000)]

    assert names(dependencies.parents_first(chain))[0] == "a-2999"
    found = dependencies.mistakes([*chain, on("a-3000", "a-0")], dependencies.stored(store))
    assert list(found) == ["a-0"]


@pytest.mark.parametrize(
    ("ready_when", "expected"),
    [
        ("helth == 'Healthy'", "line 1, column 1: undeclared reference to 'helth'"),
        ("health ==", "line 1, column 10: "),
        ("1 + 2", "must be true or false"),
        ("size(health)", "must be true or false"),
    ],
)
def test_an_expression_is_compiled_as_it_is_written(
    store: Store, ready_when: str, expected: str
) -> None:
    told = refused(store, on("a"), on("b", "a", ready_when=ready_when))

    assert told.startswith("Application b: spec.dependsOn[0].readyWhen: ")
    assert expected in told
