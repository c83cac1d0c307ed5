"""Files as they are, where a commit holds pointers to large ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from syncline.errors import ManifestInvalid
from syncline_workers.git import large
from syncline_workers.git.large import LargeFiles, Pointer

_MANIFESTS: Final = (
    *(".yaml", ".yml", ".json", ".tpl", ".tgz"),
    *(".jsonnet", ".libsonnet", ".env", ".properties"),
)


@dataclass(frozen=True, slots=True)
class Whole:
    """Replaces the pointers of one commit."""

    about: str
    files: LargeFiles | None  # None: none is fetched
    is_theirs: Callable[[str], bool]  # blob id → whether it is a submodule's

    def of(self, path: str, oid: str, content: bytes, *, strict: bool) -> bytes:
        """Give the file that a pointer stands for.

        Args:
            path: where it is.
            oid: the blob.
            content: what it holds.
            strict: the pointer itself is of no use.

        Raises:
            ManifestInvalid: it is not fetched.
            As `LargeFiles.read`.
        """
        pointer = large.pointer(content)
        if pointer is None:
            return content
        if self.files is not None and not self.is_theirs(oid):
            return self.files.read(path, pointer)
        if not strict:
            return content
        step = "set spec.lfs of the Repository, or take the file out of Git LFS"
        if self.files is not None:
            step = "large files of submodules are not fetched: take it out of Git LFS"
        raise ManifestInvalid(
            self.about, f"{path} is a Git LFS pointer, and not the file itself: {step}"
        )

    def bring(
        self, files: Mapping[str, str], stored: Callable[[str, str], bytes]
    ) -> dict[str, str]:
        """Fetch the large ones among files, by path and blob id, many by one request.

        Returns:
            Path → name of its content. The blob's id would not do for it: that is the pointer's,
            which another repository may have in the same place.

        Raises:
            As `LargeFiles.read`.
        """
        if self.files is None:
            return {}
        found: dict[str, Pointer] = {}
        for path, oid in files.items():
            pointer = None if self.is_theirs(oid) else large.pointer(stored(path, oid))
            if pointer is not None:
                found[path] = pointer
        self.files.bring(found)
        return {path: f"sha256:{pointer.oid}" for path, pointer in found.items()}


def is_manifest(path: str) -> bool:
    """Whether a renderer would take a file for more than bytes."""
    return path.endswith(_MANIFESTS)
