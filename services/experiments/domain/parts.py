"""An edit as parts, and the edit that is left when some of them go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """`kind` is edit, conjunct, disjunct, entry, field, added or removed."""

    kind: str
    text: str
    broadens: bool


@dataclass(frozen=True)
class Whole:
    """`rebuilt` takes for each part whether it stays; None when nothing is left of the edit."""

    parts: tuple[Part, ...]
    rebuilt: Callable[[Sequence[bool]], dict[str, Any] | None]
