"""All simulated clusters of one process: which request is for which."""

from __future__ import annotations

from random import Random

from syncline.simulator.administration import ROOT, Administration
from syncline.simulator.api import dispatch, refusal
from syncline.simulator.api.access import Role
from syncline.simulator.controllers.clock import Clock
from syncline.simulator.controllers.definitions import Definitions
from syncline.simulator.controllers.jobs import Jobs
from syncline.simulator.controllers.namespaces import Emptying
from syncline.simulator.controllers.pods import Placement
from syncline.simulator.controllers.rollout import Rollout
from syncline.simulator.kubeconfig import Credentials
from syncline.simulator.line import Cord, Line
from syncline.simulator.member import Member
from syncline.simulator.seed import seeded
from syncline.simulator.store.cluster import Cluster, Listener
from syncline.simulator.timetable import Timetable
from syncline.simulator.usage import Usage
from syncline.simulator.wire.requests import Request
from syncline.simulator.wire.responses import Answer, json_response, text

PREFIX = "/clusters/"
BEARER = "Bearer "
FAULT = "fault"


class Fleet:
    """The clusters by name. `token` guards the endpoints that make them misbehave."""

    def __init__(self, clock: Clock, *, installation: str, token: str, rollout: float) -> None:
        self._clock = clock
        self._installation = installation
        self._token = token
        self._members: dict[str, Member] = {}
        self._lines: dict[str, Line] = {}
        self._chance = Random(installation)  # noqa: S311 - which request fails is no secret
        self._usage = Usage()
        timetable = Timetable(clock, self._lines)
        self._administration = Administration(self._members, timetable, self._usage)
        # One of each for all clusters: they keep nothing in mind but what is on the clock.
        self._controllers: list[Listener] = [
            Rollout(clock, rollout),
            Jobs(clock, rollout),
            Placement(clock, rollout),
            Emptying(clock, min(rollout, 0.1)),
            Definitions(clock),
        ]

    def add(self, credentials: Credentials) -> Cluster:
        """Add a cluster with its controllers."""
        cluster = seeded(self._installation, credentials.name)
        cluster.listeners += self._controllers
        roles = {f"{BEARER}{token}": role for role, token in credentials.tokens.items()}
        line = Line(self._chance)
        self._members[credentials.name] = Member(cluster=cluster, roles=roles, line=line)
        self._lines[credentials.name] = line
        return cluster

    def answer(self, request: Request, cord: Cord) -> Answer:
        """Answer any request that came over a connection."""
        if not request.path.startswith(PREFIX):
            return self._administer(request)
        name, _, path = request.path[len(PREFIX) :].partition("/")
        member = self._members.get(name)
        if member is None:
            return text(404, "404 page not found\n")
        verb = FAULT

        def serve() -> Answer:
            nonlocal verb
            verb, answer = served(member, request, path)
            return answer

        answer = member.line.carry(cord, serve)
        self._usage.count(verb, answer)
        return answer

    def _administer(self, request: Request) -> Answer:
        """Answer what is for no cluster."""
        if request.path == "/readyz":
            return text(200, "ok")
        if request.headers.get("authorization") != f"{BEARER}{self._token}":
            return json_response(401, {"message": "the simulator's own token is needed"})
        if not request.path.startswith(ROOT):
            return text(404, "404 page not found\n")
        return self._administration.answer(request)


def served(member: Member, request: Request, path: str) -> tuple[str, Answer]:
    """Return the verb of a request and a well cluster's answer."""
    role = member.roles.get(request.headers.get("authorization", ""))
    if role is None:
        if path in dispatch.HEALTH or path == "version":
            role = Role.READ_ONLY
        else:
            return request.method.lower(), json_response(401, refusal.unauthorized().status)
    return dispatch.handle(member.cluster, role, request, path)
