"""A GitHub App as a credential: its key signs a statement, for which GitHub gives a token.

The token may read contents and nothing else, whatever the app may do, and is sent like any other:
below the credential's prefix alone. The statement goes to the API of the same GitHub.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    RepositoryUnreachable,
    SynclineError,
)
from syncline.model.credential import Credential, GitHubApp
from syncline.model.giturl import GitUrl
from syncline_workers.git import certificates, header, keys, proxies
from syncline_workers.git.apptokens import Token
from syncline_workers.git.need import Means, Need

if TYPE_CHECKING:
    import urllib3

SECONDS: Final = 15.0
"""For one answer of the API."""

_PUBLIC: Final = "github.com"
_CLOUD: Final = ".ghe.com"
_BACK, _AHEAD = 60, 540  # seconds that a statement holds before and after now; GitHub allows 600
_LONGEST = 100_000  # bytes of an answer
_QUOTED = 200  # characters
_HEADERS: Final = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "syncline",
}
_CREATED, _UNAUTHORISED, _FORBIDDEN, _NOT_FOUND, _UNPROCESSABLE = 201, 401, 403, 404, 422
_TOO_MANY, _BROKEN = 429, 500


def token(need: Need, credential: Credential) -> Means:
    """Give an installation's token.

    Raises:
        CredentialRefused: the key cannot be used, or GitHub refuses the app.
        RepositoryUnreachable: GitHub's API did not answer.
        InvalidDocument: the API's URL is not encrypted.
    """
    app = credential.github
    assert app is not None  # noqa: S101 -- the document has it with this type
    api = _api(need, app)
    key = need.read(credential.ref)
    parts = (api, str(app.app_id), str(app.installation_id), key)
    name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    tokens = need.tokens
    value = tokens.get(name, lambda: _minted(need, credential, app, api))
    sent = header.sent(need, f"{header.TOKEN_USER}:{value}")
    return sent.and_(Means(refused=lambda: tokens.refused(name)))


def _api(need: Need, app: GitHubApp) -> str:
    found = (app.api_url or _usual(need.url)).rstrip("/")
    if found.startswith("http://") and need.url.scheme != "http":
        raise InvalidDocument(
            need.about, f"spec.credential.github.apiUrl {found} is not encrypted: use https://"
        )
    return found


def _usual(url: GitUrl) -> str:
    """Where GitHub's API is, by the host of its repositories."""
    port = f":{url.port}" if url.port else ""
    if url.host == _PUBLIC or url.host.endswith(_CLOUD):
        return f"{url.scheme}://api.{url.host}{port}"
    return f"{url.scheme}://{url.host}{port}/api/v3"


def _minted(need: Need, credential: Credential, app: GitHubApp, api: str) -> Token:
    statement = _statement(need, credential, app)
    now = time.time()
    status, found = _asked(need, api, app, statement)
    if status == _CREATED and isinstance(found.get("token"), str):
        return Token(found["token"], now, _end(str(found.get("expires_at")), now))
    said = str(found.get("message") or f"status {status}")[:_QUOTED].replace(statement, "***")
    raise _refusal(need, credential, app, status, said)


def _statement(need: Need, credential: Credential, app: GitHubApp) -> str:
    import jwt  # noqa: PLC0415 -- few need it
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    key = keys.opened(need, credential.ref, None, where="spec.credential.passphraseRef")
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CredentialRefused(
            need.about, f"{credential.ref} is no RSA key, as GitHub gives for an app"
        )
    now = int(time.time())
    claims = {"iat": now - _BACK, "exp": now + _AHEAD, "iss": str(app.app_id)}
    return jwt.encode(claims, key, algorithm="RS256")


def _asked(need: Need, api: str, app: GitHubApp, statement: str) -> tuple[int, dict[str, Any]]:
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 -- few need it

    url = f"{api}/app/installations/{app.installation_id}/access_tokens"
    try:
        with _pool(need, url) as pool:
            answer = pool.request(
                "POST",
                url,
                headers={**_HEADERS, "Authorization": f"Bearer {statement}"},
                body=json.dumps({"permissions": {"contents": "read"}}),
                timeout=SECONDS,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            body = answer.read(_LONGEST)
    except (HTTPError, OSError) as exc:
        raise RepositoryUnreachable(
            need.about, f"GitHub's API {api} did not answer: {str(exc)[:_QUOTED]}"
        ) from exc
    try:
        found = json.loads(body)
    except ValueError:
        found = {}
    return answer.status, found if isinstance(found, dict) else {}


def _pool(need: Need, url: str) -> urllib3.PoolManager:
    import urllib3  # noqa: PLC0415 -- few need it

    options: dict[str, Any] = {"ssl_context": _tls(need)}
    proxy = need.proxy
    if proxy is None:
        address = proxies.inherited(url, need.environment)
        if address:
            return proxies.pool_at(address, **options)
    elif not proxies.is_passed_by(urllib3.util.parse_url(url).host or "", proxy.no_proxy):
        given = proxies.pair(need.about, proxy.ref, need.read) if proxy.ref else None
        return proxies.pool(proxy, given, **options)
    return urllib3.PoolManager(**options)


def _tls(need: Need) -> ssl.SSLContext:
    """What git trusts and shows for the same repository."""
    own = need.private / certificates.AUTHORITIES
    authorities = str(own) if own.exists() else need.environment.get("GIT_SSL_CAINFO")
    made = ssl.create_default_context(cafile=authorities)
    shown = need.private / certificates.CERTIFICATE
    if shown.exists():
        made.load_cert_chain(shown, need.private / certificates.KEY)
    return made


def _end(text: str, now: float) -> float:
    """When a token ends; an hour is GitHub's rule."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return now + 3600


def _refusal(
    need: Need, credential: Credential, app: GitHubApp, status: int, said: str
) -> SynclineError:
    told = f"GitHub answered {status}: {said}"
    if status >= _BROKEN or status == _TOO_MANY or "rate limit" in said.lower():
        return RepositoryUnreachable(need.about, f"no token for app {app.app_id}: {told}")
    steps = {
        _UNAUTHORISED: f"check github.appId, that {credential.ref} is a key of this app, and the "
        "worker's clock",
        _FORBIDDEN: "see whether the installation is suspended",
        _NOT_FOUND: f"check github.installationId {app.installation_id}: the number at the end of "
        "the URL of the installation's settings",
        _UNPROCESSABLE: "give the app the permission Contents: read, and have its owner accept it",
    }
    step = steps.get(status, "check github.apiUrl")
    return CredentialRefused(need.about, f"no token for app {app.app_id}: {step}; {told}")
