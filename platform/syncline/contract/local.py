"""What ``syncline render --local`` asks of the renderers of its own machine."""

from __future__ import annotations

from syncline.model.records import ApplicationRecord, ClusterRecord, RepositoryRecord
from syncline.model.values import Stored


class LocalRender(Stored):
    """One target, and the directories that stand for repositories; a PreviewReport answers."""

    application: ApplicationRecord
    cluster: ClusterRecord
    repositories: dict[str, RepositoryRecord]  # by name; those without a directory are fetched
    directories: dict[str, str]  # repository's name → an absolute path
    git_cache: str  # an absolute path
