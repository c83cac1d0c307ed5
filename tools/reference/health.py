"""``docs/reference/health.md``: which kinds are judged by what, and every case of every rule."""

from collections.abc import Iterator

from syncline.health import library
from syncline.health.registry import JUDGES
from syncline.health.rule import RuleFile
from syncline.model.healthrule import Case, Rule
from tools.reference import markdown

INTRODUCTION = """\
[Health](../health.md) says what the words mean and how to write a rule. Kinds that are not on this
page are judged by the conditions that well-behaved controllers write; kinds of Kubernetes itself
that are not on it are healthy because they exist."""


def render() -> str:
    """The page."""
    files = [file for group in sorted(library.groups()) if (file := library.file_of(group))]
    kinds = sorted((kind, group or "core") for group, kind in JUDGES)
    built_in = markdown.table(
        ("Built-in kind", "Group"),
        [(markdown.code(kind), group) for kind, group in kinds],
    )
    overview = markdown.table(("Project", "Group", "Kinds"), [_line(file) for file in files])
    cases = [part for file in files for part in _cases(file)]
    return markdown.page(
        "Health of kinds", "platform/syncline/health", INTRODUCTION, built_in, overview, *cases
    )


def _line(file: RuleFile) -> tuple[str, str, str]:
    kinds = ", ".join(kind for rule in file.rules for kind in rule.kinds)
    return file.project, _group(file), kinds.replace("*", "all others")


def _group(file: RuleFile) -> str:
    return markdown.code(f"*.{file.group}" if file.subgroups else file.group)


def _cases(file: RuleFile) -> Iterator[str]:
    yield f"## {_group(file)}"
    for rule in file.rules:
        kinds = ", ".join(rule.kinds).replace("*", "all others")
        table = markdown.table(("", "When", "Health", "Reason"), list(_rows(rule)))
        yield f"{kinds}\n\n{table}"


def _rows(rule: Rule) -> Iterator[tuple[str, str, str, str]]:
    for number, case in enumerate(rule.cases, start=1):
        yield str(number), markdown.code(case.when), str(case.status), _reason(case)


def _reason(case: Case) -> str:
    if case.reason or not case.condition:
        return markdown.code(case.reason) if "${" in case.reason else case.reason
    return f"the condition's, `{case.condition}`"
