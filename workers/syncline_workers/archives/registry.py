"""A registry, as the OCI distribution specification has it: manifests, tags and blobs.

Nothing that comes is believed: a manifest and a blob are what their digests say.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from syncline.errors import LimitExceeded, NotFound, RepositoryUnreachable
from syncline_workers import scratch, tallies
from syncline_workers.archives import site as sites
from syncline_workers.archives import unpacking
from syncline_workers.archives.access import shown
from syncline_workers.archives.asking import Answer, Asker, Question, refused
from syncline_workers.archives.grants import Grants
from syncline_workers.archives.site import Site

PAGE: Final = 1000
"""Tags that are asked for at once."""

PAGES: Final = 100
"""Answers that a list of tags may take."""

MANIFEST: Final = 4_000_000
"""Bytes of a manifest: the specification's own limit."""

IMAGE: Final = "application/vnd.oci.image.manifest.v1+json"
_DOCKER: Final = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_ACCEPT: Final = {"Accept": ", ".join((IMAGE, _DOCKER, *INDEXES))}
_TAGS: Final = 4_000_000  # bytes of one answer
_NEXT: Final = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?', re.IGNORECASE)
_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
_ABSENT: Final = 404
_REFUSED: Final = 401
_FAILED: Final = 400
_WITHOUT: Final = (400, 404, 405)  # what registries say that do not list referrers


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest whose bytes have its digest."""

    digest: str  # 64 digits
    value: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Its media type."""
        return str(self.value.get("mediaType") or (IMAGE if "layers" in self.value else INDEXES[0]))

    def listed(self, name: str) -> list[Mapping[str, Any]]:
        """Its layers, or the manifests of an index."""
        found = self.value.get(name)
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    @property
    def annotations(self) -> Mapping[str, str]:
        """What was written on it."""
        found = self.value.get("annotations")
        given = found.items() if isinstance(found, dict) else ()
        return {str(name): str(value) for name, value in given}


class Registry:
    """All registries, as this process knows them. Safe to use from several threads."""

    def __init__(self, asker: Asker) -> None:
        self._asker, self._grants = asker, Grants(asker)

    def head(self, site: Site, tag: str) -> str | None:
        """Give the digest that a tag means, None where there is no such tag."""
        url = site.url(f"manifests/{tag}")
        question = Question(url=url, most=MANIFEST, method="HEAD", headers=_ACCEPT)
        answer = self._asked(site, question)
        if answer.status == _ABSENT:
            return None
        if answer.status >= _FAILED:
            raise refused(site.access, answer)
        told = _DIGEST.fullmatch(answer.headers.get("docker-content-digest", ""))
        return told[1] if told else hashlib.sha256(self._manifest(site, tag)).hexdigest()

    def manifest(self, site: Site, digest: str) -> Manifest:
        """Read a manifest.

        Raises:
            NotFound: there is none.
            RepositoryUnreachable: what came is another one.
        """
        body = self._manifest(site, f"sha256:{digest}")
        came = hashlib.sha256(body).hexdigest()
        if came != digest:
            raise RepositoryUnreachable(
                site.access.about, f"{site} gave sha256:{came} for sha256:{digest}"
            )
        value = sites.read(site, body)
        return Manifest(digest, value)

    def blob(self, site: Site, descriptor: Mapping[str, Any], into: Path, *, most: int) -> None:
        """Write a blob to a file.

        Raises:
            LimitExceeded: it is larger than ``most``.
            RepositoryUnreachable: what came is another one.
        """
        digest = str(descriptor.get("digest"))
        url = site.url(f"blobs/{digest}")
        if not _DIGEST.fullmatch(digest):
            raise RepositoryUnreachable(site.access.about, f"{site} names the blob {digest!r}")
        with into.open("wb") as file:
            answer = self._asked(site, Question(url=url, most=most, into=file))
        if answer.status >= _FAILED:
            raise refused(site.access, answer)
        came = unpacking.digest_of(into)
        if f"sha256:{came}" != digest:
            raise RepositoryUnreachable(
                site.access.about, f"{site} gave sha256:{came} for {digest}: it is damaged"
            )

    def read(self, site: Site, descriptor: Mapping[str, Any], *, most: int) -> bytes:
        """Give a small blob's bytes.

        Raises:
            As `blob`.
        """
        with scratch.directory("tree") as private:
            self.blob(site, descriptor, private / "blob", most=most)
            return (private / "blob").read_bytes()

    def referrers(self, site: Site, digest: str) -> list[Mapping[str, Any]]:
        """List the manifests that refer to one; registries without that list have a tag for it."""
        url = site.url(f"referrers/sha256:{digest}")
        answer = self._asked(site, Question(url=url, most=MANIFEST))
        if answer.status < _FAILED:
            return Manifest("", sites.read(site, answer.body)).listed("manifests")
        if answer.status not in _WITHOUT:
            raise refused(site.access, answer)
        tagged = self.head(site, f"sha256-{digest}")
        return [] if tagged is None else self.manifest(site, tagged).listed("manifests")

    def tags(self, site: Site) -> list[str]:
        """List all tags.

        Raises:
            NotFound: there is no such repository.
            LimitExceeded: there are too many.
        """
        found: list[str] = []
        url = site.url(f"tags/list?n={PAGE}")
        tallies.count(tallies.TAGS)
        for _ in range(PAGES):
            answer = self._asked(site, Question(url=url, most=_TAGS))
            if answer.status >= _FAILED:
                raise refused(site.access, answer)
            listed = sites.read(site, answer.body).get("tags")
            found += [str(tag) for tag in listed] if isinstance(listed, list) else []
            following = _NEXT.search(answer.headers.get("link", ""))
            if not following:
                return found
            url = urljoin(url, following[1])
            if not site.holds(url):
                raise RepositoryUnreachable(
                    site.access.about, f"{site} lists tags elsewhere: {shown(url)}"
                )
        raise LimitExceeded(site.access.about, f"{site} has more than {len(found)} tags")

    def _manifest(self, site: Site, reference: str) -> bytes:
        url = site.url(f"manifests/{reference}")
        answer = self._asked(site, Question(url=url, most=MANIFEST, headers=_ACCEPT))
        if answer.status == _ABSENT:
            raise NotFound(site.access.about, f"{site} has no {reference}")
        if answer.status >= _FAILED:
            raise refused(site.access, answer)
        return answer.body

    def _asked(self, site: Site, question: Question) -> Answer:
        """Ask, as the registry wanted it the last time, and once more as it wants it now."""
        answer = self._sent(site, question, self._grants.known(site))
        if answer.status != _REFUSED:
            return answer
        wanted = self._grants.wanted(site, answer)
        return self._sent(site, question, wanted) if wanted else answer

    def _sent(self, site: Site, question: Question, header: str) -> Answer:
        def authorization(url: str) -> str:
            return header if site.holds(url) else ""

        if question.into is not None:
            question.into.seek(0)
            question.into.truncate()
        return self._asker.ask(site.access, replace(question, authorization=authorization))
