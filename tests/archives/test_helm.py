"""Helm repositories over HTTP: charts by version, range or digest."""

import json
import subprocess
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    LimitExceeded,
    NotFound,
    RepositoryUnreachable,
    RevisionNotFound,
)
from syncline_workers.archives import helm, index
from syncline_workers.archives.kinds import AllRepositories
from syncline_workers.git.turns import Answer
from syncline_workers.web import reach
from tests.archives.desk import Desk, basic, named, record
from tests.harness.charts import ChartRepository
from tests.harness.webserver import Reply, serving


@pytest.mark.parametrize(
    ("revision", "version"),
    [
        ("1.0.0", "1.0.0"),
        ("^1.0", "1.2.0"),
        ("<1.2", "1.1.0"),
        (">=1.0.0-0", "2.0.0-rc.1"),
        ("HEAD", "1.2.0"),
    ],
)
def test_a_version_means_a_digest(
    served: ChartRepository, repositories: AllRepositories, revision: str, version: str
) -> None:
    digests = {each: served.publish("web", each) for each in ("1.0.0", "1.1.0", "1.2.0")}
    digests["2.0.0-rc.1"] = served.publish("web", "2.0.0-rc.1")

    assert named(repositories, record(served.url), f"web@{revision}") == digests[version]


def test_many_charts_are_one_request(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    served.publish("web", "1.0.0")
    served.publish("api", "1.0.0")

    found = repositories.resolve(record(served.url), ["web@1.0.0", "api@^1", "web@3", "db@1"])

    assert set(found.commits) == {"web@1.0.0", "api@^1"}
    assert str(found.missing["web@3"]) == (
        "Repository/charts: web has no version 3: the newest is 1.0.0"
    )
    assert str(found.missing["db@1"]) == (
        "Repository/charts: its index has no chart db: it has 2 others"
    )
    assert len(served.web.asked) == 1


def test_a_digest_asks_nobody(served: ChartRepository, repositories: AllRepositories) -> None:
    digest = "a" * 64

    assert named(repositories, record(served.url), f"web@sha256:{digest}") == digest
    assert served.web.asked == []


def test_a_chart_is_read_as_git_would_keep_it(
    served: ChartRepository, repositories: AllRepositories, tmp_path: Path
) -> None:
    files = {"templates/a/b.txt": "deep", "templates.txt": "beside", "crds/x.yaml": "a: 1\n"}
    digest = served.publish("web", "1.0.0", **files)
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    archive = served.served / "web-1.0.0.tgz"
    subprocess.run(["tar", "-xzf", archive, "-C", unpacked], check=True)

    with repositories.tree(record(served.url), f"web@{digest}") as tree:
        ids, text = tree.ids([".", "templates"]), tree.read("templates/a/b.txt")

    assert text == b"deep"
    assert ids == git_ids(unpacked / "web")


def git_ids(root: Path) -> dict[str, str]:
    """The tree ids that git gives a directory."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), "-c", "core.autocrlf=false", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "--quiet")
    git("add", "--force", ".")
    whole = git("write-tree")
    return {".": whole, "templates": git("rev-parse", f"{whole}:templates")}


@pytest.mark.usefixtures("always_ask")
def test_an_unchanged_index_is_not_sent_again(served: ChartRepository, desk: Desk) -> None:
    served.publish("web", "1.0.0")
    first, second = desk.open(), desk.open()  # two processes

    for each in (first, second, first):
        named(each, record(served.url), "web@*")

    table = desk.member("table")
    before = table.stat().st_ino
    newest = served.publish("web", "1.1.0")
    assert named(second, record(served.url), "web@*") == newest
    assert [bool(asked.get("If-None-Match")) for asked in served.asked("index.yaml")] == [
        False,
        True,
        True,
        True,
    ]
    assert table.stat().st_ino != before  # it was read anew once, and not before


@pytest.mark.usefixtures("always_ask")
def test_an_index_that_is_sent_again_is_not_read_again(
    served: ChartRepository, repositories: AllRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.publish("web", "1.0.0")
    index_of = served.served / "index.yaml"
    served.web.reply = lambda _: Reply(200, index_of.read_bytes())  # tells nothing of itself
    first = named(repositories, record(served.url), "web@*")
    monkeypatch.setattr(index, "write", lambda *_, **__: pytest.fail("read again"))

    assert named(repositories, record(served.url), "web@*") == first
    assert len(served.web.asked) == 2


def test_an_index_is_asked_for_once_in_a_few_seconds(served: ChartRepository, desk: Desk) -> None:
    served.publish("web", "1.0.0")

    for _ in range(3):
        named(desk.open(), record(served.url), "web@*")

    assert len(served.asked("index.yaml")) == 1


def test_an_archive_is_fetched_once_for_a_host(served: ChartRepository, desk: Desk) -> None:
    digest = served.publish("web", "1.0.0")

    for _ in range(2):
        with desk.open().tree(record(served.url), f"web@{digest}") as tree:
            assert "values.yaml" in tree.files(".")

    assert len(served.asked("web-1.0.0.tgz")) == 1


@pytest.mark.parametrize("part", ["content", "table"])
def test_a_damaged_copy_is_fetched_again(served: ChartRepository, desk: Desk, part: str) -> None:
    digest = served.publish("web", "1.0.0")
    with desk.open().tree(record(served.url), f"web@{digest}") as tree:
        tree.read("values.yaml")
    (kept,) = [one for one in desk.cache.glob(f"*/{part}") if (one.parent / "content").exists()]
    kept.write_bytes(kept.read_bytes().replace(b"e", b"i"))

    with desk.open().tree(record(served.url), f"web@{digest}") as tree:
        assert tree.read("values.yaml") == b"greeting: hello\n"

    assert len(served.asked("web-1.0.0.tgz")) == 2


def test_what_is_in_use_stays_on_the_disk(served: ChartRepository, desk: Desk) -> None:
    digest = served.publish("web", "1.0.0")
    mine, other = desk.open(), desk.open(cache_size=0)

    with mine.tree(record(served.url), f"web@{digest}") as tree:
        other.tidy()
        assert tree.read("values.yaml") == b"greeting: hello\n"
    (desk.cache / "tidied").unlink()
    other.tidy()

    assert not list(desk.cache.glob("*/content"))


def test_another_archive_than_the_index_says_is_refused(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    digest = served.publish("web", "1.0.0")
    (served.served / "web-1.0.0.tgz").write_bytes(b"something else")

    with (
        pytest.raises(RepositoryUnreachable, match=f"and the index says {digest}"),
        repositories.tree(record(served.url), f"web@{digest}"),
    ):
        pass


def test_a_release_without_a_digest_is_refused(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    served.publish("web", "1.0.0")
    index_of = served.served / "index.yaml"
    lines = [line for line in index_of.read_text().splitlines() if "digest:" not in line]
    index_of.write_text("\n".join(lines))

    with pytest.raises(RevisionNotFound, match=r"names no digest for web 1.0.0"):
        named(repositories, record(served.url), "web@1.0.0")


def test_a_digest_that_left_the_index_is_told(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    served.publish("web", "1.0.0")

    with (
        pytest.raises(RevisionNotFound, match="has no release of web with the digest bbb"),
        repositories.tree(record(served.url), f"web@{'b' * 64}"),
    ):
        pass


def test_a_place_without_an_index_is_told(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    with pytest.raises(NotFound, match=r"spec.url is the URL that `helm repo add` takes"):
        named(repositories, record(f"{served.url}/nothing"), "web@*")


def test_what_is_no_index_is_told(served: ChartRepository, repositories: AllRepositories) -> None:
    (served.served / "index.yaml").write_text("<html>\n&: [")

    with pytest.raises(RepositoryUnreachable, match="is no index of a Helm repository"):
        named(repositories, record(served.url), "web@*")


@pytest.mark.parametrize(
    ("kind", "sent"),
    [("basic", "Basic YW5uYTpzM2NyZXQ="), ("token", "Basic eC1hY2Nlc3MtdG9rZW46YW5uYTpzM2NyZXQ=")],
)
def test_a_credential_opens_index_and_archive(
    served: ChartRepository, desk: Desk, kind: str, sent: str
) -> None:
    digest = served.publish("web", "1.0.0")
    served.wants = sent
    mine = desk.open({"SYNCLINE_CRED_CHARTS": "anna:s3cret"})
    own = record(served.url, credential=basic(served.web.url, kind))

    with mine.tree(own, f"web@{named(mine, own, 'web@*')}") as tree:
        assert tree.revision == digest

    with pytest.raises(CredentialRefused, match="it asks for a credential"):
        named(mine, record(served.url), "web@*")


def test_a_wrong_credential_is_named_and_not_shown(served: ChartRepository, desk: Desk) -> None:
    served.publish("web", "1.0.0")
    served.wants = "Basic other"
    mine = desk.open({"SYNCLINE_CRED_CHARTS": "anna:s3cret"})

    with pytest.raises(CredentialRefused) as refused:
        named(mine, record(served.url, credential=basic(served.web.url)), "web@*")

    assert "env:SYNCLINE_CRED_CHARTS is wrong" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_credential_for_another_place_is_not_sent(served: ChartRepository, desk: Desk) -> None:
    mine = desk.open({"SYNCLINE_CRED_CHARTS": "anna:s3cret"})

    with pytest.raises(CredentialRefused, match=r"is not sent to"):
        named(mine, record(served.url, credential=basic("https://elsewhere.example")), "web@*")

    assert served.web.asked == []


def test_a_credential_does_not_follow_to_another_host(
    served: ChartRepository, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = served.publish("web", "1.0.0")
    archive = (served.served / "web-1.0.0.tgz").read_bytes()
    monkeypatch.setattr(reach, "is_refused", lambda _: False)  # all hosts of a test are loopback
    mine = desk.open({"SYNCLINE_CRED_CHARTS": "anna:s3cret"})
    own = record(served.url, credential=basic(served.web.url))
    with serving() as elsewhere:
        elsewhere.always(200, archive)
        whole = f"{elsewhere.url}/web.tgz"
        real = served.reply
        served.web.reply = lambda path: (
            Reply(302, b"", {"Location": whole}) if path.endswith(".tgz") else real(path)
        )

        with mine.tree(own, f"web@{digest}") as tree:
            tree.read("values.yaml")

        (asked,) = elsewhere.asked
    assert "Authorization" not in asked[2]
    assert served.asked(".tgz")[0]["Authorization"].startswith("Basic ")


def test_neither_index_nor_redirect_leads_to_the_machine_itself(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    digest = served.publish("web", "1.0.0")
    with serving() as inside:
        index_of = served.served / "index.yaml"
        index_of.write_text(index_of.read_text().replace("web-1.0.0.tgz", f"{inside.url}/secret"))

        with (
            pytest.raises(RepositoryUnreachable, match="an address of the machine's own"),
            repositories.tree(record(served.url), f"web@{digest}"),
        ):
            pass

        assert inside.asked == []


def test_http_needs_the_administrators_leave(desk: Desk) -> None:
    mine = desk.open(allow_http=False)

    with pytest.raises(InvalidDocument, match="SYNCLINE_GIT_ALLOW_HTTP=true"):
        named(mine, record("http://charts.example/stable"), "web@*")


class Turns:
    """Counts turns, and who was left alone for how long."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self.left: list[str] = []
        self.paused: dict[str, float] = {}

    def enter(self, host: str, _seconds: float) -> Answer:
        self.entered.append(host)
        return Answer("") if host in self.paused else Answer("t")

    def leave(self, host: str, _token: str) -> None:
        self.left.append(host)

    def pause(self, host: str, seconds: float = 0.0) -> float:
        self.paused[host] = seconds
        return max(seconds, 15.0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_is_left_alone_for_as_long_as_it_says(
    served: ChartRepository, desk: Desk, status: int
) -> None:
    turns = Turns()
    served.web.always(status, b"", Retry_After="120")

    with pytest.raises(RepositoryUnreachable, match=r"nobody asks 127.0.0.1 for 120 s"):
        named(desk.open(hosts=turns), record(served.url), "web@*")

    assert turns.paused == {"127.0.0.1": 120.0}
    assert turns.entered == turns.left == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("told", "least"),
    [
        ({"Retry_After": "in 300 s"}, 200.0),
        ({"Retry_After": "86400"}, 900.0),
        ({"Retry_After": "soon"}, 0.0),
        ({}, 0.0),
    ],
)
def test_patience_is_read_as_hosts_write_it(
    served: ChartRepository, desk: Desk, told: dict[str, str], least: float
) -> None:
    turns = Turns()
    if told.get("Retry_After", "").startswith("in "):
        told = {"Retry_After": formatdate(time.time() + 300, usegmt=True)}
    served.web.always(429, b"", **told)

    with pytest.raises(RepositoryUnreachable):
        named(desk.open(hosts=turns), record(served.url), "web@*")

    assert least <= turns.paused["127.0.0.1"] <= max(least * 1.5, 0.0)


def test_a_failing_host_is_told_and_left_alone_if_it_asks_for_that(
    served: ChartRepository, desk: Desk
) -> None:
    turns = Turns()
    for told, paused in (({}, {}), ({"Retry_After": "60"}, {"127.0.0.1": 60.0})):
        served.web.always(502, b"", **told)

        with pytest.raises(RepositoryUnreachable, match="answered 502"):
            named(desk.open(hosts=turns), record(served.url), "web@*")

        assert turns.paused == paused


def test_an_index_without_end_is_not_read(
    served: ChartRepository, repositories: AllRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.publish("web", "1.0.0")
    monkeypatch.setattr(helm, "INDEX", 100)

    with pytest.raises(LimitExceeded, match="has more than 100 bytes"):
        named(repositories, record(served.url), "web@*")


def test_what_an_archive_is_is_told_of_what_was_opened(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    digest = served.publish("web", "1.0.0")
    assert repositories.commit(record(served.url), f"web@{digest}") is None

    with repositories.tree(record(served.url), f"web@{digest}"):
        pass

    told = repositories.commit(record(served.url), f"web@{digest}")
    assert told is not None
    assert (told.id, told.message) == (digest, "web 1.0.0")


def test_a_chart_of_a_helm_repository_must_be_named(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    served.publish("web", "1.0.0")

    with pytest.raises(RevisionNotFound, match=r"name a chart of it in spec.source.chart"):
        named(repositories, record(served.url), "1.0.0")


def test_an_index_in_json_is_read(served: ChartRepository, repositories: AllRepositories) -> None:
    digest = served.publish("web", "1.0.0")
    entry = {"version": "1.0.0", "digest": f"sha256:{digest}", "urls": ["web-1.0.0.tgz"]}
    (served.served / "index.yaml").write_text(json.dumps({"entries": {"web": [entry]}}))

    assert named(repositories, record(served.url), "web@1.0.0") == digest
