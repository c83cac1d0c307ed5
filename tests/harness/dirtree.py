"""A directory as a commit, for tests of renderers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from syncline_workers.local.directory import DirectoryTree


@dataclass(frozen=True)
class DirTree(DirectoryTree):
    """One whose errors are about a twin, and whose files have 10 MB at most."""

    about: str = "Repository/twin"
    limit: int = 10_000_000


def written(root: Path, files: Mapping[str, str]) -> DirTree:
    """Write files below a directory, and give it as a commit."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return DirTree(root)
