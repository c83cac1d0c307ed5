"""Which way imports point, and whose ``platform`` is imported."""

import platform
import subprocess
import sysconfig
from pathlib import Path

from tests.project.files import ROOT


def test_the_import_contracts_hold() -> None:
    linter = Path(sysconfig.get_path("scripts")) / "lint-imports"

    told = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )

    assert told.returncode == 0, told.stdout + told.stderr


def test_platform_is_the_module_of_the_standard_library() -> None:
    assert Path(platform.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert platform.python_implementation() == "CPython"


def test_the_folder_platform_is_no_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert not (ROOT / "workers" / "__init__.py").exists()
