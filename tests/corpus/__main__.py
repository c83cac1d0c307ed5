"""Render every bundle of a folder both ways and print what came of it.

Exits 0 where all are equal or refused by both, 1 where one differs, 2 where there is nothing.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from syncline.settings import RenderSettings
from tests.corpus import bundles
from tests.corpus.compare import Compared, Outcome, committed, compare
from tests.harness.workrepo import WorkRepo
from tools import programs


def main(arguments: list[str], console: Console) -> int:
    """The command; gives its exit status."""
    parser = argparse.ArgumentParser(prog="make corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    if not folder.is_dir() or not bundles.find(folder):
        console.print(f"error: {folder} holds no chart, kustomization or manifest", style="red")
        return 2
    with tempfile.TemporaryDirectory(prefix="corpus-") as made:
        results = _compared(folder, Path(made), console)
    _print(results, console)
    return int(any(one.outcome is Outcome.DIFFERENT for one in results))


def _compared(folder: Path, made: Path, console: Console) -> list[Compared]:
    settings = RenderSettings(
        helm=str(programs.find("helm").path), kustomize=str(programs.find("kustomize").path)
    )
    work = WorkRepo.create(made / "work", origin=made / "served" / "corpus.git")
    ignored = shutil.ignore_patterns(".git")  # a clone's history is no part of a bundle
    shutil.copytree(folder, work.path, symlinks=True, ignore=ignored, dirs_exist_ok=True)
    found = bundles.find(work.path)
    results = []
    with committed(work, made / "cache") as tree:
        for number, bundle in enumerate(found, start=1):
            if console.is_terminal:
                console.print(f"{number}/{len(found)} {bundle}", end="\r", highlight=False)
            results.append(compare(tree, work.path, bundle, settings))
    return results


def _print(results: list[Compared], console: Console) -> None:
    for one in results:
        if one.outcome is not Outcome.EQUAL:
            told = " ".join(one.detail.split())
            shown = told if one.outcome is Outcome.DIFFERENT else f"{told:.200}"
            console.print(f"{one.outcome}: {one.bundle}: {shown}", markup=False, highlight=False)
    table = Table("renderer", "bundles", *Outcome, "objects")
    for renderer in sorted({one.bundle.renderer for one in results}):
        of_it = [one for one in results if one.bundle.renderer is renderer]
        counts = Counter(one.outcome for one in of_it)
        numbers = [len(of_it), *(counts[outcome] for outcome in Outcome)]
        table.add_row(renderer, *map(str, numbers), str(sum(one.objects for one in of_it)))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Console(soft_wrap=True)))
