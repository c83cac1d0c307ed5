"""What keeps a live object from being deleted: its own wishes, and what is in it."""

from __future__ import annotations

from collections.abc import Container

from syncline.model.change import ref_of
from syncline.model.names import ObjectKey
from syncline.model.values import Manifest
from syncline_workers.change import wished
from syncline_workers.change.wishes import Going
from syncline_workers.pipeline import strangers
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

_SHOWN = 3  # strangers that are named


def is_unconfirmed(attempt: Attempt, live: Manifest) -> bool:
    """Whether a person has to confirm its deletion, and none has."""
    confirmed = attempt.claim.request.options.confirm_prune
    return _wish(attempt, live) is Going.CONFIRM and not confirmed


def hindrance(attempt: Attempt, api: Api, live: Manifest, going: Container[ObjectKey]) -> str:
    """Why an object of ours is left alone for good; "" where it may be deleted.

    Raises:
        Transient: the cluster did not answer.
    """
    wish = _wish(attempt, live)
    if wish is Going.NO:
        return "is left alone: its annotations say so"
    ref = ref_of(live)
    if (ref.group, ref.kind) != ("", "Namespace") or wish is Going.YES:
        return ""
    found = strangers.found(attempt, api, ref.name, going)
    if not found:
        return ""
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    own = wished.DELETE if attempt.claim.deleting else wished.PRUNE
    return (
        f"is left alone: there are objects in it that would go with it and are not to go: "
        f'{", ".join(found[:_SHOWN])}{more}. Its annotation {own}: "true" allows that'
    )


def _wish(attempt: Attempt, live: Manifest) -> Going | None:
    wishes = wished.read_live(live)
    return wishes.delete if attempt.claim.deleting else wishes.prune
