"""Discovery documents that several clusters of this process answered with.

The clusters of a fleet serve much the same. An API server's ETag is a digest of what it serves, so
what one cluster sent need not be sent by the next: it is asked whether it serves the same, and
what was read is shared. An ETag that is not the digest says nothing about another server, and is
left to the cluster that it came from: a hostile one could say what others serve.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

from syncline_workers.cluster.served import Document

MOST = 64
"""Documents kept: a fleet has few sorts of clusters, and two documents for each."""

_BEGIN = b'"metadata":'  # what follows the type of a document


class Alike:
    """Documents by path and ETag, the last used first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str], Document] = OrderedDict()

    def newest(self, path: str) -> tuple[str, Document | None]:
        """The ETag that a cluster answered with last, and what it stands for; or ``""``."""
        with self._lock:
            for (where, tag), document in reversed(self._kept.items()):
                if where == path:
                    return tag, document
        return "", None

    def find(self, path: str, tag: str) -> Document | None:
        """What this ETag stands for, if some cluster answered with it."""
        with self._lock:
            found = self._kept.get((path, tag))
            if found is not None:
                self._kept.move_to_end((path, tag))
            return found

    def keep(self, path: str, tag: str, document: Document, *, body: bytes) -> None:
        """Note what an ETag stands for, where the body proves that it does so elsewhere."""
        if not _is_digest(tag, body):
            return
        with self._lock:
            self._kept[path, tag] = document
            self._kept.move_to_end((path, tag))
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)


def _is_digest(tag: str, body: bytes) -> bool:
    """Whether an ETag is what kube-apiserver makes: SHA-512 of the document without its type."""
    _, begin, rest = body.partition(_BEGIN)
    content = b"{" + begin + rest.rstrip()
    return tag == f'"{hashlib.sha512(content).hexdigest().upper()}"'


EVERYWHERE = Alike()
"""What this process has seen. A fork keeps it: it holds no connection."""
