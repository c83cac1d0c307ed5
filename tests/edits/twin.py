"""The other side: `kubectl apply --server-side --force-conflicts`, and `kubectl delete`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias

from tests.conformance.backend import APPLY, Backend
from tests.edits.others import Ground
from tests.edits.slots import Manifest

MANAGER = "kubectl"

Send: TypeAlias = Callable[[str, Manifest], tuple[str, str]]
"""Applies an object, which has this path; gives why it was refused, and its uid."""


def bare(backend: Backend) -> Send:
    """The one request that kubectl sends for an object, without starting it."""

    def send(path: str, manifest: Manifest) -> tuple[str, str]:
        query = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict"}
        answer = backend("PATCH", path, manifest, kind=APPLY, **query)
        if answer.code not in (HTTPStatus.OK, HTTPStatus.CREATED):
            return str(answer.body["message"]), ""
        return "", str(answer.body["metadata"]["uid"])

    return send


def program(kubectl: Path, kubeconfig: Path) -> Send:
    """By kubectl itself."""
    cache = kubeconfig.with_name("kubectl-cache")
    command = [kubectl, f"--kubeconfig={kubeconfig}", f"--cache-dir={cache}", "apply"]
    command += ["--server-side", "--force-conflicts", "--filename=-", "--output=json"]

    def send(_: str, manifest: Manifest) -> tuple[str, str]:
        text = json.dumps(manifest)
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr, ""
        return "", str(json.loads(done.stdout)["metadata"]["uid"])

    return send


@dataclass(slots=True)
class Twin:
    """Applies everything each time, and deletes what it applied once and is not declared."""

    ground: Ground
    send: Send
    applied: dict[str, str] = field(default_factory=dict)  # object → uid
    stripped: set[str] = field(default_factory=set)  # of what Syncline knows its own by

    def reconcile(self, declared: Mapping[str, tuple[str, Manifest]]) -> str:
        """Name → path and manifest; gives why something was refused."""
        refused = []
        for name, each in declared.items():
            why, uid = self.send(*each)
            if why:
                refused.append(why)
                continue
            self.applied[name] = uid
            self.stripped.discard(name)
        for name in self.applied.keys() - declared.keys():
            self._prune(name)
        return "; ".join(refused)

    def _prune(self, name: str) -> None:
        """What somebody made anew, or took our marks off, is not ours any more."""
        uid, live = self.applied.pop(name), self.ground.live(name)
        if live is not None and live["metadata"]["uid"] == uid and name not in self.stripped:
            self.ground.delete(name)
