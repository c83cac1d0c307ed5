"""Other repositories that a commit names by URL: where they may be, and how they are reached.

Whoever can push may write such a URL. So the document says where it may lead, and a credential goes
along only below its own prefix.
"""

from __future__ import annotations

from syncline.errors import UnsafePath
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositorySpec
from syncline_workers.git import access, policy


def is_weaker(url: GitUrl, home: GitUrl) -> bool:
    """Whether a URL is local or unencrypted, and the repository that names it is not."""
    return url.scheme in ("file", "http") and home.scheme != url.scheme


def record(name: str, url: GitUrl, repository: RepositoryRecord, home: GitUrl) -> RepositoryRecord:
    """Give what is there as a repository of its own, with what it may have of the other's access.

    Args:
        name: what errors call it.
        url: where it is.
        repository: who names it.
        home: where that one is.
    """
    spec = repository.spec
    is_same = (url.scheme, url.host, url.port) == (home.scheme, home.host, home.port)
    changed = {
        "url": url.address,
        "credential": spec.credential if _has_credential(spec, url) else None,
        "tls": spec.tls if is_same else None,
        "proxy": spec.proxy if url.scheme in ("https", "http") else None,
        "verify": None,  # the commit above names what is read, and vouches for it
    }
    return repository.model_copy(update={"name": name, "spec": spec.model_copy(update=changed)})


def base(repository: RepositoryRecord, home: GitUrl, url: GitUrl) -> RepositoryRecord:
    """Give a remote base of a kustomization, where the document allows it.

    Raises:
        UnsafePath: it does not.
    """
    about, shown = policy.subject(repository), giturl.shown(url.address)
    if not any(giturl.covers(prefix, url) for prefix in repository.spec.remote_bases):
        raise UnsafePath(about, f"{shown} is below no prefix of its spec.remoteBases")
    if is_weaker(url, home):
        raise UnsafePath(about, f"{shown} is reached from a repository at {url.scheme} only")
    found = record(f"{repository.name}, base {shown}", url, repository, home)
    return found.model_copy(update={"spec": found.spec.model_copy(update={"submodules": False})})


def _has_credential(spec: RepositorySpec, url: GitUrl) -> bool:
    credential = spec.credential
    if credential is None or not giturl.covers(credential.url_prefix, url):
        return False
    return url.scheme in access.WAYS[credential.type].protocols
