"""One run: begin, take-overs, chaos under load, calm, checks."""

import random
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from tests.chaos import audit, checks
from tests.chaos.desired import Desired
from tests.chaos.faults import Chaos, Fault, Git, timetable
from tests.chaos.load import Load
from tests.chaos.plan import Plan, Result
from tests.chaos.roles import Roles
from tests.chaos.watch import Watch, take_over
from tests.harness import ports
from tests.harness.apiserver import ApiServer
from tests.harness.poll import TimedOut, until
from tests.harness.workrepo import WorkRepo

TICK = 0.05  # seconds
SHOWN = 20  # problems of one kind


class Run:
    """Everything of one run, on API servers that are there."""

    def __init__(self, plan: Plan, root: Path, clusters: list[ApiServer]) -> None:
        self.plan = plan
        self.root = root
        self.clusters = clusters
        self.result = Result(seed=plan.seed, seconds=plan.seconds)
        self._ends = ExitStack()

    def go(self) -> Result:
        """All of it; the result says what is wrong."""
        self._begin()
        self._converge("at first")
        self.watch.start()
        self._ends.callback(self.watch.stop)
        self._take_over()
        self._rage()
        self._converge("after the chaos")
        self._check()
        return self.result

    def stop(self) -> None:
        """End whatever was started."""
        self._ends.close()

    def _begin(self) -> None:
        plan, ends = self.plan, self._ends
        self.work = WorkRepo.create(self.root / "work", origin=self.root / "git" / "chaos.git")
        self.work.publish("empty", {"README.md": "chaos\n"})
        self.git = Git(self.root / "git", ports.free())
        ends.callback(self.git.send, signal.SIGKILL)
        self.roles = Roles(self.root, self.clusters, workers=plan.workers)
        ends.callback(self.roles.stop)
        self.roles.start(self.git.url)
        self.watch = Watch(self.roles.redis.url)
        self.chaos = Chaos(self.roles, self.watch.running, self.clusters, self.git)
        ends.callback(self.chaos.undo, everything=True)
        desired = Desired(
            random.Random(plan.seed),
            clusters=len(self.clusters),
            applications=plan.applications,
            objects=plan.objects,
        )
        self.load = Load(plan, self.roles, desired, self.work, self.git.url)
        ends.callback(self.load.http.close)
        self.load.begin()

    def _take_over(self) -> None:
        for _ in range(self.plan.takeovers):
            until(self._both_ready, within=120, what="both schedulers are ready", every=0.1)
            self.result.takeovers.append(round(take_over(self.roles, self.watch), 2))

    def _both_ready(self) -> bool:
        return self._all_run() and self.roles.schedulers_ready()

    def _all_run(self) -> bool:
        self.roles.tend()
        children = self.roles.children.values()
        return all(each.process and each.process.poll() is None for each in children)

    def _rage(self) -> None:
        faults = timetable(self.plan)
        self.load.start()
        try:
            self._do(faults)
        finally:
            self.chaos.undo(everything=True)
            self.load.stop()

    def _do(self, faults: list[Fault]) -> None:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self.plan.seconds:
            while faults and faults[0].at <= passed:
                self.chaos.do(faults.pop(0))
            self.chaos.undo()
            self.roles.tend()
            time.sleep(TICK)

    def _converge(self, when: str) -> None:
        """Wait until Git, targets and objects agree; what does not is a problem."""
        began = time.monotonic()
        for server in self.clusters:
            server.wait()

        def agree() -> bool:
            self.roles.tend()
            found = self._disagreements()
            assert not found, found[:SHOWN]
            return True

        try:
            until(agree, within=self.plan.patience, what=f"everything agrees {when}", every=0.5)
        except TimedOut as exc:
            self.result.problems.append(str(exc)[:20_000])
            self.result.problems += self._disagreements()[:SHOWN]
        self.result.converged = round(time.monotonic() - began, 1)

    def _disagreements(self) -> list[str]:
        if not self.load.settle():
            return ["the API has not answered all yet"]
        if not self._all_run():
            return ["not all roles run"]
        wanted = checks.declared(self.work.origin)
        found = list(checks.settled(self.roles.store, wanted))
        return found or list(checks.objects(wanted.objects, checks.live(self.clusters)))

    def _check(self) -> None:
        self.watch.stop()
        problems = self.result.problems
        runs = checks.Runs.of(self.roles.logs())
        self.result.history, wrong = checks.histories(self.roles.store, runs)
        problems += wrong[:SHOWN] + self.watch.problems[:SHOWN]
        problems += self._recount()
        problems += self._late()
        wanted = checks.declared(self.work.origin)
        self.result.targets, self.result.objects = len(wanted.targets), len(wanted.objects)
        self.result.runs = sum(map(len, runs.taken.values()))
        self.result.refused = sum(map(len, runs.refused.values()))
        self.result.commits, self.result.syncs = self.load.commits, len(self.load.operations)
        self.result.cancelled, self.result.looks = self.load.cancelled, self.watch.looks
        self.result.faults = dict(self.chaos.done)
        self.result.restarts = self.roles.starts.total() - len(self.roles.children)

    def _recount(self) -> list[str]:
        """A sweep may be at work between two reads: then again."""

        def agrees() -> bool:
            found = list(checks.counted(self.roles.store))
            assert not found, found
            return True

        try:
            until(agrees, within=30, what="the store agrees with a recount", every=0.5)
        except TimedOut as exc:
            return [str(exc)[:5000], *checks.counted(self.roles.store)]
        return []

    def _late(self) -> list[str]:
        late: list[audit.Write] = []
        for server in self.clusters:
            if server.audit_log is not None:
                written = audit.writes(server.audit_log, server.name)
                self.result.writes += len(written)
                late += audit.late(written)
        self.result.late_writes = len(late)
        return list(audit.unexplained(late, self.chaos.resumed))[:SHOWN]
