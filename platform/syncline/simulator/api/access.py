"""Who may do what: an administrator everything, a reader nothing that changes."""

from __future__ import annotations

from enum import StrEnum

from syncline.simulator.api import refusal
from syncline.simulator.api.call import Call


class Role(StrEnum):
    """What a token allows, and the user's name that answers show."""

    ADMIN = "admin"
    READ_ONLY = "read-only"


READS = ("get", "list", "watch")


def need_right(role: Role, verb: str, call: Call) -> None:
    """See that the role may do the verb.

    Raises:
        Refusal: it may not (403).
    """
    if role is Role.ADMIN or verb in READS:
        return
    where = f'in the namespace "{call.namespace}"' if call.namespace else "at the cluster scope"
    why = (
        f'User "{role}" cannot {verb} resource "{call.resource.plural}" in API group'
        f' "{call.resource.group}" {where}'
    )
    raise refusal.forbidden(call.resource, call.name, why)
