"""Rendezvous hashing: who of several is whose, found out by each alone.

Who joins takes its part of everybody's, who leaves gives its own to all others, and nothing else
changes hands.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


def preferred(of: str, among: Iterable[str]) -> str:
    """Return the one whose something is; "" among none."""
    return max(among, key=lambda each: weight(each, of), default="")


def weight(member: str, of: str) -> bytes:
    """Weigh a member for something; the heaviest has it."""
    return blake2b(f"{member}\0{of}".encode(), digest_size=8).digest()
