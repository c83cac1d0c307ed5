"""What a credential or a certificate is wanted for, and what git is given of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syncline.model.giturl import GitUrl
from syncline.model.proxy import Proxy
from syncline_workers.git.apptokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One repository that is to be reached by one command."""

    about: str  # Repository/shop
    url: GitUrl
    private: Path  # a directory that only this user may enter; gone after the command
    read: Callable[[str], str]  # reference → value; raises CredentialRefused
    proxy: Proxy | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # the worker's
    tokens: Tokens = field(default_factory=Tokens)

    def keep(self, name: str, text: str) -> Path:
        """Write a private file for as long as the command runs."""
        path = self.private / name
        path.touch(mode=0o600)
        path.write_text(text.rstrip("\n") + "\n")  # ssh refuses a key without a last line end
        return path


def _nothing() -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What git is given: settings, variables of its environment, and what must not be shown."""

    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    refused: Callable[[], None] = _nothing  # to be told where the server refuses the credential

    def and_(self, other: Means) -> Means:
        """Both together; the other one wins."""
        return Means(
            config={**self.config, **other.config},
            variables={**self.variables, **other.variables},
            secrets=self.secrets + other.secrets,
            refused=self.refused if other.refused is _nothing else other.refused,
        )
