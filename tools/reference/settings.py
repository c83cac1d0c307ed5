"""``docs/reference/settings.md``: every setting of every role."""

import json
from datetime import timedelta
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from syncline.model.values import format_duration
from syncline.settings import Settings
from tools.reference import markdown

INTRODUCTION = """\
Every role reads its settings from the environment when it starts. `syncline up` sets most of them
itself. Lengths of time are written `30s`, `5m` or `1h30m`; lists are JSON. A variable that begins
with `SYNCLINE_` and is none of these is ignored, and each role warns of it at its start."""


def render() -> str:
    """The page."""
    groups = [field.annotation for field in Settings.model_fields.values()]
    parts = [_group(group) for group in groups if isinstance(group, type)]
    return markdown.page("Settings", "platform/syncline/settings", INTRODUCTION, *parts)


def _group(group: type[BaseSettings]) -> str:
    prefix = str(group.model_config.get("env_prefix", ""))
    rows = [
        (markdown.code((prefix + name).upper()), _default(field), field.description or "")
        for name, field in group.model_fields.items()
    ]
    title = (group.__doc__ or group.__name__).splitlines()[0].rstrip(".")
    return f"## {title}\n\n" + markdown.table(("Variable", "Default", "Meaning"), rows)


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    match value:
        case None:
            return "none"
        case timedelta():
            return markdown.code(format_duration(value))
        case bool():
            return markdown.code(str(value).lower())
        case tuple():
            return markdown.code(json.dumps([str(each) for each in value]))
        case _ if hasattr(value, "get_secret_value"):
            return markdown.code(value.get_secret_value())
        case _:
            return markdown.code(str(value))
