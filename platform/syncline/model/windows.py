"""Sync windows: when changes may reach clusters, as people write it.

An Application has windows of its own (``syncPolicy.windows``); a SyncWindow document holds for what
it selects, over all applications. ``openings`` says what they come to at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from syncline.model.documents import Document
from syncline.model.names import DEFAULT_PROJECT
from syncline.model.selector import Selector
from syncline.model.values import Duration, Name, Written

_FIELDS = 5  # of a cron expression; seconds and years are extensions that others read otherwise
LONGEST = timedelta(days=366)


class WindowKind(StrEnum):
    """What a window does while it is active. Order means nothing."""

    ALLOW = "allow"  # changes may be made; outside of every window that allows they may not
    DENY = "deny"  # no changes; wins over what allows


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as exc:
        raise ValueError(f"{name!r} is no time zone: write for example Europe/Berlin") from exc
    return name


@cache
def _schedule(text: str) -> str:
    """Refuse what is no cron expression, and one that never comes (30 February)."""
    if len(text.split()) != _FIELDS:
        raise ValueError(f"{text!r} is no schedule: write five fields, as 0 22 * * 1-5")
    try:
        croniter(text, datetime(2000, 1, 1)).get_next()  # noqa: DTZ001 - wall clocks have no zone
    except (CroniterError, ValueError) as exc:
        raise ValueError(f"{text!r} is no schedule: {exc}") from exc
    return text


class Window(Written):
    """A time that comes again and again (schedule, duration), or once (starts, and maybe ends)."""

    kind: WindowKind = Field(
        description="allow: changes are made only while one that allows is active; deny: none "
        "are made while it is active, whatever allows."
    )
    schedule: Annotated[str, AfterValidator(_schedule)] | None = Field(
        default=None, max_length=200, description="When it begins: cron, five fields."
    )
    duration: Annotated[Duration, Field(ge=timedelta(minutes=1), le=LONGEST)] | None = Field(
        default=None, description="How long it is active from then on."
    )
    starts: datetime | None = Field(
        default=None, description="Instead of a schedule: when it begins, once (2026-12-20T18:00)."
    )
    ends: datetime | None = Field(
        default=None, description="When what began once ends; None: not until it is taken away."
    )
    time_zone: Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)] = Field(
        default="UTC", description="IANA name: of the schedule, and of times without an offset."
    )
    manual_sync: bool = Field(
        default=False, description="What people ask for runs all the same; else it waits, too."
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Window:
        again, once = (self.schedule, self.duration), (self.starts, self.ends)
        comes_again = None not in again and once == (None, None)
        comes_once = self.starts is not None and again == (None, None)
        if not (comes_again or comes_once):
            raise ValueError("set either schedule and duration, or starts (and ends)")
        if self.starts and self.ends and self.instant(self.starts) >= self.instant(self.ends):
            raise ValueError("ends must be after starts")
        return self

    def instant(self, time: datetime) -> float:
        """Return seconds since the epoch of a time that is written in this window."""
        return (time if time.tzinfo else time.replace(tzinfo=ZoneInfo(self.time_zone))).timestamp()


class SyncWindowSpec(Window):
    """When, and for what: all that is given must hold."""

    projects: tuple[Name, ...] = Field(default=(), description="Only of these projects.")
    applications: tuple[str, ...] = Field(
        default=(), description="Only these: [project/]name; without a project it is default's."
    )
    cluster_selector: Selector | None = Field(
        default=None, description="Only on clusters with these labels."
    )
    fleet: bool = Field(
        default=False, description="True: for everything; needed where nothing else selects."
    )

    @model_validator(mode="after")
    def _selects(self) -> SyncWindowSpec:
        named = bool(self.projects or self.applications or self.cluster_selector)
        if named == self.fleet:
            raise ValueError(
                "name projects, applications or a clusterSelector, or write fleet: true"
            )
        return self

    def selects(self, project: str, application: str, labels: Mapping[str, str]) -> bool:
        """Whether it holds for an application (by its full name) on a cluster of these labels."""
        if self.projects and project not in self.projects:
            return False
        named = {each.removeprefix(f"{DEFAULT_PROJECT}/") for each in self.applications}
        if named and application not in named:
            return False
        return self.cluster_selector is None or self.cluster_selector.matches(labels)


class SyncWindow(Document):
    """When changes may reach what it selects: projects, applications, clusters or the fleet."""

    kind: Literal["SyncWindow"] = Field(description="What this document is.")
    spec: SyncWindowSpec
