"""Every setting of every role: read once from the environment in ``main``, then passed down.

Names in the environment are ``SYNCLINE_`` + group + field: ``SYNCLINE_STORE_URL``. Each field
states its unit, its default and why. Nothing below ``main`` and the workers' ``app`` reads the
environment.
"""

from syncline.settings.roles import (
    LogSettings,
    PulseSettings,
    SchedulerSettings,
    ServerSettings,
    TraceSettings,
)
from syncline.settings.state import KeySettings, StoreSettings
from syncline.settings.whole import Settings
from syncline.settings.work import (
    CheckSettings,
    ClusterSettings,
    GitSettings,
    RenderSettings,
    RunSettings,
    WatchSettings,
)

__all__ = [
    "CheckSettings",
    "ClusterSettings",
    "GitSettings",
    "KeySettings",
    "LogSettings",
    "PulseSettings",
    "RenderSettings",
    "RunSettings",
    "SchedulerSettings",
    "ServerSettings",
    "Settings",
    "StoreSettings",
    "TraceSettings",
    "WatchSettings",
]
