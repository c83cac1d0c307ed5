"""What one kube-apiserver knows its callers by: static tokens, a service-account key, kubeconfigs.

The server makes its own CA and certificate on its first start and keeps both in `apiserver.crt`.
"""

import json
import secrets
from base64 import b64encode, encodebytes
from pathlib import Path

WORKERS = [f"worker-{number}" for number in range(1, 5)]  # administrators whom an audit log names
USERS = {"admin": "system:masters", "limited": "limited"}  # name → group; limited may do nothing
USERS |= {"granted": "granted"}  # may do what a test grants it: see `rbac`
USERS |= dict.fromkeys(WORKERS, "system:masters")


class Credentials:
    """The files of one server, in its directory."""

    def __init__(self, directory: Path) -> None:
        self.tokens = directory / "tokens.csv"
        self.service_account_key = directory / "service-account.key"
        self.certificate = directory / "apiserver.crt"
        self._directory = directory
        self._token = {user: secrets.token_hex(16) for user in USERS}
        rows = [f"{self._token[user]},{user},{user},{group}\n" for user, group in USERS.items()]
        _write(self.tokens, "".join(rows))
        _write(self.service_account_key, _private_key())

    def token(self, user: str) -> str:
        """The bearer token of one of `USERS`."""
        return self._token[user]

    def kubeconfig(self, user: str, url: str, *, token: str | None = None) -> Path:
        """A file for one of `USERS`, or for `user` with any other token: answered with 401."""
        authority = b64encode(self.certificate.read_bytes()).decode()
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": user,
            "clusters": [_named(url=url, authority=authority)],
            "users": [{"name": user, "user": {"token": token or self._token[user]}}],
            "contexts": [{"name": user, "context": {"cluster": "cluster", "user": user}}],
        }
        stem = f"{user}-with-other-token" if token else user
        path = self._directory / f"{stem}.kubeconfig"
        _write(path, json.dumps(content, indent=1))  # JSON is YAML
        return path


def _named(*, url: str, authority: str) -> dict[str, object]:
    cluster = {"server": url, "certificate-authority-data": authority}
    return {"name": "cluster", "cluster": cluster}


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _private_key() -> str:
    """A P-256 key in PEM. Only the number is random; the rest is RFC 5915's frame around it."""
    number = secrets.token_bytes(32)
    frame = bytes.fromhex("30310201010420") + number + bytes.fromhex("a00a06082a8648ce3d030107")
    body = encodebytes(frame).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n"
