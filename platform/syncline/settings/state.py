"""Settings of what Syncline keeps: its state, and the keys that open it.

A secret can be a file's content: ``address``, ``broker_address`` and ``platform_key`` read it when
they are called, so that making ``Settings()`` opens nothing.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey
from syncline.model.values import Duration
from syncline.settings import address
from syncline.settings.address import Address, Extras
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


def _optional(path: Path | None, setting: str) -> str:
    return "" if path is None else _content(path, setting)


class StoreSettings(BaseSettings):
    """Where state lives, and where messages travel."""

    model_config = prefix("STORE_")

    url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis for state: redis://, rediss:// (TLS) or unix://, with its password; or "
        "its Sentinels: sentinel://HOST:26379;OTHER:26379/0, sentinels:// with TLS.",
    )
    url_file: Path | None = Field(
        default=None, description="A file that holds URL, password and all; preferred over URL."
    )
    password_file: Path | None = Field(
        default=None, description="A file with the password, for a URL that names none."
    )
    master: str | None = Field(
        default=None, description="The primary's name among the Sentinels, where URL lists them."
    )
    sentinel_password_file: Path | None = Field(
        default=None,
        description="A file with the password of the Sentinels themselves, where they want one.",
    )
    broker_url: SecretStr | None = Field(
        default=None,
        description="Redis for messages, written as URL. Default: the one for state.",
    )
    broker_password_file: Path | None = Field(
        default=None, description="A file with its password, for a BROKER_URL that names none."
    )
    broker_master: str | None = Field(
        default=None,
        description="The primary's name among the Sentinels, where BROKER_URL lists them.",
    )
    broker_sentinel_password_file: Path | None = Field(
        default=None, description="A file with the password of the Sentinels of BROKER_URL."
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificates (PEM) of the authorities that signed those of Redis and its "
        "Sentinels, for state and messages. Default: those that the system trusts.",
    )
    certificate_file: Path | None = Field(
        default=None,
        description="The certificate (PEM) that is shown to a Redis that asks for one.",
    )
    certificate_key_file: Path | None = Field(
        default=None, description="Its private key (PEM), where it is not in the same file."
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
    history_age: Duration = Field(
        default=timedelta(days=180),
        ge=timedelta(hours=1),
        description="How long a run is kept, where HISTORY lets it; the last two of each target "
        "stay longer, to be gone back to. 180d: half a year.",
    )
    differences: int = Field(
        default=32_000_000,
        ge=0,
        description="Bytes kept of how runs changed manifests, compressed, in all: each different "
        "text once, a fleet shares it; those told of longest ago make room. ~300 bytes each. "
        "0: none.",
    )
    events: int = Field(
        default=10_000, ge=100, description="Events kept in the stream, about; ~300 bytes each."
    )
    audit: int = Field(
        default=100_000, ge=1000, description="Audit records kept, about; ~400 bytes each."
    )
    operations: int = Field(
        default=200_000,
        ge=100,
        description="Members (one for each target) kept of operations that ended, in all; the "
        "operations that ended first make room, and all go a week after their end. ~340 bytes "
        "each; long messages and the changes of a dry run count as more. 200,000: four syncs of "
        "50,000 targets.",
    )

    def address(self) -> Address:
        """Return where state lives; secrets are read from their files.

        Raises:
            CredentialRefused: a file that is named cannot be read, or is empty.
            InvalidDocument: the URL names no Redis.
        """
        setting = "SYNCLINE_STORE_URL"
        url = self.url.get_secret_value()
        if self.url_file is not None:
            setting = "SYNCLINE_STORE_URL_FILE"
            url = _content(self.url_file, setting)
        extras = Extras(
            password=_optional(self.password_file, "SYNCLINE_STORE_PASSWORD_FILE"),
            master=self.master or "",
            sentinel_password=_optional(
                self.sentinel_password_file, "SYNCLINE_STORE_SENTINEL_PASSWORD_FILE"
            ),
            tls=self._tls(),
        )
        return address.parse(url, setting, extras)

    def broker_address(self) -> Address:
        """Return where messages travel, likewise."""
        if self.broker_url is None:
            return self.address()
        extras = Extras(
            password=_optional(self.broker_password_file, "SYNCLINE_STORE_BROKER_PASSWORD_FILE"),
            master=self.broker_master or "",
            sentinel_password=_optional(
                self.broker_sentinel_password_file, "SYNCLINE_STORE_BROKER_SENTINEL_PASSWORD_FILE"
            ),
            tls=self._tls(),
        )
        return address.parse(
            self.broker_url.get_secret_value(), "SYNCLINE_STORE_BROKER_URL", extras
        )

    def _tls(self) -> dict[str, str]:
        files = {
            "ssl_ca_certs": (self.ca_file, "SYNCLINE_STORE_CA_FILE"),
            "ssl_certfile": (self.certificate_file, "SYNCLINE_STORE_CERTIFICATE_FILE"),
            "ssl_keyfile": (self.certificate_key_file, "SYNCLINE_STORE_CERTIFICATE_KEY_FILE"),
        }
        # Read here only to name the setting of one that cannot be.
        return {
            name: str(path)
            for name, (path, setting) in files.items()
            if path is not None and _content(path, setting)
        }


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
