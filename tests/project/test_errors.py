"""Every error of both planes, wherever it is defined; ``tests/model`` holds those of the tree."""

import importlib
import pickle
import pkgutil
import re
from collections.abc import Iterator

import pytest

import syncline
import syncline_workers
from syncline.errors import SynclineError

STARTS = (".__main__", "syncline_workers.app")  # importing these starts something


def subclasses(root: type[SynclineError]) -> Iterator[type[SynclineError]]:
    for child in root.__subclasses__():
        yield child
        yield from subclasses(child)


def import_everything() -> None:
    for package in (syncline, syncline_workers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part in module.name for part in STARTS):
                importlib.import_module(module.name)


import_everything()
ALL = sorted(
    {kind for kind in subclasses(SynclineError) if kind.__module__.startswith("syncline")},
    key=lambda kind: kind.__qualname__,
)


@pytest.mark.parametrize("kind", ALL)
def test_every_error_survives_pickling(kind: type[SynclineError]) -> None:
    error = kind("Deployment/shop/web", "1 of 3 replicas updated")

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert type(again) is kind
    assert str(again) == "Deployment/shop/web: 1 of 3 replicas updated"


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_a_reason_in_pascal_case(kind: type[SynclineError]) -> None:
    assert re.fullmatch(r"([A-Z][a-z]+)+", kind.reason)
