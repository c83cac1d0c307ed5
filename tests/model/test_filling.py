"""Which credential template a repository takes, and what it takes of it."""

from typing import Any

import pytest

from syncline.errors import InvalidDocument
from syncline.model import parse
from syncline.model.credential import Credential
from syncline.model.credentialtemplate import CredentialTemplate
from syncline.model.filling import Template, Templates, fill
from syncline.model.repository import RepositorySpec

TOKEN = {"type": "token", "ref": "file:token"}
KEY = {"type": "ssh", "ref": "file:key", "knownHosts": "host ssh-ed25519 AAAA"}
CA = {"caRef": "file:ca"}


def template(prefix: str, name: str = "t", **spec: Any) -> Template:
    given = spec or {"credential": KEY if prefix.startswith(("ssh", "git@")) else TOKEN}
    document = parse.parse_mapping(
        {
            "apiVersion": "syncline.dev/v1alpha1",
            "kind": "CredentialTemplate",
            "metadata": {"name": name},
            "spec": {"urlPrefix": prefix, **given},
        },
        source="test",
    )
    assert isinstance(document, CredentialTemplate)
    return Template(name, document.spec)


def repository(url: str, **spec: Any) -> RepositorySpec:
    return RepositorySpec.model_validate({"url": url, **spec})


def chosen(url: str, *templates: Template, **spec: Any) -> str:
    found = Templates(templates).choose(repository(url, **spec))
    return found.name if found else ""


ORGANISATION = template("https://git.example/org", "organisation")
HOST = template("https://git.example", "host")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://git.example/org/app", "organisation"),
        ("https://git.example/org/app.git", "organisation"),
        ("https://git.example/org", "organisation"),
        ("https://GIT.example:443/org/app", "organisation"),
        ("https://git.example/organ/app", "host"),
        ("https://git.example/", "host"),
        ("https://git.example:8443/org/app", ""),
        ("https://git.example.evil/org/app", ""),
        ("http://git.example/org/app", ""),
        ("ssh://git.example/org/app", ""),
        ("oci://git.example/org/app", ""),
        ("nonsense", ""),
    ],
)
def test_the_longest_prefix_of_the_same_place_decides(url: str, name: str) -> None:
    assert chosen(url, HOST, ORGANISATION) == chosen(url, ORGANISATION, HOST) == name


def test_a_prefix_with_a_user_is_for_that_user_and_goes_before_one_without() -> None:
    deploy = template("ssh://deploy@git.example/org", "deploy")
    anybody = template("ssh://git.example/org", "anybody")

    assert chosen("deploy@git.example:org/app", anybody, deploy) == "deploy"
    assert chosen("git@git.example:org/app", anybody, deploy) == "anybody"
    assert chosen("git@git.example:org/app", deploy) == ""


def test_of_equal_prefixes_the_first_by_name_counts() -> None:
    assert chosen("https://h/a", template("https://h", "b"), template("https://h/", "a")) == "a"


def test_artifacts_have_templates_as_well() -> None:
    assert chosen("oci://ghcr.io/org/app", template("oci://ghcr.io/org")) == "t"


def test_a_document_may_do_without() -> None:
    assert chosen("https://git.example/a", HOST, credentialTemplates=False) == ""


def test_what_is_left_out_is_filled_in_and_sent_below_the_prefix_alone() -> None:
    given = template("https://git.example/org", credential=TOKEN, tls=CA)

    spec, names = fill(repository("https://git.example/org/app"), given)

    assert spec.credential == Credential(
        type="token", ref="file:token", url_prefix="https://git.example/org"
    )
    assert spec.tls is not None
    assert spec.tls.ca_ref == "file:ca"
    assert names == ("credential", "tls")


def test_what_a_document_has_is_its_own() -> None:
    own = {"type": "basic", "ref": "file:own", "urlPrefix": "https://git.example"}
    given = template("https://git.example/org", credential=TOKEN, tls=CA)
    written = repository("https://git.example/org/app", credential=own)

    spec, names = fill(written, given)

    assert spec.credential == written.credential
    assert names == ("tls",)


def test_a_template_is_written_and_read_back() -> None:
    given = template("https://git.example/org", credential=TOKEN, tls=CA)

    assert Template.read(given.text()) == given


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"urlPrefix": "https://h"}, "set credential, tls, or both"),
        ({"urlPrefix": "host", "credential": TOKEN}, "is no Git URL"),
        ({"urlPrefix": "/srv/git", "credential": TOKEN}, "is no prefix of https://"),
        ({"urlPrefix": "https://me:pw@h", "credential": TOKEN}, "without a password"),
        ({"urlPrefix": "https://h", "credential": KEY}, "type ssh does not fit https://"),
        ({"urlPrefix": "ssh://h", "credential": TOKEN}, "type token does not fit ssh://"),
        ({"urlPrefix": "ssh://h", "credential": KEY, "tls": CA}, "tls does nothing for ssh://"),
        (
            {"urlPrefix": "https://h", "credential": {**TOKEN, "urlPrefix": "https://h"}},
            "spec.credential.urlPrefix: unknown field",
        ),
    ],
)
def test_a_template_that_cannot_be_is_refused(spec: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidDocument, match=fault):
        template(spec.pop("urlPrefix"), **spec) if len(spec) > 1 else parse.parse_mapping(
            {
                "apiVersion": "syncline.dev/v1alpha1",
                "kind": "CredentialTemplate",
                "metadata": {"name": "t"},
                "spec": spec,
            },
            source="test",
        )
