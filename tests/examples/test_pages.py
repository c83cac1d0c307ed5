"""Each document that a page shows can be applied as it stands."""

import re

import pytest

from syncline.model.parse import parse_documents
from tests.project.files import ROOT

PAGES = ("docs/repositories.md", "docs/sources.md")
EXAMPLES = [
    (page, text)
    for page in PAGES
    for text in re.findall(
        r"^```yaml\n(.*?)^```$", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE
    )
]


@pytest.mark.parametrize(("page", "text"), EXAMPLES)
def test_an_example_is_a_document(page: str, text: str) -> None:
    assert parse_documents(text, source=page)
