import pytest
from pydantic import ValidationError

from syncline.errors import InvalidDocument
from syncline.model import template
from syncline.model.cluster import ClusterSpec
from syncline.model.names import Uid
from syncline.model.records import ClusterRecord
from syncline.model.source import Source

EAST = ClusterRecord(
    uid=Uid("00" * 8),
    name="east",
    labels={"tier": "prod", "example.com/zone": "e1"},
    spec=ClusterSpec(kubeconfig="stored", values={"size": "3", "a.b/c": "d"}),
)


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{ not } a { template }", "{ not } a { template }"),
        ("${untouched}", "${untouched}"),
        ("{{ cluster.name }}", "east"),
        ("{{cluster.name}}", "east"),
        (
            "web-{{ cluster.labels.tier }}.{{ cluster.name }}.example.com",
            "web-prod.east.example.com",
        ),
        ('{{ cluster.labels["example.com/zone"] }}', "e1"),
        ("{{ cluster.labels['example.com/zone'] }}", "e1"),
        ('{{ "{{" }} .Values.x {{ "}}" }}', "{{ .Values.x }}"),
        ("{{ '' }}", ""),
        ("a }} b", "a }} b"),
        ("{{ cluster.values.size }}{{ cluster.values['a.b/c'] }}", "3d"),
        ('{{ cluster.labels.region | default "eu" }}', "eu"),
        ("{{ cluster.values.none|default '' }}", ""),
        ('{{ cluster.labels.tier | default "test" }}', "prod"),
    ],
)
def test_a_value_is_filled_in(value: str, filled: str) -> None:
    assert template.resolve({"host": value}, EAST, subject="web") == {"host": filled}


FORMS = (
    "write {{ cluster.name }}, {{ cluster.labels.KEY }}, {{ cluster.values.KEY }} or "
    '{{ variables.NAME }}; ["a.b/c"] for other keys; | default "…" for what may be missing; '
    '{{ "{{" }} for the braces themselves'
)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "{{ cluster.labels.region }}",
            "cluster 'east' has no label 'region'; it has example.com/zone, tier",
        ),
        ("{{ cluster.values.no }}", "cluster 'east' has no value 'no'; it has a.b/c, size"),
        ("{{ variables.a }}", "{{ variables.a }}: variables are not known here"),
        (
            '{{ cluster.name | default "x" }}',
            f'{{{{ cluster.name | default "x" }}}} is no expression: {FORMS}',
        ),
        ("{{ cluster.uid }}", f"{{{{ cluster.uid }}}} is no expression: {FORMS}"),
        (
            "{{ cluster.labels.example.com/zone }}",
            f"{{{{ cluster.labels.example.com/zone }}}} is no expression: {FORMS}",
        ),
        ("{{ }}", f"{{{{  }}}} is no expression: {FORMS}"),
        ("x {{ cluster.name", f"'{{{{ cluster.name' has no end: {FORMS}"),
    ],
)
def test_what_cannot_be_filled_in_is_named(value: str, message: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        template.resolve({"host": value}, EAST, subject="shop/web")

    assert str(caught.value) == f"shop/web: parameter 'host': {message}"


def test_every_missing_label_is_named() -> None:
    bare = EAST.model_copy(update={"labels": {}})

    with pytest.raises(InvalidDocument) as caught:
        template.resolve(
            {"a": "{{ cluster.labels.x }}", "b": "ok", "c": "{{ cluster.labels.y }}"},
            bare,
            subject="web",
        )

    assert caught.value.detail.splitlines() == [
        "parameter 'a': cluster 'east' has no label 'x'; it has no labels",
        "parameter 'c': cluster 'east' has no label 'y'; it has no labels",
    ]


def test_a_label_is_never_a_template_itself() -> None:
    sly = EAST.model_copy(update={"labels": {"tier": "{{ cluster.name }}"}})

    assert template.resolve({"a": "{{ cluster.labels.tier }}"}, sly, subject="web") == {
        "a": "{{ cluster.name }}"
    }


def overlay(**written: object) -> dict[str, object]:
    source = Source.model_validate({"repository": "fleet", "kustomize": written})
    return template.overlay(source, EAST, subject="web")


def test_what_is_laid_over_a_kustomization_is_filled_in() -> None:
    assert overlay() == {}
    assert overlay(
        namePrefix="{{ cluster.name }}-",
        replicas=[{"name": "web", "count": 3}],
        labels=[{"pairs": {"tier": "{{ cluster.labels.tier }}"}}],
        patches=[{"patch": 'summary: {{ "{{" }} $value }}'}],
    ) == {
        "namePrefix": "east-",
        "replicas": [{"name": "web", "count": 3}],
        "labels": [{"pairs": {"tier": "prod"}}],
        "patches": [{"patch": "summary: {{ $value }}"}],
    }


def test_a_label_that_the_cluster_lacks_is_named_with_its_place() -> None:
    with pytest.raises(InvalidDocument) as caught:
        overlay(
            images=[{"name": "a", "newTag": "1"}, {"name": "b", "newTag": "{{ cluster.labels.x }}"}]
        )

    assert str(caught.value) == (
        "web: spec.source.kustomize.images[1].newTag: cluster 'east' has no label 'x'; "
        "it has example.com/zone, tier"
    )


def test_a_place_without_an_end_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValidationError, match="has no end"):
        overlay(nameSuffix="{{ cluster.name")


def test_variables_are_left_as_they_are_written_where_only_a_run_knows_them() -> None:
    text = '{{ cluster.name }} {{ variables.a | default "x" }} {{ variables["b"] }}'

    found = template.resolve({"p": text}, EAST, subject="web", find=template.left)

    assert found == {"p": 'east {{ variables.a | default "x" }} {{ variables["b"] }}'}
