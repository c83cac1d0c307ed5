"""What SOPS encrypted and nobody decrypted: it is no manifest, and never reaches a cluster."""

from __future__ import annotations

import orjson

from syncline.errors import DecryptionFailed, SynclineError
from syncline_workers.renderers.plan import Rendered
from syncline_workers.renderers.tree import Tree
from syncline_workers.sops import sealed


def refuse(tree: Tree, made: Rendered, *, path: str, repository: str) -> None:
    """Look for encrypted values in what was rendered, also in the base64 of Secrets.

    Args:
        tree: where it was rendered from.
        made: the manifests, and their inputs.
        path: the source's.
        repository: its name, for errors.

    Raises:
        DecryptionFailed: there is one; names its file and the key that it was encrypted for.
    """
    if not sealed.is_hidden_in(orjson.dumps(made.manifests)):
        return
    from syncline_workers.sops import opener  # noqa: PLC0415 - here a file is named, and no more

    for file in _files(tree, made):
        about = opener.metadata_of(file, tree.read(file))
        if about is not None:
            raise opener.refused(file, about, f"Repository/{repository}")
    raise DecryptionFailed(
        path, "renders a value that SOPS encrypted (ENC[AES256_GCM,…]): decrypted it was not"
    )


def _files(tree: Tree, made: Rendered) -> list[str]:
    found: dict[str, None] = {}
    for path in made.inputs:
        try:
            found |= dict.fromkeys(tree.files(path))
        except SynclineError:
            continue  # it was looked for in vain
    return sorted(found)
