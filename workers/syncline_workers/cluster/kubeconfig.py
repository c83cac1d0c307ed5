"""Kubeconfigs: read, and refused where they would reach for more than the API server.

Whoever may register a cluster writes its kubeconfig, and workers of many teams use it. So it may
not run a command or read a file of the worker's, unless the administrator allows it; and what
would silently be left out (impersonation by extra fields, auth providers) is refused, because
acting as somebody else than asked for is worse than not acting. For these reasons the official
client's loader is not used: it runs any plugin, without a time limit and with the worker's whole
environment, goes on anonymously where a plugin fails, and keeps keys in temporary files.
"""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import yaml

from syncline.errors import CredentialRefused
from syncline.settings import ClusterSettings
from syncline_workers.cluster.access import Access, Plugin, User

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HOST = re.compile(r"[\w.:%-]+")
_IMPERSONATION = {"as": "Impersonate-User", "as-uid": "Impersonate-Uid"}

PLUGIN_VARIABLES = frozenset(
    {
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_ROLE_ARN",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "USE_GKE_GCLOUD_AUTH_PLUGIN",
    }
)
"""What a kubeconfig may set for its plugin. PATH, LD_PRELOAD and the like would choose another
command than the one that the administrator allowed."""


def read(text: str, *, context: str | None, settings: ClusterSettings, subject: str) -> Access:
    """Read one context of a kubeconfig; ``context`` None: its current one.

    Raises:
        CredentialRefused: it is no kubeconfig, lacks something, or wants more than is allowed.
    """
    return _Reader(subject, settings).access(text, context)


class _Reader:
    def __init__(self, subject: str, settings: ClusterSettings) -> None:
        self._subject = subject
        self._settings = settings

    def access(self, text: str, context: str | None) -> Access:
        document = self._parse(text)
        name = context or document.get("current-context")
        if not name:
            raise self._refused("has no current-context: set the cluster's spec.context")
        chosen = self._named(document, "contexts", "context", name)
        cluster = self._named(document, "clusters", "cluster", chosen.get("cluster"))
        user = self._named(document, "users", "user", chosen["user"]) if chosen.get("user") else {}
        url = self._server(cluster)
        return Access(
            subject=self._subject,
            is_tls=url.scheme == "https",
            host=url.hostname or "",
            port=url.port or (443 if url.scheme == "https" else 80),
            prefix=quote(url.path.rstrip("/"), safe="/%"),
            server_name=cluster.get("tls-server-name") or url.hostname or "",
            authority=self._pem(cluster, "certificate-authority"),
            verify=not cluster.get("insecure-skip-tls-verify"),
            proxy=self._proxy(cluster, url),
            user=self._user(user, cluster),
        )

    def _parse(self, text: str) -> dict[str, Any]:
        try:
            document = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C
        except yaml.YAMLError as exc:
            mark = getattr(exc, "problem_mark", None)  # its message would quote the text
            where = f" at line {mark.line + 1}" if mark else ""
            raise self._refused(f"is no YAML{where}") from None
        if not isinstance(document, dict) or not isinstance(document.get("clusters"), list):
            raise self._refused("is no kubeconfig: it has no clusters")
        return document

    def _named(self, document: dict[str, Any], field: str, kind: str, name: Any) -> dict[str, Any]:
        found = [
            entry.get(kind)
            for entry in document.get(field) or ()
            if isinstance(entry, dict) and entry.get("name") == name
        ]
        if len(found) != 1 or not isinstance(found[0], dict):
            raise self._refused(f"has {len(found) or 'no'} {kind}s named {name!r}, not one")
        return found[0]

    def _server(self, cluster: dict[str, Any]) -> SplitResult:
        try:
            url = urlsplit(str(cluster.get("server") or ""))
            usable = url.scheme in ("https", "http") and url.port != 0
            usable = usable and _HOST.fullmatch(url.hostname or "") is not None
        except ValueError:
            usable = False
        if not usable or url.username or url.query or url.fragment:
            raise self._refused("has no usable server: write https://HOST[:PORT][/PATH]")
        return url

    def _proxy(self, cluster: dict[str, Any], server: SplitResult) -> str:
        proxy = str(cluster.get("proxy-url") or "")
        if proxy and (urlsplit(proxy).scheme != "http" or server.scheme != "https"):
            raise self._refused("has a proxy-url that is not http://, or a server not https://")
        return proxy

    def _user(self, user: dict[str, Any], cluster: dict[str, Any]) -> User:
        for field, instead in (
            ("auth-provider", "use exec or a token"),
            ("as-user-extra", "use as, as-uid and as-groups only"),
        ):
            if user.get(field):
                raise self._refused(f"uses {field}, which is not supported: {instead}")
        token = str(user.get("token") or "").strip()
        password = f"{user['username']}:{user.get('password', '')}" if user.get("username") else ""
        return User(
            token=self._plain(token, "token"),
            token_file=None if token else self._file(user, "tokenFile"),
            password=password,
            certificate=self._pem(user, "client-certificate"),
            key=self._pem(user, "client-key"),
            plugin=self._plugin(user["exec"], cluster) if user.get("exec") else None,
            impersonate=self._impersonation(user),
        )

    def _impersonation(self, user: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        groups = [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
        names = [(h, str(user[field])) for field, h in _IMPERSONATION.items() if user.get(field)]
        return tuple((header, self._plain(value, header)) for header, value in names + groups)

    def _plugin(self, spec: Any, cluster: dict[str, Any]) -> Plugin:
        command = spec.get("command") if isinstance(spec, dict) else None
        if command not in self._settings.exec_plugins:
            raise self._refused(
                f"runs the command {command!r}, which is not allowed: use a token, or let an "
                "administrator add it to SYNCLINE_CLUSTER_EXEC_PLUGINS on the workers"
            )
        variables = {str(item["name"]): str(item["value"]) for item in spec.get("env") or ()}
        if refused := sorted(variables.keys() - PLUGIN_VARIABLES):
            raise self._refused(
                f"sets {', '.join(refused)} for its plugin, which is not allowed: "
                "set it in the workers' own environment"
            )
        return Plugin(
            command=command,
            arguments=tuple(str(argument) for argument in spec.get("args") or ()),
            environment=variables,
            api_version=str(spec.get("apiVersion")),
            cluster=cluster if spec.get("provideClusterInfo") else None,
        )

    def _pem(self, section: dict[str, Any], field: str) -> str:
        if data := section.get(f"{field}-data"):
            try:
                return b64decode(str(data), validate=False).decode()
            except ValueError:
                raise self._refused(f"has {field}-data that is not base64 of PEM") from None
        path = self._file(section, field)
        if path is None:
            return ""
        try:
            return path.read_text()
        except (OSError, ValueError) as exc:
            raise self._refused(f"names {field} {path}, which cannot be read: {exc}") from None

    def _file(self, section: dict[str, Any], field: str) -> Path | None:
        if not section.get(field):
            return None
        path = Path(str(section[field]))
        if not self._settings.allow_files or not path.is_absolute():
            raise self._refused(
                f"names the file {field}, which is not allowed: write {_inline(field)} instead "
                "(kubectl config view --flatten does), or let an administrator set "
                "SYNCLINE_CLUSTER_ALLOW_FILES and give an absolute path"
            )
        return path

    def _plain(self, value: str, field: str) -> str:
        if not value.isascii() or not value.isprintable():
            raise self._refused(f"has a {field} with line ends or other characters in it")
        return value

    def _refused(self, fact: str) -> CredentialRefused:
        return CredentialRefused(self._subject, f"its kubeconfig {fact}")


def _inline(field: str) -> str:
    return "token" if field == "tokenFile" else f"{field}-data"
