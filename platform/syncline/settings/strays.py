"""Variables that look like ours and are none: a misspelt setting would change nothing, silently.

Each role tells of them once, at its start. What others read under our prefix is no stray: the
command line, credentials, the tests, ``compose.yaml``, and Kubernetes, which describes a Service
named ``syncline`` in each container of its namespace.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

import structlog
from pydantic_settings import BaseSettings

from syncline.settings.whole import Settings

log = structlog.get_logger(__name__)

PREFIX = "SYNCLINE_"

COMMAND_LINE = frozenset(
    f"{PREFIX}{name}" for name in ("SERVER", "TOKEN", "TOKEN_FILE", "CA_FILE", "FLOWER_PASSWORD")
)
"""Read by the command line itself."""

COMPOSE = frozenset(f"{PREFIX}{name}" for name in ("IMAGE", "PORT", "FLOWER_PORT"))
"""Read by ``compose.yaml``."""

_FREE = (f"{PREFIX}CRED_", f"{PREFIX}TEST_")
_OF_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT)(_\w+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?$")


def settings() -> Iterator[str]:
    """Return the names of all settings."""
    for field in Settings.model_fields.values():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseSettings):
            prefix = str(group.model_config.get("env_prefix", ""))
            yield from ((prefix + name).upper() for name in group.model_fields)


def find(environment: Mapping[str, str]) -> dict[str, str]:
    """Return stray variable → what to do about it."""
    known = {*settings(), *COMMAND_LINE, *COMPOSE}
    return {
        name: _hint(name.upper())
        for name, value in sorted(environment.items())
        if name.upper().startswith(PREFIX)
        and name.upper() not in known
        and not name.upper().startswith(_FREE)
        and not _is_of_kubernetes(name, value)
    }


def warn(environment: Mapping[str, str]) -> None:
    """Write one log line for each stray variable; its value is not ours to tell."""
    for name, hint in find(environment).items():
        log.warning("variable is ignored", variable=name, hint=hint)


def _hint(name: str) -> str:
    """Compare what follows the prefix: that is the same in all of them."""
    tails = {each.removeprefix(PREFIX): each for each in (*settings(), *COMMAND_LINE)}
    found = difflib.get_close_matches(name.removeprefix(PREFIX), tails, n=1, cutoff=0.7)
    return f"did you mean {tails[found[0]]}?" if found else "docs/reference/settings.md names all"


def _is_of_kubernetes(name: str, value: str) -> bool:
    found = _OF_KUBERNETES.search(name)
    return found is not None and (found[0] != "_PORT" or value.startswith(("tcp://", "udp://")))
