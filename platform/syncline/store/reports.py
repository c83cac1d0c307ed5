"""A run's report as the fold takes it: flat arguments, and the texts that are kept of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import orjson

from syncline.model.change import Action, Change
from syncline.model.request import Options, TriggerKind
from syncline.model.run import Inputs, Report
from syncline.model.signature import Signature
from syncline.model.state import HistoryEntry
from syncline.model.status import Lane, Outcome
from syncline.store import packing, tally
from syncline.store.limits import Limits

KEPT_CHANGES = 50
"""Changes of one run that are kept; all are counted."""

_MESSAGE = 2000  # characters

_ASKED = {TriggerKind.USER, TriggerKind.OPERATION, TriggerKind.DELETE}


def arguments(
    report: Report, limits: Limits, counted: Mapping[str, int], *, differs: str = ""
) -> list[str]:
    """Write the arguments of ``fold.lua``, without the inventory.

    Args:
        report: what came of the run.
        limits: when steps give up.
        counted: what the worker did since it last told, by fields of ``tally``.
        differs: digest of what a dry run of an operation found.
    """
    digest, inputs = digest_of(report.inputs)
    message = report.message[:_MESSAGE]
    return [
        report.lease.target,
        str(report.lease.fence),
        report.outcome,
        report.sync,
        report.health,
        report.reason,
        message,
        report.revision,
        report.observed,
        report.render_key,
        digest,
        inputs,
        _optional(report.retry_after),
        _optional(report.check_after),
        report.kube_uid,
        report.kube_version,
        "" if report.cluster_reachable is None else str(int(report.cluster_reachable)),
        _history(report, message),
        _signature(report),
        "1" if _is_news(report) or report.request.trigger.kind in _ASKED else "",
        *_audit(report),
        "1" if report.gone else "",
        *map(str, limits.breaker),
        str(limits.attempts),
        _changes(report.changes) if report.request.options.dry_run else "",
        "1" if report.wrote else "",
        report.wanted,
        tally.of_run(report, counted),
        tally.wait(report),
        _optional(report.answer),
        _heavy(report, limits),
        str(report.asked),
        report.progress.model_dump_json(exclude_defaults=True) if report.progress else "",
        "" if report.rites is None else report.rites or "-",
        differs,
        report.awaits,
        _signed(report.signatures),
        _beside(report),
    ]


def inventory(report: Report) -> list[str]:
    """Write whether an inventory is given, and the objects with their entries."""
    if report.inventory is None and not report.gone:
        return [""]
    return ["1", *packing.pairs(report.inventory or ())]


def digest_of(inputs: Inputs | None) -> tuple[str, str]:
    """Return the digest of what was read, equal for equal ids at any commit, and its JSON."""
    if inputs is None:
        return "", ""
    paths = orjson.dumps(inputs.paths, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(paths).hexdigest()[:32], inputs.model_dump_json()


def flags(options: Options) -> str:
    """Write options as scripts join them: prune, confirm_prune, full, dry_run, break_glass.

    What is seldom follows: changed_only, and which objects alone (JSON). "-" is unset.
    """
    prune = {True: "t", False: "f", None: "-"}[options.prune]
    others = (options.confirm_prune, options.full, options.dry_run, options.break_glass)
    usual = prune + "".join("t" if flag else "-" for flag in others)
    if not options.changed_only and options.only is None:
        return usual
    only = options.only.model_dump_json() if options.only else ""
    return f"{usual}{'t' if options.changed_only else '-'}{only}"


def _signed(signatures: Sequence[Signature]) -> str:
    told = [each.model_dump(mode="json", exclude_defaults=True) for each in signatures]
    return orjson.dumps(told).decode() if told else ""


def _heavy(report: Report, limits: Limits) -> str:
    """Whether it took long to fetch and render, which no cached result tells, or is large.

    ``plugin`` where a plugin renders it, however long that takes.
    """
    if report.plugin:
        return Lane.PLUGIN
    if report.inputs is None:
        return ""
    is_slow = report.steps.get("render", 0.0) > limits.heavy.total_seconds()
    return str(int(is_slow or report.packed > limits.heavy_bytes))


def _beside(report: Report) -> str:
    """What it tells of the other sources: commits, and what was read of each."""
    if not report.beside:
        return ""
    learned = report.inputs_beside or (None,) * len(report.beside)
    rows = [
        (*each.pair, each.commit, *digest_of(inputs), _signed(each.signatures))
        for each, inputs in zip(report.beside, learned, strict=True)
    ]
    return orjson.dumps(rows).decode()


def _optional(seconds: float | None) -> str:
    return "" if seconds is None else str(seconds)


def _changes(changes: tuple[Change, ...]) -> str:
    kept = [change.model_dump(mode="json") for change in changes[:KEPT_CHANGES]]
    return orjson.dumps(kept).decode()


def _history(report: Report, message: str) -> str:
    entry = HistoryEntry(
        finished_at=0,
        started_at=report.started_at,
        fence=report.lease.fence,
        outcome=report.outcome,
        reason=report.reason,
        message=message,
        revision=report.revision,
        commit=report.commit,
        beside=report.beside,
        rendered=report.rendered,
        revised=report.revised,
        render_key=report.render_key,
        request=report.request,
        parameters=report.parameters,
        changes=report.changes[:KEPT_CHANGES],
        changed=_changed(report),
        steps=report.steps,
    )
    return packing.history(entry)


def _changed(report: Report) -> int:
    return max(report.changed, len(report.changes))


def _signature(report: Report) -> str:
    """Runs with equal signatures in a row tell nothing new."""
    if report.outcome is Outcome.SUCCEEDED:
        commits = " ".join((report.revision, *(each.commit for each in report.beside)))
        told = f"ok {commits} {report.render_key}"
    else:
        told = f"{report.outcome} {report.reason} {report.revision}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _is_news(report: Report) -> bool:
    """Whether something happened to an object; one that is refused again tells nothing new."""
    return any(change.action is not Action.FAILED for change in report.changes)


def _audit(report: Report) -> tuple[str, str, str, str]:
    """Verb, actor, reason, detail; nothing where nobody asked and nothing changed."""
    trigger, options = report.request.trigger, report.request.options
    if options.dry_run and report.request.operation:  # once, where it began
        return "", "", "", ""
    if report.outcome is Outcome.WAITING:  # told once, at the end of the run
        return "", "", "", ""
    wrote = _is_news(report) and not options.dry_run
    if trigger.kind not in _ASKED and not wrote:
        return "", "", "", ""
    verb = "remove" if trigger.kind is TriggerKind.DELETE else "run"
    detail = f"{report.outcome}, {report.reason}, {_changed(report)} changes"
    if report.revision:
        detail += f", revision {report.revision[:12]}"
    return "dry-run" if options.dry_run else verb, trigger.actor, trigger.reason, detail
