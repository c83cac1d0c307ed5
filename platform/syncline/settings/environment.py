"""How a group of settings is named in the environment."""

from __future__ import annotations

from pydantic_settings import SettingsConfigDict


def prefix(group: str) -> SettingsConfigDict:
    """Configure a group: its fields are ``SYNCLINE_`` + group + field, and do not change."""
    return SettingsConfigDict(env_prefix=f"SYNCLINE_{group}", frozen=True, extra="ignore")
