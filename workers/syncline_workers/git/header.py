"""A token or a password as a header, under git's own ``http.<url>`` rule for one repository.

Redirects are not followed then: git would send the header along.
"""

from __future__ import annotations

import base64
from typing import Final

from syncline.errors import CredentialRefused
from syncline.model.credential import Credential
from syncline_workers.git.need import Means, Need

TOKEN_USER: Final = "x-access-token"  # noqa: S105 -- GitHub's; GitLab, Gitea and Azure take any name

_SHORTEST_MASKED = 4  # masking single letters would garble messages and hide nothing


def token(need: Need, credential: Credential) -> Means:
    """Give a token."""
    return sent(need, f"{TOKEN_USER}:{_line(need, credential)}")


def basic(need: Need, credential: Credential) -> Means:
    """Give a user and a password."""
    pair = _line(need, credential)
    if ":" not in pair:
        raise CredentialRefused(need.about, f"{credential.ref} is not user:password")
    return sent(need, pair)


def sent(need: Need, pair: str) -> Means:
    """Give ``user:password``."""
    encoded = base64.b64encode(pair.encode()).decode()
    password = pair.partition(":")[2]
    return Means(
        config={
            f"http.{need.url.address}.extraHeader": f"Authorization: Basic {encoded}",
            "http.followRedirects": "false",
        },
        secrets=tuple(s for s in (encoded, pair, password) if len(s) >= _SHORTEST_MASKED),
    )


def _line(need: Need, credential: Credential) -> str:
    secret = need.read(credential.ref).strip()
    if any(char < " " for char in secret):
        raise CredentialRefused(need.about, f"{credential.ref} holds more than one line")
    return secret
