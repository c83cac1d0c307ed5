"""The same objects as people apply them: `kubectl apply --server-side`.

What others need comes first, as the projects' own instructions say: namespaces and definitions,
and the definitions are waited for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from syncline.model.values import Manifest
from tests.corpus.byhand import NAMESPACE

FIRST = ("Namespace", "CustomResourceDefinition")
_WITHIN = "60s"


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The program and whom it speaks to; what names no namespace goes to the chosen one."""

    program: Path
    kubeconfig: Path

    def apply(self, manifests: Iterable[Manifest]) -> str:
        """Apply all; gives what kubectl says of what was refused."""
        shutil.rmtree(self.kubeconfig.with_name("kubectl-cache"), ignore_errors=True)
        listed = [one for one in manifests if not is_hook(one)]
        first = [one for one in listed if one["kind"] in FIRST]
        rest = [one for one in listed if one["kind"] not in FIRST]
        said = self._apply(first)
        definitions = [one["metadata"]["name"] for one in first if one["kind"] == FIRST[1]]
        if definitions and not said:
            kinds = [f"customresourcedefinition/{name}" for name in definitions]
            said += self._run("wait", "--for=condition=established", f"--timeout={_WITHIN}", *kinds)
        return said + self._apply(rest)

    def _apply(self, manifests: list[Manifest]) -> str:
        if not manifests:
            return ""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        return self._run("apply", "--server-side", "--filename=-", text=text)

    def _run(self, *words: str, text: str = "") -> str:
        cache = self.kubeconfig.with_name("kubectl-cache")
        command = [self.program, f"--kubeconfig={self.kubeconfig}", f"--cache-dir={cache}", *words]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        return (done.stderr or "kubectl failed") if done.returncode else ""


def with_namespace(kubeconfig: Path) -> Path:
    """The same kubeconfig, whose context names the namespace that bundles go to.

    Not `--namespace`: with it kubectl refuses objects that name another one.
    """
    found = json.loads(kubeconfig.read_text())
    found["contexts"][0]["context"]["namespace"] = NAMESPACE
    path = kubeconfig.with_name("kubectl.kubeconfig")
    path.write_text(json.dumps(found))
    return path


def is_hook(manifest: Manifest) -> bool:
    """Whether it is run and not applied: kubectl knows no hooks."""
    annotations = manifest["metadata"].get("annotations") or {}
    return any(name.endswith("/hook") for name in annotations)
