r"""Making text from elsewhere safe for a terminal.

Names, messages and manifests come from repositories, clusters and other people. A control sequence
in them could rewrite what a user sees; brackets could be taken for Rich's markup. So control
characters are shown as ``\\u001b``, and such text is printed as ``Text``, never as markup.
"""

from __future__ import annotations

import re

from rich.text import Text

_KEPT = {"\n", "\t"}
_CONTROL = {
    code: f"\\u{code:04x}"
    for code in (
        *range(0x20),
        0x7F,
        *range(0x80, 0xA0),
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
    if chr(code) not in _KEPT
}


def clean(text: str) -> str:
    """Show control characters as escapes; inside JSON strings they keep their meaning."""
    return text.translate(_CONTROL)


def plain(text: object, style: str = "") -> Text:
    """Wrap text from elsewhere for Rich: cleaned, and never read as markup."""
    return Text(clean(str(text)), style=style)


def time_of(text: object) -> str:
    """Show a time to the second: nobody reads more of it."""
    return re.sub(r"\.\d+(?=Z$)", "", str(text or ""))


def one_line(text: str) -> str:
    """Fold a message into one line, for a table's cell."""
    return " ".join(clean(text).split())
