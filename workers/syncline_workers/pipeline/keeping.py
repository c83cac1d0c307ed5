"""What a run says of the rollback that keeps its target at a past state."""

from __future__ import annotations

from syncline.model.run import Claim

_SHORT = 12  # digits of a commit


def told(claim: Claim) -> str:
    """Tell where the target is kept, by whom, and how it gets away; "" where nothing keeps it."""
    pin = claim.pin
    if pin is None:
        return ""
    then = "" if pin.generation else ", with the application's present source and parameters"
    return (
        f"; {pin.actor} keeps it at {pin.revision[:_SHORT]}{then} ({pin.reason}): "
        f"syncline unpin {claim.name}"
    )
