"""Every setting of every role: read once from the environment in ``main``, then passed down.

Names in the environment are ``SYNCLINE_`` + group + field: ``SYNCLINE_STORE_URL``. Each field
states its unit, its default and why. Nothing below ``main`` and the workers' ``app`` reads the
environment. A secret can be a file's content: ``resolved_url`` and ``platform_key`` read it when
they are called, so that making ``Settings()`` opens nothing.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey
from syncline.model.values import Duration


def _prefix(group: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=f"SYNCLINE_{group}", frozen=True, extra="ignore")


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

    model_config = _prefix("STORE_")

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

    model_config = _prefix("")

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


class GitSettings(BaseSettings):
    """What Git may reach, and for how long."""

    model_config = _prefix("GIT_")

    cache: Path = Field(
        default=Path("/var/cache/syncline/git"),
        description="Where bare mirrors live; one for each repository. Can be lost at any time.",
    )
    allow_http: bool = Field(
        default=False, description="Allow http:// URLs: the network can alter what is deployed."
    )
    allow_local: tuple[Path, ...] = Field(
        default=(), description="Directories that local and file:// repositories may lie in (JSON)."
    )
    max_file: int = Field(
        default=10_000_000, ge=1, description="Bytes; a larger file is refused, not read."
    )


class RenderSettings(BaseSettings):
    """The official renderers, and the limits that they run under."""

    model_config = _prefix("RENDER_")

    cache: Path = Field(
        default=Path("/var/cache/syncline/render"),
        description="Encrypted rendered manifests by render key. Can be lost at any time.",
    )
    helm: str = Field(default="helm", description="The helm binary: a name on PATH, or a path.")
    kustomize: str = Field(default="kustomize", description="The kustomize binary, likewise.")
    timeout: Duration = Field(
        default=timedelta(seconds=60), description="Longest run of a renderer. Large charts: ~10 s."
    )
    memory: int = Field(
        default=2_000_000_000, description="Bytes of address space for data, for one renderer."
    )
    output: int = Field(default=50_000_000, description="Bytes that a render may produce at most.")
    documents: int = Field(default=20_000, description="Objects that a render may produce.")


class ClusterSettings(BaseSettings):
    """How API servers are spoken to."""

    model_config = _prefix("CLUSTER_")

    connect_timeout: Duration = Field(
        default=timedelta(seconds=3), description="To open a connection; a LAN needs 0.1 s."
    )
    read_timeout: Duration = Field(
        default=timedelta(seconds=30), description="For one answer; webhooks may take 10 s."
    )
    exec_plugins: tuple[str, ...] = Field(
        default=(),
        description="Commands that an uploaded kubeconfig's exec plugin may be (JSON). None.",
    )
    allow_files: bool = Field(
        default=False, description="Whether an uploaded kubeconfig may name files of the worker."
    )
    breaker_failures: int = Field(
        default=3, ge=1, description="Connection failures in a row that open a cluster's breaker."
    )
    probe_interval: Duration = Field(
        default=timedelta(seconds=10), description="Between probes of a cluster that is away."
    )


class RunSettings(BaseSettings):
    """Leases and limits of runs."""

    model_config = _prefix("RUN_")

    lease: Duration = Field(
        default=timedelta(seconds=30),
        description="How long a silent worker keeps a target; heartbeats come 3 times as often.",
    )
    attempts: int = Field(
        default=5, ge=1, description="Deliveries of one request that may end with a lost worker."
    )
    soft_limit: Duration = Field(
        default=timedelta(seconds=540), description="A run is asked to stop after this time."
    )
    hard_limit: Duration = Field(
        default=timedelta(seconds=600), description="A run's process is killed after this time."
    )
    visibility: Duration = Field(
        default=timedelta(seconds=1800),
        description="After which Redis redelivers an unacknowledged message; above the hard limit.",
    )


class SchedulerSettings(BaseSettings):
    """The pace of the scheduler role."""

    model_config = _prefix("SCHEDULER_")

    tick: Duration = Field(
        default=timedelta(milliseconds=250), description="Longest wait between two looks."
    )
    batch: int = Field(
        default=200, ge=1, le=200, description="Members that one atomic step takes at most: 7 ms."
    )
    backlog: int = Field(
        default=16, ge=1, description="Messages kept in one broker queue; the rest waits in order."
    )
    leader_lease: Duration = Field(
        default=timedelta(seconds=4), description="Another scheduler takes over after this time."
    )


class ServerSettings(BaseSettings):
    """The API."""

    model_config = _prefix("SERVER_")

    host: str = Field(default="127.0.0.1", description="The address to listen on: loopback only.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port; 0: any free one.")


class LogSettings(BaseSettings):
    """Logs."""

    model_config = _prefix("LOG_")

    level: str = Field(default="info", description="debug, info, warning or error.")
    json_lines: bool | None = Field(
        default=None, description="JSON lines; default: unless the output is a terminal."
    )


class PulseSettings(BaseSettings):
    """Health checks of schedulers and workers."""

    model_config = _prefix("PULSE_")

    file: Path | None = Field(
        default=None,
        description="A file that the main loop touches, for `python -m syncline.pulse`. "
        "Default: none, nobody asks. Each process needs its own.",
    )


class Settings(BaseSettings):
    """All groups. ``Settings()`` reads the environment."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    store: StoreSettings = Field(default_factory=StoreSettings, description="State and messages.")
    keys: KeySettings = Field(default_factory=KeySettings, description="Key and credentials.")
    git: GitSettings = Field(default_factory=GitSettings, description="Git.")
    render: RenderSettings = Field(default_factory=RenderSettings, description="Renderers.")
    cluster: ClusterSettings = Field(default_factory=ClusterSettings, description="Clusters.")
    run: RunSettings = Field(default_factory=RunSettings, description="Runs.")
    scheduler: SchedulerSettings = Field(
        default_factory=SchedulerSettings, description="The scheduler."
    )
    server: ServerSettings = Field(default_factory=ServerSettings, description="The API.")
    log: LogSettings = Field(default_factory=LogSettings, description="Logs.")
    pulse: PulseSettings = Field(default_factory=PulseSettings, description="Health checks.")
