"""What the pages have in common."""

from collections.abc import Iterable, Sequence


def page(title: str, source: str, *parts: str) -> str:
    """A page: its title, what it is made from, its parts."""
    note = f"<!-- Written by `make docs` from {source}: change the code, not this page. -->"
    return "\n\n".join((f"# {title}", note, *(part.strip("\n") for part in parts))) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; line breaks and bars in cells are escaped."""
    lines = [_row(headings), _row(["---"] * len(headings))]
    return "\n".join(lines + [_row(row) for row in rows])


def code(text: str) -> str:
    """Text as it is written, inline."""
    return f"`{text}`" if text else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in cells) + " |"
