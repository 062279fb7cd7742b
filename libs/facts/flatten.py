"""Nested facts as dotted paths, so that a condition can name one."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Scalar = str | int | float | bool | None
Flat = dict[str, Scalar | tuple[Scalar, ...]]

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    ]
)


def flatten(facts: Mapping[str, Any]) -> Flat:
    """`{"vendor": {"status": "approved"}}` -> `{"vendor.status": "approved"}`.

    A list becomes a tuple; its objects become None, so that only its size can be asked for.
    Keys that a CEL path cannot spell are left out.
    """
    return dict(sorted(_walk("", facts)))


def _walk(prefix: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in facts.items():
        if not _IDENTIFIER.match(key) or key in _RESERVED:
            continue
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _walk(f"{path}.", value)
        elif isinstance(value, list | tuple):
            yield path, tuple(None if isinstance(one, list | Mapping) else one for one in value)
        else:
            yield path, value
