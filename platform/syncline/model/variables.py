"""Variables of an application: names for what differs by cluster, and where that is found."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints, model_validator

from syncline.model.change import ObjectRef
from syncline.model.fillable import OfCluster
from syncline.model.values import DNS_LABEL, Stored, Written

READABLE_BY: Final = "syncline.dev/readable-by"
"""Annotation of a Secret: projects, with commas between, whose applications of other namespaces
may read it; ``*``: all."""

_OBJECT_NAME: Final = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
"""As in ``${name}``."""


class KeyOf(Written):
    """One key of a ConfigMap or a Secret in the target cluster."""

    name: str = Field(pattern=_OBJECT_NAME, description="The object's name.")
    namespace: str | None = Field(
        default=None, pattern=DNS_LABEL, description="Its namespace. None: the destination's."
    )
    key: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description="Which of its keys. None: the variable's name.",
    )


class Variable(Written):
    """Where the value of one variable is found: in exactly one place."""

    value: OfCluster | None = Field(
        default=None,
        description="A text; {{ cluster.name }}, {{ cluster.labels.KEY }} and "
        "{{ cluster.values.KEY }} are filled in.",
    )
    config_map: KeyOf | None = Field(
        default=None, description="A ConfigMap in the cluster; it is read by each run."
    )
    secret: KeyOf | None = Field(
        default=None,
        description="A Secret in the cluster; it is read by each run, and nothing of it is kept. "
        "In another namespace than the destination's it names those who may read it by its "
        "annotation syncline.dev/readable-by.",
    )
    default: str | None = Field(
        default=None,
        max_length=20_000,
        description="Its value where it is not found. None: then it is missing, which is an error "
        "where it is used and nothing takes its place.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> Variable:
        places = (self.value, self.config_map, self.secret)
        if sum(place is not None for place in places) != 1:
            raise ValueError("set exactly one of value, configMap and secret")
        return self


class Reading(Stored):
    """An object that variables were read from, and a keyed digest of what it held."""

    ref: ObjectRef
    keys: tuple[str, ...]
    mark: str
