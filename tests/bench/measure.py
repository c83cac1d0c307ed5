"""The measurements: install, change, one of many, steady state; each beside the floor."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench import manifests
from tests.bench.floor import Floor
from tests.bench.product import Product
from tests.bench.watch import Watch
from tests.harness.apiserver import ApiServer
from tests.harness.poll import until
from tests.harness.workrepo import WorkRepo

_INGRESSES = f"/apis/networking.k8s.io/v1/namespaces/{manifests.NAMESPACE}/ingresses"
_DEPLOYMENTS = f"/apis/apps/v1/namespaces/{manifests.NAMESPACE}/deployments"


@dataclass(frozen=True)
class Row:
    """One figure: wall seconds and Syncline's CPU seconds, for so many applications."""

    what: str
    applications: int
    seconds: float
    cpu: float
    floor: float  # seconds of the bare client for the same objects
    roles: Mapping[str, float]  # cpu by role

    def as_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "ratio": round(self.seconds / self.floor, 2) if self.floor else None,
            "applications_per_second": round(self.applications / self.seconds, 1),
            "cpu_ms_per_application": round(1000 * self.cpu / self.applications, 2),
        }


@dataclass(frozen=True)
class Bench:
    """Everything that the measurements use."""

    product: Product
    server: ApiServer
    token: str
    work: WorkRepo
    url: str
    floor: Floor

    def install(self, count: int) -> Row:
        """From ``git push`` and webhook to the last new object, applications declared before."""
        watch = Watch(self.server, self.token, _INGRESSES, lambda _: True)
        files = _files(count, "1.0.0")
        row = self._measure("first install", count, watch, lambda: self.work.publish("1", files))
        watch.close()
        self._settle(count)
        return row(self.floor.install(count, version="1.0.0"))

    def change(self, count: int, version: str) -> Row:
        """A commit that changes one field in every application of a fleet at rest."""
        self._rest(count)
        watch = Watch(self.server, self.token, _DEPLOYMENTS, _has(version))
        files = _files(count, version)
        row = self._measure("change", count, watch, lambda: self.work.publish(version, files))
        watch.close()
        self._settle(count)
        return row(self.floor.change(count, version=version))

    def one_of(self, count: int, times: int) -> list[float]:
        """Seconds from the trigger to the applied object, for commits that touch one of many."""
        found = []
        for number in range(times):
            version = f"9.{number}.0"
            watch = Watch(self.server, self.token, _DEPLOYMENTS, _has(version))
            path = f"{manifests.directory(number % count)}/app.yaml"
            self.work.publish(version, {path: manifests.text(number % count, version=version)})
            begun = time.perf_counter()
            self.product.hook(self.url)
            found.append(watch.wait(1, within=60) - begun)
            watch.close()
        return found

    def steady(self, count: int, seconds: float) -> dict[str, float]:
        """CPU milliseconds for each target and interval of 3 minutes by role, nothing to do."""
        self._rest(count)
        before, begun = self.product.cpu(), time.perf_counter()
        time.sleep(seconds)
        spent, passed = _less(self.product.cpu(), before), time.perf_counter() - begun
        share = 1000 / count * (180.0 / passed)
        return {role: round(seconds * share, 3) for role, seconds in spent.items()}

    def _measure(
        self, what: str, count: int, watch: Watch, push: Callable[[], object]
    ) -> Callable[[float], Row]:
        push()
        cpu, begun = self.product.cpu(), time.perf_counter()
        self.product.hook(self.url)
        seconds = watch.wait(count, within=600) - begun
        self._synced(count)
        spent = _less(self.product.cpu(), cpu)
        cost = round(sum(spent.values()), 3)
        return lambda floor: Row(what, count, round(seconds, 3), cost, round(floor, 3), spent)

    def _synced(self, count: int) -> None:
        def synced() -> bool:
            return self.product.summary()["sync"]["Synced"] == count

        until(synced, within=120, what=f"{count} targets Synced", every=0.2)

    def _rest(self, count: int) -> None:
        """Wait for the controllers too: they write some 20 statuses a second, of both sides."""

        def at_rest() -> bool:
            listed = self.server.call("GET", "/apis/apps/v1/deployments")["items"]
            seen = all(
                each.get("status", {}).get("observedGeneration") == each["metadata"]["generation"]
                for each in listed
            )
            return seen and self.product.summary()["health"].get("Healthy") == count

        until(at_rest, within=900, what=f"{count} healthy targets, and idle controllers", every=3)

    def _settle(self, count: int) -> None:
        """Let nothing of the one side run while the other is measured."""
        self._synced(count)
        until(
            lambda: not self.product.summary()["phases"].get("running"),
            within=60,
            what="no run in flight",
            every=0.2,
        )


def _files(count: int, version: str) -> dict[str, str | bytes | None]:
    return {
        f"{manifests.directory(n)}/app.yaml": manifests.text(n, version=version)
        for n in range(count)
    }


def _less(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {role: round(seconds - before.get(role, 0), 3) for role, seconds in after.items()}


def _has(version: str) -> Callable[[dict[str, Any]], bool]:
    def check(live: dict[str, Any]) -> bool:
        image: str = live["spec"]["template"]["spec"]["containers"][0]["image"]
        return image.endswith(f":{version}")

    return check
