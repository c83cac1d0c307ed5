"""``syncline repo check`` and credential templates on the command line."""

import json
from pathlib import Path

from syncline.model.reach import Step
from syncline.store import documents
from syncline.store.connection import Store
from tests.api.fleets import Fleet
from tests.api.machinery import Machinery
from tests.cli.conftest import Run
from tests.store.test_templates import ref

GOOD = (
    Step(name="name", ok=True, found="git.example is 192.0.2.1"),
    Step(name="answer", ok=True, found="it answers"),
)
BAD = (*GOOD[:1], Step(name="answer", ok=False, found="CredentialRefused: [red]no[/red]"))
TEMPLATE = """
apiVersion: syncline.dev/v1alpha1
kind: CredentialTemplate
metadata:
  name: example
spec:
  urlPrefix: https://git.example
  credential:
    type: token
    ref: file:example
"""


def test_a_check_shows_each_step(fleet: Fleet, machinery: Machinery, syncline: Run) -> None:
    fleet.grid(applications=1, clusters=1)
    machinery.steps = GOOD

    done = syncline("repo", "check", "apps")

    assert (done.exit, done.err) == (0, "")
    assert [line.split() for line in done.out.splitlines()[1:]] == [
        ["name", "ok", "git.example", "is", "192.0.2.1"],
        ["answer", "ok", "it", "answers"],
    ]


def test_a_check_that_fails_ends_with_1(fleet: Fleet, machinery: Machinery, syncline: Run) -> None:
    fleet.grid(applications=1, clusters=1)
    machinery.steps = BAD

    done = syncline("repo", "check", "apps")
    for_programs = syncline("repo", "check", "apps", "-o", "json")

    assert (done.exit, for_programs.exit) == (1, 1)
    assert "FAILED" in done.out
    assert "[red]no[/red]" in done.out
    assert json.loads(for_programs.out)["steps"][1] == {
        "name": "answer",
        "ok": False,
        "found": "CredentialRefused: [red]no[/red]",
    }


def test_a_repository_that_is_not_registered_is_not_checked(
    machinery: Machinery, syncline: Run
) -> None:
    done = syncline("repo", "check", "nothing")

    assert done.exit == 3
    assert "Repository/nothing" in done.err


def test_a_credential_template_is_applied_listed_and_deleted(
    fleet: Fleet, machinery: Machinery, syncline: Run, store: Store, tmp_path: Path
) -> None:
    fleet.grid(applications=1, clusters=1)
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    (uid,) = store.redis.hvals("syncline:names:Repository")

    applied = syncline("apply", "-f", str(file))
    listed = syncline("get", "credential-templates")
    taken = syncline("get", "repositories", "-o", "wide")
    described = syncline("describe", "credential-template", "example")

    assert applied.exit == 0, applied
    assert ref(store, uid) == "file:example"
    assert listed.out.splitlines()[1].split()[:4] == [
        "example",
        "https://git.example",
        "token",
        "file:example",
    ]
    assert "example" in taken.out.splitlines()[1].split()
    assert "https://git.example" in described.out

    deleted = syncline("delete", "credential-template", "example")

    assert deleted.out == "credential-template example deleted\n"
    assert documents.get(store, documents.Kind.CREDENTIAL_TEMPLATE, "example") is None
    assert ref(store, uid) == ""
