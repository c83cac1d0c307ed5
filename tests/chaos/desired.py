"""What Git is to say: applications with their objects, and random commits that change them.

Every second application carries a number that only grows, by which a write that came late is told
from a newer one; the others go back and forth between two values.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from tests.chaos.plan import MAX_REQUESTS
from tests.e2e import world

Files = dict[str, str | bytes | None]

NAMESPACE = "chaos-"
FEWEST = 4  # objects of an application


@dataclass
class App:
    """One application: where, and its objects by name."""

    name: str
    clusters: tuple[int, ...]
    grows: bool
    objects: dict[str, str] = field(default_factory=dict)  # name → value
    made: int = 0

    def files(self) -> Files:
        return {f"apps/{self.name}/{n}.yaml": self.manifest(n) for n in self.objects}

    def manifest(self, name: str) -> str:
        return world.configmap(name, v=self.objects[name], of=self.name)

    def document(self) -> str:
        names = [f"c{number}" for number in self.clusters]
        where: Mapping[str, object] = (
            {"cluster": names[0]}
            if len(names) == 1
            else {"selector": {"matchLabels": {"fleet": "chaos"}}}
        )
        policy = {"interval": "20s", "retry": {"initial": "1s", "maximum": "5s"}}
        made = world.application(
            self.name,
            path=f"apps/{self.name}",
            namespace=f"{NAMESPACE}{self.name}",
            destination=where,
            syncPolicy=policy,
        )
        return yaml.safe_dump(made)


class Desired:
    """The fleet repository's content; each method returns the files of one commit."""

    def __init__(
        self, luck: random.Random, *, clusters: int, applications: int, objects: int
    ) -> None:
        self._luck = luck
        self._clusters = clusters
        self._objects = objects
        self._commit = 0
        self.apps: dict[str, App] = {}
        self._gone: list[str] = []
        for number in range(applications):
            self._add(f"app-{number:02}")

    def begin(self, url: str) -> Files:
        """The first commit: everything."""
        files: Files = {
            "fleet/repository.yaml": yaml.safe_dump(world.repository(url, interval="10s"))
        }
        for number in range(self._clusters):
            document = world.cluster(number, fleet="chaos")
            document["spec"] |= {"maxRequests": MAX_REQUESTS}
            files[f"fleet/c{number}.yaml"] = yaml.safe_dump(document)
        for app in self.apps.values():
            files |= {_document_of(app.name): app.document(), **app.files()}
        return files

    def change(self) -> tuple[str, Files]:
        """A random commit: what it does, and its files."""
        self._commit += 1
        changes = [self._all, self._one, self._one, self._add_object, self._drop_object]
        changes += [self._drop_app, self._bring_app, self._move_app]
        chosen = self._luck.choices(changes, weights=(6, 3, 3, 3, 3, 1, 2, 1))[0]
        return chosen.__name__.strip("_"), chosen()

    def _all(self) -> Files:
        files: Files = {}
        for app in self.apps.values():
            files |= self._touch(app)
        return files

    def _one(self) -> Files:
        return self._touch(self._any())

    def _add_object(self) -> Files:
        app = self._any()
        app.made += 1
        name = f"extra-{app.made}"
        app.objects[name] = self._value(app)
        return {f"apps/{app.name}/{name}.yaml": app.manifest(name)}

    def _drop_object(self) -> Files:
        app = self._any()
        if len(app.objects) <= FEWEST:
            return self._touch(app)
        name = self._luck.choice(sorted(app.objects))
        del app.objects[name]
        return {f"apps/{app.name}/{name}.yaml": None}

    def _drop_app(self) -> Files:
        if len(self.apps) <= FEWEST:
            return self._one()
        app = self._any()
        del self.apps[app.name]
        self._gone.append(app.name)
        return {_document_of(app.name): None, **dict.fromkeys(app.files(), None)}

    def _bring_app(self) -> Files:
        if not self._gone:
            return self._one()
        app = self._add(self._gone.pop(0))
        return {_document_of(app.name): app.document(), **app.files()}

    def _move_app(self) -> Files:
        app = self._any()
        app.clusters = self._places()
        return {_document_of(app.name): app.document(), **self._touch(app)}

    def _add(self, name: str) -> App:
        app = App(name, self._places(), grows=int(name[-2:]) % 2 == 0)
        app.objects = {f"config-{n:02}": self._value(app) for n in range(self._objects)}
        self.apps[name] = app
        return app

    def _touch(self, app: App) -> Files:
        value = self._value(app)
        app.objects = dict.fromkeys(app.objects, value)
        return app.files()

    def _value(self, app: App) -> str:
        return str(self._commit) if app.grows else self._luck.choice("ab")

    def _places(self) -> tuple[int, ...]:
        everywhere = tuple(range(self._clusters))
        one = (self._luck.choice(everywhere),)
        return self._luck.choice((everywhere, one))

    def _any(self) -> App:
        return self.apps[self._luck.choice(sorted(self.apps))]


def _document_of(app: str) -> str:
    return f"fleet/{app}.yaml"
