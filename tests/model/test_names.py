import pytest

from syncline.errors import InvalidDocument
from syncline.model.names import ObjectKey, TargetName, Uid, split_target_id, target_id


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web@east", TargetName("default", "web", "east")),
        ("shop/web@east", TargetName("shop", "web", "east")),
    ],
)
def test_a_target_name_reads_back_as_written(text: str, name: TargetName) -> None:
    assert TargetName.parse(text) == name
    assert str(name) == text


def test_the_default_project_may_be_written() -> None:
    assert str(TargetName.parse("default/web@east")) == "web@east"


@pytest.mark.parametrize("text", ["", "web", "web@", "@east", "/@east", "a/b/c@east", "shop/@east"])
def test_what_is_no_target_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidDocument, match="is no target name: write project/app@cluster"):
        TargetName.parse(text)


def test_a_target_id_splits_into_its_uids() -> None:
    assert split_target_id(target_id(Uid("a1"), Uid("b2"))) == ("a1", "b2")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (ObjectKey("apps", "Deployment", "shop", "web"), "apps/Deployment/shop/web"),
        (ObjectKey("", "Namespace", "", "shop"), "Namespace/shop"),
    ],
)
def test_an_object_is_named_by_what_it_has(key: ObjectKey, text: str) -> None:
    assert str(key) == text
