"""Credentials by exec plugins: what is run, with what, how often, and what its failures become."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncline.errors import ClusterUnreachable, CredentialRefused
from syncline.settings import ClusterSettings
from syncline_workers.cluster import kubeconfig, plugin
from syncline_workers.cluster.access import Plugin, User
from syncline_workers.cluster.login import Login
from syncline_workers.cluster.plugin import Credential
from syncline_workers.cluster.pool import Pool
from tests.cluster.conftest import kubeconfig_for
from tests.cluster.scripted import Scripted, answer, read_request

V1 = "client.authentication.k8s.io/v1"


def script(directory: Path, text: str) -> str:
    """A shell script on disk; it may count its calls in ``calls``."""
    file = directory / "login"
    file.write_text(f"#!/bin/sh\necho x >> {directory}/calls\n{text}\n")
    file.chmod(0o755)
    return str(file)


def printing(directory: Path, **status: Any) -> str:
    body = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})
    return script(directory, f"echo '{body}'")


def calls(directory: Path) -> int:
    return len((directory / "calls").read_text().split())


def plugin_of(command: str, **fields: Any) -> Plugin:
    return Plugin(
        command=command,
        arguments=fields.pop("arguments", ()),
        environment=fields.pop("environment", {}),
        api_version=V1,
        cluster=fields.pop("cluster", None),
    )


def run(command: str, inherited: dict[str, str] | None = None, **fields: Any) -> Credential:
    base = {"PATH": os.defpath, **(inherited or {})}
    return plugin.run(plugin_of(command, **fields), base, subject="cluster eu")


def test_a_plugin_prints_a_token_and_its_end(tmp_path: Path) -> None:
    end = "2026-11-23T12:00:00Z"

    found = run(printing(tmp_path, token="t0ken", expirationTimestamp=end))

    assert found == Credential(
        token="t0ken", expires=datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
    )


def test_a_plugin_prints_a_certificate_and_its_key(tmp_path: Path) -> None:
    command = printing(tmp_path, clientCertificateData="CERT", clientKeyData="KEY")

    assert run(command) == Credential(certificate="CERT", key="KEY")


def test_a_plugin_sees_its_question_and_nothing_that_is_synclines(tmp_path: Path) -> None:
    command = script(tmp_path, f"env > {tmp_path}/env; echo $1 >> {tmp_path}/env; exit 1")
    cluster = {
        "server": "https://h",
        "certificate-authority-data": "Q0E=",
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"a": 1}}],
    }

    with pytest.raises(CredentialRefused):
        run(
            command,
            {"SYNCLINE_KEY": "platform", "SYNCLINE_CRED_X": "y", "AWS_ROLE_ARN": "r"},
            arguments=("first",),
            environment={"AWS_PROFILE": "p"},
            cluster=cluster,
        )

    seen = dict(
        line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines() if "=" in line
    )
    assert {"AWS_PROFILE": "p", "AWS_ROLE_ARN": "r"}.items() <= seen.items()
    assert not [name for name in seen if name.startswith("SYNCLINE_")]
    assert json.loads(seen["KUBERNETES_EXEC_INFO"]) == {
        "apiVersion": V1,
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            "cluster": {
                "server": "https://h",
                "certificate-authority-data": "Q0E=",
                "config": {"a": 1},
            },
        },
    }
    assert (tmp_path / "env").read_text().endswith("first\n")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("echo no session >&2; exit 3", "ended with status 3: no session"),
        ("echo hello", "printed no ExecCredential"),
        ("echo '[]'", "printed no ExecCredential"),
        (
            'echo \'{"status": {"clientCertificateData": "x"}}\'',
            "printed neither a token nor a certificate with its key",
        ),
        (
            'echo \'{"status": {"token": "a\\\\nb"}}\'',
            "printed neither a token nor a certificate with its key",
        ),
    ],
)
def test_a_plugin_that_fails_is_a_refused_credential(tmp_path: Path, text: str, fact: str) -> None:
    command = script(tmp_path, text)

    with pytest.raises(CredentialRefused) as caught:
        run(command)

    assert str(caught.value) == f"cluster eu: its exec plugin {command} {fact}"


def test_a_plugin_that_is_not_installed_is_told() -> None:
    with pytest.raises(CredentialRefused, match="cannot be run: No such file or directory"):
        run("/nowhere/login")


def test_a_plugin_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "TIMEOUT", 0.2)

    with pytest.raises(ClusterUnreachable, match=r"did not end within 0\.2 s"):
        run(script(tmp_path, "exec sleep 60"))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_credential_is_kept_until_shortly_before_its_end(tmp_path: Path) -> None:
    clock = Clock()
    end = datetime.fromtimestamp(clock.now + 600, tz=UTC).isoformat()
    command = printing(tmp_path, token="t", expirationTimestamp=end)
    user = User(plugin=plugin_of(command))
    login = Login(user, subject="cluster eu", environment={"PATH": os.defpath}, now=clock)

    first = login.current()
    clock.now += 539
    assert login.current() is first
    clock.now += 2
    assert login.current() is not first
    assert calls(tmp_path) == 2


def test_of_many_that_were_refused_one_renews(tmp_path: Path) -> None:
    user = User(plugin=plugin_of(printing(tmp_path, token="t")))
    login = Login(user, subject="cluster eu", environment={"PATH": os.defpath})

    refused = login.current()
    renewed = [login.renew(refused) for _ in range(3)]

    assert renewed == [renewed[0]] * 3
    assert calls(tmp_path) == 2


def test_a_token_that_is_refused_is_renewed_once_and_the_request_repeated(
    tmp_path: Path,
) -> None:
    count = f"$(wc -l < {tmp_path}/calls)"
    command = script(tmp_path, f'echo "{{\\"status\\": {{\\"token\\": \\"t{count}\\"}}}}"')
    settings = ClusterSettings(exec_plugins=(command,))
    with Scripted(_second_only) as server:
        text = kubeconfig_for(server.url, exec={"command": command, "apiVersion": V1})
        access = kubeconfig.read(text, context=None, settings=settings, subject="cluster eu")
        login = Login(access.user, subject="cluster eu", environment={"PATH": os.defpath})
        pool = Pool(access, login, size=2, settings=settings)
        statuses = [pool.request("GET", "/").status for _ in range(2)]
        pool.close()

    assert statuses == [200, 200]
    assert calls(tmp_path) == 2


def _second_only(sock: Any) -> None:
    while request := read_request(sock):
        known = b"Authorization: Bearer t2\r\n" in request
        sock.sendall(answer(b"{}", "200 OK" if known else "401 Unauthorized"))
