"""Log lines: one event in words and its fields; JSON lines unless the output is a terminal.

``configure`` is called once by each process; everywhere else ``logs.get(__name__)`` logs. Lines of
libraries that use the standard library's logging take the same form. What the process bound with
``structlog.contextvars`` (a target, a ticket) stands in each of its lines.

Nothing secret leaves: values under secret names are masked, URLs lose their userinfo, and bearer
tokens are cut out of any text, tracebacks included. That is a net, not a licence to log secrets.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import Processor

MASK = "***"

_PROCESSORS: list[Processor] = []
"""One list for good: loggers that were used keep the one that they found."""

_SECRET_NAME = re.compile(
    r"(^|[_\-. ])(tokens?|passwords?|passwd|secrets?|authorization|cookies?|kubeconfigs?"
    r"|credentials?|(platform|private|api|access)[_\-]?keys?)$",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.\-]*://)[^/\s?#'\"]*@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/\-]{10,}=*")
_PARAMETER = re.compile(
    r"(?i)([?&](?:access_token|token|password|secret|client_secret|key)=)[^&\s'\"]+"
)


def configure(
    *, level: str = "info", json_lines: bool | None = None, stream: TextIO | None = None
) -> None:
    """Set up this process's log; a second call replaces the first.

    Args:
        level: debug, info, warning or error.
        json_lines: None: JSON lines unless ``stream`` is a terminal.
        stream: where lines go; None: standard error.
    """
    out = stream if stream is not None else sys.stderr
    as_json = not out.isatty() if json_lines is None else json_lines
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                structlog.processors.JSONRenderer(serializer=_json)
                if as_json
                else structlog.dev.ConsoleRenderer(colors=out.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    _PROCESSORS[:] = [
        structlog.stdlib.filter_by_level,
        *shared,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ]
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _json(line: Any, **_: Any) -> str:
    """Write quickly; what orjson does not take (half a surrogate, huge integers) still passes."""
    try:
        return orjson.dumps(line, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        return json.dumps(line, default=str)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module: ``log.info("run finished", target=…, seconds=…)``."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what is secret in a line; a structlog processor."""
    return {key: _masked(key, value) for key, value in event.items()}


def clean(text: str) -> str:
    """Return the text without userinfo in URLs, bearer tokens and secret query parameters.

    Most texts lack the sign without which two of the patterns cannot match; those cost nothing.
    """
    if "@" in text:
        text = _USERINFO.sub(r"\1", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    if "=" in text:
        text = _PARAMETER.sub(rf"\1{MASK}", text)
    return text


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _masked(name: object, value: Any) -> Any:
    if isinstance(name, str) and _is_secret(name) and value not in (None, "", True, False):
        return MASK
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: _masked(key, item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(None, item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return clean(str(value))
