"""An application: what is rendered for one cluster or a selector of clusters, with a policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from syncline.model.beside import Pair
from syncline.model.check import Checks
from syncline.model.dependency import Dependency
from syncline.model.documents import Document, ProjectMetadata
from syncline.model.ignore import IgnoreRule
from syncline.model.orphan import OrphanRule
from syncline.model.ownership import ConflictRule, Conflicts, Propagation, Tool
from syncline.model.selector import Selector
from syncline.model.source import Source, mistakes
from syncline.model.values import Duration, Name, Written
from syncline.model.variables import Variable, VariableName
from syncline.model.windows import Window


class Destination(Written):
    """One cluster by name, or each cluster that a selector matches; and a namespace."""

    cluster: Name | None = Field(default=None, description="The name of one Cluster.")
    selector: Selector | None = Field(default=None, description="Which clusters, by their labels.")
    namespace: str | None = Field(
        default=None, description="For objects that name none. None: the cluster's default."
    )
    create_namespace: bool = Field(default=False, description="Create the namespace if absent.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Destination:
        if (self.cluster is None) == (self.selector is None):
            raise ValueError("set exactly one of cluster and selector")
        if self.create_namespace and self.namespace is None:
            raise ValueError("createNamespace needs a namespace")
        return self


class Backoff(Written):
    """How long to wait between attempts after a transient failure; jittered."""

    limit: int = Field(default=0, ge=0, description="Attempts until it stalls; 0: no limit.")
    initial: Duration = Field(default=timedelta(seconds=5), description="The first wait.")
    factor: float = Field(default=2.0, ge=1.0, description="Each wait is so much longer.")
    maximum: Duration = Field(default=timedelta(minutes=3), description="The longest wait.")


class SyncPolicy(Written):
    """What Syncline may do by itself."""

    automated: bool = Field(default=True, description="Apply new revisions without being asked.")
    prune: bool = Field(default=True, description="Delete what left the repository.")
    self_heal: bool = Field(
        default=True, description="Put back what drifted; only together with automated."
    )
    interval: Duration = Field(
        default=timedelta(minutes=3),
        ge=timedelta(seconds=10),
        description="Between two looks at the live objects for drift.",
    )
    conflicts: Conflicts = Field(
        default=Conflicts.FORCE,
        description="What happens to fields that another field manager holds: force (they become "
        "ours), fail, or yield (they are left to the other).",
    )
    conflict_rules: tuple[ConflictRule, ...] = Field(
        default=(), description="Exceptions from conflicts; the first that fits counts."
    )
    take_over: tuple[Tool, ...] = Field(
        default=(),
        description="Tools whose fields of an object become ours when it is first applied: what "
        "they applied and Git does not hold is removed. Others keep what they hold.",
    )
    recreate: bool = Field(
        default=False,
        description="Delete an object and make it anew where a field of it cannot be changed. "
        "Namespaces, CustomResourceDefinitions, PersistentVolumes and their claims only where "
        "the object's own annotation says so.",
    )
    propagation: Propagation = Field(
        default=Propagation.BACKGROUND,
        description="What becomes of the dependents of an object that is deleted: background "
        "(they are deleted afterwards), foreground (before it) or orphan (they stay).",
    )
    prune_limit: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="The share of the inventory that one run may delete unconfirmed, "
        "where it is more than 3 objects.",
    )
    retry: Backoff = Field(default=Backoff(), description="After transient failures.")
    ignore_differences: tuple[IgnoreRule, ...] = Field(
        default=(),
        max_length=100,
        description="Fields that are left to others once an object exists: no difference, no "
        "drift, and not applied.",
    )
    ignore_orphans: tuple[OrphanRule, ...] = Field(
        default=(),
        max_length=100,
        description="Objects of its namespaces that `syncline orphans` does not tell of, beside "
        "those that clusters make by themselves.",
    )
    step_timeout: Duration = Field(
        default=timedelta(minutes=10),
        ge=timedelta(seconds=1),
        description="How long one wave may take to become healthy, or the hooks of one step to "
        "complete, before the run fails. It means nothing to an application without either.",
    )
    windows: tuple[Window, ...] = Field(
        default=(),
        max_length=50,
        description="When its changes may reach clusters, beside all SyncWindows; none: always.",
    )


class ApplicationSpec(Written):
    """From where, to where, with which parameters and policy."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["source"]}, {"required": ["sources"]}]}
    )

    given: Source | None = Field(
        default=None,
        alias="source",
        exclude_if=lambda given: given is None,
        description="Where its manifests come from. Set exactly one of source and sources.",
    )
    sources: tuple[Source, ...] = Field(
        default=(),
        max_length=20,
        exclude_if=lambda sources: not sources,  # one source is stored as ever
        description="Several sources, rendered each by itself. The first one is the one whose "
        "commit is the target's revision.",
    )
    destination: Destination
    parameters: dict[str, str] = Field(
        default={},
        description="Helm values by dotted path, or ${name} in plain and kustomize manifests. "
        "A value may hold {{ cluster.name }}, {{ cluster.labels.KEY }}, {{ cluster.values.KEY }} "
        "and {{ variables.NAME }}.",
    )
    variables: dict[VariableName, Variable] = Field(
        default={},
        max_length=200,
        description="Names for what differs by cluster: {{ variables.NAME }} in parameters and "
        "what is laid over a kustomization, ${NAME} in plain and kustomize manifests and in value "
        "files of charts.",
    )
    sync_policy: SyncPolicy = Field(default=SyncPolicy(), description="What happens by itself.")
    checks: Checks = Field(
        default=(),
        description="What must hold, beside the health of its objects, for it to be healthy.",
    )
    depends_on: tuple[Dependency, ...] = Field(
        default=(),
        max_length=50,
        description="Applications that must be ready before a target of this one runs.",
    )

    @model_validator(mode="after")
    def _has_sources(self) -> ApplicationSpec:
        if (self.given is None) == (not self.sources):
            raise ValueError("set exactly one of source and sources")
        is_plain = self.given is not None and self.given.name is None
        if not is_plain and (wrong := "; ".join(mistakes(self.every_source))):
            raise ValueError(wrong)
        return self

    @property
    def source(self) -> Source:
        """The first source: its commit is the target's revision."""
        return self.given or self.sources[0]

    @property
    def every_source(self) -> tuple[Source, ...]:
        """The only source, or all of them."""
        return self.sources or (self.source,)

    @property
    def follows(self) -> tuple[Pair, ...]:
        """What is followed of which repository, each pair once; the first source's comes first."""
        return tuple(dict.fromkeys(each.pair for each in self.every_source))

    @property
    def has_plugin(self) -> bool:
        """Whether a plugin renders one of its sources: its runs go by a lane of their own."""
        return any(each.plugin is not None for each in self.every_source)


class Application(Document):
    """What is rendered for one cluster or a selector of clusters, with a policy."""

    kind: Literal["Application"] = Field(description="What this document is.")
    metadata: ProjectMetadata
    spec: ApplicationSpec
