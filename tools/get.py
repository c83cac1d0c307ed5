"""Gets programs: `python3 tools/get.py controlplane|renderers|registry|kubectl|all`.

Progress and sources go to stderr; the paths, one a line, to stdout. Status 1: one cannot be had.
What is already here is found at once; `--no-build` only looks.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import programs, progress, toolchain

KINDS = {
    "controlplane": ["controlplane"],
    "renderers": ["helm", "kustomize", "jsonnet", "helm_engine", "kustomize_engine"],
    "registry": ["registry"],
    "kubectl": ["kubectl"],
    "all": [
        *("controlplane", "helm", "kustomize", "jsonnet", "registry", "kubectl"),
        *("helm_engine", "kustomize_engine"),
    ],
}


def main() -> int:
    """Gets what is asked for, in order; stops at the first that cannot be had."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--no-build", action="store_true", help="only look; status 1 if not here")
    asked = parser.parse_args()
    take = programs.find if asked.no_build else programs.get
    try:
        found = [take(name) for name in KINDS[asked.kind]]
    except (programs.Absent, toolchain.Missing) as exc:
        progress.say(f"error: {exc}")
        return 1
    for program in found:
        progress.say(f"{program.name}: {program.source}")
    for program in found:
        print(program.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
