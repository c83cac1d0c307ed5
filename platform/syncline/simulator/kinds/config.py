"""ConfigMaps and Secrets: data that may be declared immutable."""

from __future__ import annotations

from base64 import b64encode

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem, forbidden, invalid

FROZEN = "field is immutable when `immutable` is set"


class ConfigMap(Behaviour):
    """core/v1 ConfigMap."""

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        if old is None or not old.get("immutable"):
            return []
        found = [] if new.get("immutable") else [forbidden("immutable", FROZEN)]
        changed = (name for name in ("data", "binaryData") if new.get(name) != old.get(name))
        return found + [forbidden(name, FROZEN) for name in changed]


class Secret(ConfigMap):
    """core/v1 Secret: `stringData` becomes `data`, the type never changes."""

    @override
    def default(self, obj: Object) -> None:
        obj.setdefault("type", "Opaque")
        texts = obj.pop("stringData", None) or {}
        encoded = {name: b64encode(text.encode()).decode() for name, text in texts.items()}
        if encoded:
            obj["data"] = {**(obj.get("data") or {}), **encoded}

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        found = super().problems(new, old)
        if old is not None and new["type"] != old["type"]:
            found.insert(0, invalid("type", f'"{new["type"]}"', "field is immutable"))
        return found
