"""What a repository's document leaves out, filled in from a credential template.

The template with the longest prefix decides, alone: nothing is gathered from several. What the
document has is its own. Whoever reaches a repository sees the whole; what was filled in is named,
so that people are shown what they wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

import orjson

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline.model.credential import Credential
from syncline.model.credentialtemplate import CredentialTemplateSpec
from syncline.model.giturl import GitUrl
from syncline.model.repository import RepositorySpec

FIELDS: Final = ("credential", "tls")
"""What a template can fill in."""


class Template(NamedTuple):
    """A credential template by its name."""

    name: str
    spec: CredentialTemplateSpec

    def text(self) -> str:
        """Write it as a repository's record keeps it; equal templates, equal texts."""
        spec = self.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
        return orjson.dumps([self.name, spec], option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def read(cls, text: str) -> Template:
        """Read what ``text`` wrote."""
        name, spec = orjson.loads(text)
        return cls(name, CredentialTemplateSpec.model_validate(spec))


class Templates:
    """All templates, by the host that they are for."""

    def __init__(self, templates: Iterable[Template] = ()) -> None:
        """Read their prefixes once: a fleet has many repositories."""
        self._at: dict[tuple[str, str, int | None], list[tuple[GitUrl, Template]]]
        self._at = defaultdict(list)
        for template in templates:
            prefix = giturl.parse(template.spec.url_prefix)
            self._at[_host(prefix)].append((prefix, template))
        for found in self._at.values():  # a prefix with a user is for less, hence longer
            found.sort(key=lambda each: (-len(each[0].segments), not each[0].user, each[1].name))

    def choose(self, spec: RepositorySpec) -> Template | None:
        """Give the template for a repository as it is written; None: it has all, or there is none.

        Of equal prefixes the first by name counts.
        """
        if not spec.credential_templates or not self._at:
            return None
        if all(getattr(spec, name) is not None for name in FIELDS):
            return None
        try:
            url = giturl.parse(spec.url)
        except InvalidDocument:
            return None  # it is not reached either
        found = self._at.get(_host(url), ())
        return next((each for prefix, each in found if giturl.is_below(prefix, url)), None)


def fill(spec: RepositorySpec, template: Template) -> tuple[RepositorySpec, tuple[str, ...]]:
    """Fill in what is left out; gives the whole, and the names of what was filled in."""
    given = template.spec
    credential = given.credential and Credential(
        **given.credential.model_dump(), url_prefix=given.url_prefix
    )
    offered = {"credential": credential, "tls": given.tls}
    taken = {
        name: offered[name]
        for name in FIELDS
        if getattr(spec, name) is None and offered[name] is not None
    }
    return spec.model_copy(update=taken), tuple(taken)


def _host(url: GitUrl) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
