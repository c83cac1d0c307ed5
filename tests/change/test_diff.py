"""What would change, shown without showing a secret."""

from __future__ import annotations

from syncline.model.values import Manifest
from syncline_workers.change.diff import unified
from syncline_workers.change.mask import masked


def config(value: str, **meta: object) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", **meta},
        "data": {"a": value, "b": "same"},
    }


def secret(data: dict[str, str], **annotations: str) -> Manifest:
    meta = {"name": "s", "annotations": annotations} if annotations else {"name": "s"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data}


def test_only_the_changed_line_is_shown_among_its_neighbours() -> None:
    assert unified(config("1"), config("2"), name="ConfigMap/c").splitlines() == [
        "--- live ConfigMap/c",
        "+++ desired ConfigMap/c",
        "@@ -1,6 +1,6 @@",
        " apiVersion: v1",
        " data:",
        "-  a: '1'",
        "+  a: '2'",
        "   b: same",
        " kind: ConfigMap",
        " metadata:",
    ]


def test_what_the_api_server_keeps_for_itself_is_no_change() -> None:
    live = config("1", uid="u", resourceVersion="7", generation=3, managedFields=[{}])
    live["status"] = {"ready": True}

    assert unified(live, config("1", creationTimestamp="2026-11-23T00:00:00Z")) == ""


def test_a_new_object_is_all_additions() -> None:
    lines = unified(None, config("1")).splitlines()[3:]

    assert [line[0] for line in lines] == ["+"] * 7


def test_a_deleted_object_is_all_removals() -> None:
    lines = unified(config("1"), None).splitlines()[3:]

    assert [line[0] for line in lines] == ["-"] * 7


def test_a_changed_secret_shows_which_keys_changed_and_no_value() -> None:
    live = secret({"kept": "a2VwdA==", "new": "b2xk", "gone": "Z29uZQ=="})
    desired = secret({"kept": "a2VwdA==", "new": "bmV3", "added": "YWRkZWQ="})

    assert unified(live, desired).splitlines() == [
        "--- live",
        "+++ desired",
        "@@ -1,8 +1,8 @@",
        " apiVersion: v1",
        " data:",
        "-  gone: '******'",
        "+  added: '******'",
        "   kept: '******'",
        "-  new: '******'",
        "+  new: '****** (changed)'",
        " kind: Secret",
        " metadata:",
        "   name: s",
    ]


def test_the_copy_of_a_secret_in_kubectls_annotation_is_masked_too() -> None:
    key = "kubectl.kubernetes.io/last-applied-configuration"
    shown = masked(secret({"a": "YQ=="}, **{key: '{"data":{"a":"YQ=="}}', "note": "kept"}))

    assert shown == secret({"a": "******"}, **{key: "******", "note": "kept"})


def test_string_data_of_a_rendered_secret_is_masked() -> None:
    rendered = {"apiVersion": "v1", "kind": "Secret", "stringData": {"password": "hunter2"}}

    assert masked(rendered)["stringData"] == {"password": "******"}


def test_other_kinds_and_foreign_secrets_are_shown_as_they_are() -> None:
    foreign = {**secret({"a": "b"}), "apiVersion": "example.com/v1"}

    assert masked(config("1")) == config("1")
    assert masked(foreign) == foreign


def test_masking_leaves_the_given_object_alone() -> None:
    given = secret({"a": "YQ=="})

    masked(given)

    assert given == secret({"a": "YQ=="})
