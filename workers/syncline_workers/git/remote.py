"""Git commands that ask a server: within the repository's time limit, and with its errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from syncline.errors import LimitExceeded, RepositoryUnreachable, SynclineError
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline_workers import tallies
from syncline_workers.git import advertised, command, failures, patience
from syncline_workers.git.access import Access
from syncline_workers.git.command import Output
from syncline_workers.git.refs import Refs

_BUSY = re.compile(r"returned error: (?:429|503)")


def refs(access: Access, *, cwd: Path) -> Refs:
    """Ask which branches, tags and other names there are.

    Raises:
        RepositoryUnreachable, CredentialRefused, NotFound: as git's words mean.
    """
    tallies.count(tallies.LS_REMOTE)
    try:
        listing = advertised.listing(access)
    except TimeoutError as exc:
        raise _late(access) from exc
    except command.Flooded as exc:
        raise _endless(access) from exc
    except advertised.Refused as exc:
        said = f"The requested URL returned error: 429, Retry-After: {exc.args[0]}"
        raise explained(access, Output(1, "", said)) from exc
    if listing is not None:
        return Refs.parse(listing)
    output = call(access, ["ls-remote", "--quiet", "--end-of-options", access.url.address], cwd=cwd)
    if output.status:
        raise explained(access, output)
    return Refs.parse(output.stdout)


def call(
    access: Access,
    arguments: Sequence[str],
    *,
    cwd: Path,
    config: Mapping[str, str] | None = None,
    given: Iterable[str] | None = None,
) -> Output:
    """Run git with the repository's credential.

    Args:
        access: how the repository is reached.
        arguments: after ``git``.
        cwd: its directory.
        config: further git settings.
        given: lines for its standard input.

    Raises:
        RepositoryUnreachable: it took too long.
        LimitExceeded: the server sent endless names.
    """
    heard = patience.Heard() if access.url.scheme in ("https", "http") else None
    try:
        environment = command.configured(access.environment, config or {})
        output = command.run(
            arguments, environment, cwd=cwd, within=access.timeout, given=given, heard=heard
        )
    except command.TimedOut as exc:
        raise _late(access) from exc
    except command.Flooded as exc:
        raise _endless(access) from exc
    return _told(output, heard.after) if output.status and heard and heard.after else output


def _told(output: Output, after: int) -> Output:
    """Let git say when the host wants to be asked again."""
    said = _BUSY.sub(rf"\g<0>, Retry-After: {after}", output.stderr)
    return replace(output, stderr=said)


def _late(access: Access) -> RepositoryUnreachable:
    place = giturl.shown(access.url.address)
    return RepositoryUnreachable(
        access.about,
        f"{place} did not finish within {access.timeout:g} s: raise spec.timeout if it is "
        "large, else look at the server",
    )


def _endless(access: Access) -> LimitExceeded:
    place = giturl.shown(access.url.address)
    return LimitExceeded(
        access.about, f"{place} lists more than {command.OUTPUT} bytes of branches and tags"
    )


def explained(access: Access, output: Output) -> SynclineError:
    """Make the error that a failed command's output stands for."""
    asked = failures.Asked(
        about=access.about,
        host=_known(access.url),
        credential=access.credential,
        authorities=access.authorities,
        certificate=access.certificate,
        proxy=access.proxy.place if access.proxy else "",
        proxy_credential=(access.proxy.ref or "") if access.proxy else "",
        secrets=access.secrets,
    )
    return failures.explain(asked, output.stderr)


def _known(url: GitUrl) -> str:
    """The server's name, for ssh as known_hosts has it."""
    if url.port in (None, giturl.DEFAULT_PORTS.get(url.scheme)):
        return url.host
    return f"[{url.host}]:{url.port}" if url.scheme == "ssh" else f"{url.host}:{url.port}"
