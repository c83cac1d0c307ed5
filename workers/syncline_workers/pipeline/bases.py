"""Remote bases of kustomizations, for as long as one render lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from syncline.model.records import RepositoryRecord
from syncline.model.source import RendererName
from syncline_workers.pipeline.repositories import Repositories
from syncline_workers.renderers.grafted import Grafted
from syncline_workers.renderers.plan import RenderPlan
from syncline_workers.renderers.tree import Paths, Tree


@dataclass(frozen=True, slots=True)
class Reached:
    """``grafted.Bases`` of one repository."""

    repositories: Repositories
    repository: RepositoryRecord
    stack: ExitStack

    def open(self, address: str, ref: str) -> Paths:
        """See the port."""
        return self.stack.enter_context(self.repositories.base(self.repository, address, ref))


@contextmanager
def reachable(
    tree: Tree, plan: RenderPlan, repository: RepositoryRecord, repositories: Repositories
) -> Iterator[Tree]:
    """Give the tree as it is, unless it is for kustomize and the repository may name bases."""
    if not repository.spec.remote_bases or plan.source.renderer is not RendererName.KUSTOMIZE:
        yield tree
        return
    with ExitStack() as stack:
        yield Grafted(tree, Reached(repositories, repository, stack))
