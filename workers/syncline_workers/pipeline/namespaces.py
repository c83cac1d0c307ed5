"""Which namespace an object goes to that names none."""

from __future__ import annotations

from collections.abc import Iterable

from syncline.errors import ApplyRejected
from syncline.model.change import ObjectRef, ref_of
from syncline.model.records import ApplicationRecord
from syncline.model.values import Manifest
from syncline_workers.change import scope, wished
from syncline_workers.pipeline.ports import Api

DEFAULT = "default"


def settle(
    api: Api, manifests: Iterable[Manifest], application: ApplicationRecord
) -> list[Manifest]:
    """Give each namespaced object a namespace: its own, else the destination's, else ``default``.

    A cluster-scoped object loses a namespace that it names, as the API server would ignore it.
    """
    listed = list(manifests)
    declared = scope.declared(listed)
    chosen = application.spec.destination.namespace or DEFAULT
    return [_settled(api, manifest, declared, chosen) for manifest in listed]


def _settled(
    api: Api, manifest: Manifest, declared: dict[tuple[str, str], bool], chosen: str
) -> Manifest:
    ref = ref_of(manifest)
    known = declared.get((ref.group, ref.kind))
    namespaced = _is_namespaced(api, ref, manifest) if known is None else known
    if namespaced == bool(ref.namespace):
        return manifest
    meta = {k: v for k, v in manifest["metadata"].items() if k != "namespace"}
    return {**manifest, "metadata": {**meta, "namespace": chosen} if namespaced else meta}


def _is_namespaced(api: Api, ref: ObjectRef, manifest: Manifest) -> bool:
    """As the cluster says; of a kind that may come later, as the manifest does."""
    try:
        return api.is_namespaced(ref)
    except ApplyRejected:
        if wished.read(manifest).may_come_later:
            return bool(ref.namespace)
        raise
