"""One bundle applied twice: by Syncline to one API server, by kubectl to another; then compared.

Then it is reconciled again, which is to write nothing, and deleted, which is to leave nothing.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from syncline.errors import SynclineError
from syncline.model.change import Action
from syncline.model.request import TriggerKind
from syncline.model.run import Report
from syncline.model.values import Manifest
from tests.corpus import controllers
from tests.corpus.bundles import Bundle
from tests.corpus.compare import Outcome
from tests.corpus.contents import Contents, Key, alike
from tests.corpus.kubectl import Kubectl, is_hook
from tests.corpus.synced import Installed, refusal
from tests.differential.differences import parting
from tests.harness.workers import Workers

WORKER: Final = "worker-1"  # whom the audit log names
_SHOWN: Final = 5  # differences of one bundle
_LINE: Final = 80  # characters of a message that tell it from others
_ANNOUNCED = re.compile(r"Error from server \(\w+\): ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One bundle's result."""

    bundle: Bundle
    outcome: Outcome
    objects: int = 0
    hooks: int = 0  # left out on both sides of the comparison
    writes: int = 0  # requests of the second reconcile that write
    detail: str = ""


@dataclass(slots=True)
class Sides:
    """Syncline with its API server, and kubectl with another one that is like it."""

    workers: Workers
    ours: Contents
    kubectl: Kubectl
    theirs: Contents
    audit: Path  # of Syncline's server: what the workers wrote
    definitions: dict[str, Manifest] = field(default_factory=dict)  # of all bundles so far

    def play(self, bundle: Bundle) -> Live:
        """Apply it by both and compare; both servers are as before then."""
        try:
            installed = Installed.of(self.workers, bundle)
        except SynclineError as exc:
            return Live(bundle=bundle, outcome=Outcome.DIFFERENT, detail=f"not rendered: {exc}")
        for each in installed.manifests:
            if each["kind"] == "CustomResourceDefinition":
                self.definitions[each["metadata"]["name"]] = each
        try:
            return self._compared(bundle, installed)
        except TimeoutError as exc:
            return Live(bundle=bundle, outcome=Outcome.DIFFERENT, detail=str(exc))
        finally:
            self.ours.wipe()
            self.theirs.wipe()

    def written(self, since: int) -> int:
        """How many requests of the workers wrote, by the API server's audit log of writes."""
        with self.audit.open("rb") as log:
            log.seek(since)
            return sum(json.loads(line)["user"]["username"] == WORKER for line in log)

    def _compared(self, bundle: Bundle, installed: Installed) -> Live:
        report = self._run(installed, TriggerKind.PUSH)
        said = self.kubectl.apply(installed.manifests)
        hooks = sum(map(is_hook, installed.manifests))
        found = {"bundle": bundle, "hooks": hooks}
        if refusal(report) or said:
            outcome, detail = _refused(report, said)
            self._run(installed, TriggerKind.DELETE)
            return Live(outcome=outcome, detail=detail, **found)  # type: ignore[arg-type]
        count, faults = self._differences(with_status=not hooks)
        writes, moved = self._again(installed)
        faults += [f"a sweep finds {each} moved" for each in moved]
        faults += [f"the second reconcile sent {writes} writes"] if writes else []
        faults += self._unsettled(installed)
        faults += self._left(installed)
        outcome = Outcome.DIFFERENT if faults else Outcome.EQUAL
        detail = "; ".join(faults[:_SHOWN])
        return Live(outcome=outcome, objects=count, writes=writes, detail=detail, **found)  # type: ignore[arg-type]

    def _run(self, installed: Installed, kind: TriggerKind) -> Report:
        """A run; the Job controller is played for its hooks."""
        play = partial(controllers.play, self.ours)
        return self.workers.run(installed.target, kind, between=play)

    def _differences(self, *, with_status: bool) -> tuple[int, list[str]]:
        """How many objects there are, and what differs; the servers write some status late."""
        for pause in (0.2, 1.0, 2.0, 0.0):
            mine, theirs = _applied(self.ours), _applied(self.theirs)
            if not (faults := list(_parted(mine, theirs, with_status=with_status))):
                break
            time.sleep(pause)
        return len(mine), faults

    def _again(self, installed: Installed) -> tuple[int, tuple[str, ...]]:
        """A second reconcile: a sweep for drift, and a run for a commit."""
        since = self.audit.stat().st_size
        moved = installed.moved()
        report = self._run(installed, TriggerKind.POLL)
        assert not refusal(report), report.message
        return self.written(since), moved

    def _unsettled(self, installed: Installed) -> Iterator[str]:
        """A person's sync applies every object again, and changes none but what kubectl would.

        The API server completes a claim with a volume's name at its second apply, whoever sends it.
        """
        before = _versions(self.ours)
        if why := refusal(self._run(installed, TriggerKind.USER)):
            yield f"a full sync: {why}"
        changed = {key for key, version in _versions(self.ours).items() if before[key] != version}
        if changed:
            before = _versions(self.theirs)
            self.kubectl.apply(installed.manifests)
            after = _versions(self.theirs)
            changed -= {key for key, version in after.items() if before[key] != version}
        yield from (f"a full sync changed {key}" for key in sorted(changed))

    def _left(self, installed: Installed) -> Iterator[str]:
        """What stays of a deleted application."""
        report = self._run(installed, TriggerKind.DELETE)
        if why := refusal(report):
            yield f"the deletion: {why}"
        told = {each.ref.name for each in report.changes if each.action is Action.SKIPPED}
        for key, live in self.ours.objects().items():
            if "deletionTimestamp" not in live["metadata"] and key.name not in told:
                yield f"the deletion left {key}, and does not say why"


def _applied(contents: Contents) -> dict[Key, Manifest]:
    """What is there, the objects of hooks left out."""
    return {key: live for key, live in contents.objects().items() if not is_hook(live)}


def _versions(contents: Contents) -> dict[Key, str]:
    """In which version each is: that of an object that nobody wrote to stays."""
    return {key: live["metadata"]["resourceVersion"] for key, live in _applied(contents).items()}


def _parted(
    mine: dict[Key, Manifest], theirs: dict[Key, Manifest], *, with_status: bool
) -> Iterator[str]:
    for key in sorted(mine.keys() | theirs.keys()):
        if key not in theirs or key not in mine:
            yield f"{key} is there {'by kubectl' if key in theirs else 'by Syncline'} alone"
            continue
        one, other = (alike(key, side[key], with_status=with_status) for side in (mine, theirs))
        yield from (f"{key}{path}" for path in parting(one, other))


def _refused(report: Report, said: str) -> tuple[Outcome, str]:
    """Refused by both for the same reason, as far as the API server's own words tell."""
    mine = refusal(report)
    if not mine or not said:
        alone = f"only Syncline is refused: {mine}" if mine else f"only kubectl is refused: {said}"
        return Outcome.DIFFERENT, alone
    if any(_is_same(words, each) for words in _words(report) for each in _messages(said)):
        return Outcome.REFUSED, mine
    return Outcome.DIFFERENT, f"Syncline: {mine}; kubectl: {said}"


def _words(report: Report) -> Iterator[str]:
    """What the API server said of each object that was refused, or what kind it does not know."""
    yield from (each.message for each in report.changes if each.action is Action.FAILED)
    if unknown := re.search(r"does not know the kind (\S+) of ([^\s:]+)", report.message):
        yield f'no matches for kind "{unknown[1]}" in version "{unknown[2]}"'
    if unserved := re.search(r"does not serve (\S+): it serves", report.message):
        yield f'in version "{unserved[1]}"'


def _messages(said: str) -> list[str]:
    """What kubectl passes on, one refusal each; its line breaks are its own."""
    return [part for part in _ANNOUNCED.split(" ".join(said.split())) if part.strip()]


def _is_same(ours: str, theirs: str) -> bool:
    """Each may add something: we advice, kubectl a name."""
    one, other = " ".join(ours.split()), theirs.strip()
    return bool(one) and (one[:_LINE] in other or other[:_LINE] in one)
