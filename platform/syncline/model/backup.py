"""The lines of a backup: what only the store holds, one object a line, JSON.

The first line is a header, the last one counts the lines before it. Each line is its object at the
moment at which it was read; there is no moment at which all of them were so. Nothing is in it of
what was going on: no wish, no lease, no timer. Secrets are sealed with the platform key, tokens are
hashes. A line that gains a field stays readable; any other change raises ``VERSION`` and adds a
step to ``UPGRADES``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from syncline.errors import Conflict, InvalidDocument
from syncline.model.names import Uid
from syncline.model.values import Stored

FORMAT = "syncline-backup"
VERSION = 3

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: lambda line: line,  # 2 has sync windows among its records
    2: lambda line: line,  # 3 has credential templates
}
"""Version → what makes a line of the next version of one of this version."""


class Header(Stored):
    """Whose backup it is."""

    kind: Literal["header"] = "header"
    format: str = FORMAT
    version: int = VERSION
    release: str = ""  # that wrote it: for people
    installation: str
    key: str  # a keyed digest that tells which platform key opens what is sealed
    taken_at: float  # seconds since the epoch: when it was begun


class RecordLine(Stored):
    """A registered document. Clusters: with identity, and the kubeconfig as it is sealed."""

    kind: Literal["record"] = "record"
    of: Literal["Repository", "Cluster", "Application", "SyncWindow", "CredentialTemplate"]
    uid: Uid
    name: str
    project: str = ""
    document: dict[str, Any]  # spec, labels, annotations
    declared_in: str = ""
    generation: int = 1
    created_at: float = 0.0
    kube_uid: str = ""
    kubeconfig: str = Field(default="", repr=False)  # sealed, base64; its purpose names the uid
    kubeconfig_digest: str = ""


class SpecLine(Stored):
    """An application as it was at a generation that some history names."""

    kind: Literal["spec"] = "spec"
    application: Uid
    generation: int
    document: str  # JSON


class HistoryLine(Stored):
    """One run of a target."""

    generation: int
    finished_at: str  # seconds since the epoch, with all digits: it tells runs apart
    entry: dict[str, Any]


class TargetLine(Stored):
    """A target: what was applied last, what it owned, and its history, newest first."""

    kind: Literal["target"] = "target"
    application: str  # project/app
    cluster: str
    uid: str  # of the application
    state: dict[str, str] = {}
    inventory: tuple[dict[str, Any], ...] = ()
    history: tuple[HistoryLine, ...] = ()


class TokenLine(Stored):
    """A token, as its hash."""

    kind: Literal["token"] = "token"
    digest: str
    fields: dict[str, str]


class FleetLine(Stored):
    """Which fleet repository is followed."""

    kind: Literal["fleet"] = "fleet"
    repository: str
    revision: str
    path: str


class AuditLine(Stored):
    """One record of the audit trail, oldest first."""

    kind: Literal["audit"] = "audit"
    id: str
    fields: dict[str, str]


class End(Stored):
    """The last line: a backup without it was cut off."""

    kind: Literal["end"] = "end"
    lines: int  # before this one, the header included


Line = RecordLine | SpecLine | TargetLine | TokenLine | FleetLine | AuditLine
"""What stands between header and end, in this order."""

_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def read_header(value: Mapping[str, Any]) -> Header:
    """Read the first line.

    Raises:
        InvalidDocument: it is none of ours.
        Conflict: a newer release wrote it.
    """
    if value.get("format") != FORMAT:
        raise InvalidDocument("backup", f"does not begin with a header of {FORMAT}")
    try:
        header = Header.model_validate(value)
    except ValidationError as exc:
        raise InvalidDocument("backup", f"has a broken header: {_first(exc)}") from exc
    if header.version > VERSION:
        raise Conflict(
            "backup", f"has version {header.version}, this release reads {VERSION}: use a newer one"
        )
    return header


def read_line(value: dict[str, Any], version: int) -> Line:
    """Read a line that a release of this or an older version wrote.

    Raises:
        InvalidDocument: it is broken.
    """
    for step in range(version, VERSION):
        value = UPGRADES[step](value)
    try:
        return _LINE.validate_python(value)
    except ValidationError as exc:
        kind = str(value.get("kind"))[:40]
        raise InvalidDocument("backup", f"has a broken line of kind {kind}: {_first(exc)}") from exc


def _first(exc: ValidationError) -> str:
    found = exc.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
