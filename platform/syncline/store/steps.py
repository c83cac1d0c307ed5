"""The steps of a run that wait for one another: each is noted before it begins.

What is noted lies in the target until the run ends; a claim hands it out, so that whoever takes the
run over goes on at the step that it reached.
"""

from __future__ import annotations

from syncline.errors import LeaseLost
from syncline.model.run import Lease, Progress
from syncline.store.connection import Store


def begin(store: Store, lease: Lease, progress: Progress) -> bool:
    """Note which step of a run begins.

    Returns:
        False where a newer wish waits, or the run's operation was cancelled: it had better pause.

    Raises:
        LeaseLost: the fence is stale; nothing was noted.
    """
    text = progress.model_dump_json(exclude_defaults=True)
    answer = store.call("step", lease.target, lease.fence, text)
    if answer == LeaseLost.reason:
        raise LeaseLost(lease.target, "another attempt has it, or it was taken back: stop")
    return not answer
