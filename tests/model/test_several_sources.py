"""Several sources of one application: what may be written, and what they follow."""

from typing import Any

import pytest
from pydantic import ValidationError

from syncline.model import pin, wanted
from syncline.model.application import ApplicationSpec
from syncline.model.beside import Beside
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.source import Source

CHART = {"repository": "charts", "path": "web", "helm": {"valueFiles": ["$values/prod.yaml"]}}
VALUES = {"repository": "values", "name": "values", "revision": "live"}


def spec(*sources: dict[str, Any], **others: Any) -> ApplicationSpec:
    written = {"sources": sources} if sources else {}
    return ApplicationSpec.model_validate({**written, "destination": {"cluster": "west"}, **others})


def refused(*sources: dict[str, Any], **others: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        spec(*sources, **others)
    return str(caught.value)


def test_the_first_is_the_source_and_all_are_followed() -> None:
    made = spec(CHART, VALUES, {"repository": "charts", "path": "extra"})

    assert made.source == made.sources[0]
    assert made.follows == (("charts", "HEAD"), ("values", "live"))
    assert [each.renders for each in made.sources] == [True, False, True]


def test_one_source_is_written_as_ever() -> None:
    made = spec(source={"repository": "charts"})

    dumped = made.model_dump(mode="json", by_alias=True)

    assert "sources" not in dumped
    assert "name" not in dumped["source"]
    assert made.every_source == (made.source,)
    assert made.follows == (("charts", "HEAD"),)


def test_several_are_read_as_they_were_written() -> None:
    made = spec(CHART, VALUES)

    assert "source" not in made.model_dump(mode="json", by_alias=True)
    assert ApplicationSpec.model_validate_json(made.model_dump_json(by_alias=True)) == made


def test_a_named_source_with_a_path_is_rendered_too() -> None:
    assert spec(CHART, {**VALUES, "path": "objects"}).sources[1].renders


def test_one_or_the_other_is_to_be_set() -> None:
    told = "set exactly one of source and sources"

    assert told in refused()
    assert told in refused(CHART, VALUES, source=CHART)


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ([CHART], "a value file is written $values/..., and no source has the name values"),
        ([CHART, VALUES, VALUES], "two sources have one name"),
        ([VALUES], "no source has a path: nothing would be rendered"),
        (
            [{"repository": "charts"}, VALUES],
            "source values has no path, and no value file is written $values/...",
        ),
        (
            [CHART, {**VALUES, "revision": "a\x1eb"}],
            "what is followed of values has characters that cannot be printed",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(sources: list[dict[str, Any]], told: str) -> None:
    assert told in refused(*sources)


def test_a_single_source_may_have_a_file_of_such_a_name() -> None:
    assert Source.model_validate(CHART) == spec(source=CHART).source


def test_another_source_is_another_wish() -> None:
    cluster = ClusterRecord.model_validate(
        {"uid": "c", "name": "west", "spec": {"kubeconfig": "stored"}}
    )

    def digest(made: ApplicationSpec) -> str:
        record = ApplicationRecord(uid="a", name="web", project="default", spec=made)
        return wanted.digest(record, cluster)

    one, other = spec(CHART, VALUES), spec(CHART, {**VALUES, "revision": "next"})
    assert digest(one) == digest(spec(CHART, VALUES))
    assert digest(one) != digest(other)


def test_a_past_state_brings_back_the_sources_of_then() -> None:
    then, now = spec(CHART, VALUES), spec(source={"repository": "charts"})
    at = (Beside(repository="values", revision="live", commit="v1"),)

    found = pin.restored(now, then, pin.Past(revision="c1", beside=at))
    back = pin.restored(then, now, pin.Past(revision="c1"))

    assert (found.sources, found.given) == (then.sources, None)
    assert (back.sources, back.source) == ((), now.source)
