import pickle
from collections.abc import Iterator

import pytest

from syncline import errors
from syncline.errors import Permanent, SynclineError, Transient


def subclasses(root: type[SynclineError]) -> Iterator[type[SynclineError]]:
    yield root
    for child in root.__subclasses__():
        yield from subclasses(child)


ALL = [kind for kind in subclasses(SynclineError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_survives_pickling(kind: type[SynclineError]) -> None:
    error = kind("Deployment/shop/web", "1 of 3 replicas updated")

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert type(again) is kind
    assert (again.subject, again.detail, again.args) == (error.subject, error.detail, error.args)
    assert str(again) == "Deployment/shop/web: 1 of 3 replicas updated"


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_a_reason_of_its_own(kind: type[SynclineError]) -> None:
    assert kind.reason == ("Error" if kind is SynclineError else kind.__name__)


@pytest.mark.parametrize("kind", ALL[1:])
def test_every_error_is_either_transient_or_permanent(kind: type[SynclineError]) -> None:
    assert issubclass(kind, Transient) != issubclass(kind, Permanent)


def test_the_tree_is_drawn_whole() -> None:
    drawn = errors.__doc__ or ""

    assert [kind.__name__ for kind in ALL if kind.__name__ not in drawn] == []
