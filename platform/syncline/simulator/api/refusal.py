"""Answers that are not the object asked for: `kind: Status`, in the API server's words."""

from __future__ import annotations

from typing import Any

from syncline.simulator.schema.builtin import Resource


class Refusal(Exception):
    """An answer with a status code, a reason for programs and a message for people."""

    def __init__(
        self, code: int, reason: str, message: str, *, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            **({"reason": reason} if reason else {}),
            **({} if details is None else {"details": details}),
            "code": code,
        }


def details(resource: Resource, name: str, *, kind: str = "") -> dict[str, Any]:
    """Return the details that name an object; `kind` is the plural but for invalid objects."""
    out = {"name": name, "group": resource.group, "kind": kind or resource.plural}
    return {key: value for key, value in out.items() if value}


def bad_request(message: str) -> Refusal:
    """Return the answer to what cannot be understood."""
    return Refusal(400, "BadRequest", message)


def not_found(resource: Resource, name: str) -> Refusal:
    """Return the answer for an object that does not exist."""
    message = f'{resource.label} "{name}" not found'
    return Refusal(404, "NotFound", message, details=details(resource, name))


def no_route() -> Refusal:
    """Return the answer for a path that nothing serves."""
    message = "the server could not find the requested resource"
    return Refusal(404, "NotFound", message, details={})


def no_method() -> Refusal:
    """Return the answer for a verb that a resource does not have."""
    message = "the server does not allow this method on the requested resource"
    return Refusal(405, "MethodNotAllowed", message, details={})


def already_exists(resource: Resource, name: str, *, deleting: bool) -> Refusal:
    """Return the answer to creating what exists, if only until its deletion is done."""
    why = "object is being deleted: " if deleting else ""
    message = f'{why}{resource.label} "{name}" already exists'
    return Refusal(409, "AlreadyExists", message, details=details(resource, name))


def conflict(resource: Resource, name: str, why: str) -> Refusal:
    """Return the answer to a write whose precondition does not hold."""
    message = f'Operation cannot be fulfilled on {resource.label} "{name}": {why}'
    return Refusal(409, "Conflict", message, details=details(resource, name))


def stale(resource: Resource, name: str) -> Refusal:
    """Return the answer to a write that names an older resource version."""
    why = "the object has been modified; please apply your changes to the latest version and"
    return conflict(resource, name, f"{why} try again")


def forbidden(resource: Resource | None, name: str, why: str) -> Refusal:
    """Return the answer to somebody who may not do this."""
    about = f'{resource.label} "{name}" ' if resource and name else ""
    if resource and not name:
        about = f"{resource.label} "
    found = details(resource, name) if resource else {}
    return Refusal(403, "Forbidden", f"{about}is forbidden: {why}", details=found)


def unauthorized() -> Refusal:
    """Return the answer to a token that nobody has."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def invalid(resource: Resource, name: str, causes: list[dict[str, str]]) -> Refusal:
    """Return the answer to an object that breaks its kind's rules.

    `causes` are {reason, message, field}: as `kinds.problem` makes them.
    """
    texts = list(dict.fromkeys(f"{cause['field']}: {cause['message']}" for cause in causes))
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    message = f'{resource.kind_label} "{name}" is invalid: {text}'
    found = {**details(resource, name, kind=resource.kind), "causes": causes}
    return Refusal(422, "Invalid", message, details=found)


def no_version(resource: Resource, name: str) -> Refusal:
    """Return the answer to a replacement that does not say of what version."""
    cause = {
        "reason": "FieldValueInvalid",
        "message": "Invalid value: 0: must be specified for an update",
        "field": "metadata.resourceVersion",
    }
    message = f'{resource.label} "{name}" is invalid: {cause["field"]}: {cause["message"]}'
    found = {**details(resource, name), "causes": [cause]}
    return Refusal(422, "Invalid", message, details=found)
