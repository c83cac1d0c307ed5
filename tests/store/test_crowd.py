"""Many at once on one server: two dispatchers, workers that lose, double and forget, triggers."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue

from syncline.model.names import TargetId
from syncline.model.request import TriggerKind
from syncline.model.run import Claim
from syncline.model.status import Lane, Phase
from syncline.store import keys, runs, targets
from syncline.store.connection import Store
from tests.store import clock, recount
from tests.store.world import World, inventory, report, request

PASS = """
if redis.call('HGET', KEYS[1], 'phase') == 'queued' then
  redis.call('ZADD', KEYS[2], 'XX', 1, ARGV[1])
end
"""

TRIGGERS, WORKERS, DISPATCHERS = 1500, 4, 2


class Crowd:
    """What the threads share: the broker, and who runs what by their own account."""

    def __init__(self, store: Store, made: list[TargetId]) -> None:
        self.store, self.made = store, made
        self.broker: Queue[runs.Dispatch] = Queue()
        self.over = threading.Event()
        self.running: Counter[TargetId] = Counter()
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.asked: set[tuple[TargetId, int]] = set()  # drift joins what waits

    def trigger(self) -> None:
        luck = random.Random(1)  # noqa: S311
        kinds = (TriggerKind.USER, TriggerKind.PUSH, TriggerKind.DRIFT)
        for _ in range(TRIGGERS):
            target = luck.choice(self.made)
            [generation] = runs.trigger(self.store, [target], request(luck.choice(kinds)))
            self.asked.add((target, generation))

    def dispatch(self, seed: int) -> None:
        luck = random.Random(seed)  # noqa: S311
        while not self.over.is_set():
            for lane in Lane:
                for sent in runs.dispatch(self.store, lane, 4):
                    copies = luck.choices((0, 1, 2), (1, 97, 2))[0]
                    for _ in range(copies):
                        self.broker.put(sent)
            runs.requeue_silent(self.store)

    def work(self, seed: int) -> None:
        luck = random.Random(seed)  # noqa: S311
        while not self.over.is_set():
            try:
                sent = self.broker.get(timeout=0.01)
            except Empty:
                continue
            claim = runs.claim(self.store, sent.target, sent.ticket, f"w{seed}")
            if isinstance(claim, Claim):
                self.run(claim, luck)
            else:
                self.counts[claim.reason] += 1

    def run(self, claim: Claim, luck: random.Random) -> None:
        target = claim.lease.target
        with self.lock:
            self.running[target] += 1
            assert self.running[target] == 1, f"{target} runs twice"
        runs.record(self.store, claim.lease, inventory(target[:4] + target[-4:]))
        with self.lock:
            self.running[target] -= 1
        if luck.random() < 0.01:
            clock.pass_deadline(self.store, target)  # it died
            self.counts["died"] += 1
            return
        assert runs.fold(self.store, report(claim))
        self.counts["folded"] += 1

    def lost(self) -> None:
        """Deadlines of lost messages pass; of messages only, not of the runs that they begin."""
        if self.broker.empty():
            for target in self.made:
                self.store.redis.eval(PASS, 2, keys.TARGET(target), keys.WATCH(), target)

    def is_quiet(self) -> bool:
        states = targets.many(self.store, self.made)
        return all(s is not None and s.phase is Phase.IDLE and not s.requested for s in states)


def test_a_crowd_runs_each_target_one_at_a_time_and_loses_nothing(store: Store) -> None:
    world = World(store)
    made = [world.target(f"app-{n}", on) for n in range(10) for on in ("west", "east")]
    crowd = Crowd(store, made)

    with ThreadPoolExecutor(WORKERS + DISPATCHERS + 1) as pool:
        busy = [pool.submit(crowd.work, seed) for seed in range(WORKERS)]
        busy += [pool.submit(crowd.dispatch, seed) for seed in range(DISPATCHERS)]
        pool.submit(crowd.trigger).result()
        for _ in range(2000):
            if crowd.is_quiet() or any(each.done() for each in busy):
                break
            crowd.lost()
        crowd.over.set()
        for each in busy:
            each.result()

    states = [state for state in targets.many(store, made) if state]
    assert [(state.phase, state.done) for state in states] == [
        (Phase.IDLE, state.generation) for state in states
    ]
    assert sum(state.generation for state in states) == len(crowd.asked)
    assert crowd.counts["folded"] < TRIGGERS
    recount.check(store)
