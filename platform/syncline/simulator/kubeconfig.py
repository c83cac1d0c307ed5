"""Kubeconfig files and tokens for simulated clusters."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from syncline.simulator.api.access import Role

PRIVATE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A cluster's address and its two tokens."""

    name: str
    server: str
    tokens: dict[Role, str]

    @classmethod
    def make(cls, name: str, server: str) -> Credentials:
        """Return fresh credentials."""
        return cls(name=name, server=server, tokens={role: secrets.token_hex(16) for role in Role})

    def document(self) -> dict[str, object]:
        """Return the kubeconfig: contexts NAME (the administrator) and NAME-read-only."""
        contexts = {Role.ADMIN: self.name, Role.READ_ONLY: f"{self.name}-read-only"}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.name,
            "clusters": [{"name": self.name, "cluster": {"server": self.server}}],
            "users": [
                {"name": context, "user": {"token": self.tokens[role]}}
                for role, context in contexts.items()
            ],
            "contexts": [
                {"name": context, "context": {"cluster": self.name, "user": context}}
                for context in contexts.values()
            ],
        }

    def write(self, directory: Path) -> Path:
        """Write NAME.kubeconfig, readable by its owner alone; JSON is YAML."""
        path = directory / f"{self.name}.kubeconfig"
        path.touch(mode=PRIVATE)
        path.chmod(PRIVATE)
        path.write_text(json.dumps(self.document(), indent=1))
        return path
