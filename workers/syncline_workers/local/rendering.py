"""One target, rendered as a worker does, from directories of this machine."""

from __future__ import annotations

import math
import os
import secrets
from pathlib import Path
from typing import Any, cast

from syncline.contract.local import LocalRender
from syncline.contract.reports import PreviewReport
from syncline.credentials import CredentialSource
from syncline.model.beside import Beside
from syncline.model.names import TargetId, Uid
from syncline.model.request import Options, Request, Trigger, TriggerKind
from syncline.model.run import Claim, Lease
from syncline.model.seal import PlatformKey
from syncline.settings import Settings
from syncline_workers import scratch
from syncline_workers.archives.kinds import open_all
from syncline_workers.archives.registered import Given
from syncline_workers.change import mask
from syncline_workers.local.cluster import Unseen
from syncline_workers.local.repositories import LocalRepositories, Unshared
from syncline_workers.pipeline import namespaces, resolve
from syncline_workers.pipeline import rendering as renders
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.heartbeat import Heart
from syncline_workers.pipeline.ports import Api, Ports
from syncline_workers.pipeline.repositories import Repositories


def render(asked: LocalRender) -> PreviewReport:
    """Render it; values of Secrets are masked.

    Raises:
        SynclineError: as a worker's render.
    """
    claim, api = _claim(asked), cast("Api", Unseen())
    with scratch.directory("render") as cache:
        attempt = _attempt(asked, claim, cache)
        resolve.parameters(attempt)
        resolve.settle(attempt)
        attempt.identity = ("", claim.cluster.version)
        manifests = namespaces.settle(api, renders.render(attempt, api), claim.application)
    return PreviewReport(
        preview=Uid("local"),
        revision=attempt.revision,
        manifests=tuple(attempt.hidden.shown(mask.masked(each)) for each in manifests),
        explained=tuple(attempt.explained),
    )


def _claim(asked: LocalRender) -> Claim:
    lease = Lease(target=TargetId("local"), fence=0, ticket="", seconds=math.inf)
    wish = Request(trigger=Trigger(kind=TriggerKind.USER), options=Options(dry_run=True))
    spec = asked.application.spec
    return Claim(
        lease=lease,
        installation="local",
        request=wish,
        application=asked.application,
        cluster=asked.cluster,
        repository=asked.repositories.get(spec.source.repository),
        beside=tuple(Beside(repository=name, revision=what) for name, what in spec.follows[1:]),
        repositories=asked.repositories,
    )


def _attempt(asked: LocalRender, claim: Claim, cache: Path) -> Attempt:
    nobody: Any = None  # a render asks for nothing else
    settings = Settings()
    ports = Ports(
        desk=nobody,
        lookups=nobody,
        fleet=nobody,
        checks=nobody,
        rules=nobody,
        repositories=_repositories(asked, settings),
        clusters=nobody,
        web=nobody,
        renders=Unshared(),
        key=PlatformKey(secrets.token_bytes(32)),
        render=settings.render.model_copy(update={"cache": cache}),
        worker="local",
        credentials=_credentials(settings),
    )
    heart = Heart(claim.lease, since=math.inf)
    return Attempt(ports=ports, claim=claim, heart=heart, is_preview=True)


def _repositories(asked: LocalRender, settings: Settings) -> Repositories:
    git = settings.git.model_copy(update={"cache": Path(asked.git_cache)})
    others = open_all(
        git, _credentials(settings), registered=Given(tuple(asked.repositories.values()))
    )
    return LocalRepositories(asked.directories, others, git.max_file)


def _credentials(settings: Settings) -> CredentialSource:
    return CredentialSource(directory=settings.keys.credentials, environment=os.environ)
