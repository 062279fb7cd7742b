"""Which words a change adds, and where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pawl_sdk.bundle import Bundle


@dataclass(frozen=True)
class Added:
    """A text that was not there before; `place` is its path in the bundle."""

    place: str
    text: str


def added_texts(before: Bundle, after: Bundle) -> tuple[Added, ...]:
    """Every string that the candidate has and the base has not; of prompts only the new lines."""
    old, new = before.document(), after.document()
    known = set(_lines(old))
    return tuple(
        Added(place, text)
        for place, text in _strings(new, "")
        for text in [_new_lines(text, known)]
        if text
    )


def all_text(bundle: Bundle) -> str:
    """Every string of a bundle, one a line."""
    return "\n".join(text for _, text in _strings(bundle.document(), ""))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    for _, text in _strings(document, ""):
        yield from text.splitlines()


def _new_lines(text: str, known: set[str]) -> str:
    return "\n".join(line for line in text.splitlines() if line not in known)


def _strings(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{place}{'.' if place else ''}{key} (key)", key
            yield from _strings(item, f"{place}{'.' if place else ''}{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{place}[{index}]")
