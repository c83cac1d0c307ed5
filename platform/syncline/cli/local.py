"""Renders that this machine does itself: from documents, or from those that the server has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from syncline.cli import selection
from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.server import Server
from syncline.contract.local import LocalRender
from syncline.contract.reports import PreviewReport
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.names import Uid, application_name
from syncline.model.parse import Parsed, parse_documents
from syncline.model.records import (
    ApplicationRecord,
    ClusterRecord,
    Record,
    RepositoryRecord,
    name_of,
)
from syncline.model.repository import Repository
from syncline.settings import programs

RENDERER = "syncline_workers.local"
"""The module that renders: the data plane's, in a process of its own."""

_R = TypeVar("_R", bound=Record)


@dataclass(frozen=True, slots=True)
class Known:
    """What is to be rendered, as documents say."""

    targets: list[tuple[ApplicationRecord, ClusterRecord]]
    repositories: dict[str, RepositoryRecord]


def of_documents(files: Sequence[tuple[str, str]], name: str | None) -> Known:
    """Find the targets of an application among documents; without a name there is but one.

    Raises:
        InvalidDocument: a document does not fit its schema.
        CommandFailed: there is no such application, or no cluster for it.
    """
    found = [each for file, text in files for each in parse_documents(text, source=file)]
    application = _application([each for each in found if isinstance(each, Application)], name)
    clusters = [_record(ClusterRecord, each) for each in found if isinstance(each, Cluster)]
    repositories = [
        _record(RepositoryRecord, each) for each in found if isinstance(each, Repository)
    ]
    wanted = (name or "").partition("@")[2]
    on = [each for each in _matching(application, clusters) if wanted in ("", each.name)]
    if not on:
        raise CommandFailed(
            application_name(application.project, application.name),
            "none of the documents is a Cluster that it is for: name one with -f",
            Exit.NOT_FOUND,
        )
    return Known([(application, each) for each in on], {each.name: each for each in repositories})


def of_server(server: Server, name: str) -> Known:
    """Ask the server for an application, its clusters and its repositories."""
    view = server.get(selection.application_path(name.partition("@")[0]))
    application = ApplicationRecord.model_validate({"uid": "local", **view})
    names = [each.partition("@")[2] for each in selection.targets(server, name)]
    clusters = [
        ClusterRecord.model_validate({"uid": "local", **server.get(f"/clusters/{each}")})
        for each in names
    ]
    used = _used(application)
    repositories = {
        each: RepositoryRecord.model_validate({"uid": each, **server.get(f"/repositories/{each}")})
        for each in used
    }
    return Known([(application, each) for each in clusters], repositories)


def render(known: Known, directories: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield one finished preview for each target, as ``previews.ask`` does.

    Raises:
        CommandFailed: one does not render.
    """
    for application, cluster in known.targets:
        target = str(name_of(application, cluster))
        asked = LocalRender(
            application=application,
            cluster=cluster,
            repositories=_reached(application, known.repositories, directories),
            directories=directories,
            git_cache=str(programs.cache(os.environ) / "git"),
        )
        report = _run(asked, target)
        if report.error:
            raise CommandFailed(target, report.error)
        yield {"target": target, **report.model_dump(mode="json")}


def directories(given: Sequence[str], known: Known) -> dict[str, str]:
    """Read ``[REPOSITORY=]DIR``; without a name the first source's repository is meant."""
    found = {}
    for each in given:
        name, equals, path = each.partition("=")
        first = _used(known.targets[0][0])[0]
        found[name if equals else first] = str(Path(path if equals else each).resolve())
    return found


def _run(asked: LocalRender, target: str) -> PreviewReport:
    done = subprocess.run(
        [sys.executable, "-m", RENDERER],
        input=asked.model_dump_json(by_alias=True).encode(),
        stdout=subprocess.PIPE,
        env={**os.environ, **programs.environment(os.environ)},
        check=False,
    )
    if done.returncode != 0:
        raise CommandFailed(target, "the renderer on this machine failed: see above")
    return PreviewReport.model_validate_json(done.stdout)


def _application(found: Sequence[Application], name: str | None) -> ApplicationRecord:
    wanted = (name or "").partition("@")[0]
    named = {application_name(each.metadata.project, each.metadata.name): each for each in found}
    if not wanted and len(named) == 1:
        (only,) = named.values()
        return _record(ApplicationRecord, only, project=only.metadata.project)
    if wanted not in named:
        listed = ", ".join(sorted(named)) or "none"
        raise CommandFailed(
            wanted or "the documents", f"name one of their applications: {listed}", Exit.NOT_FOUND
        )
    chosen = named[wanted]
    return _record(ApplicationRecord, chosen, project=chosen.metadata.project)


def _matching(
    application: ApplicationRecord, clusters: Sequence[ClusterRecord]
) -> list[ClusterRecord]:
    """Those that the application is for; one that is named alone need not be among them."""
    destination = application.spec.destination
    if destination.selector is not None:
        return [each for each in clusters if destination.selector.matches(each.labels)]
    named = [each for each in clusters if each.name == destination.cluster]
    nameless = {"uid": "local", "name": destination.cluster, "spec": {"kubeconfig": "stored"}}
    return named or [ClusterRecord.model_validate(nameless)]


def _reached(
    application: ApplicationRecord,
    known: dict[str, RepositoryRecord],
    directories: dict[str, str],
) -> dict[str, RepositoryRecord]:
    """A directory needs no document of the repository that it stands for."""
    unknown = [each for each in _used(application) if each in directories and each not in known]
    url = {"url": "https://local.invalid/"}
    stand_ins = {
        each: RepositoryRecord.model_validate({"uid": each, "name": each, "spec": url})
        for each in unknown
    }
    return {**known, **stand_ins}


def _used(application: ApplicationRecord) -> list[str]:
    return list(dict.fromkeys(each.repository for each in application.spec.every_source))


def _record(kind: type[_R], document: Parsed, **more: str) -> _R:
    meta = document.metadata
    value = {"name": meta.name, "labels": meta.labels, "annotations": meta.annotations, **more}
    return kind.model_validate({"uid": Uid(meta.name), "spec": document.spec, **value})
