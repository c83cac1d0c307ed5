#!/usr/bin/env python3
"""A plugin: every *.txt of the source's directory becomes a ConfigMap, with a word on top.

It reads one JSON object from standard input (`syncline schema PluginInput`) and writes manifests to
standard output. What it says on standard error is shown where it ends with another status than 0.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """Read the input, write the manifests."""
    given = json.load(sys.stdin)
    texts = sorted(Path().glob("*.txt"))
    if not texts:
        sys.exit(f"{given['path']} holds no *.txt")
    json.dump([manifest(given, text) for text in texts], sys.stdout)


def manifest(given: dict, text: Path) -> dict:
    """One ConfigMap."""
    words = [given["parameters"]["greeting"], given["values"].get("zone", "everywhere")]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{given['application']}-{text.stem}"},
        "data": {"text": f"{' '.join(words)}: {text.read_text()}"},
    }


main()
