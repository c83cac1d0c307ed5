"""One API server as a test sees it, the real one or the simulator: an address and a token."""

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

NUMBERS = count(1)
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; `body` is decoded where it is JSON."""

    code: int
    body: Any

    @property
    def managers(self) -> dict[str, Any]:
        """Manager's name → its fields, of the object in the body."""
        entries = self.body["metadata"].get("managedFields", [])
        return {entry["manager"]: entry["fieldsV1"] for entry in entries}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where requests go."""

    name: str
    url: str
    token: str
    authority: str = ""

    @classmethod
    def from_kubeconfig(cls, name: str, path: Path) -> "Backend":
        """The current context of a kubeconfig."""
        config = yaml.safe_load(path.read_text())
        cluster = config["clusters"][0]["cluster"]
        return cls(
            name=name,
            url=cluster["server"],
            token=config["users"][0]["user"]["token"],
            authority=cluster.get("certificate-authority-data", ""),
        )

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        kind: str = JSON,
        accept: str = JSON,
        timeout: float = 30,
        **params: str,
    ) -> Answer:
        """One request; any status code is an answer."""
        query = f"?{urlencode(params)}" if params else ""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}{query}", data=raw, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", kind)
        request.add_header("Accept", accept)
        request.add_header("User-Agent", "conformance/1.0")
        try:
            with self._opener().open(request, timeout=timeout) as answer:
                return Answer(answer.status, decoded(answer.read()))
        except urllib.error.HTTPError as exc:
            with exc:
                return Answer(exc.code, decoded(exc.read()))

    def apply(self, path: str, body: object, manager: str = "syncline", **params: str) -> Answer:
        """A server-side apply."""
        return self("PATCH", path, body, kind=APPLY, fieldManager=manager, **params)

    def fresh_namespace(self) -> str:
        """A namespace that nobody has used."""
        name = f"conformance-{next(NUMBERS)}"
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        assert self("POST", "/api/v1/namespaces", body).code == 201
        return name

    def _opener(self) -> urllib.request.OpenerDirector:
        direct = urllib.request.ProxyHandler({})
        if not self.url.startswith("https"):
            return urllib.request.build_opener(direct)
        context = ssl._create_unverified_context()  # noqa: S323 - our own server, on loopback
        return urllib.request.build_opener(direct, urllib.request.HTTPSHandler(context=context))


def decoded(raw: bytes) -> Any:
    """JSON where it is JSON, else text."""
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode()
