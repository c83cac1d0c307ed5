"""Which workers live: each signs on the broker's server every few seconds, with what it offers.

A ping would take a second to find out, and counts only who answers in time. Names are Celery's
(``worker-1@host``), times are the server's. Who does not sign any more is gone.

Clients are redis-py's as kombu gives them: all goes by EVAL, the one command of which kombu leaves
the keys as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from syncline.contract import queues

KEY = f"{queues.BROKER_PREFIX}workers"
"""Hash: worker → ``<time> <JSON of slots and lanes>``."""

EVERY = 10.0  # seconds between two signatures
GONE = 35  # seconds after which a worker that did not sign is gone: three were missed

_SIGN = "redis.call('HSET', KEYS[1], ARGV[1], redis.call('TIME')[1] .. ' ' .. ARGV[2])"
_LEAVE = "redis.call('HDEL', KEYS[1], ARGV[1])"
_PRESENT = """
local now, rows, out = tonumber(redis.call('TIME')[1]), redis.call('HGETALL', KEYS[1]), {}
for i = 1, #rows, 2 do
  local at, offer = string.match(rows[i + 1], '^(%d+) (.*)$')
  if now - tonumber(at) < tonumber(ARGV[1]) then
    out[#out + 1] = rows[i]
    out[#out + 1] = offer
  else
    redis.call('HDEL', KEYS[1], rows[i])
  end
end
return out
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker, and what it offers."""

    name: str
    slots: int  # tasks at once
    lanes: tuple[str, ...]

    @property
    def host(self) -> str:
        """The machine, or container, whose disk it uses."""
        return self.name.partition("@")[2]


def sign(client: Any, worker: Worker) -> None:
    """Say that a worker lives."""
    offer = orjson.dumps({"slots": worker.slots, "lanes": worker.lanes})
    client.eval(_SIGN, 1, KEY, worker.name, offer)


def leave(client: Any, name: str) -> None:
    """Say that a worker ends; a killed one goes by itself."""
    client.eval(_LEAVE, 1, KEY, name)


def present(client: Any) -> list[Worker]:
    """Return the workers that live, by name."""
    flat = client.eval(_PRESENT, 1, KEY, GONE)
    offers = zip(flat[::2], map(orjson.loads, flat[1::2]), strict=True)
    found = [
        Worker(name=_text(name), slots=int(offer["slots"]), lanes=tuple(offer["lanes"]))
        for name, offer in offers
    ]
    return sorted(found, key=lambda worker: worker.name)


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
