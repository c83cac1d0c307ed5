"""The variables of an application, found for one cluster: labels, values, and what lies in it.

Each ConfigMap and Secret is asked for once in a run, and by no run of an application that names
none. What a Secret holds is hidden like a decrypted value, and a render that it is in is kept
nowhere.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson

from syncline.errors import CredentialRefused, InvalidDocument
from syncline.model import places, template
from syncline.model.change import ObjectRef
from syncline.model.places import Place, Unresolved
from syncline.model.records import ApplicationRecord
from syncline.model.seal import PlatformKey
from syncline.model.values import Manifest
from syncline.model.variables import READABLE_BY, KeyOf, Reading, Variable
from syncline_workers.change.hidden import HIDDEN
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api
from syncline_workers.renderers.plan import Missing, RenderPlan

_EVERYBODY: Final = "*"


@dataclass(frozen=True, slots=True)
class Variables:
    """Those of one application on one cluster."""

    values: Mapping[str, str | Missing] = field(default_factory=dict, repr=False)
    secret: frozenset[str] = frozenset()  # names of those that a Secret holds
    read: tuple[Reading, ...] = ()

    def find(self, place: Place) -> str:
        """See ``template.Find``.

        Raises:
            Unresolved: no such variable is declared; or, as Missing, it is not there.
        """
        value = self.values.get(place.key)
        if value is None:
            known = ", ".join(sorted(self.values)) or "none"
            raise Unresolved(f"spec.variables has no {place.key!r}; it has {known}")
        if isinstance(value, Missing):
            raise places.Missing(f"the variable {place.key!r} is missing: {value.why}")
        return value

    def masked(self, place: Place) -> str:
        """The same, with what a Secret holds hidden."""
        value = self.find(place)
        return HIDDEN if place.key in self.secret else value

    @property
    def texts(self) -> list[str]:
        """What is to be hidden."""
        found = (self.values[name] for name in self.secret)
        return [value for value in found if isinstance(value, str)]


NONE: Final = Variables()


def read(attempt: Attempt, api: Api) -> Variables:
    """Find every variable that the application declares.

    Raises:
        CredentialRefused: a Secret of another namespace, which does not name the project.
        SynclineError: the cluster refused to show an object, or did not answer.
    """
    application = attempt.claim.application
    declared = application.spec.variables
    if not declared:
        return NONE
    objects = {ref: api.get(ref) for ref in sorted(_objects(application), key=str)}
    for ref, live in objects.items():
        if live is not None and ref.kind == "Secret":
            _check(application, ref, live)
    found = Variables(
        values={
            name: _value(attempt, name, variable, objects) for name, variable in declared.items()
        },
        secret=frozenset(name for name, variable in declared.items() if variable.secret),
        read=tuple(
            Reading(ref=ref, keys=keys, mark=mark(attempt.ports.key, objects[ref], keys))
            for ref, keys in _objects(application).items()
        ),
    )
    _note(attempt, found)  # also where some are missing: they may come
    return found


def keyed(attempt: Attempt, given: Variables, plan: RenderPlan) -> RenderPlan:
    """Name a plan that a Secret's value is in so that nobody can guess it from its name."""
    application, cluster = attempt.claim.application, attempt.claim.cluster
    shown = template.resolve(
        application.spec.parameters, cluster, subject=str(attempt.claim.name), find=given.masked
    )
    held = {name: value for name, value in given.values.items() if isinstance(value, str)}
    text = orjson.dumps([plan.parameters, held, plan.overlay], option=orjson.OPT_SORT_KEYS)
    return replace(
        plan,
        keyed=attempt.ports.key.digest(text),
        string_parameters=frozenset(
            name for name, value in plan.parameters.items() if shown[name] != value
        ),
    )


def _note(attempt: Attempt, given: Variables) -> None:
    """Keep what they were read from, so that a sweep finds what has changed since."""
    if given.read and not attempt.is_dry:
        lease = attempt.claim.lease
        attempt.ports.desk.note_readings(attempt.claim.cluster.uid, lease.target, given.read)


def mark(key: PlatformKey, live: Manifest | None, keys: tuple[str, ...]) -> str:
    """Digest what an object holds under these keys; keyed, for it may be a Secret."""
    data = (live or {}).get("data") or {}
    return key.digest(orjson.dumps([data.get(name) for name in keys]))


def _objects(application: ApplicationRecord) -> dict[ObjectRef, tuple[str, ...]]:
    """Which objects are read, and which of their keys."""
    found: dict[ObjectRef, tuple[str, ...]] = {}
    for name, variable in application.spec.variables.items():
        place = _place(application, variable)
        if place is not None:
            ref, of = place
            found[ref] = (*found.get(ref, ()), of.key or name)
    return found


def _place(application: ApplicationRecord, variable: Variable) -> tuple[ObjectRef, KeyOf] | None:
    for kind, of in (("ConfigMap", variable.config_map), ("Secret", variable.secret)):
        if of is not None:
            namespace = of.namespace or _namespace(application)
            ref = ObjectRef(group="", version="v1", kind=kind, namespace=namespace, name=of.name)
            return ref, of
    return None


def _namespace(application: ApplicationRecord) -> str:
    return application.spec.destination.namespace or "default"


def _check(application: ApplicationRecord, ref: ObjectRef, live: Manifest) -> None:
    """A Secret is for its own namespace, unless it says otherwise."""
    if ref.namespace == _namespace(application):
        return
    told = (live["metadata"].get("annotations") or {}).get(READABLE_BY, "")
    readers = {each.strip() for each in told.split(",")}
    if not readers & {_EVERYBODY, application.project}:
        raise CredentialRefused(
            ref.key.short,
            f"is not in the namespace of the application {application.name}, and its annotation "
            f"{READABLE_BY} does not name the project {application.project}: add it there, or "
            "copy the Secret",
        )


def _value(
    attempt: Attempt,
    name: str,
    variable: Variable,
    objects: Mapping[ObjectRef, Manifest | None],
) -> str | Missing:
    claim = attempt.claim
    found: str | Missing
    if variable.value is not None:
        try:
            filled = template.resolve(
                {name: variable.value}, claim.cluster, subject=str(claim.name), what="variable"
            )
            found = filled[name]
        except InvalidDocument as exc:
            found = Missing(exc.detail.removeprefix(f"variable {name!r}: "))
    else:
        found = _held(claim.application, name, variable, objects)
    if isinstance(found, Missing) and variable.default is not None:
        return variable.default
    return found


def _held(
    application: ApplicationRecord,
    name: str,
    variable: Variable,
    objects: Mapping[ObjectRef, Manifest | None],
) -> str | Missing:
    place = _place(application, variable)
    if place is None:
        return Missing("it has no place")
    ref, of = place
    live, key = objects[ref], of.key or name
    if live is None:
        return Missing(f"{ref.key.short} does not exist in the cluster")
    data = live.get("data") or {}
    if key not in data:
        known = ", ".join(sorted(data)) or "no keys"
        return Missing(f"{ref.key.short} has no key {key!r}; it has {known}")
    return str(data[key]) if ref.kind == "ConfigMap" else _decoded(ref, key, str(data[key]))


def _decoded(ref: ObjectRef, key: str, text: str) -> str | Missing:
    try:
        return b64decode(text, validate=True).decode()
    except ValueError:
        return Missing(f"{ref.key.short} holds no text under {key!r}")
