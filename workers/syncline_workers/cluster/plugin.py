"""Running a kubeconfig's exec plugin: a command of the cloud's that prints a credential.

It gets the worker's environment without what is Syncline's own (the platform key, credentials
of other clusters), no terminal, and a limited time. The official client's runner is not used: it
waits without end and hands over the whole environment.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncline.errors import ClusterUnreachable, CredentialRefused
from syncline_workers.cluster.access import Plugin

TIMEOUT = 30.0
"""Seconds. A cloud's token service answers in one; beyond this the run should try later."""

_OURS = "SYNCLINE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What proves who we are, and until when (seconds since the epoch; None: not known)."""

    token: str = field(default="", repr=False)
    certificate: str = ""
    key: str = field(default="", repr=False)
    expires: float | None = None


def run(plugin: Plugin, environment: Mapping[str, str], *, subject: str) -> Credential:
    """Run the plugin and read what it prints.

    Raises:
        ClusterUnreachable: it did not end in time.
        CredentialRefused: it failed, or printed no credential; its own message is quoted.
    """
    kept = {name: value for name, value in environment.items() if not name.startswith(_OURS)}
    question = {"KUBERNETES_EXEC_INFO": json.dumps(_question(plugin))}
    try:
        done = subprocess.run(
            [plugin.command, *plugin.arguments],
            env=kept | plugin.environment | question,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ClusterUnreachable(
            subject, f"its exec plugin {plugin.command} did not end within {TIMEOUT:g} s"
        ) from None
    except OSError as exc:
        raise _refused(plugin, subject, f"cannot be run: {exc.strerror}") from exc
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-500:]
        raise _refused(plugin, subject, f"ended with status {done.returncode}: {said}")
    return _credential(plugin, done.stdout, subject=subject)


def _question(plugin: Plugin) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.cluster is not None:
        spec["cluster"] = {
            "server": plugin.cluster.get("server"),
            "certificate-authority-data": plugin.cluster.get("certificate-authority-data"),
            "config": _extension(plugin.cluster),
        }
    return {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}


def _extension(cluster: dict[str, Any]) -> Any:
    for extension in cluster.get("extensions") or ():
        if extension.get("name") == "client.authentication.k8s.io/exec":
            return extension.get("extension")
    return None


def _credential(plugin: Plugin, output: bytes, *, subject: str) -> Credential:
    try:
        status = json.loads(output)["status"]
        expires = status.get("expirationTimestamp")
        found = Credential(
            token=str(status.get("token") or ""),
            certificate=str(status.get("clientCertificateData") or ""),
            key=str(status.get("clientKeyData") or ""),
            expires=datetime.fromisoformat(expires).timestamp() if expires else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _refused(plugin, subject, "printed no ExecCredential") from None
    if not found.token.isprintable() or not (found.token or (found.certificate and found.key)):
        raise _refused(plugin, subject, "printed neither a token nor a certificate with its key")
    return found


def _refused(plugin: Plugin, subject: str, fact: str) -> CredentialRefused:
    return CredentialRefused(subject, f"its exec plugin {plugin.command} {fact}")
