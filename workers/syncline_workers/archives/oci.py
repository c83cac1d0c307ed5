"""Charts and artifacts in a registry: which digest a tag or a version has, and what is behind it.

The digest is the manifest's: it names the layers by theirs. Which layer is taken: the chart's, or
Flux's, or the only one there is. An index of manifests is followed where it lists just one; which
of several is meant, nobody says.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from syncline.errors import NotFound, Permanent, RevisionNotFound, SynclineError
from syncline_workers.archives import cosign, naming, proofs, provenance
from syncline_workers.archives.access import Access
from syncline_workers.archives.asking import Asker
from syncline_workers.archives.naming import NEWEST, Wanted
from syncline_workers.archives.origin import LARGEST, Fetched
from syncline_workers.archives.proofs import Form, Proof
from syncline_workers.archives.registry import INDEXES, Manifest, Registry
from syncline_workers.archives.site import Site
from syncline_workers.git.refs import Resolved

CHART: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
FLUX: Final = "application/vnd.cncf.flux.content.v1.tar+gzip"
_GZIPPED: Final = ("tar+gzip", "tar.gzip")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_LATEST: Final = "latest"


class Oci:
    """Registries. Safe to use from several threads."""

    def __init__(self, asker: Asker) -> None:
        self._registry = Registry(asker)

    def resolve(self, access: Access, followed: Iterable[str]) -> Resolved:
        """Look tags, versions and ranges up; a repository's tags are listed once, if at all."""
        commits: dict[str, str] = {}
        missing: dict[str, SynclineError] = {}
        listed: dict[str, dict[str, str]] = {}
        for each in followed:
            wanted = naming.parse(each)
            try:
                commits[each] = self._meant(_site(access, wanted), wanted, listed)
            except Permanent as exc:  # of this chart: registries say 403 of what is not there
                missing[each] = exc
        return Resolved(commits=commits, missing=missing)

    def fetch(self, access: Access, wanted: Wanted, into: Path) -> Fetched:
        """Download the layer behind a manifest's digest."""
        site = _site(access, wanted)
        try:
            manifest = self._manifest(site, wanted.digest)
        except NotFound as exc:
            raise RevisionNotFound(access.about, f"{exc.detail} any more: follow another") from exc
        layer = _layer(site, manifest, wanted)
        self._registry.blob(site, layer, into, most=LARGEST)
        told = {**manifest.annotations}
        return Fetched(
            strip=layer.get("mediaType") == CHART,
            version=told.get("org.opencontainers.image.version", "")
            or told.get("org.opencontainers.image.revision", ""),
            made=_moment(told.get("org.opencontainers.image.created", "")),
        )

    def released(self, site: Site, tag: str, archive: str, into: Path) -> None:
        """Download the chart of a tag, which must have this digest.

        Raises:
            RevisionNotFound: it has another, or is none.
        """
        layer = next(iter(self._charts(site, tag, archive)), None)
        if layer is None:
            raise RevisionNotFound(
                site.access.about, f"{site}:{tag} is not the chart of the digest {archive}"
            )
        self._registry.blob(site, layer, into, most=LARGEST)

    def vouched(self, site: Site, tag: str, archive: str) -> list[Proof]:
        """Fetch the provenance file beside such a chart, if there is one."""
        if not list(self._charts(site, tag, archive)):
            return []
        return list(self._provenance(site, self._tagged(site, tag), archive))

    def _charts(self, site: Site, tag: str, archive: str) -> Iterator[Mapping[str, Any]]:
        for layer in self._tagged(site, tag).listed("layers"):
            if (layer.get("mediaType"), layer.get("digest")) == (CHART, f"sha256:{archive}"):
                yield layer

    def _tagged(self, site: Site, tag: str) -> Manifest:
        digest = self._registry.head(site, tag)
        if digest is None:
            raise RevisionNotFound(site.access.about, f"{site} has no tag {tag}")
        return self._manifest(site, digest)

    def proofs(self, access: Access, wanted: Wanted) -> list[Proof]:
        """Fetch what is said to prove a manifest: cosign's two forms, and a chart's own."""
        site = _site(access, wanted)
        found = [*self._simple(site, wanted.digest), *self._bundles(site, wanted.digest)]
        if wanted.chart:
            manifest = self._manifest(site, wanted.digest)
            archive = str(_layer(site, manifest, wanted).get("digest")).removeprefix("sha256:")
            found += self._provenance(site, manifest, archive)
        return found

    def _simple(self, site: Site, digest: str) -> Iterator[Proof]:
        tagged = self._registry.head(site, f"sha256-{digest}.sig")
        layers = [] if tagged is None else self._registry.manifest(site, tagged).listed("layers")
        for layer in layers[: proofs.MOST]:
            notes = layer.get("annotations")
            written = notes.get(cosign.ANNOTATION) if isinstance(notes, dict) else None
            if layer.get("mediaType") != cosign.SIMPLE or not isinstance(written, str):
                continue
            payload = self._registry.read(site, layer, most=proofs.LARGEST)
            with suppress(ValueError):
                yield Proof(Form.SIMPLE, digest, payload, base64.b64decode(written))

    def _bundles(self, site: Site, digest: str) -> Iterator[Proof]:
        for referrer in self._registry.referrers(site, digest)[: proofs.MOST]:
            at = str(referrer.get("digest")).removeprefix("sha256:")
            kind = str(referrer.get("artifactType"))
            if not kind.startswith(cosign.BUNDLE) or not naming.is_digest(at):
                continue
            for layer in self._registry.manifest(site, at).listed("layers")[:1]:
                payload = self._registry.read(site, layer, most=proofs.LARGEST)
                yield Proof(Form.BUNDLE, digest, payload)

    def _provenance(self, site: Site, manifest: Manifest, archive: str) -> Iterator[Proof]:
        for layer in manifest.listed("layers"):
            if layer.get("mediaType") == provenance.LAYER:
                payload = self._registry.read(site, layer, most=proofs.LARGEST)
                yield Proof(Form.PROVENANCE, archive, payload)

    def _meant(self, site: Site, wanted: Wanted, listed: dict[str, dict[str, str]]) -> str:
        """A tag of that name is meant before a range; ``+`` is written ``_`` in tags."""
        tag = wanted.revision.replace("+", "_")
        if wanted.revision != NEWEST and _TAG.fullmatch(tag):
            found = self._registry.head(site, tag)
            if found is not None:
                return found
        if site.name not in listed:
            listed[site.name] = self._versions(site)
        versions = listed[site.name]
        version = naming.best(wanted.revision, versions)
        if version is None and wanted.revision == NEWEST and _LATEST in versions:
            version = _LATEST
        found = None if version is None else self._registry.head(site, versions[version])
        if found is None:
            why = naming.absent(wanted.revision, versions, str(site))
            raise RevisionNotFound(site.access.about, why)
        return found

    def _versions(self, site: Site) -> dict[str, str]:
        """Version → tag."""
        try:
            return {tag.replace("_", "+"): tag for tag in self._registry.tags(site)}
        except NotFound as exc:
            raise RevisionNotFound(
                site.access.about,
                f"there is no {site}, or it is not for everybody: spec.url of the repository and "
                "spec.source.chart together name it",
            ) from exc

    def _manifest(self, site: Site, digest: str) -> Manifest:
        manifest = self._registry.manifest(site, digest)
        if manifest.kind not in INDEXES:
            return manifest
        inside = [each for each in manifest.listed("manifests") if not _is_attestation(each)]
        digests = [str(each.get("digest")).removeprefix("sha256:") for each in inside]
        if len(digests) != 1 or not naming.is_digest(digests[0]):
            raise RevisionNotFound(
                site.access.about,
                f"sha256:{digest} of {site} is an index of {len(digests)} manifests: follow one "
                "of them by its digest",
            )
        found = self._registry.manifest(site, digests[0])
        if found.kind in INDEXES:
            raise RevisionNotFound(site.access.about, f"{site} holds an index in an index")
        return found


def _site(access: Access, wanted: Wanted) -> Site:
    name = "/".join(part for part in (*access.url.segments, *wanted.chart.split("/")) if part)
    return Site(access, name)


def _layer(site: Site, manifest: Manifest, wanted: Wanted) -> Mapping[str, Any]:
    layers = manifest.listed("layers")
    kinds = [str(each.get("mediaType")) for each in layers]
    for kind in (CHART,) if wanted.chart else (CHART, FLUX):
        if kinds.count(kind) == 1:
            return layers[kinds.index(kind)]
    if not wanted.chart and len(layers) == 1 and kinds[0].endswith(_GZIPPED):
        return layers[0]
    what = "no chart" if wanted.chart else "no artifact of manifests"
    raise RevisionNotFound(
        site.access.about,
        f"sha256:{manifest.digest} of {site} is {what}: its layers are {', '.join(kinds) or '—'}",
    )


def _is_attestation(descriptor: Mapping[str, Any]) -> bool:
    """Builders put what they attest beside what they built."""
    platform = descriptor.get("platform")
    return isinstance(platform, dict) and platform.get("os") == "unknown"


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
