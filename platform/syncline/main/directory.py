"""The data directory of ``syncline up``: what lies where, and its secrets."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """One installation on one machine. Everything in it belongs to its owner alone."""

    root: Path

    @property
    def token(self) -> Path:
        """The administrator's token."""
        return self.root / "token"

    @property
    def credentials(self) -> Path:
        """Where ``file:`` references resolve."""
        return self.root / "credentials"

    def prepare(self) -> None:
        """Make the directories; those that are there stay as they are."""
        for name in ("", "redis", "git", "render", "credentials", "logs"):
            (self.root / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)

    def key(self) -> PlatformKey:
        """The platform key, made at the first start."""
        return PlatformKey.parse(self.secret("key", PlatformKey.generate))

    def secret(self, name: str, make: object = None) -> str:
        """A secret of its own file, made once (mode 0600)."""
        path = self.root / name
        if not path.exists():
            text = make() if callable(make) else secrets.token_urlsafe(32)
            write_private(path, f"{text}\n")
        return path.read_text().strip()

    def environment(self) -> dict[str, str]:
        """Settings of all roles that follow from where the directory is."""
        return {
            "SYNCLINE_KEY_FILE": str(self.root / "key"),
            "SYNCLINE_CREDENTIALS": str(self.credentials),
            "SYNCLINE_GIT_CACHE": str(self.root / "git"),
            "SYNCLINE_RENDER_CACHE": str(self.root / "render"),
        }


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; it appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(text)
        temporary.replace(path)
    except OSError as exc:
        raise CredentialRefused(str(path), f"cannot be written: {exc.strerror}") from exc
