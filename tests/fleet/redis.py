"""What the store's Redis tells of itself: memory, and its longest calls, by script."""

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from syncline.settings import StoreSettings
from syncline.store import keys
from syncline.store.scripting import Scripts, names
from tests.bench.results import built
from tests.fleet.declared import REPOSITORY

FROM = 2_000  # microseconds: calls that Redis is to remember
SOON = 60.0  # seconds: look-ups that webhooks ask for come within one
SAMPLE = 20_000  # keys whose memory is asked for


@dataclass(frozen=True)
class RedisView:
    """A connection of our own to the embedded Redis of `syncline up`."""

    client: Any
    scripts: dict[str, str]  # digest → name
    goes_first: bool  # calls are timed by the clock: whether theirs is Redis's own time

    @classmethod
    def of(cls, data: Path) -> "RedisView":
        password = (data / "redis-password").read_text().strip()
        port = int((data / "redis" / "port").read_text())
        client = redis.Redis(port=port, password=password, decode_responses=True, protocol=2)
        client.config_set("slowlog-log-slower-than", FROM)
        client.config_set("slowlog-max-len", 10_000)
        known = Scripts(StoreSettings())
        scripts = {known._learn(name)[0]: name for name in names()}
        return cls(client, scripts, _goes_first(client.info("server")["process_id"]))

    def now(self) -> float:
        seconds, micros = self.client.time()
        return float(seconds) + micros / 1e6

    def folded(self, commit: str) -> bool:
        """Whether every target has been told of this commit."""
        return bool(self.client.hget(keys.SEEN(REPOSITORY), "main") == commit)

    def is_looked_up(self) -> bool:
        """Whether no webhook's look-up is due: the next one is that of the interval, an hour."""
        uid = self.client.hget(keys.NAMES("Repository"), REPOSITORY)
        at = self.client.zscore(keys.DUE(), f"lookup:{uid}")
        return bool(at is not None and at > self.now() + SOON)

    def at_rest(self) -> int:
        """How many targets are Synced and neither wait nor run; asks no role of Syncline."""
        key = keys.COUNTS("fleet")
        synced, idle = self.client.hmget(key, "sync:Synced", "phase:idle")
        return min(int(synced or 0), int(idle or 0))

    def idle(self, clusters: list[str]) -> int:
        """How many targets of these clusters neither wait nor run."""
        uids = self.client.hmget(keys.NAMES("Cluster"), clusters)
        with self.client.pipeline(transaction=False) as pipe:
            for uid in uids:
                pipe.hget(keys.COUNTS(uid), "phase:idle")
            return sum(int(count or 0) for count in pipe.execute())

    def built(self) -> str:
        """Which server it is, and with which allocator."""
        return built(self.client)

    def used(self) -> int:
        """Bytes in use."""
        return int(self.client.info("memory")["used_memory"])

    def of_fleet(self) -> int:
        """Bytes that grow with the fleet: without the server itself, its clients and streams."""
        info = self.client.info("memory")
        apart = ("used_memory_startup", "used_memory_vm_eval", "used_memory_scripts")
        clients = ("mem_clients_normal", "mem_clients_slaves", "mem_aof_buffer")
        held = sum(int(info.get(name, 0)) for name in (*apart, *clients))
        return int(info["used_memory"]) - held - self.streams()

    def streams(self) -> int:
        """Bytes of the streams: they are bounded, and do not grow with the fleet."""
        found = (self.client.memory_usage(key(), samples=0) for key in (keys.EVENTS, keys.AUDIT))
        return sum(int(size or 0) for size in found)

    def tally(self) -> dict[str, int]:
        """What was counted so far, see ``syncline.store.tally``."""
        return {name: int(number) for name, number in self.client.hgetall(keys.TALLY()).items()}

    def forget_slow(self) -> None:
        self.client.slowlog_reset()

    def slowest(self) -> dict[str, dict[str, float]]:
        """Since ``forget_slow``: by script or command the longest call, and how many over FROM.

        Wall time in Redis: unless it ``goes_first`` it holds what others took of the processor.
        """
        longest: dict[str, float] = {}
        count: Counter[str] = Counter()
        for entry in self.client.slowlog_get(10_000):
            words = entry["command"]
            text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
            what = self._named(text.split(" "))
            longest[what] = max(longest.get(what, 0), entry["duration"] / 1000)
            count[what] += 1
        order = sorted(longest, key=longest.__getitem__, reverse=True)
        return {what: {"longest_ms": longest[what], "calls": count[what]} for what in order}

    def calls(self) -> dict[str, tuple[int, int]]:
        """Command → calls and microseconds so far."""
        stats = self.client.info("commandstats")
        return {
            name.removeprefix("cmdstat_"): (each["calls"], each["usec"])
            for name, each in stats.items()
        }

    def by_key(self) -> dict[str, dict[str, int]]:
        """Sampled: kind of key → keys seen, and their bytes."""
        seen: Counter[str] = Counter()
        size: Counter[str] = Counter()
        batch: list[str] = []
        for key in self.client.scan_iter(count=500):
            batch.append(key)
            if len(batch) == SAMPLE:
                break
        with self.client.pipeline(transaction=False) as pipe:
            for key in batch:
                pipe.memory_usage(key, samples=0)
            answers = pipe.execute()
        for key, held in zip(batch, answers, strict=True):
            kind = ":".join(key.split(":")[:2]) if key.startswith(keys.PREFIX) else key
            seen[kind] += 1
            size[kind] += held or 0
        return {kind: {"keys": seen[kind], "bytes": size[kind]} for kind, _ in size.most_common(20)}

    def _named(self, words: list[str]) -> str:
        with suppress(IndexError):
            if words[0].upper() == "EVAL":
                return "EVAL (a script's first call)"
            if words[0].upper() == "EVALSHA":
                return self.scripts.get(words[1], "a script of others")
        return words[0]


def _goes_first(process: int) -> bool:
    """Let Redis go before all others on the machine; only an administrator may."""
    try:
        os.setpriority(os.PRIO_PROCESS, process, -20)
    except PermissionError:
        return False
    return True
