"""What the documents of a target want of it, as one short text: equal wants, equal texts.

A run takes it along, and whoever changes a document compares. What is left out is the policy, but
for what it ignores: it says when to run, and changes nothing of what is applied.
"""

from __future__ import annotations

import hashlib

import orjson

from syncline.errors import InvalidDocument
from syncline.model import template
from syncline.model.records import ApplicationRecord, ClusterRecord


def digest(application: ApplicationRecord, cluster: ClusterRecord) -> str:
    """Digest source, namespace and the parameters and overlay as this cluster fills them in."""
    spec = application.spec
    overlays: list[dict[str, object]] = []
    try:
        about, find = application.name, template.left
        parameters = template.resolve(spec.parameters, cluster, subject=about, find=find)
        overlays = [
            template.overlay(each, cluster, subject=about, find=find) for each in spec.every_source
        ]
    except InvalidDocument as exc:  # no run gets far with these, whatever else they want
        parameters = {"": exc.detail}
    wanted: dict[str, object] = {
        # Without defaults: a field that a newer release adds must not look like a change.
        "source": spec.source.model_dump(mode="json", exclude_defaults=True),
        "namespace": spec.destination.namespace,
        "create": spec.destination.create_namespace,
        "parameters": parameters,
    }
    if spec.variables:
        wanted["variables"] = _variables(application, cluster)
    if any(overlays):
        wanted["overlay"] = overlays if spec.sources else overlays[0]
    if spec.sources:
        wanted["sources"] = [
            each.model_dump(mode="json", exclude_defaults=True) for each in spec.sources
        ]
    if rules := spec.sync_policy.ignore_differences:
        wanted["ignore"] = [rule.model_dump(mode="json", exclude_defaults=True) for rule in rules]
    text = orjson.dumps(wanted, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]


def _variables(application: ApplicationRecord, cluster: ClusterRecord) -> dict[str, object]:
    """What they are, and what is known of them before a run: not what the cluster holds."""
    found: dict[str, object] = {}
    for name, variable in application.spec.variables.items():
        found[name] = variable.model_dump(mode="json", exclude_defaults=True)
        if variable.value is not None:
            try:
                filled = template.resolve(
                    {name: variable.value}, cluster, subject=application.name, what="variable"
                )
                found[name] = filled[name]
            except InvalidDocument as exc:
                found[name] = [exc.detail, variable.default]
    return found
