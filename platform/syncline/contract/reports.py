"""What comes back from tasks other than RECONCILE (its ``Report`` is ``model.run.Report``).

The result backend folds each into the store; a report says what was seen and decides nothing.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from syncline.model.change import Difference, Inventory, ObjectRef
from syncline.model.check import Check
from syncline.model.explained import Explained
from syncline.model.names import TargetId, Uid
from syncline.model.orphan import Orphan
from syncline.model.reach import Step
from syncline.model.status import HealthStatus
from syncline.model.values import Stored


class LookupReport(Stored):
    """What one look-up of a repository resolved, and which learned inputs a change touches."""

    repository: Uid
    heads: dict[str, str] = {}  # revision as written → commit; only those that were resolved
    errors: dict[str, str] = {}  # revision as written ("" = all) → "Reason: message"
    affected: dict[str, tuple[str, ...]] = {}  # revision → digests of the inputs that changed
    unaffected: dict[str, tuple[str, ...]] = {}  # revision → digests compared and found the same
    began: float = 0.0  # store's time before the repository was asked; 0: not known


class FollowReport(Stored):
    """What the fleet repository declares at a commit."""

    repository: Uid
    revision: str = ""
    documents: tuple[tuple[str, dict[str, Any]], ...] = ()  # (file, parsed document)
    error: str = ""  # "Reason: message"; with it, nothing of this commit is adopted
    began: float = 0.0  # store's time before the repository was asked; 0: not known


class ClusterReport(Stored):
    """What a probe saw."""

    cluster: Uid
    reachable: bool
    kube_uid: str = ""
    version: str = ""
    error: str = ""  # "Reason: message"


class SweepReport(Stored):
    """What a sweep for drift over one cluster saw: targets with moved objects, and which."""

    cluster: Uid
    reachable: bool
    moved: dict[TargetId, tuple[str, ...]] = {}
    # Objects of which nothing of ours moved, but their health may have.
    stirred: dict[TargetId, tuple[ObjectRef, ...]] = {}
    # What a survey had found, nobody declares, and is gone: by the name of its application.
    vanished: dict[str, Inventory] = {}
    # Targets of which what variables are read from holds something else now: why.
    varied: dict[TargetId, str] = {}
    swept: int = 0  # targets compared
    rules: str | None = None  # health rules by which all is to be judged anew; None: as before
    error: str = ""


class Waiting(NamedTuple):
    """A target whose health is due for another look."""

    target: TargetId
    fence: int  # of the run that is looked after
    inventory: Inventory
    checks: tuple[Check, ...] = ()  # of its application


class TargetHealth(Stored):
    """What another look at the health of one target saw."""

    target: TargetId
    fence: int  # the run that it looked after; a newer run makes it void
    health: HealthStatus
    reason: str = ""
    message: str = ""
    entries: Inventory = ()  # those of which health or resourceVersion changed
    check_after: float | None = None  # seconds until another look


class HealthReport(Stored):
    """A look at the health of what was applied on a cluster, of all targets that waited for it."""

    cluster: Uid
    reachable: bool = True
    error: str = ""  # "Reason: message"
    targets: tuple[TargetHealth, ...] = ()


class PreviewRequest(Stored):
    """A question about one target: what would be rendered, what would change, what is orphaned.

    Or about one repository: can it be reached.
    """

    target: TargetId = TargetId("")
    verb: Literal["render", "diff", "orphans", "reach"]
    revision: str | None = None
    repository: Uid = Uid("")  # reach


class PreviewReport(Stored):
    """The answer; Secret values are masked."""

    preview: Uid
    error: str = ""  # "Reason: message"
    revision: str = ""
    manifests: tuple[dict[str, Any], ...] = ()
    explained: tuple[Explained, ...] = ()
    differences: tuple[Difference, ...] = ()
    orphans: tuple[Orphan, ...] = ()
    unseen: tuple[str, ...] = ()  # kinds that could not be looked at for orphans
    steps: tuple[Step, ...] = ()  # on the way to the repository
