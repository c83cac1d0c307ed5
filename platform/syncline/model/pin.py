"""A past state of a target, and the pin by which a rollback keeps the target there.

A past state is what a run of the history brought about: a commit of each source, and of the
application's spec what decides which objects that makes (sources, namespace, parameters as they
were filled in). How Syncline acts (the policy) is the present one.
"""

from __future__ import annotations

from syncline.model.application import ApplicationSpec
from syncline.model.beside import Beside
from syncline.model.values import Stored


class Past(Stored):
    """A state that a target can go back to."""

    revision: str  # a commit
    generation: int = 0  # the application's at that time; 0: its present spec is taken
    repository: str = ""  # that its source named then; "" with generation 0
    beside: tuple[Beside, ...] = ()  # what the other sources were at
    parameters: dict[str, str] | None = None  # as they were filled in; None: as they are now
    run: int = 0  # the fence of the run that brought it about; 0: no run of the history did


class Pin(Past):
    """A past state that a target is kept at, and by whom. Times are the store's."""

    operation: str
    actor: str
    reason: str
    at: float


def restored(present: ApplicationSpec, then: ApplicationSpec | None, past: Past) -> ApplicationSpec:
    """Return the spec that brings a past state about.

    Args:
        present: the application's spec now.
        then: as it was in that state; None: nobody knows.
        past: the state.
    """
    changes: dict[str, object] = {}
    if then is not None:
        where = {
            "namespace": then.destination.namespace,
            "create_namespace": then.destination.create_namespace,
        }
        changes["given"], changes["sources"] = then.given, then.sources
        changes["destination"] = present.destination.model_copy(update=where)
        changes["variables"] = then.variables
    if (then or present).variables:  # what these were is kept nowhere: filled in anew
        changes["parameters"] = (then or present).parameters
    elif past.parameters is not None:
        changes["parameters"] = {name: _literal(each) for name, each in past.parameters.items()}
    return present.model_copy(update=changes)


def _literal(text: str) -> str:
    """Write a value that was filled in so that nothing of it is filled in again."""
    return text.replace("{{", '{{ "{{" }}')
