"""A Helm repository over HTTP: which digest a version has, and the archive behind a digest.

The index is asked for with what the last answer said of itself (``ETag``, ``Last-Modified``), so
that an unchanged one is not sent again; its table is shared by all processes of the host. A release
without a digest is refused: nothing would say that it stays what it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from syncline.errors import NotFound, RepositoryUnreachable, RevisionNotFound
from syncline_workers import tallies
from syncline_workers.archives import elsewhere, index, naming, proofs, unpacking
from syncline_workers.archives.access import Access, shown
from syncline_workers.archives.asking import Answer, Asker, Question, refused
from syncline_workers.archives.index import Release, Table
from syncline_workers.archives.naming import Wanted
from syncline_workers.archives.oci import Oci
from syncline_workers.archives.origin import LARGEST, Fetched
from syncline_workers.archives.places import Places
from syncline_workers.archives.proofs import Form, Proof
from syncline_workers.git.refs import Resolved

INDEX: Final = 100_000_000
"""Bytes of an index."""

FRESH: Final = 5.0
"""Seconds in which an index that was asked for is not asked for again."""

_UNCHANGED: Final = 304
_FAILED: Final = 400
_ABSENT: Final = (403, 404, 410)  # storage that lists nothing says 403 of what is not there


class Helm:
    """Helm repositories. Safe to use from several threads."""

    def __init__(self, asker: Asker, places: Places, oci: Oci) -> None:
        """``oci``: for releases that an index says are in a registry."""
        self._asker, self._places, self._oci = asker, places, oci

    def resolve(self, access: Access, followed: Iterable[str]) -> Resolved:
        """Look versions up in the index."""
        wanted = {each: naming.parse(each) for each in followed}
        with self._places.using(access, "index") as place:
            table = self._newest(access, place)
            found = {each: _found(access, table, one) for each, one in wanted.items()}
        return Resolved(
            commits={each: one for each, one in found.items() if isinstance(one, str)},
            missing={each: one for each, one in found.items() if not isinstance(one, str)},
        )

    def fetch(self, access: Access, wanted: Wanted, into: Path) -> Fetched:
        """Download the release of a digest."""
        with self._places.using(access, "index") as place:
            release = self._release(access, place, wanted)
        if release.url.startswith(elsewhere.SCHEME):
            site, tag = elsewhere.site(access, release.url)
            self._oci.released(site, tag, wanted.digest, into)
            return Fetched(strip=True, version=release.version)
        url = urljoin(_index_url(access), release.url)
        with into.open("wb") as file:
            question = Question(
                url=url, most=LARGEST, authorization=access.authorization, into=file
            )
            answer = self._asker.ask(access, question)
        if answer.status >= _FAILED:
            raise refused(access, answer)
        came = unpacking.digest_of(into)
        if came != wanted.digest:
            raise RepositoryUnreachable(
                access.about,
                f"{shown(url)} has the digest {came}, and the index says {wanted.digest}: it is "
                "damaged, or the chart was replaced; have its owner write the index anew",
            )
        return Fetched(strip=True, version=release.version)

    def proofs(self, access: Access, wanted: Wanted) -> list[Proof]:
        """Fetch the provenance file beside a release, if there is one."""
        with self._places.using(access, "index") as place:
            release = self._release(access, place, wanted)
        if release.url.startswith(elsewhere.SCHEME):
            return self._oci.vouched(*elsewhere.site(access, release.url), wanted.digest)
        url = f"{urljoin(_index_url(access), release.url)}.prov"
        question = Question(url=url, most=proofs.LARGEST, authorization=access.authorization)
        answer = self._asker.ask(access, question)
        if answer.status in _ABSENT:
            return []
        if answer.status >= _FAILED:
            raise refused(access, answer)
        return [Proof(Form.PROVENANCE, wanted.digest, answer.body)]

    def _release(self, access: Access, place: Path, wanted: Wanted) -> Release:
        for table in (index.opened(place / "table"), None):
            at = table or self._newest(access, place)
            for release in at.releases(wanted.chart):
                if release.digest == wanted.digest:
                    return release
        raise RevisionNotFound(
            access.about,
            f"its index has no release of {wanted.chart} with the digest {wanted.digest} any more: "
            "follow another version",
        )

    def _newest(self, access: Access, place: Path) -> Table:
        """Give the index as it is now, or was some seconds ago."""
        table = index.opened(place / "table")
        if table and 0 <= time.time() - table.path.stat().st_mtime < FRESH:
            return table
        with self._places.writing(access, place):
            table = index.opened(place / "table")  # another process may have asked meanwhile
            if table and 0 <= time.time() - table.path.stat().st_mtime < FRESH:
                return table
            return self._asked(access, place, table)

    def _asked(self, access: Access, place: Path, table: Table | None) -> Table:
        url, fresh = _index_url(access), place / "index.new"
        place.mkdir(exist_ok=True, mode=0o700)
        tallies.count(tallies.INDEX)
        try:
            with fresh.open("wb") as file:
                question = Question(
                    url=url,
                    most=INDEX,
                    headers=_since(table),
                    authorization=access.authorization,
                    into=file,
                    unpack=True,
                )
                answer = self._asker.ask(access, question)
            if answer.status == _UNCHANGED and table:
                os.utime(table.path)
                return table
            if answer.status >= _FAILED:
                raise _not_there(access, answer)
            digest = unpacking.digest_of(fresh)
            if table and table.digest == digest:  # of a server that does not tell
                os.utime(table.path)
                return table
            return _written(access, answer, fresh, digest, place / "table")
        finally:
            fresh.unlink(missing_ok=True)


def _found(access: Access, table: Table, wanted: Wanted) -> str | RevisionNotFound:
    if not wanted.chart:
        return RevisionNotFound(
            access.about, "is a Helm repository: name a chart of it in spec.source.chart"
        )
    if wanted.digest:
        return wanted.digest
    releases = {one.version: one for one in reversed(table.releases(wanted.chart))}
    if not releases:
        return RevisionNotFound(access.about, _near(wanted.chart, table))
    version = naming.best(wanted.revision, releases)
    if version is None:
        return RevisionNotFound(
            access.about, naming.absent(wanted.revision, releases, wanted.chart)
        )
    if not naming.is_digest(releases[version].digest):
        return RevisionNotFound(
            access.about,
            f"its index names no digest for {wanted.chart} {version}, so nothing says that it "
            "stays what it is: have its owner write the index with helm repo index",
        )
    return releases[version].digest


def _near(chart: str, table: Table) -> str:
    near = naming.near(chart, table.places)
    hint = f"did you mean {near}?" if near else f"it has {len(table.places)} others"
    return f"its index has no chart {chart}: {hint}"


def _written(access: Access, answer: Answer, fresh: Path, digest: str, path: Path) -> Table:
    told = answer.headers
    temporary = path.with_suffix(".new")
    try:
        with fresh.open("rb") as stream:
            index.write(
                stream,
                temporary,
                digest=digest,
                etag=told.get("etag", ""),
                modified=told.get("last-modified", ""),
            )
    except index.Unreadable as exc:
        raise RepositoryUnreachable(
            access.about, f"{shown(answer.url)} is no index of a Helm repository: {exc}"
        ) from exc
    temporary.replace(path)
    table = index.opened(path)
    if table is None:
        raise RepositoryUnreachable(access.about, f"{path} cannot be read: look at its disk")
    return table


def _not_there(access: Access, answer: Answer) -> Exception:
    error = refused(access, answer)
    if isinstance(error, NotFound):
        return NotFound(
            access.about,
            f"{shown(answer.url)} does not exist: spec.url is the URL that `helm repo add` takes",
        )
    return error


def _since(table: Table | None) -> dict[str, str]:
    """What makes the server leave out an index that we have."""
    if table is None:
        return {}
    told = {"If-None-Match": table.etag, "If-Modified-Since": table.modified}
    return {name: value for name, value in told.items() if value}


def _index_url(access: Access) -> str:
    return f"{access.url.address.rstrip('/')}/index.yaml"
