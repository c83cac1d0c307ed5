"""Many webhooks for one commit, over HTTP: a few look-ups, and one run of each target."""

import json
import time
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.fleet import checks, cost
from tests.fleet.world import Figures, World, since

CONNECTIONS = 4
HOOK = "/api/v1/hooks/generic"


def storm(world: World, asked: Namespace) -> Figures:
    """One commit that is told of ``asked.deliveries`` times; gives look-ups, runs, and their cost.

    Raises:
        AssertionError: more than a look-up a second, or a target that ran not once.
    """
    found: Figures = {"deliveries": asked.deliveries}
    before = world.redis.tally()
    world.commit()

    def work() -> None:
        begun = time.perf_counter()
        _deliver(world, asked.deliveries)
        found["delivered_s"] = since(begun)
        world.settle()
        world.wait(world.redis.is_looked_up, "no look-up that a webhook waits for")

    figures = cost.of(world, work)
    return {**found, **_counted(world, before, found["delivered_s"]), **figures}


def _counted(world: World, before: dict[str, int], seconds: float) -> Figures:
    after = world.redis.tally()
    look_ups = sum(cost.grown(after, before, "tasks:lookup:").values())
    ended = cost.grown(after, before, "runs:")
    runs = sum(ended.values())
    most = 2 + int(seconds)  # at once, then one each second, and one for the last delivery
    assert 1 <= look_ups <= most, f"{look_ups} look-ups in {seconds} s: at most {most} are allowed"
    assert runs == world.fleet.targets, f"{runs} runs of {world.fleet.targets} targets: {ended}"
    return {"look_ups": look_ups, "runs_made": runs, **checks.everything(world)}


def _deliver(world: World, deliveries: int) -> None:
    """As a Git host does that sends again and again: by a few connections, which are kept."""
    shares = [len(range(first, deliveries, CONNECTIONS)) for first in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for _ in threads.map(lambda share: _send(world, share), shares):
            pass  # an error of a thread is raised here


def _send(world: World, deliveries: int) -> None:
    headers = {
        "Authorization": world.product.http.headers["Authorization"],
        "Content-Type": "application/json",
    }
    body = json.dumps({"repository": world.url})
    connection = HTTPConnection(urlsplit(str(world.product.http.base_url)).netloc, timeout=60)
    for _ in range(deliveries):
        connection.request("POST", HOOK, body, headers)
        answer = connection.getresponse()
        told = answer.read()
        assert answer.status == HTTPStatus.ACCEPTED, f"{HOOK}: {answer.status}: {told[:200]!r}"
    connection.close()
