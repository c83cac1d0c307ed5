"""What a render asks of a cluster, answered without one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from syncline.errors import NotFound
from syncline.model.change import ObjectRef
from syncline.model.values import Manifest

_CLUSTERED: Final = {
    "": {"Namespace", "Node", "PersistentVolume", "ComponentStatus"},
    "admissionregistration.k8s.io": {
        "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition"},
    "apiregistration.k8s.io": {"APIService"},
    "certificates.k8s.io": {"CertificateSigningRequest", "ClusterTrustBundle"},
    "flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
    "networking.k8s.io": {"IngressClass", "IPAddress", "ServiceCIDR"},
    "node.k8s.io": {"RuntimeClass"},
    "rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding"},
    "resource.k8s.io": {"DeviceClass", "ResourceSlice"},
    "scheduling.k8s.io": {"PriorityClass"},
    "storage.k8s.io": {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment",
                       "VolumeAttributesClass"},
}  # fmt: skip


class Unseen:
    """A cluster that nobody asks: Kubernetes' own kinds are known, others have namespaces."""

    def is_namespaced(self, ref: ObjectRef) -> bool:
        """Whether the kind has a namespace."""
        return ref.kind not in _CLUSTERED.get(ref.group, set())

    def get(self, ref: ObjectRef) -> Manifest | None:
        """An object that variables are read from.

        Raises:
            NotFound: nobody is asked.
        """
        raise NotFound(
            ref.key.short,
            "is in the cluster, which is not asked here, and variables are read from it: render "
            "without --local, or let the document give them values",
        )

    def api_versions(self, _applied: Iterable[ObjectRef]) -> tuple[str, ...]:
        """None: charts see those that helm was built with."""
        return ()
