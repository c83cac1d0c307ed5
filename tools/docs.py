"""Writes docs/reference from the code: `python tools/docs.py`; `--check` only compares."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from tools.reference import api, cli, health, metrics, resources, settings  # noqa: E402 - found only now

PAGES = {
    "api.md": api.render,
    "cli.md": cli.render,
    "health.md": health.render,
    "metrics.md": metrics.render,
    "resources.md": resources.render,
    "settings.md": settings.render,
}
FOLDER = ROOT / "docs" / "reference"


def main() -> int:
    """Writes every page, or names those that are no longer true."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; status 1 if one differs"
    )
    asked = parser.parse_args()
    differing = [name for name in PAGES if not _is_true(name)]
    for name in differing:
        if asked.check:
            print(f"docs/reference/{name} is not what the code says: run `make docs`")
        else:
            (FOLDER / name).write_text(PAGES[name]())
            print(f"docs/reference/{name}")
    return int(asked.check and bool(differing))


def _is_true(name: str) -> bool:
    page = FOLDER / name
    return page.exists() and page.read_text() == PAGES[name]()


if __name__ == "__main__":
    sys.exit(main())
