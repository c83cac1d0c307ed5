"""The simulator's own endpoints, for its administrator: faults, timetables, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from random import Random
from typing import Any

import orjson

from syncline.simulator.faults import Fault, Mode
from syncline.simulator.member import Member
from syncline.simulator.timetable import ALL, Timetable, chosen, read
from syncline.simulator.usage import Usage
from syncline.simulator.wire.requests import Request
from syncline.simulator.wire.responses import Answer, json_response, text

ROOT = "/simulator/"
NOWHERE = text(404, "404 page not found\n")


class Administration:
    """Answers what comes with the administrator's token."""

    def __init__(self, members: dict[str, Member], timetable: Timetable, usage: Usage) -> None:
        self._members = members
        self._timetable = timetable
        self._usage = usage
        self._routes: dict[tuple[str, str], Callable[[bytes], Any]] = {
            ("GET", "clusters"): lambda _: {"items": [self._shown(n) for n in self._members]},
            ("PUT", "faults"): self._fault_many,
            ("GET", "timetable"): lambda _: self._timetable.shown(),
            ("PUT", "timetable"): self._begin,
            ("DELETE", "timetable"): self._end,
            ("GET", "usage"): lambda _: self._usage.shown(),
        }

    def answer(self, request: Request) -> Answer:
        """Answer a request below `ROOT`."""
        path = request.path[len(ROOT) :].strip("/")
        route = self._routes.get((request.method, path)) or self._of_one(request.method, path)
        if route is None:
            return NOWHERE
        try:
            return json_response(200, route(request.body))
        except (ValueError, TypeError, AttributeError) as exc:
            modes = ", ".join(Mode)
            return json_response(400, {"message": f"{exc}; mode is one of {modes}"})

    def _of_one(self, method: str, path: str) -> Callable[[bytes], Any] | None:
        """Return the route to one cluster's fault."""
        parts = path.split("/")
        member = self._members.get(parts[1]) if len(parts) > 1 else None
        if member is None or [parts[0], *parts[2:]] != ["clusters", "faults"]:
            return None
        if method == "PUT":
            return lambda body: self._fault(member, body)
        return lambda _: asdict(member.line.fault)

    def _shown(self, name: str) -> dict[str, object]:
        member = self._members[name]
        held = sum(map(len, member.cluster.shelves.values()))
        return {
            "name": name,
            "uid": member.cluster.uid,
            "objects": held,
            "fault": asdict(member.line.fault),
            "timed": [asdict(fault) for fault in member.line.timed],
        }

    def _fault(self, member: Member, body: bytes) -> dict[str, Any]:
        member.line.fault = Fault.read(orjson.loads(body))
        return asdict(member.line.fault)

    def _fault_many(self, body: bytes) -> dict[str, Any]:
        value = dict(orjson.loads(body))
        chance = Random(int(value.pop("seed", 0)))  # noqa: S311 - chosen by seed, no secret
        names = chosen(value.pop("clusters", ALL), self._members, chance)
        fault = Fault.read(value)
        for name in names:
            self._members[name].line.fault = fault
        return {"clusters": list(names), "fault": asdict(fault)}

    def _begin(self, body: bytes) -> dict[str, Any]:
        self._timetable.begin(read(orjson.loads(body), self._members))
        return self._timetable.shown()

    def _end(self, _: bytes) -> dict[str, Any]:
        self._timetable.end()
        return self._timetable.shown()
