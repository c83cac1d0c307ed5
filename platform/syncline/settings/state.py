"""Settings of what Syncline keeps: its state, and the keys that open it.

A secret can be a file's content: ``resolved_url`` and ``platform_key`` read it when they are
called, so that making ``Settings()`` opens nothing.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey
from syncline.settings.environment import prefix


def _content(path: Path, setting: str) -> str:
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise CredentialRefused(setting, f"{path} cannot be read: {why}") from exc
    if not text:
        raise CredentialRefused(setting, f"{path} is empty")
    return text


def _with_password(url: str, file: Path | None, setting: str) -> str:
    parts = urlsplit(url)
    if file is None or parts.password is not None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    password = quote(_content(file, setting), safe="")
    return parts._replace(netloc=f"{user}:{password}@{host}").geturl()


class StoreSettings(BaseSettings):
    """Where state lives, and where messages travel."""

    model_config = prefix("STORE_")

    url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis for state: redis://, rediss:// or unix://, with its password.",
    )
    url_file: Path | None = Field(
        default=None, description="A file that holds URL, password and all; preferred over URL."
    )
    password_file: Path | None = Field(
        default=None, description="A file with the password, for a URL that names none."
    )
    broker_url: SecretStr | None = Field(
        default=None, description="Redis for messages. Default: the one for state."
    )
    broker_password_file: Path | None = Field(
        default=None, description="A file with its password, for a BROKER_URL that names none."
    )
    broker_master: str | None = Field(
        default=None,
        description="The master's name, where BROKER_URL lists Sentinels: "
        "sentinel://host:26379;sentinel://other:26379.",
    )
    installation: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        description="The installation's id, part of the mark on every applied object: it must be "
        "the same after Redis was lost. Default: one that follows from the platform key.",
    )
    history: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Runs kept for each target. 10: about a week of "
        "changes at a normal pace, at a few hundred bytes each.",
    )
    events: int = Field(
        default=10_000, ge=100, description="Events kept in the stream, about; ~300 bytes each."
    )
    audit: int = Field(
        default=100_000, ge=1000, description="Audit records kept, about; ~400 bytes each."
    )

    def resolved_url(self) -> str:
        """Return where state lives, with the password of its file in it: a secret.

        Raises:
            CredentialRefused: a file that is named cannot be read, or is empty.
        """
        given = self.url.get_secret_value()
        url = _content(self.url_file, "SYNCLINE_STORE_URL_FILE") if self.url_file else given
        return _with_password(url, self.password_file, "SYNCLINE_STORE_PASSWORD_FILE")

    def resolved_broker_url(self) -> str:
        """Return where messages travel, likewise; several Sentinels each get the password."""
        if self.broker_url is None:
            return self.resolved_url()
        return ";".join(
            _with_password(url, self.broker_password_file, "SYNCLINE_STORE_BROKER_PASSWORD_FILE")
            for url in self.broker_url.get_secret_value().split(";")
        )


class KeySettings(BaseSettings):
    """The platform key, and where credentials are found."""

    model_config = prefix("")

    key: SecretStr | None = Field(
        default=None, description="The platform key, base64 of 32 bytes. No default."
    )
    key_file: Path | None = Field(
        default=None, description="A file that holds the platform key; preferred over KEY."
    )
    credentials: Path | None = Field(
        default=None,
        description="The directory that file: references resolve in. Default: none are allowed.",
    )

    def platform_key(self) -> PlatformKey:
        """Read the platform key from its file or the environment.

        Raises:
            CredentialRefused: neither is set, it cannot be read, or it is no key.
        """
        if self.key_file is not None:
            return PlatformKey.parse(_content(self.key_file, "SYNCLINE_KEY_FILE"))
        if self.key is not None:
            return PlatformKey.parse(self.key.get_secret_value())
        raise CredentialRefused(
            "platform key",
            "is not set: give SYNCLINE_KEY_FILE, a file with base64 of 32 random bytes",
        )
