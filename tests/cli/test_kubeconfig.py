"""A kubeconfig is sent with one context only, and without references to this machine's files."""

from base64 import b64encode
from pathlib import Path

import pytest
import yaml

from syncline.cli import kubeconfig
from syncline.cli.exits import CommandFailed, Exit

CONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "eu",
    "contexts": [
        {"name": "eu", "context": {"cluster": "c-eu", "user": "u-eu"}},
        {"name": "us", "context": {"cluster": "c-us", "user": "u-us", "namespace": "shop"}},
    ],
    "clusters": [
        {
            "name": "c-eu",
            "cluster": {"server": "https://eu:6443", "certificate-authority": "ca.crt"},
        },
        {
            "name": "c-us",
            "cluster": {"server": "https://us:6443", "certificate-authority-data": "Y2E="},
        },
    ],
    "users": [
        {"name": "u-eu", "user": {"tokenFile": "token"}},
        {"name": "u-us", "user": {"token": "secret-of-us"}},
    ],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "ca.crt").write_text("the authority")
    (tmp_path / "token").write_text("secret-of-eu\n")
    found = tmp_path / "config"
    found.write_text(yaml.safe_dump(CONFIG))
    return found


def test_the_files_of_the_current_context_are_sent_along(path: Path) -> None:
    sent = yaml.safe_load(kubeconfig.prepare(path, None))

    assert sent == {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "eu",
        "contexts": [{"name": "eu", "context": {"cluster": "c-eu", "user": "u-eu"}}],
        "clusters": [
            {
                "name": "c-eu",
                "cluster": {
                    "server": "https://eu:6443",
                    "certificate-authority-data": b64encode(b"the authority").decode(),
                },
            }
        ],
        "users": [{"name": "u-eu", "user": {"token": "secret-of-eu"}}],
    }


def test_credentials_of_other_contexts_stay_at_home(path: Path) -> None:
    sent = kubeconfig.prepare(path, "us")

    assert "secret-of-us" in sent
    assert "eu" not in sent


def test_an_unknown_context_is_refused_with_those_that_exist(path: Path) -> None:
    with pytest.raises(CommandFailed) as refused:
        kubeconfig.prepare(path, "asia")

    assert refused.value.detail == "has no context 'asia'; it has eu, us"
    assert refused.value.exit is Exit.USAGE


def test_a_missing_file_is_named(path: Path) -> None:
    (path.parent / "ca.crt").unlink()

    with pytest.raises(CommandFailed) as refused:
        kubeconfig.prepare(path, None)

    expected = f"names {path.parent / 'ca.crt'}, which cannot be read: No such file or directory"
    assert refused.value.detail == expected


@pytest.mark.parametrize("text", ["client-key-data: [", "just words", "- a\n- list"])
def test_what_is_no_kubeconfig_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)

    with pytest.raises(CommandFailed) as refused:
        kubeconfig.prepare(path, None)

    assert text not in str(refused.value)
    assert refused.value.exit is Exit.USAGE
