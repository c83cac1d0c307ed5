"""What beside a source's commit decides its render."""

from __future__ import annotations

from dataclasses import replace

from syncline.model import template
from syncline.model.records import RepositoryRecord
from syncline.model.source import RendererName
from syncline_workers.pipeline import variables
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api
from syncline_workers.pipeline.resolve import SourceAt
from syncline_workers.pipeline.variables import Variables
from syncline_workers.renderers import plugin
from syncline_workers.renderers.plan import RenderPlan


def plan(attempt: Attempt, at: SourceAt, given: Variables) -> RenderPlan:
    """What beside the commits decides the result."""
    application, cluster = attempt.claim.application, attempt.claim.cluster
    subject, find = str(attempt.claim.name), given.find
    parameters = attempt.parameters
    if given.values:
        parameters = template.resolve(
            application.spec.parameters, cluster, subject=subject, find=find
        )
    found = RenderPlan(
        source=at.source,
        parameters=parameters,
        namespace=application.spec.destination.namespace or "default",
        name=application.name,
        overlay=template.overlay(at.source, cluster, subject=subject, find=find),
        scope=_scope(at),
        lent=tuple(each.source.name or "" for each in at.lent),
        decrypts=any(each.repository.spec.decryption for each in (at, *at.lent)),
        variables=given.values,
    )
    return variables.keyed(attempt, given, found) if given.secret else found


def _scope(at: SourceAt) -> str:
    """What is kept of such repositories is for them alone: see `RenderPlan`."""
    return ", ".join(filter(None, (_beyond(each.repository) for each in (at, *at.lent))))


def _beyond(repository: RepositoryRecord) -> str:
    """Names a repository of whose commits more is read than is in it."""
    spec = repository.spec
    asked = {"submodules": spec.submodules, "lfs": spec.lfs}
    more = [*(name for name, is_set in asked.items() if is_set), *spec.remote_bases]
    return " ".join([repository.uid, *more]) if more else ""


def completed(plan: RenderPlan, attempt: Attempt, api: Api) -> RenderPlan:
    """Charts see the cluster: its version, and what it serves; so may plugins; nobody else."""
    if plan.source.renderer is RendererName.PLUGIN:
        return replace(plan, cluster=_told(plan, attempt))
    if plan.source.renderer is not RendererName.HELM:
        return plan
    helm, applied = plan.source.helm, (entry.ref for entry in attempt.claim.inventory)
    return replace(
        plan,
        kube_version=helm.kube_version or attempt.identity[1],
        api_versions=helm.api_versions or api.api_versions(applied),
    )


def _told(plan: RenderPlan, attempt: Attempt) -> dict[str, object]:
    """What a plugin that asks for it is told of the cluster: then none share a render."""
    if not plugin.sees_cluster(plan, attempt.ports.render):
        return {}
    cluster = attempt.claim.cluster
    return {"name": cluster.name, "labels": cluster.labels, "kubernetes": attempt.identity[1]}
