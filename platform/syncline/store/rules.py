"""Health rules of the fleet repository: all of them, as the last adopted commit declares them.

Their version is how often they changed, and a digest of them: rules that come back are others, for
objects may have been judged without them meanwhile. A claim carries it, so that a worker reads the
rules themselves only when they have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from syncline.model.healthrule import HealthRule
from syncline.model.names import Uid
from syncline.store import keys
from syncline.store.connection import Store


class Kept(NamedTuple):
    """All rules and their version ("": there never were any)."""

    version: str
    rules: tuple[HealthRule, ...]


def keep(store: Store, rules: Sequence[HealthRule]) -> bool:
    """Put these in place of all others; False where nothing changes."""
    written = [rule.model_dump(mode="json", by_alias=True) for rule in _ordered(rules)]
    text = orjson.dumps(written)
    digest = hashlib.sha256(text).hexdigest()[:16] if rules else ""
    if digest == version(store).rpartition(".")[2]:
        return False
    changes = store.redis.hincrby(keys.HEALTH_RULES(), "changes", 1)
    names = orjson.dumps([rule.metadata.name for rule in _ordered(rules)])
    fields = {"version": f"{changes}.{digest}", "names": names, "rules": text}
    store.redis.hset(keys.HEALTH_RULES(), mapping=fields)
    return True


def version(store: Store) -> str:
    """Return the version of the rules."""
    return store.redis.hget(keys.HEALTH_RULES(), "version") or ""


def names(store: Store) -> list[str]:
    """Return the names of the rules."""
    text = store.redis.hget(keys.HEALTH_RULES(), "names")
    return list(orjson.loads(text)) if text else []


def read(store: Store) -> Kept:
    """Read all rules."""
    found, text = store.redis.hmget(keys.HEALTH_RULES(), "version", "rules")
    written = orjson.loads(text) if text else []
    return Kept(found or "", tuple(HealthRule.model_validate(each) for each in written))


def judged_by(store: Store, cluster: Uid) -> tuple[str, str]:
    """Return the version of the rules, and the one that a cluster's objects were last judged by."""
    with store.redis.pipeline() as pipe:
        pipe.hget(keys.HEALTH_RULES(), "version")
        pipe.hget(keys.HEALTH_JUDGED(), cluster)
        now, then = pipe.execute()
    return now or "", then or ""


def judged(store: Store, cluster: Uid, by: str) -> None:
    """Note that all objects of a cluster are being judged by this version."""
    if by:
        store.redis.hset(keys.HEALTH_JUDGED(), cluster, by)
    else:
        store.redis.hdel(keys.HEALTH_JUDGED(), cluster)


def _ordered(rules: Sequence[HealthRule]) -> list[HealthRule]:
    return sorted(rules, key=lambda rule: rule.metadata.name)
