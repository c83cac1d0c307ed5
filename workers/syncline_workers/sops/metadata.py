"""What SOPS writes beside the values: the data key, encrypted for each master key, and the MAC."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from syncline_workers.sops import sealed
from syncline_workers.sops.sealed import Broken

FIELD: Final = "sops"
_PREFIX: Final = "sops_"
_ONLY_ENCRYPTED: Final = bytes.fromhex(
    "8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69"
)
_KINDS: Final = ("age", "pgp", "hc_vault", "kms", "gcp_kms", "azure_kv", "hckms")
_PART: Final = re.compile(r"__(map|list)_")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of one file. ``masters``: kind of master key → its entries."""

    masters: Mapping[str, tuple[Mapping[str, Any], ...]]
    mac: str
    modified: str
    only_encrypted: bool  # the MAC leaves out what is not encrypted

    @property
    def begun(self) -> bytes:
        """What the MAC begins with."""
        return _ONLY_ENCRYPTED if self.only_encrypted else b""

    def check(self, key: bytes, computed: str) -> None:
        """Compare the MAC of what was read with the one that was written.

        Args:
            key: the file's data key.
            computed: upper case hex digits.

        Raises:
            Broken: they differ, or the written one is broken itself.
        """
        try:
            written = str(sealed.opened(self.mac, key, self.modified))
        except Broken as exc:
            raise Broken(f"its MAC {exc}") from exc
        if not hmac.compare_digest(written.encode(), computed.encode()):
            raise Broken("its MAC does not fit what it holds: it was changed by other hands")

    def wanted(self) -> str:
        """Which keys can open it, for people."""
        named = [_named(kind, entry) for kind, entries in self.masters.items() for entry in entries]
        return " or ".join(named) or "no key at all"


def read(value: Any) -> Metadata | None:
    """Read a file's ``sops`` mapping; None where it is something else that has this name.

    Raises:
        Broken: it wants more than one key at once.
    """
    if not isinstance(value, Mapping) or not sealed.is_sealed(value.get("mac")):
        return None
    groups = value.get("key_groups")
    if isinstance(groups, list) and len(groups) > 1:
        raise Broken(
            "is encrypted for several groups of keys at once (shamir_threshold), which is not "
            "read here: encrypt it for one group"
        )
    holder = groups[0] if isinstance(groups, list) and groups else value
    masters = {kind: found for kind in _KINDS if (found := _entries(holder, kind))}
    return Metadata(
        masters=masters,
        mac=value["mac"],
        modified=str(value.get("lastmodified") or ""),
        only_encrypted=value.get("mac_only_encrypted") in (True, "true"),
    )


def unflattened(pairs: Mapping[str, str]) -> dict[str, Any]:
    """Read ``sops_age__list_0__map_enc`` and its like, as files without structure have them."""
    root: dict[str, Any] = {}
    for name, text in pairs.items():
        if name.startswith(_PREFIX):
            steps = _PART.split(name.removeprefix(_PREFIX))[::2]
            _put(root, steps, text.replace("\\n", "\n"))
    return {name: _listed(value) for name, value in root.items()}


def is_flat(name: str) -> bool:
    """Whether a name of such a file is metadata."""
    return name.startswith(_PREFIX)


def _put(root: dict[str, Any], steps: list[str], text: str) -> None:
    for step in steps[:-1]:
        inner = root.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        root = inner
    root[steps[-1]] = text


def _listed(value: Any) -> Any:
    """A mapping whose names are 0, 1, … is a list."""
    if isinstance(value, dict) and value and all(name.isdecimal() for name in value):
        return [value[name] for name in sorted(value, key=int)]
    return value


def _entries(holder: Any, kind: str) -> tuple[Mapping[str, Any], ...]:
    listed = holder.get(kind) if isinstance(holder, Mapping) else None
    if not isinstance(listed, list):
        return ()
    return tuple(entry for entry in listed if isinstance(entry, Mapping))


def _named(kind: str, entry: Mapping[str, Any]) -> str:
    match kind:
        case "age":
            return f"the age key {entry.get('recipient')}"
        case "pgp":
            return f"the PGP key {entry.get('fp')}"
        case "hc_vault":
            path = f"{entry.get('engine_path')}/keys/{entry.get('key_name')}"
            return f"the Vault key {entry.get('vault_address')}/v1/{path}"
    shown = entry.get("arn") or entry.get("resource_id") or entry.get("vault_url") or "of a cloud"
    return f"the {kind} key {shown} (clouds' own key services are not asked)"
