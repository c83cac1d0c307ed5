"""What ``helmCharts`` of a kustomization reach: charts, here or elsewhere, and value files.

kustomize calls helm with what stands there, and reads it more loosely than we do. So what it could
take for an option of helm, or for a directory of the host, is refused, and so is a field whose name
is written in another case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from syncline_workers.renderers import remote

FIELD: Final = "helmCharts"
GLOBALS: Final = "helmGlobals"
_KNOWN: Final = frozenset(
    (
        "name", "version", "repo", "releaseName", "namespace", "additionalValuesFiles",
        "valuesFile", "valuesInline", "valuesMerge", "includeCRDs", "skipHooks", "apiVersions",
        "kubeVersion", "nameTemplate", "skipTests", "debug", "devel",
    )
)  # fmt: skip
_REPOSITORIES: Final = ("https://", "http://", "oci://")
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
_VERSION: Final = re.compile(r"[\w.+-]*")


class Unclear(Exception):
    """What is refused, and why."""


class Chart(NamedTuple):
    """One that is to be inflated."""

    place: str
    directory: str  # relative to the kustomization
    elsewhere: str  # its name in a Helm repository or a registry (``remote``); "" = it is in none


def charts(content: Mapping[str, Any]) -> Iterator[Chart]:
    """Yield each chart.

    Raises:
        Unclear: kustomize or helm could read it otherwise.
    """
    home = _home(content.get(GLOBALS) or {})
    for place, chart in _entries(content):
        name, version = chart.get("name"), chart.get("version") or ""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Unclear(f"{place}.name must be the name of a directory")
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            raise Unclear(f"{place}.version must be a version in quotes")
        release = chart.get("releaseName")
        if isinstance(release, str) and release.startswith("-"):
            raise Unclear(f"{place}.releaseName begins with a dash")
        # As kustomize itself lays out what it has pulled.
        where = chart.get("repo") or ""
        of_version = f"{name}-{version}/" if version and where else ""
        is_elsewhere = bool(version) and isinstance(where, str) and where.startswith(_REPOSITORIES)
        named = remote.write(remote.Remote(where, name, version)) if is_elsewhere else ""
        yield Chart(place, f"{home}/{of_version}{name}", named)


def value_files(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the place and the path of each value file."""
    for place, chart in _entries(content):
        if isinstance(chart.get("valuesFile"), str) and chart["valuesFile"]:
            yield f"{place}.valuesFile", chart["valuesFile"]
        more = chart.get("additionalValuesFiles")
        for number, path in enumerate(more if isinstance(more, list) else []):
            if isinstance(path, str):
                yield f"{place}.additionalValuesFiles[{number}]", path


def _entries(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    listed = content.get(FIELD)
    for number, chart in enumerate(listed if isinstance(listed, list) else []):
        place = f"{FIELD}[{number}]"
        if not isinstance(chart, dict):
            raise Unclear(f"{place} must be a mapping")
        if unknown := sorted(chart.keys() - _KNOWN):
            raise Unclear(f"{place} has the unknown field {unknown[0]}")
        yield place, chart


def _home(written: Any) -> str:
    if not isinstance(written, dict) or written.keys() - {"chartHome"}:
        raise Unclear(f"{GLOBALS} may hold chartHome alone")
    home = written.get("chartHome") or "charts"
    if not isinstance(home, str):
        raise Unclear(f"{GLOBALS}.chartHome must be a directory")
    return home
