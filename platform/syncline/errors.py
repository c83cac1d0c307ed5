"""Every error that Syncline raises on purpose.

Two branches decide what happens next; the pipeline maps them once (docs/architecture.md, 2.8):

    SynclineError
    ├── Transient                 tried again with back-off, the target is Reconciling
    │   ├── ClusterUnreachable    no answer: opens the cluster's breaker
    │   ├── ClusterBusy           429 or 5xx: the API server asks for patience
    │   ├── RepositoryUnreachable the Git host did not answer
    │   ├── StoreUnavailable      Redis is away
    │   ├── BrokerUnavailable     the Redis that messages travel by is away
    │   ├── FieldContested        somebody sets a field again each time that it is put back
    │   ├── KeyServiceUnreachable a service that keeps keys did not answer
    │   ├── NotReady              waited for something that may still come (a CRD, a namespace)
    │   ├── AwaitsRender          another run renders the same: it goes on when that is done
    │   └── WorkerStopped         the worker was asked to end: the run is handed back
    └── Permanent                 stalled until revision, parameters or a user change something
        ├── InvalidDocument       what a user wrote does not fit the schema
        ├── NotFound Conflict     an API object that is absent, or in the way
        ├── CredentialRefused     a reference that may not be used, or a credential that was refused
        ├── RevisionNotFound PathNotFound UnsafePath
        ├── SignatureRefused      a commit is not signed as its repository asks
        ├── DecryptionFailed      an encrypted file that no declared key opens, or that was changed
        ├── RenderFailed ManifestInvalid LimitExceeded
        ├── ApplyRejected         the API server refused an object
        │   ├── FieldConflict     other field managers hold fields of it
        │   └── FieldImmutable    it would have to be deleted and made anew
        ├── OwnedByAnother PruneRefused
        ├── HookFailed            a hook came to a bad end
        ├── StepTimedOut          an object kept a step waiting for longer than the policy allows
        ├── ClusterIdentityChanged
        ├── LeaseLost             another attempt holds the target: stop, write nothing
        └── Superseded            a newer wish took the place of this one

Each is rebuilt from its ``args`` (Celery pickles errors), names its subject and the next step.
"""

from __future__ import annotations

from typing import ClassVar


class SynclineError(Exception):
    """The root: a subject (what it is about) and a detail (the fact and the next step)."""

    reason: ClassVar[str] = "Error"

    def __init__(self, subject: str, detail: str) -> None:
        super().__init__(subject, detail)
        self.subject = subject
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.subject}: {self.detail}"


class Transient(SynclineError):
    """It may work later without anybody changing anything."""

    reason = "Transient"


class Permanent(SynclineError):
    """It will not work until somebody changes something."""

    reason = "Permanent"


class ClusterUnreachable(Transient):
    """No API server answered: refused, timed out, reset, or no route."""

    reason = "ClusterUnreachable"


class ClusterBusy(Transient):
    """The API server answered 429 or 5xx."""

    reason = "ClusterBusy"


class RepositoryUnreachable(Transient):
    """The Git host did not answer in time, or answered with its own failure."""

    reason = "RepositoryUnreachable"


class StoreUnavailable(Transient):
    """Redis did not answer."""

    reason = "StoreUnavailable"


class BrokerUnavailable(Transient):
    """The Redis that messages travel by did not answer."""

    reason = "BrokerUnavailable"


class KeyServiceUnreachable(Transient):
    """A service that keeps keys did not answer."""

    reason = "KeyServiceUnreachable"


class NotReady(Transient):
    """Something that was waited for did not come in time."""

    reason = "NotReady"


class FieldContested(Transient):
    """Somebody sets a field again each time that it is put back; tried again ``after`` seconds."""

    reason = "FieldContested"

    def __init__(self, subject: str, detail: str, after: float = 0.0) -> None:
        super().__init__(subject, detail)
        self.args = (subject, detail, after)
        self.after = after


class AwaitsRender(Transient):
    """Another run renders the same ``work`` just now; tried again in ``after`` seconds at most."""

    reason = "AwaitsRender"

    def __init__(self, subject: str, detail: str, work: str = "", after: float = 0.0) -> None:
        super().__init__(subject, detail)
        self.args = (subject, detail, work, after)
        self.work, self.after = work, after


class WorkerStopped(Transient):
    """The worker was asked to end, and its grace is over."""

    reason = "WorkerStopped"


class InvalidDocument(Permanent):
    """A document does not fit its schema; the detail holds one line for each field."""

    reason = "InvalidDocument"


class NotFound(Permanent):
    """An object of that name is not registered."""

    reason = "NotFound"


class Conflict(Permanent):
    """The request contradicts what is there."""

    reason = "Conflict"


class CredentialRefused(Permanent):
    """A credential reference may not be used here, is missing, or the other side refused it."""

    reason = "CredentialRefused"


class RevisionNotFound(Permanent):
    """No branch, tag, commit or version of that name exists in the repository."""

    reason = "RevisionNotFound"


class SignatureRefused(Permanent):
    """A commit is not signed by a key that its repository names."""

    reason = "SignatureRefused"


class PathNotFound(Permanent):
    """The path does not exist at that revision."""

    reason = "PathNotFound"


class UnsafePath(Permanent):
    """A path or link leads outside the repository, or is no regular file."""

    reason = "UnsafePath"


class DecryptionFailed(Permanent):
    """An encrypted file cannot be read; says which key it wants, and never what it holds."""

    reason = "DecryptionFailed"


class RenderFailed(Permanent):
    """The renderer refused the sources; the detail is its own message, cut and masked."""

    reason = "RenderFailed"


class ManifestInvalid(Permanent):
    """A rendered document is no Kubernetes object."""

    reason = "ManifestInvalid"


class LimitExceeded(Permanent):
    """Bytes, documents, aliases, time or memory beyond the set limit."""

    reason = "LimitExceeded"


class ApplyRejected(Permanent):
    """The API server refused an object; the detail is its own message."""

    reason = "ApplyRejected"


class FieldConflict(ApplyRejected):
    """Other field managers hold fields of the object; ``held``: each field with its manager."""

    reason = "FieldConflict"

    def __init__(self, subject: str, detail: str, held: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(subject, detail)
        self.args = (subject, detail, held)
        self.held = held


class FieldImmutable(ApplyRejected):
    """Fields of the object cannot be changed: it would have to be deleted and made anew."""

    reason = "FieldImmutable"

    def __init__(self, subject: str, detail: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(subject, detail)
        self.args = (subject, detail, fields)
        self.fields = fields


class OwnedByAnother(Permanent):
    """Another target owns the object."""

    reason = "OwnedByAnother"


class PruneRefused(Permanent):
    """Pruning would delete more than the policy allows without a confirmation."""

    reason = "PruneRefused"


class HookFailed(Permanent):
    """A hook came to a bad end, or cannot run; the detail says what its object tells."""

    reason = "HookFailed"


class StepTimedOut(Permanent):
    """An object kept a step waiting for longer than the policy allows; says what it waits for."""

    reason = "StepTimedOut"


class ClusterIdentityChanged(Permanent):
    """The API server is not the cluster that was registered under this name."""

    reason = "ClusterIdentityChanged"


class LeaseLost(Permanent):
    """Another attempt has the target, or the lease ran out."""

    reason = "LeaseLost"


class Superseded(Permanent):
    """A newer request took the place of this one."""

    reason = "Superseded"
