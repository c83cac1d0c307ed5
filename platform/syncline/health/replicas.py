"""What all kinds with replicas have in common: counts that grow to what was asked for."""

from __future__ import annotations

from syncline.health.verdict import Health, progressing

UNSEEN = progressing("NotObserved", "its controller has not seen the newest change yet")


def behind(
    wanted: int, updated: int, available: int, *, existing: int | None = None
) -> Health | None:
    """Which count is behind: updated, then old ones that are left, then available."""
    if updated < wanted:
        return progressing("RollingOut", f"{updated} of {wanted} replicas updated")
    if existing is not None and existing > updated:
        return progressing("RollingOut", f"{existing - updated} old replicas are still there")
    if available < wanted:
        return progressing("NotAvailable", f"{available} of {wanted} replicas available")
    return None
