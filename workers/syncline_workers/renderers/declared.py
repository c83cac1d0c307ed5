"""The plugins that the administrator declares: one in each ``*.yaml`` of a directory.

Read anew where a file changed. A declaration that is broken is an error of the applications that
name it, and of no others.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from syncline.errors import InvalidDocument, RenderFailed, SynclineError
from syncline.model import yaml
from syncline.model.plugin import Plugin
from syncline.settings import RenderSettings


def find(name: str, settings: RenderSettings, *, subject: str) -> Plugin:
    """Return a plugin by its name.

    Raises:
        RenderFailed: none is declared under that name, or its declaration is broken.
    """
    directory = settings.plugins
    if directory is None:
        raise RenderFailed(
            subject,
            f"there is no plugin {name}: this worker has none (SYNCLINE_RENDER_PLUGINS is not set)",
        )
    files = {path.stem: path for path in sorted(directory.glob("*.yaml"))}
    if name not in files:
        known = ", ".join(files) or "none"
        raise RenderFailed(
            subject, f"there is no plugin {name}: declared are {known} (SYNCLINE_RENDER_PLUGINS)"
        )
    return _declared(files[name], files[name].stat().st_mtime_ns, subject)


def version(plugin: Plugin) -> str:
    """Name a plugin as it is declared now, for keys: ``1.2 3f9a…``."""
    digest = hashlib.sha256(plugin.model_dump_json().encode()).hexdigest()
    return f"{plugin.version} {digest[:16]}"


def check(plugin: Plugin, parameters: dict[str, Any], *, subject: str) -> None:
    """Hold an application's parameters against the plugin's schema.

    Raises:
        InvalidDocument: one line for each that does not fit.
        RenderFailed: the schema itself is broken.
    """
    import jsonschema  # noqa: PLC0415 - who has no plugin needs it not

    try:
        jsonschema.Draft202012Validator.check_schema(plugin.parameters)
    except jsonschema.SchemaError as exc:
        raise RenderFailed(
            subject, f"the plugin {plugin.name} declares a schema that is none: {exc.message}"
        ) from exc
    found = jsonschema.Draft202012Validator(plugin.parameters).iter_errors(parameters)
    lines = [f"{_place(error.absolute_path)}: {error.message}" for error in found]
    if lines:
        raise InvalidDocument(subject, "\n".join(sorted(lines)[:20]))


def _place(path: Any) -> str:
    return ".".join(["plugin.parameters", *map(str, path)])


@functools.lru_cache(maxsize=64)
def _declared(path: Path, _changed: int, subject: str) -> Plugin:
    try:
        (content,) = yaml.load_all(path.read_bytes(), source=path.name)
        plugin = Plugin.model_validate(content)
    except ValidationError as exc:
        raise RenderFailed(
            subject, f"the declaration {path.name} is broken: {_first(exc)}"
        ) from exc
    except (OSError, ValueError, SynclineError) as exc:
        raise RenderFailed(subject, f"the declaration {path.name} is broken: {exc}") from exc
    if plugin.name != path.stem:
        raise RenderFailed(
            subject, f"the declaration {path.name} is of {plugin.name}: call it {plugin.name}.yaml"
        )
    return plugin


def _first(broken: ValidationError) -> str:
    error = broken.errors()[0]
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
