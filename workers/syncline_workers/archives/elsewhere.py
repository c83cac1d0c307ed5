"""Releases of a Helm repository that its index says are in a registry: ``oci://host/name:1.2.3``.

The registry is whatever the index says. So it is a host that nobody's document names, it gets a
credential only below its ``urlPrefix``, and never the client certificate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline_workers.archives import access as accesses
from syncline_workers.archives.access import Access
from syncline_workers.archives.site import Site

SCHEME: Final = "oci://"

_CLIENT: Final = dict.fromkeys(("certificate_ref", "key_ref", "passphrase_ref"))


def site(access: Access, url: str) -> tuple[Site, str]:
    """Give the place in the registry, and the tag.

    Raises:
        InvalidDocument: the URL cannot be read.
    """
    place, _, tag = url.removeprefix(SCHEME).rpartition(":")
    if not place or "/" in tag or "@" in place:
        raise InvalidDocument(access.about, f"its index leads to {url[:200]}, which has no tag")
    written = f"{access.url.scheme}://{place}"  # as well guarded as the index itself
    try:
        there = giturl.parse(written)
    except InvalidDocument as exc:
        raise InvalidDocument(
            access.about, f"its index leads to {exc.subject!r} {exc.detail}"
        ) from exc
    spec, covered = access.spec, accesses.covers(access, written)
    changes = {
        "credential": spec.credential if covered else None,
        "tls": spec.tls.model_copy(update=_CLIENT) if spec.tls else None,
    }
    reached = replace(access, url=there, spec=spec.model_copy(update=changes), is_named=False)
    return Site(reached, "/".join(there.segments)), tag
