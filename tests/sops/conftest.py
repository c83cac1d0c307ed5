"""Files that the official sops encrypted, and whoever has keys for them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from syncline.credentials import CredentialSource
from syncline.model.decryption import Decryption
from syncline_workers.sops.opener import Opener
from tests.harness.tls import Authority
from tests.harness.transit import Transit, serving
from tests.sops.make import KEYS, NAME, TOKEN

Having: TypeAlias = Callable[..., Opener]
SHOP = {"type": "age", "ref": "file:shop.age"}


@pytest.fixture
def having(tmp_path: Path) -> Having:
    """One who has these keys of ``keys/``, or others that a test writes beside them."""
    directory = tmp_path / "credentials"
    shutil.copytree(KEYS, directory)
    source = CredentialSource(directory=directory, environment={"SYNCLINE_CRED_VAULT": TOKEN})

    def make(*declared: dict[str, Any], **files: str) -> Opener:
        for name, text in files.items():
            (directory / name).write_text(text)
        keys = Decryption.model_validate({"keys": declared or (SHOP,)})
        return Opener(declared=keys, credentials=source, subject="Repository/shop")

    return make


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def transit(authority: Authority) -> Iterator[Transit]:
    """A server with the key that the files were encrypted with."""
    with serving(Transit({TOKEN: {NAME}}, key=b"k" * 32), authority.issue("vault")) as found:
        yield found
