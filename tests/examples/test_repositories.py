"""Each document that docs/repositories.md shows can be applied as it stands."""

import re

import pytest

from syncline.model.parse import parse_documents
from tests.project.files import ROOT

PAGE = (ROOT / "docs/repositories.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_a_document(text: str) -> None:
    assert parse_documents(text, source="docs/repositories.md")
