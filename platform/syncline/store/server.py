"""What is looked at of a Redis before anything is kept in it: version, policy, persistence, room.

A role refuses to start on what would lose or garble state unseen, and warns of what a restart may
lose. It asks by INFO alone, which a user with few rights may have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncline.errors import Conflict
from syncline.settings import StoreSettings
from syncline.settings.address import Address
from syncline.store import client

OLDEST = (6, 2)
NEARLY_FULL = 0.9
"""Share of maxmemory from which on a server is called nearly full."""

LARGE = 64_000_000
"""Bytes in use from which on its allocator counts: some 10,000 targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found, in words; nothing at all is good."""

    refusals: tuple[str, ...] = ()  # no role starts
    warnings: tuple[str, ...] = ()  # something may be lost, or will be refused


def require(settings: StoreSettings) -> list[str]:
    """Look at the Redis for state, and at the one for messages where it is another.

    Returns:
        Warnings.

    Raises:
        Conflict: Syncline does not work on such a server; the detail says what to change.
        StoreUnavailable: one does not answer.
        CredentialRefused, InvalidDocument: the settings name none.
    """
    warnings: list[str] = []
    for what, address in addresses(settings).items():
        found = look(address)
        if found.refusals:
            raise Conflict(f"{what} {address.shown}", "; ".join(found.refusals))
        warnings += (f"{what}: {warning}" for warning in found.warnings)
    return warnings


def addresses(settings: StoreSettings) -> dict[str, Address]:
    """Return what each server is for → where it is; one where both are the same."""
    state, messages = settings.address(), settings.broker_address()
    if state == messages:
        return {"Redis": state}
    return {"Redis for state": state, "Redis for messages": messages}


def look(address: Address) -> Findings:
    """Look at one server.

    Raises:
        StoreUnavailable: it does not answer.
    """
    with client.make(address, decode_responses=True) as asked:
        info: Mapping[str, Any] = asked.info()
    return Findings(
        refusals=tuple(_refusals(info)),
        warnings=tuple(warnings_of(info, has_sentinels=bool(address.master))),
    )


def _refusals(info: Mapping[str, Any]) -> list[str]:
    found = []
    version = tuple(int(part) for part in re.findall(r"\d+", str(info["redis_version"]))[:2])
    if version < OLDEST:
        found.append(f"Redis {info['redis_version']} is older than 6.2: upgrade it")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        found.append(
            f"maxmemory-policy is {policy}: Redis may drop state; set maxmemory-policy noeviction"
        )
    if info.get("cluster_enabled"):
        found.append("this is Redis Cluster, which is not supported: use one primary")
    return found


def warnings_of(info: Mapping[str, Any], *, has_sentinels: bool) -> list[str]:
    """Return what a server's INFO gives reason to warn of."""
    found = []
    if not info.get("aof_enabled"):
        found.append(
            "appendonly is off: a restart of Redis loses what it holds, or, with snapshots (save), "
            "what changed since the last one; set appendonly yes"
        )
    if info.get("aof_last_write_status", "ok") != "ok":
        found.append("the last write of the append-only file failed: look at its disk")
    if info.get("role") == "slave":
        found.append("this is a replica: name the primary, or its Sentinels")
    elif has_sentinels and not info.get("connected_slaves"):
        found.append("no replica follows: the Sentinels have nothing to fail over to")
    found += _of_memory(info)
    return found


def _of_memory(info: Mapping[str, Any]) -> list[str]:
    found = []
    used, most = int(info["used_memory"]), int(info.get("maxmemory", 0))
    if not most:
        found.append(
            "maxmemory is 0, which is no limit: where its machine's memory is used up, the kernel "
            "kills Redis; set it to what `syncline doctor --plan` says"
        )
    elif used > most * NEARLY_FULL:
        found.append(
            f"{used / 1e6:,.0f} of {most / 1e6:,.0f} MB (maxmemory) are used: when it is full, "
            "Redis refuses what is new; give it more"
        )
    if used > LARGE and info.get("mem_allocator") == "libc":
        found.append(
            "its allocator is that of the C library, which takes the more of its processor the "
            "more it holds: run one that was built with jemalloc, as packages and images are"
        )
    return found
