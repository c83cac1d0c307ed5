r"""Parameters as arguments of helm: dotted paths, ``image.tag`` or ``ingress.hosts[0].host``.

Helm's own parser does the work, so that lists, escaped dots (``a\.b``) and precedence are exactly
its own. Values are typed as ``--set`` types them: true, false, null and whole numbers; any other is
a string, whatever it holds. Strings travel in files (``--set-file``), so that none stands in an
argument list or is read as one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from syncline.errors import InvalidDocument

_PATH: Final = re.compile(r"(?:[^\\,=\[\]{}.]|\\.)+(?:\[\d+\]|\.(?:[^\\,=\[\]{}.]|\\.)+)*")
_TYPED: Final = re.compile(r"true|false|null|0|-?[1-9][0-9]{0,17}")


def arguments(
    parameters: Mapping[str, str], home: Path, *, strings: Collection[str] = (), subject: str
) -> list[str]:
    """Write the values into files below ``home`` and return helm's arguments.

    Args:
        parameters: path of a value → the value.
        home: where helm runs.
        strings: which of them stay strings, whatever they hold.
        subject: the chart, for errors.

    Raises:
        InvalidDocument: a name is no dotted path, or one of ``strings`` is no parameter.
    """
    if unknown := sorted(set(strings) - parameters.keys()):
        raise InvalidDocument(
            subject,
            f"helm.stringParameters names {', '.join(unknown)}, which is no parameter: it holds "
            "names of spec.parameters",
        )
    made = []
    for number, (path, value) in enumerate(parameters.items()):
        _check(path, subject)
        if _TYPED.fullmatch(value) and path not in strings:
            made.append(f"--set={path}={value}")
        else:
            file = home / f"parameter-{number}"
            file.write_text(value)
            made.append(f"--set-file={path}={file.name}")  # relative to home, where helm runs
    return made


def files(named: Mapping[str, Path], home: Path, *, subject: str) -> list[str]:
    """Return helm's arguments for values that are the text of files.

    Links stand for them: helm reads a comma or a brace in a path as its own.

    Raises:
        InvalidDocument: a name is no dotted path.
    """
    made = []
    for number, (path, file) in enumerate(named.items()):
        _check(path, subject)
        link = home / f"file-{number}"
        link.symlink_to(file)
        made.append(f"--set-file={path}={link.name}")
    return made


def _check(path: str, subject: str) -> None:
    if not _PATH.fullmatch(path):
        raise InvalidDocument(
            subject,
            f"the parameter {path!r} is no path of a Helm value: write for example image.tag, "
            r"ingress.hosts[0].host or podAnnotations.example\.com/team",
        )
