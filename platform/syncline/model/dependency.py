"""What an application depends on, as people write it (``spec.dependsOn``).

What that comes to for one target is ``readiness``'s business, and whether applications depend on
each other in a ring ``operations.dependencies``'s.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from syncline.model.names import DEFAULT_PROJECT
from syncline.model.values import DNS_LABEL, Name, Written

_LABEL = DNS_LABEL.strip("^$")

FullName = Annotated[str, StringConstraints(pattern=f"^({_LABEL}/)?{_LABEL}$")]
"""An application: ``name``, or ``project/name``."""


class Dependency(Written):
    """An application that must be ready first."""

    application: FullName = Field(
        description="[project/]name; without a project it is default's. One that is not "
        "registered is waited for."
    )
    cluster: Name | None = Field(
        default=None,
        description="Only its target on this cluster. None: its target on the same cluster; where "
        "it has none there, all of its targets.",
    )
    ready_when: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = Field(
        default=None,
        description="CEL, true or false, over sync, health, reason, revision, observed, head, "
        "current and labels of what is depended on. None: current && "
        'sync == "Synced" && health == "Healthy".',
    )

    @property
    def parent(self) -> str:
        """The application by its full name, as lists show it."""
        return self.application.removeprefix(f"{DEFAULT_PROJECT}/")
