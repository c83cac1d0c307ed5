"""Render every bundle of a folder both ways, then apply it both ways, and print what came of it.

Exits 0 where all are equal or refused by both, 1 where one differs, 2 where there is nothing.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from syncline.settings import RenderSettings
from tests.corpus import applied, bundles
from tests.corpus.applied import REPOSITORY
from tests.corpus.compare import Compared, Outcome, committed, compare
from tests.corpus.live import Live
from tests.harness.workrepo import WorkRepo
from tools import programs


def main(arguments: list[str], console: Console) -> int:
    """The command; gives its exit status."""
    parser = argparse.ArgumentParser(prog="make corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--render-only", action="store_true", help="apply nothing")
    parser.add_argument("--only", default="", help="bundles whose path holds this text")
    asked = parser.parse_args(arguments)
    folder: Path = asked.folder
    if not folder.is_dir() or not bundles.find(folder):
        console.print(f"error: {folder} holds no chart, kustomization or manifest", style="red")
        return 2
    live: list[Live] = []
    with tempfile.TemporaryDirectory(prefix="corpus-") as name:
        made = Path(name)
        work = _copied(folder, made)
        results = _compared(work, made, console, only=asked.only)
        _print(results, console)
        if not asked.render_only:
            live = _applied(work, made, results, console)
            _print_live(live, console)
    return int(any(one.outcome is Outcome.DIFFERENT for one in (*results, *live)))


def _copied(folder: Path, made: Path) -> WorkRepo:
    work = WorkRepo.create(made / "work", origin=made / "git" / f"{REPOSITORY}.git")
    ignored = shutil.ignore_patterns(".git")  # a clone's history is no part of a bundle
    shutil.copytree(folder, work.path, symlinks=True, ignore=ignored, dirs_exist_ok=True)
    return work


def _compared(work: WorkRepo, made: Path, console: Console, *, only: str) -> list[Compared]:
    settings = RenderSettings(**{name: str(programs.find(name).path) for name in programs.SETTINGS})
    found = [each for each in bundles.find(work.path) if only in str(each)]
    results = []
    with committed(work, made / "cache") as tree:
        for number, bundle in enumerate(found, start=1):
            if console.is_terminal:
                console.print(f"{number}/{len(found)} {bundle}", end="\r", highlight=False)
            results.append(compare(tree, work.path, bundle, settings))
    return results


def _applied(work: WorkRepo, made: Path, results: list[Compared], console: Console) -> list[Live]:
    """What is not rendered by both is applied by none."""
    found = [one.bundle for one in results if one.outcome is Outcome.EQUAL]
    live = []
    with applied.sides(made, work.git("rev-parse", "HEAD")) as both:
        for one in applied.applied(both, found):
            live.append(one)
            if console.is_terminal:
                console.print(f"{len(live)}/{len(found)} {one.bundle}", end="\r", highlight=False)
    return live


def _print(results: list[Compared], console: Console) -> None:
    _tell(results, console)
    table = Table("renderer", "bundles", *Outcome, "objects")
    for renderer in sorted({one.bundle.renderer for one in results}):
        of_it = [one for one in results if one.bundle.renderer is renderer]
        counts = Counter(one.outcome for one in of_it)
        numbers = [len(of_it), *(counts[outcome] for outcome in Outcome)]
        table.add_row(renderer, *map(str, numbers), str(sum(one.objects for one in of_it)))
    console.print(table)


def _print_live(live: list[Live], console: Console) -> None:
    _tell(live, console)
    told = ("objects", "hooks", "writes again")
    table = Table("applied", "bundles", *Outcome, *told)
    for renderer in sorted({one.bundle.renderer for one in live}):
        of_it = [one for one in live if one.bundle.renderer is renderer]
        counts = Counter(one.outcome for one in of_it)
        sums = [sum(getattr(one, name) for one in of_it) for name in ("objects", "hooks", "writes")]
        numbers = [len(of_it), *(counts[outcome] for outcome in Outcome), *sums]
        table.add_row(renderer, *map(str, numbers))
    console.print(table)


def _tell(results: Sequence[Compared | Live], console: Console) -> None:
    """Each that is not equal, and why."""
    for one in results:
        if one.outcome is not Outcome.EQUAL:
            told = " ".join(one.detail.split())
            shown = told if one.outcome is Outcome.DIFFERENT else f"{told:.200}"
            console.print(f"{one.outcome}: {one.bundle}: {shown}", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Console(soft_wrap=True)))
