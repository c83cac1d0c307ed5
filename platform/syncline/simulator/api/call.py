"""One request to one cluster, understood: which resource, object and options are meant."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.simulator.api import refusal
from syncline.simulator.kinds.behaviour import Behaviour
from syncline.simulator.kinds.registry import behaviour
from syncline.simulator.schema.builtin import Resource
from syncline.simulator.store.cluster import Cluster, Shelf
from syncline.simulator.store.stored import Stored
from syncline.simulator.wire.requests import Request

NAMESPACES = Shelf("", "namespaces")
APPLY = "application/apply-patch"
LONGEST_MANAGER = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a request asks of a cluster. `namespace` is empty for cluster-wide kinds and lists."""

    cluster: Cluster
    request: Request
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def shelf(self) -> Shelf:
        """Return where the resource's objects lie."""
        return Shelf(self.resource.group, self.resource.plural)

    @property
    def behaviour(self) -> Behaviour:
        """Return the kind's particulars."""
        return behaviour(self.resource)

    @property
    def is_dry_run(self) -> bool:
        """Tell whether nothing may be kept."""
        return self.request.params.get("dryRun") == "All"

    @property
    def is_apply(self) -> bool:
        """Tell whether this is a server-side apply."""
        return self.request.headers.get("content-type", "").startswith(APPLY)

    @property
    def manager(self) -> str:
        """Return the field manager: the one named, else the client's program."""
        named = self.request.params.get("fieldManager")
        agent = self.request.headers.get("user-agent", "unknown")
        return (named or agent.split("/")[0])[:LONGEST_MANAGER]

    def find(self) -> Stored | None:
        """Return the object meant, if it exists."""
        return self.cluster.find(self.shelf, self.namespace, self.name)

    def existing(self) -> Stored:
        """Return the object meant.

        Raises:
            Refusal: it does not exist.
        """
        found = self.find()
        if found is None:
            raise refusal.not_found(self.resource, self.name)
        return found

    def need_namespace(self, name: str) -> None:
        """See that an object may be created in the call's namespace.

        Raises:
            Refusal: the namespace does not exist, or is being emptied.
        """
        if not self.resource.namespaced:
            return
        namespace = self.cluster.find(NAMESPACES, "", self.namespace)
        if namespace is None:
            owner = self.cluster.resource("", "v1", "namespaces")
            raise refusal.not_found(owner or self.resource, self.namespace)
        if namespace.is_leaving:
            raise terminating(self.resource, name, self.namespace)


def terminating(resource: Resource, name: str, namespace: str) -> refusal.Refusal:
    """Return the answer to creating an object in a namespace that is going away."""
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    answer = refusal.forbidden(resource, name, why)
    answer.status["details"]["causes"] = [
        {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
    ]
    return answer
