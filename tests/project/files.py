"""The files of the project: what is committed, or would be; no builds, caches, environments."""

import subprocess
from functools import cache
from pathlib import Path

from tools import pins

ROOT = pins.ROOT


@cache
def all_files() -> tuple[Path, ...]:
    """Every text file that Git keeps or would take, without locks and other people's schemas."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return tuple(path for path in paths if path.is_file() and _is_ours(path))


def sources() -> tuple[Path, ...]:
    """The Python files of both planes."""
    roots = (ROOT / "platform", ROOT / "workers")
    return tuple(
        path
        for path in all_files()
        if path.suffix == ".py" and any(path.is_relative_to(root) for root in roots)
    )


def name(path: Path) -> str:
    """How a message names it: from the project's root."""
    return str(path.relative_to(ROOT))


def lines_with(pattern: str) -> list[str]:
    """``file:line`` of each line that holds the text, in any file but the tests of the project."""
    return [
        f"{name(path)}:{number}"
        for path in all_files()
        if not path.is_relative_to(Path(__file__).parent)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern in line
    ]


def _is_ours(path: Path) -> bool:
    return path.name not in {"uv.lock", "go.sum", "compose-spec.json", "LICENSE"}
