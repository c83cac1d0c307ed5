"""The load: commits all the time, the webhook of each, and syncs over the API, in a thread.

Who pushes and who syncs tries again until the API has answered, as a Git host and a person do; a
sync goes by an idempotency key, so that it is one operation however often it was asked for.
"""

import random
import threading
import time
from http import HTTPStatus
from typing import Any

import httpx

from tests.chaos.desired import Desired
from tests.chaos.plan import Plan
from tests.chaos.roles import Roles
from tests.harness.workrepo import WorkRepo

TIMEOUT = 5.0  # seconds for one request


class Load:
    """Runs from `start` to `stop`; `settle` then asks what is still owed."""

    def __init__(
        self, plan: Plan, roles: Roles, desired: Desired, work: WorkRepo, url: str
    ) -> None:
        self._plan = plan
        self._desired = desired
        self._work = work
        self._repository = url
        self._luck = random.Random(plan.seed + 1)
        self._owes_hook = False
        self._owed: list[tuple[str, dict[str, Any]]] = []  # syncs: key and body
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failed: Exception | None = None
        self.head = ""
        self.commits = 0
        self.asked = 0
        self.cancelled = 0
        self.operations: set[str] = set()
        token = roles.data.token.read_text().strip()
        self.http = httpx.Client(
            base_url=f"{roles.url}/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
        )

    def begin(self) -> None:
        """Declare everything, before anything goes wrong."""
        self._push("begin", self._desired.begin(self._repository))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        if self.failed is not None:
            raise self.failed

    def settle(self) -> bool:
        """Send what no API has answered yet; whether nothing is owed any more."""
        if self._owes_hook:
            answer = self._post("hooks/generic", {"repository": self._repository})
            self._owes_hook = answer is None
        for key, body in list(self._owed):
            answer = self._post("operations", body, key)
            if answer is None:
                return False
            self._owed.remove((key, body))
            if answer.status_code == HTTPStatus.ACCEPTED:
                self.operations.add(answer.json()["name"])
        return not self._owes_hook and not self._owed

    def _run(self) -> None:
        try:
            self._go_on()
        except Exception as exc:  # noqa: BLE001 - raised again by `stop`
            self.failed = exc

    def _go_on(self) -> None:
        now = time.monotonic()
        commit_at, sync_at = now, now
        while not self._over.wait(0.05):
            now = time.monotonic()
            if now >= commit_at:
                commit_at = now + self._luck.expovariate(1 / self._plan.commits_every)
                self._push(*self._desired.change())
            if now >= sync_at:
                sync_at = now + self._luck.expovariate(1 / self._plan.syncs_every)
                self._ask()
            self.settle()

    def _push(self, what: str, files: Any) -> None:
        self.head = self._work.publish(what, files)
        self.commits += 1
        self._owes_hook = True

    def _ask(self) -> None:
        self.asked += 1
        apps = sorted(self._desired.apps)
        bodies: list[dict[str, Any]] = [
            {"applications": [self._luck.choice(apps)]},
            {"applications": self._luck.sample(apps, 3), "full": True},
            {"all": True, "concurrency": 3},
            {"all": True, "dryRun": True},
        ]
        body = self._luck.choices(bodies, (4, 2, 1, 1))[0] | {"reason": "chaos"}
        self._owed.append((f"chaos-{self._plan.seed}-{self.asked}", body))
        if self.operations and self._luck.random() < 0.1:
            uid = self._luck.choice(sorted(self.operations))
            self.cancelled += (
                self._post(f"operations/{uid}/cancel", {"reason": "chaos"}) is not None
            )

    def _post(self, path: str, body: dict[str, Any], key: str = "") -> httpx.Response | None:
        """None where no API gave a definite answer."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            answer = self.http.post(path, json=body, headers=headers)
        except httpx.HTTPError:
            return None
        return None if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else answer
