"""Making a kubeconfig fit to be sent: one context of it, and no reference to this machine's files.

What ``kubectl config view --minify --flatten`` does: credentials of other clusters stay at home,
and a worker elsewhere has what it needs.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import yaml

from syncline.cli.exits import CommandFailed, Exit

_FILES = {
    "certificate-authority": "certificate-authority-data",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
}


def prepare(path: Path, context: str | None) -> str:
    """Return the YAML of a kubeconfig with one context, whose files are inlined.

    Raises:
        CommandFailed: the file, the context, or something that it names is missing.
    """
    config = _read(path)
    chosen = context or config.get("current-context")
    if not chosen:
        raise CommandFailed(str(path), "has no current-context: name one with --context")
    entry = _named(path, config, "contexts", chosen, "context")
    cluster = _named(path, config, "clusters", entry.get("cluster"), "cluster")
    user = _named(path, config, "users", entry.get("user"), "user") if entry.get("user") else {}
    flat = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": chosen,
        "contexts": [{"name": chosen, "context": entry}],
        "clusters": [{"name": entry["cluster"], "cluster": _inline(path, cluster)}],
        "users": [{"name": entry["user"], "user": _inline(path, user)}] if user else [],
    }
    return yaml.safe_dump(flat, sort_keys=False)


def _read(path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(path.read_text())
    except OSError as exc:
        raise CommandFailed(str(path), f"cannot be read: {exc.strerror}", Exit.USAGE) from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        # The parser's message quotes the line, which may hold a key: it stays unsaid.
        raise CommandFailed(str(path), "is no YAML", Exit.USAGE) from exc
    if not isinstance(config, dict) or "clusters" not in config:
        raise CommandFailed(str(path), "is no kubeconfig: it has no clusters", Exit.USAGE)
    return config


def _named(path: Path, config: dict[str, Any], kind: str, name: object, key: str) -> dict[str, Any]:
    entries = [each for each in config.get(kind) or [] if isinstance(each, dict)]
    for each in entries:
        if each.get("name") == name and isinstance(each.get(key), dict):
            return dict(each[key])
    known = ", ".join(str(each.get("name")) for each in entries) or "none"
    raise CommandFailed(str(path), f"has no {key} {name!r}; it has {known}", Exit.USAGE)


def _inline(path: Path, entry: dict[str, Any]) -> dict[str, Any]:
    inlined = {key: value for key, value in entry.items() if key not in _FILES}
    for key, data_key in _FILES.items():
        if entry.get(key) and not entry.get(data_key):
            inlined[data_key] = b64encode(_bytes_of(path, entry[key])).decode()
    if entry.get("tokenFile") and not entry.get("token"):
        inlined["token"] = _bytes_of(path, entry["tokenFile"]).decode().strip()
    inlined.pop("tokenFile", None)
    return inlined


def _bytes_of(path: Path, name: str) -> bytes:
    found = path.parent / name  # as kubectl: relative to the kubeconfig
    try:
        return found.read_bytes()
    except OSError as exc:
        raise CommandFailed(
            str(path), f"names {found}, which cannot be read: {exc.strerror}", Exit.USAGE
        ) from exc
