"""What an apply would do, also where its namespace or its kind is yet to be made by the same run.

The API server refuses a dry run into a namespace that does not exist, and of a kind that no
definition serves yet; a real run makes both first. Such an object is simply new.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.errors import ApplyRejected
from syncline.model.change import ObjectRef, ref_of
from syncline.model.records import ApplicationRecord
from syncline.model.values import Manifest
from syncline_workers.change import scope, wished
from syncline_workers.pipeline.ports import Api


class Forecast:
    """Dry runs of one render."""

    def __init__(
        self, api: Api, manifests: Sequence[Manifest], application: ApplicationRecord
    ) -> None:
        self._api = api
        self._declared = scope.declared(manifests)
        self._made = {m["metadata"]["name"] for m in manifests if m["kind"] == "Namespace"}
        destination = application.spec.destination
        if destination.create_namespace and destination.namespace:
            self._made.add(destination.namespace)
        self._absent: dict[str, bool] = {}

    def apply(self, manifest: Manifest, *, force: bool) -> Manifest:
        """Return the object as the server would hold it, or the manifest where all is new."""
        ref = ref_of(manifest)
        if ref.namespace in self._made and self._is_absent(ref.namespace):
            return manifest
        try:
            return self._api.apply(manifest, force=force, dry_run=True)
        except ApplyRejected:
            is_awaited = (ref.group, ref.kind) in self._declared or (
                wished.read(manifest).may_come_later and not self._is_known(ref)
            )
            if is_awaited and self._api.get(ref) is None:
                return manifest
            raise

    def _is_known(self, ref: ObjectRef) -> bool:
        try:
            self._api.is_namespaced(ref)
        except ApplyRejected:
            return False
        return True

    def _is_absent(self, namespace: str) -> bool:
        if namespace not in self._absent:
            ref = ObjectRef(group="", version="v1", kind="Namespace", name=namespace)
            self._absent[namespace] = self._api.get(ref) is None
        return self._absent[namespace]
