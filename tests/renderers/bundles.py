"""Small sources that many tests start from, and the types of the fixtures that render them."""

from collections.abc import Callable, Mapping

from syncline.settings import RenderSettings
from syncline_workers.renderers.plan import Rendered
from tests.harness.dirtree import DirTree

Render = Callable[..., Rendered]
Repository = Callable[[Mapping[str, str]], DirTree]
Limited = Callable[..., RenderSettings]
Program = Callable[[str], str]


def names(result: Rendered) -> list[str]:
    """Names of the objects, in order."""
    return [one["metadata"]["name"] for one in result.manifests]


def config_map(name: str, **data: str) -> str:
    """A ConfigMap as text."""
    lines = [f"  {key}: {value}" for key, value in data.items()]
    body = "\n".join(["data:", *lines]) if lines else "data: {}"
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{body}\n"


def chart(name: str = "web", template: str = "", **files: str) -> dict[str, str]:
    """A chart in the root of a repository."""
    return {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n",
        "values.yaml": "greeting: hello\nport: 80\n",
        "templates/main.yaml": template
        or config_map("{{ .Release.Name }}", greeting="{{ .Values.greeting }}"),
        **files,
    }
