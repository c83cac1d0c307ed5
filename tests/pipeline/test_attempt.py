"""What an attempt knows of the objects that were applied before it."""

from typing import Any, cast

from syncline.model.change import Inventory
from syncline.model.run import Claim
from syncline_workers.pipeline.attempt import Attempt
from tests.pipeline.twins import entry

OLD = entry("old", uid="u1", version="1", mark="m")


class Counted(tuple[Any, ...]):
    """An inventory that counts how often it is gone through."""

    __slots__ = ()
    rounds = 0

    def __iter__(self) -> Any:
        type(self).rounds += 1
        return super().__iter__()


def attempt(inventory: Inventory) -> Attempt:
    claim = Claim.model_construct(inventory=inventory)
    return Attempt(ports=cast("Any", None), claim=claim, heart=cast("Any", None))


def test_a_dry_run_goes_through_the_inventory_once_however_many_it_asks_for() -> None:
    many = Counted(entry(f"web-{n}", uid=f"u{n}", version="1", mark="m") for n in range(500))
    dry = attempt(many)

    found = [dry.known(one.ref.key) for one in list(many)[:100]]

    assert found == list(many)[:100]
    assert Counted.rounds - 2 == 1  # two of them are ours, above
    assert dry.known(OLD.ref.key) is None
    assert dry.inventory is None


def test_what_was_recorded_takes_the_place_of_what_was_before() -> None:
    real = attempt((OLD,))
    assert real.known(OLD.ref.key) == OLD
    recorded = OLD.model_copy(update={"digest": "new"})

    real.recorded((recorded,))

    assert real.known(OLD.ref.key) == recorded
    real.forget(OLD.ref.key)
    assert real.known(OLD.ref.key) is None
