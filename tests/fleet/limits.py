"""What the figures must be, and whether they are. Machines are noisy: this only tells."""

from collections.abc import Iterator, Sequence
from typing import Any

MOST: dict[tuple[str, ...], float] = {
    ("change", "cpu_ms"): 16,
    ("seen", "api", "summary", "p99_ms"): 50,
    ("seen", "api", "page", "p99_ms"): 50,
    ("seen", "api", "cluster", "p99_ms"): 50,
    ("steady", "core_share", "scheduler"): 0.10,
    ("memory", "mb_for_50000_targets"): 600,
    ("hang", "p95_ratio"): 1.10,
    ("hang", "recovered_s"): 30,
}
LONGEST_CALL = 20  # ms, of Redis


def judged(found: dict[str, Any]) -> Iterator[str]:
    """A line for each figure that has a limit."""
    for path, most in MOST.items():
        value: Any = found
        for part in path:
            value = value.get(part, {}) if isinstance(value, dict) else {}
        if isinstance(value, int | float):
            yield _line(" ".join(path), value, most)
    for phase, figures in found.items():
        calls = figures.get("redis_longest", {}) if isinstance(figures, dict) else {}
        for what, each in list(calls.items())[:1]:
            yield _line(f"{phase}: longest call of Redis, {what}", each["longest_ms"], LONGEST_CALL)


def linearity(sizes: Sequence[dict[str, Any]]) -> dict[str, float]:
    """CPU of a changed target, by targets, against the smallest fleet."""
    found = {
        each["clusters"] * each["applications"]: each["change"]["cpu_ms"]
        for each in sizes
        if "change" in each
    }
    first = found[min(found)] if found else 1
    return {f"{targets}": round(ms / first, 3) for targets, ms in sorted(found.items())}


def _line(what: str, value: float, most: float) -> str:
    return f"  {'ok ' if value <= most else 'NOT'} {what}: {value} (at most {most})"
