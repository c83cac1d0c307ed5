"""All simulated clusters of one process: which request is for which, and what ails it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import orjson

from syncline.simulator.api import dispatch, refusal
from syncline.simulator.api.access import Role
from syncline.simulator.controllers.clock import Clock
from syncline.simulator.controllers.definitions import Definitions
from syncline.simulator.controllers.jobs import Jobs
from syncline.simulator.controllers.namespaces import Emptying
from syncline.simulator.controllers.pods import Placement
from syncline.simulator.controllers.rollout import Rollout
from syncline.simulator.faults import Fault, Mode
from syncline.simulator.kubeconfig import Credentials
from syncline.simulator.seed import seeded
from syncline.simulator.store.cluster import Cluster
from syncline.simulator.wire.requests import Request
from syncline.simulator.wire.responses import Answer, Response, json_response, text

PREFIX = "/clusters/"
ADMIN = "/simulator/clusters"
BEARER = "Bearer "


@dataclass(slots=True, kw_only=True)
class Member:
    """One cluster of the fleet."""

    cluster: Cluster
    roles: dict[str, Role]
    fault: Fault = field(default_factory=Fault)


class Fleet:
    """The clusters by name. `token` guards the endpoints that make them misbehave."""

    def __init__(self, clock: Clock, *, installation: str, token: str, rollout: float) -> None:
        self._clock = clock
        self._installation = installation
        self._token = token
        self._rollout = rollout
        self._members: dict[str, Member] = {}

    def add(self, credentials: Credentials) -> Cluster:
        """Add a cluster with its controllers."""
        cluster = seeded(self._installation, credentials.name)
        cluster.listeners += [
            Rollout(self._clock, self._rollout),
            Jobs(self._clock, self._rollout),
            Placement(self._clock, self._rollout),
            Emptying(self._clock, min(self._rollout, 0.1)),
            Definitions(self._clock),
        ]
        roles = {f"{BEARER}{token}": role for role, token in credentials.tokens.items()}
        self._members[credentials.name] = Member(cluster=cluster, roles=roles)
        return cluster

    def answer(self, request: Request) -> Answer:
        """Answer any request."""
        if not request.path.startswith(PREFIX):
            return self._administer(request)
        name, _, path = request.path[len(PREFIX) :].partition("/")
        member = self._members.get(name)
        if member is None:
            return text(404, "404 page not found\n")
        instead = member.fault.instead()
        if instead is not None:
            return instead
        answer = self._served(member, request, path)
        if member.fault.mode is Mode.SLOW and isinstance(answer, Response):
            return replace(answer, delay=member.fault.delay)
        return answer

    def _served(self, member: Member, request: Request, path: str) -> Answer:
        role = member.roles.get(request.headers.get("authorization", ""))
        if role is None:
            if path in dispatch.HEALTH or path == "version":
                role = Role.READ_ONLY
            else:
                return json_response(401, refusal.unauthorized().status)
        return dispatch.handle(member.cluster, role, request, path)

    def _administer(self, request: Request) -> Answer:
        """Answer the simulator's own endpoints: clusters, and one cluster's faults."""
        if request.path == "/readyz":
            return text(200, "ok")
        if request.headers.get("authorization") != f"{BEARER}{self._token}":
            return json_response(401, {"message": "the simulator's own token is needed"})
        parts = request.path[len(ADMIN) :].strip("/").split("/")
        if not request.path.startswith(ADMIN):
            return text(404, "404 page not found\n")
        if parts == [""] and request.method == "GET":
            items = [self._shown(name) for name in self._members]
            return json_response(200, {"items": items})
        if parts[0] not in self._members or parts[1:] != ["faults"]:
            return text(404, "404 page not found\n")
        return self._fault(self._members[parts[0]], request)

    def _shown(self, name: str) -> dict[str, object]:
        member = self._members[name]
        held = sum(map(len, member.cluster.shelves.values()))
        fault = asdict(member.fault)
        return {"name": name, "uid": member.cluster.uid, "objects": held, "fault": fault}

    def _fault(self, member: Member, request: Request) -> Answer:
        if request.method == "PUT":
            try:
                member.fault = Fault.read(orjson.loads(request.body))
            except (ValueError, TypeError, AttributeError) as exc:
                modes = ", ".join(Mode)
                return json_response(400, {"message": f"{exc}; mode is one of {modes}"})
        return json_response(200, asdict(member.fault))
