"""What a kubeconfig may say, and what it may not reach for."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import Configuration
from kubernetes.config.kube_config import KubeConfigLoader

from syncline.errors import CredentialRefused
from syncline.settings import ClusterSettings
from syncline_workers.cluster import kubeconfig
from syncline_workers.cluster.access import Access, Plugin, User

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
DATA = base64.b64encode(PEM.encode()).decode()
SETTINGS = ClusterSettings()
GENEROUS = ClusterSettings(exec_plugins=("aws", "/opt/login"), allow_files=True)


def document(cluster: dict[str, Any] | None = None, **user: Any) -> dict[str, Any]:
    cluster = {"server": "https://api.example.com:6443", **(cluster or {})}
    return {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "s", "user": "u"}}],
        "clusters": [{"name": "s", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }


def read(
    found: dict[str, Any], settings: ClusterSettings = SETTINGS, context: str | None = None
) -> Access:
    return kubeconfig.read(
        yaml.safe_dump(found), context=context, settings=settings, subject="cluster eu"
    )


def refusal(found: dict[str, Any], settings: ClusterSettings = SETTINGS) -> str:
    with pytest.raises(CredentialRefused) as caught:
        read(found, settings)
    return str(caught.value).removeprefix("cluster eu: its kubeconfig ")


def test_everything_that_is_written_inline_is_read() -> None:
    found = document(
        {
            "certificate-authority-data": DATA,
            "tls-server-name": "kubernetes",
            "proxy-url": "http://proxy:3128",
        },
        token=" t0ken\n",
        **{"client-certificate-data": DATA, "client-key-data": DATA, "as": "bot"},
    )

    assert read(found) == Access(
        subject="cluster eu",
        is_tls=True,
        host="api.example.com",
        port=6443,
        prefix="",
        server_name="kubernetes",
        authority=PEM,
        verify=True,
        proxy="http://proxy:3128",
        user=User(
            token="t0ken",
            certificate=PEM,
            key=PEM,
            impersonate=(("Impersonate-User", "bot"),),
        ),
    )


def test_the_official_client_reads_the_same() -> None:
    found = document(token="t0ken")
    theirs = Configuration()
    KubeConfigLoader(found).load_and_set(theirs)

    ours = read(found)

    assert theirs.host == f"https://{ours.address}"
    assert theirs.api_key == {"BearerToken": f"Bearer {ours.user.token}"}


@pytest.mark.parametrize(
    ("server", "address", "prefix"),
    [
        ("https://api.example.com", "api.example.com:443", ""),
        ("http://127.0.0.1:8001/clusters/7/", "127.0.0.1:8001", "/clusters/7"),
        ("https://[::1]:6443", "[::1]:6443", ""),
        ("https://h/a b", "h:443", "/a%20b"),
    ],
)
def test_a_server_has_an_address_and_a_prefix(server: str, address: str, prefix: str) -> None:
    access = read(document({"server": server}))

    assert (access.address, access.prefix) == (address, prefix)


def test_a_context_is_chosen_by_name() -> None:
    found = document()
    found["contexts"].append({"name": "d", "context": {"cluster": "t"}})
    found["clusters"].append({"name": "t", "cluster": {"server": "https://other"}})

    assert read(found, context="d").host == "other"


def test_secrets_are_not_in_the_representation() -> None:
    access = read(document(token="t0ken", username="u", password="pa55"))

    assert "t0ken" not in repr(access)
    assert "pa55" not in repr(access)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("b: 1\na: @", "is no YAML at line 2"),
        ("just text", "is no kubeconfig: it has no clusters"),
        ("clusters: 7", "is no kubeconfig: it has no clusters"),
        ("clusters: []", "has no current-context: set the cluster's spec.context"),
        ("clusters: []\ncurrent-context: c", "has no contexts named 'c', not one"),
    ],
)
def test_what_is_no_kubeconfig_is_told_without_quoting_it(text: str, fact: str) -> None:
    with pytest.raises(CredentialRefused) as caught:
        kubeconfig.read(text, context=None, settings=SETTINGS, subject="cluster eu")

    assert str(caught.value) == f"cluster eu: its kubeconfig {fact}"


def test_two_of_a_name_are_not_one() -> None:
    found = document()
    found["clusters"] *= 2

    assert refusal(found) == "has 2 clusters named 's', not one"


@pytest.mark.parametrize(
    "server",
    ["", "ftp://h", "https://", "https://u:p@h", "https://h?x=1", "https://h:0", "https://a b"],
)
def test_a_server_that_is_no_url_is_refused_unquoted(server: str) -> None:
    assert (
        refusal(document({"server": server}))
        == "has no usable server: write https://HOST[:PORT][/PATH]"
    )


@pytest.mark.parametrize(
    ("cluster", "server"),
    [("socks5://p:1", "https://h"), ("https://p:1", "https://h"), ("http://p:1", "http://h")],
)
def test_only_plain_proxies_to_tls_servers_are_spoken_to(cluster: str, server: str) -> None:
    fact = "has a proxy-url that is not http://, or a server not https://"

    assert refusal(document({"server": server, "proxy-url": cluster})) == fact


@pytest.mark.parametrize("field", ["client-certificate", "client-key", "tokenFile"])
def test_files_of_the_worker_are_out_of_reach(field: str) -> None:
    assert refusal(document(**{field: "/etc/shadow"})).startswith(
        f"names the file {field}, which is not allowed: write "
    )


def test_the_authority_may_not_be_a_file_either() -> None:
    assert refusal(document({"certificate-authority": "/etc/ssl/ca.pem"})) == (
        "names the file certificate-authority, which is not allowed: write "
        "certificate-authority-data instead (kubectl config view --flatten does), or let an "
        "administrator set SYNCLINE_CLUSTER_ALLOW_FILES and give an absolute path"
    )


def test_files_are_read_where_the_administrator_allows_it(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(PEM)
    found = document({"certificate-authority": str(file)}, tokenFile="/run/token")

    access = read(found, GENEROUS)

    assert (access.authority, access.user.token_file) == (PEM, Path("/run/token"))


def test_a_relative_file_is_refused_even_then() -> None:
    assert "names the file tokenFile" in refusal(document(tokenFile="token"), GENEROUS)


def test_a_file_that_is_not_there_is_told() -> None:
    fact = refusal(document({"certificate-authority": "/nowhere/ca.pem"}), GENEROUS)

    assert fact.startswith("names certificate-authority /nowhere/ca.pem, which cannot be read")


def test_a_command_is_not_run_unless_it_is_allowed() -> None:
    found = document(exec={"command": "/bin/sh", "args": ["-c", "id"]})

    assert refusal(found, GENEROUS) == (
        "runs the command '/bin/sh', which is not allowed: use a token, or let an administrator "
        "add it to SYNCLINE_CLUSTER_EXEC_PLUGINS on the workers"
    )


def test_an_allowed_command_comes_with_its_arguments() -> None:
    spec = {
        "command": "aws",
        "args": ["eks", "get-token"],
        "apiVersion": "client.authentication.k8s.io/v1",
        "env": [{"name": "AWS_PROFILE", "value": "prod"}],
    }

    assert read(document(exec=spec), GENEROUS).user.plugin == Plugin(
        command="aws",
        arguments=("eks", "get-token"),
        environment={"AWS_PROFILE": "prod"},
        api_version="client.authentication.k8s.io/v1",
        cluster=None,
    )


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "AWS_CONFIG_FILE", "PYTHONPATH"])
def test_a_plugins_variables_cannot_choose_another_command(name: str) -> None:
    found = document(exec={"command": "aws", "env": [{"name": name, "value": "/tmp"}]})

    assert refusal(found, GENEROUS) == (
        f"sets {name} for its plugin, which is not allowed: set it in the workers' own environment"
    )


@pytest.mark.parametrize("field", ["auth-provider", "as-user-extra"])
def test_what_would_be_left_out_is_refused(field: str) -> None:
    found = document(**{field: {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}})

    assert refusal(found).startswith(f"uses {field}, which is not supported")


@pytest.mark.parametrize(
    "user", [{"token": "a\nX-Evil: b"}, {"as": "a\r\nb"}, {"token": "ü"}, {"as-groups": ["a\tb"]}]
)
def test_a_value_cannot_add_a_header(user: dict[str, Any]) -> None:
    assert "with line ends or other characters in it" in refusal(document(**user))


@pytest.mark.parametrize("data", ["not base64!", base64.b64encode(b"\xff\xfe").decode()])
def test_data_that_is_no_pem_is_told(data: str) -> None:
    fact = refusal(document({"certificate-authority-data": data}))

    assert fact == "has certificate-authority-data that is not base64 of PEM"
