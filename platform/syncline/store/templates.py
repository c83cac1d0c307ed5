"""Credential templates: registered here; what takes them is chosen in ``choices``."""

from __future__ import annotations

from syncline.model.credentialtemplate import CredentialTemplate
from syncline.model.names import Uid
from syncline.store import registration
from syncline.store.connection import Store
from syncline.store.records import Kind
from syncline.store.registration import Put, Write


def put(
    store: Store, document: CredentialTemplate, *, declared_in: str = "", uid: Uid | None = None
) -> Put:
    """Register or change a template; ``uid`` of a new one. ``choices.settle`` makes it count.

    Raises:
        Conflict: it is declared in the fleet repository and this write is not.
    """
    return registration.put(
        store,
        Kind.CREDENTIAL_TEMPLATE,
        document,
        Write(declared_in=declared_in, needed={}, uid=uid),
    )
