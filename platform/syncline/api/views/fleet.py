"""The fleet in numbers, and whether all that a sync needs is in place."""

from __future__ import annotations

from pydantic import Field

from syncline.api.views.base import View


class FollowedView(View):
    """The fleet repository that Syncline follows."""

    url: str = Field(description="Without any user name or password.")
    revision: str = Field(description="As written.")
    path: str = Field(description="The directory that holds documents.")
    commit: str = Field(description="What was adopted or refused last; empty: nothing yet.")
    error: str = Field(description="Why the newest commit is not adopted; empty where it is.")
    health_rules: list[str] = Field(description="The names of the health rules that it declares.")


class FleetView(View):
    """How many targets there are, and how they are doing; read without looking at any target."""

    targets: int = Field(description="Applications times their clusters.")
    sync: dict[str, int] = Field(description="Targets by sync status; all three are present.")
    health: dict[str, int] = Field(description="Targets by health status; all six are present.")
    phases: dict[str, int] = Field(default={}, description="Targets by phase of their work.")
    applications: int = Field(description="Registered applications.")
    clusters: int = Field(description="Registered clusters.")
    repositories: int = Field(description="Registered repositories.")
    aside: int = Field(
        default=0, description="Targets that were set aside: their runs lost their workers."
    )
    windows: int = Field(default=0, description="Registered sync windows.")
    credential_templates: int = Field(default=0, description="Registered credential templates.")
    held: int = Field(default=0, description="Targets whose requests are held back.")
    pinned: int = Field(default=0, description="Targets that a rollback keeps at a past state.")
    followed: FollowedView | None = Field(
        default=None, description="The fleet repository; null: none is followed."
    )


class Check(View):
    """One thing that must be in place."""

    name: str = Field(description="What was checked.")
    ok: bool = Field(description="Whether it is in place.")
    found: str = Field(description="What was found, with its numbers.")
    next: str = Field(default="", description="What to do about it; empty where it is in place.")


class DoctorView(View):
    """All checks, in the order in which a sync needs them."""

    checks: list[Check]
