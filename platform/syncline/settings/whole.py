"""All groups of settings in one value."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from syncline.settings.roles import (
    LogSettings,
    PulseSettings,
    SchedulerSettings,
    ServerSettings,
    TraceSettings,
)
from syncline.settings.state import KeySettings, StoreSettings
from syncline.settings.work import (
    CheckSettings,
    ClusterSettings,
    GitSettings,
    RenderSettings,
    RunSettings,
    WatchSettings,
)


class Settings(BaseModel):
    """All groups, of which each reads the environment when it is made.

    It reads none itself: a variable that is called CLUSTER or LOG is somebody else's.
    """

    model_config = ConfigDict(frozen=True)

    store: StoreSettings = Field(default_factory=StoreSettings, description="State and messages.")
    keys: KeySettings = Field(default_factory=KeySettings, description="Key and credentials.")
    git: GitSettings = Field(default_factory=GitSettings, description="Git.")
    render: RenderSettings = Field(default_factory=RenderSettings, description="Renderers.")
    cluster: ClusterSettings = Field(default_factory=ClusterSettings, description="Clusters.")
    check: CheckSettings = Field(
        default_factory=CheckSettings, description="Checks of applications."
    )
    run: RunSettings = Field(default_factory=RunSettings, description="Runs.")
    watch: WatchSettings = Field(default_factory=WatchSettings, description="Watches for drift.")
    scheduler: SchedulerSettings = Field(
        default_factory=SchedulerSettings, description="The scheduler."
    )
    server: ServerSettings = Field(default_factory=ServerSettings, description="The API.")
    log: LogSettings = Field(default_factory=LogSettings, description="Logs.")
    trace: TraceSettings = Field(default_factory=TraceSettings, description="Traces.")
    pulse: PulseSettings = Field(default_factory=PulseSettings, description="Health checks.")
