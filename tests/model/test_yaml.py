import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml import SafeLoader

from syncline.errors import InvalidDocument, LimitExceeded, ManifestInvalid
from syncline.model import yaml, yaml_events

CASES = json.loads((Path(__file__).parent / "cases" / "sigs-yaml.json").read_text())


def load(text: str | bytes, **limits: int) -> list[Any]:
    return yaml.load_all(text, source="app.yaml", limits=yaml.Limits(**limits))


def as_go_counts(value: Any) -> Any:
    """The value, with what is beyond 64 bits as the float that Go makes of it."""
    if isinstance(value, dict):
        return {key: as_go_counts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_go_counts(item) for item in value]
    is_large = type(value) is int and not -(2**63) < value < 2**64
    return float(value) if is_large else value


def as_json(value: Any) -> str:
    return json.dumps(as_go_counts(value), sort_keys=True)


@pytest.mark.parametrize("case", [c for c in CASES if "json" in c], ids=lambda c: repr(c["text"]))
def test_it_reads_what_kubectl_reads(case: dict[str, str]) -> None:
    (value,) = load(case["text"]) or [None]

    assert as_json(value) == as_json(json.loads(case["json"]))


@pytest.mark.parametrize(
    "case", [c for c in CASES if "refused" in c], ids=lambda c: repr(c["text"])
)
def test_it_refuses_what_kubectl_refuses(case: dict[str, str]) -> None:
    with pytest.raises(ManifestInvalid, match=r"^app\.yaml: "):
        load(case["text"])


def test_documents_keep_their_numbers() -> None:
    assert load("a: 1\n---\n# nothing\n---\nb: 2\n") == [{"a": 1}, None, {"b": 2}]


def test_json_is_read_with_what_only_json_allows() -> None:
    assert load('{\n\t"a": "\\ud83d\\ude00"\n}') == [{"a": "😀"}]


def test_an_expanded_alias_is_a_copy() -> None:
    (value,) = load("a: &x {k: [1]}\nb: *x\n")

    value["a"]["k"].append(2)

    assert value == {"a": {"k": [1, 2]}, "b": {"k": [1]}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\n---\nb: [1\n",
            (
                "document 2, line 4, column 1: did not find expected ',' or ']' "
                "while parsing a flow sequence"
            ),
        ),
        (
            "a:\n  b: 1\n  b: 2\n",
            "document 1, line 3, column 3: the key 'b' is written twice (in a)",
        ),
        ("a: 1\n'a': 2\n", "document 1, line 2, column 1: the key 'a' is written twice"),
        (
            '{"a": {"b": 1, "b": 2}}',
            ("document 1, line 1, column 16: the key 'b' is written twice (in a)"),
        ),
        (
            "a: [1, {b: .nan}]",
            ("document 1, line 1, column 12: .nan is no JSON number: put it in quotes (in a[1].b)"),
        ),
        ("1.5: a", "document 1, line 1, column 1: a key must be a string: put it in quotes"),
        (
            "? {a: 1}\n: 1",
            ("document 1, line 1, column 3: a key must be a string, not a mapping or a list"),
        ),
        (
            "a: !!python/object/apply:os.system [true]",
            (
                "document 1, line 1, column 4: the tag "
                "tag:yaml.org,2002:python/object/apply:os.system is not allowed (in a)"
            ),
        ),
        (
            "a: !!python/name:os.system x",
            ("document 1, line 1, column 4: 'x' cannot be read as !!python/name:os.system (in a)"),
        ),
        ("a: !secret x", "document 1, line 1, column 4: 'x' cannot be read as !secret (in a)"),
        (
            "a: !!binary //79",
            (
                "document 1, line 1, column 4: !!binary must be base64 of UTF-8 text; "
                "JSON has no bytes (in a)"
            ),
        ),
        ("a: *x", "document 1, line 1, column 4: the anchor 'x' is not defined (in a)"),
        (
            "a: &x 1\n---\nb: *x",
            "document 2, line 3, column 4: the anchor 'x' is not defined (in b)",
        ),
        ("a: &x [*x]", "document 1, line 1, column 8: the anchor 'x' contains itself (in a[0])"),
        ("<<: 1", "document 1, line 1, column 5: << takes a mapping, or a list of mappings"),
        ("a: b\nc: \x07", "document 1, line 2: control characters are not allowed"),
        (b"a: 1\nb: \xff\xfe", "line 2: byte 0xff is not UTF-8"),
        (
            '{"a": "\\ud800"}',
            (
                "document 1, line 1, column 10: found invalid Unicode character "
                "escape code while parsing a quoted scalar"
            ),
        ),
    ],
)
def test_an_error_names_document_line_and_column(text: str | bytes, message: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        load(text)

    assert str(caught.value) == f"app.yaml: {message}"


def test_the_callers_error_is_raised() -> None:
    with pytest.raises(InvalidDocument):
        yaml.load_all("a: [", source="app.yaml", fault=InvalidDocument)


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        ("a: 12345", {"size": 7}, "is 8 bytes; at most 7 are read"),
        (
            "1\n---\n2\n---\n3",
            {"documents": 2},
            "document 3, line 4, column 1: more than 2 documents",
        ),
        (
            "[1, 2, 3]\n---\n1",
            {"nodes": 3},
            ("document 1, line 1, column 8: more than 3 values (in [2])"),
        ),
        (
            "a: &x [1, 2]\nb: *x",
            {"aliased": 2},
            ("document 1, line 2, column 4: aliases stand for more than 2 values (in b)"),
        ),
        (
            "[[[1]]]",
            {"depth": 2},
            ("document 1, line 1, column 3: nested more than 2 deep (in [0][0])"),
        ),
        (
            "a: &x [[1]]\nb: [*x]",
            {"depth": 3},
            ("document 1, line 2, column 5: nested more than 3 deep (in b[0])"),
        ),
    ],
)
def test_a_limit_is_named(text: str, limits: dict[str, int], message: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        load(text, **limits)

    assert str(caught.value) == f"app.yaml: {message}"


@pytest.mark.parametrize("opened", ["[", '{"a":', "- "])
def test_a_bottomless_text_is_refused(opened: str) -> None:
    with pytest.raises((LimitExceeded, ManifestInvalid)):
        load(opened * 100_000)


def test_an_alias_bomb_is_refused_before_it_is_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    with pytest.raises(LimitExceeded, match="aliases stand for more than 50000 values"):
        load("\n".join(lines))


def test_a_merge_bomb_is_refused() -> None:
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}"]
    lines += [f"b{n}: {{<<: *a0}}" for n in range(100)]

    with pytest.raises(LimitExceeded, match="aliases stand for more than 50000 values"):
        load("\n".join(lines))


def test_people_get_a_stable_order_and_readable_text() -> None:
    value = {
        "status": {},
        "spec": {"b": 1, "a": [{"image": "x", "name": "web"}]},
        "metadata": {"labels": {"on": "on"}, "name": "web"},
        "data": {"text": "one\ntwo\n", "number": "1", "octal": "0o7", "date": "2024-01-01"},
        "kind": "ConfigMap",
        "apiVersion": "v1",
    }

    assert yaml.dump_all([value, "x"]) == (
        "apiVersion: v1\n"
        "kind: ConfigMap\n"
        "metadata:\n"
        "  name: web\n"
        "  labels:\n"
        '    "on": "on"\n'
        "data:\n"
        "  date: '2024-01-01'\n"
        '  number: "1"\n'
        '  octal: "0o7"\n'
        "  text: |\n"
        "    one\n"
        "    two\n"
        "spec:\n"
        "  a:\n"
        "  - name: web\n"
        "    image: x\n"
        "  b: 1\n"
        "status: {}\n"
        "---\n"
        "x\n"
    )


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer())
    | st.text(st.characters(codec="utf-8"))
    | st.sampled_from(
        ["on", "y", "1:30", "0644", "0o7", "1_0", ".inf", "<<", "=", "a\nb\n ", "# x"]
    ),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(json_values)
def test_what_is_written_reads_back_equal(value: Any) -> None:
    assert load(yaml.dump(value)) == [value]


@given(json_values)
def test_json_reads_as_it_was(value: Any) -> None:
    assert load(json.dumps({"value": value})) == [{"value": value}]


@pytest.mark.parametrize("text", ["v: 100000000000000000000", '{"v": 100000000000000000000}'])
def test_what_is_beyond_64_bits_is_a_float(text: str) -> None:
    (value,) = load(text)

    assert type(value["v"]) is float


def test_the_last_of_repeated_keys_may_win() -> None:
    for text in ("a: 1\na: 2", '{"a": 1, "a": 2}'):
        assert yaml.load_all(text, source="x", last_key_wins=True) == [{"a": 2}]


def test_values_are_filled_in_before_they_are_read() -> None:
    text = 'a: ${n}\nb: "${n}"\n${n}:\n- !!str ${n}\n- x${n}\n'

    (value,) = yaml.load_all(text, source="x", fill=lambda found: found.replace("${n}", "3"))

    assert value == {"a": 3, "b": "3", "${n}": ["3", "x3"]}


def test_without_the_c_library_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_events, "PARSER", SafeLoader)

    assert load("a: [1, 0644]\n---\nb: on") == [{"a": [1, 420]}, {"b": True}]
    with pytest.raises(ManifestInvalid, match="document 2, line 3, column 5: mapping values are"):
        load("a: 1\n---\nb: c: d")
    with pytest.raises(ManifestInvalid, match="document 1, line 2: special characters are not"):
        load("a: 1\nb: \x07")
