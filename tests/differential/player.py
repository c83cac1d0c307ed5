"""Sends a sequence to one server and gives its answers, masked, so that two can be compared."""

import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.conformance import scenario
from tests.conformance.backend import JSON, Answer, Backend, decoded
from tests.conformance.masking import Mask
from tests.conformance.scenario import replaced
from tests.conformance.test_custom_resources import DEFINITIONS, definition, is_established
from tests.differential.bodies import GROUP
from tests.differential.sequences import Step
from tests.harness import poll

scenario.PATHS["Widget"] = f"/apis/{GROUP}/v1/namespaces/{{}}/widgets"
PAGES = 20
UNSEEN = {"$version": "1", "$stale": "1", "$uid": "0b3f1c1e-0000-4000-8000-000000000008"}


@dataclass(frozen=True, kw_only=True)
class Steady(Backend):
    """A backend that keeps its connection."""

    open: dict[str, http.client.HTTPConnection] = field(default_factory=dict)

    @classmethod
    def of(cls, other: Backend) -> "Steady":
        return cls(name=other.name, url=other.url, token=other.token, authority=other.authority)

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
        parts = urlsplit(self.url)
        query = f"?{urlencode(params)}" if params else ""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": kind,
            "Accept": accept,
            "User-Agent": "conformance/1.0",
        }
        raw = None if body is None else json.dumps(body).encode()
        connection = self._connection(parts.scheme, parts.netloc, timeout)
        connection.request(method, f"{parts.path}{path}{query}", raw, headers)
        got = connection.getresponse()
        return Answer(got.status, decoded(got.read()))

    def _connection(self, scheme: str, host: str, timeout: float) -> http.client.HTTPConnection:
        if host not in self.open:
            context = ssl._create_unverified_context()  # noqa: S323 - our own server, on loopback
            self.open[host] = (
                http.client.HTTPSConnection(host, timeout=timeout, context=context)
                if scheme == "https"
                else http.client.HTTPConnection(host, timeout=timeout)
            )
        return self.open[host]

    def close(self) -> None:
        for connection in self.open.values():
            connection.close()


def define(backend: Backend) -> None:
    """See that widgets are served."""
    path = f"{DEFINITIONS}/widgets.{GROUP}"
    assert backend.apply(path, definition(GROUP)).code in (200, 201)
    poll.until(
        lambda: (
            is_established(backend("GET", path))
            and backend("GET", f"/apis/{GROUP}/v1/widgets").code == 200
        ),
        within=30,
        what="widgets established",
    )


class Player:
    """Plays one sequence; what a step calls `$version` is what this server last said it was."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._namespace = backend.fresh_namespace()
        self._mask = Mask()
        self._seen: dict[str, dict[str, str]] = {}

    def play(self, steps: list[Step]) -> Iterator[Any]:
        """Each step's answers, masked: a code and a body for each page."""
        for step in steps:
            yield [self._comparable(answer) for answer in self._sent(step)]

    def _sent(self, step: Step) -> Iterator[Answer]:
        place = place_of(step)
        asked = self._resolved(step, self._seen.get(place, UNSEEN))
        for _ in range(PAGES):
            answer = scenario.send(dict(asked), self._backend, self._namespace)
            yield answer
            found = answer.body.get("metadata") if isinstance(answer.body, dict) else None
            if found and "uid" in found and "dryRun" not in step:
                self._remember(place, found)
            if "list" not in step or not found or not found.get("continue"):
                return
            asked = {**asked, "continue": found["continue"]}

    def _remember(self, place: str, found: dict[str, str]) -> None:
        first = self._seen.get(place, {}).get("$stale", found["resourceVersion"])
        self._seen[place] = {
            "$version": found["resourceVersion"],
            "$stale": first,
            "$uid": found["uid"],
        }

    def _resolved(self, value: Any, known: dict[str, str]) -> Any:
        if isinstance(value, dict):
            return {key: self._resolved(part, known) for key, part in value.items()}
        if isinstance(value, list):
            return [self._resolved(part, known) for part in value]
        if not isinstance(value, str):
            return value
        return known.get(value, value).replace("$namespace", self._namespace)

    def _comparable(self, answer: Answer) -> tuple[int, Any]:
        body = answer.body
        if isinstance(body, dict) and "items" in body:
            # Others write meanwhile: a list's own version says nothing of this sequence.
            body = {**body, "metadata": dict.fromkeys(body["metadata"], "") | counted(body)}
        return answer.code, replaced(self._mask(body), self._namespace)


def counted(body: dict[str, Any]) -> dict[str, Any]:
    """How many items a list says are left."""
    metadata = body["metadata"]
    return {k: metadata[k] for k in ("remainingItemCount",) if k in metadata}


def place_of(step: Step) -> str:
    """`Kind/name` of the object that a step is about."""
    if "of" in step:
        return "/".join(str(step["of"]).split("/")[:2])
    if "create" in step:
        return f"{step['create']['kind']}/{step['create']['metadata'].get('name')}"
    return str(step.get("get") or step.get("delete") or step.get("list"))
