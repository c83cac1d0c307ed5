r"""Parameters as arguments of helm: dotted paths, ``image.tag`` or ``ingress.hosts[0].host``.

Helm's own parser does the work, so that lists, escaped dots (``a\.b``) and precedence are exactly
its own. Values are typed as ``--set`` types them: true, false, null and whole numbers; any other is
a string, whatever it holds. Strings travel in files (``--set-file``), so that none stands in an
argument list or is read as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from syncline.errors import InvalidDocument

_PATH: Final = re.compile(r"(?:[^\\,=\[\]{}.]|\\.)+(?:\[\d+\]|\.(?:[^\\,=\[\]{}.]|\\.)+)*")
_TYPED: Final = re.compile(r"true|false|null|0|-?[1-9][0-9]{0,17}")


def arguments(parameters: Mapping[str, str], home: Path, *, subject: str) -> list[str]:
    """Write the values into files below ``home`` and return helm's arguments.

    Raises:
        InvalidDocument: a name is no dotted path.
    """
    made = []
    for number, (path, value) in enumerate(parameters.items()):
        if not _PATH.fullmatch(path):
            raise InvalidDocument(
                subject,
                f"the parameter {path!r} is no path of a Helm value: write for example image.tag, "
                r"ingress.hosts[0].host or podAnnotations.example\.com/team",
            )
        if _TYPED.fullmatch(value):
            made.append(f"--set={path}={value}")
        else:
            file = home / f"parameter-{number}"
            file.write_text(value)
            made.append(f"--set-file={path}={file.name}")  # relative to home, where helm runs
    return made
