"""Tokens of CEL expressions, with their places in the text.

Source: the CEL language definition, "Syntax" (google/cel-spec, doc/langdef.md).
"""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "number", "name", "sign", "end"]

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<string>(?P<prefix>[rRbB]{0,2})(?P<quote>\"\"\"|'''|"|'))
    |(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||[<>=!]=|[-+*/%!<>?:.,()\[\]{}])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(
    r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})"
    r"|(?P<o>[0-3][0-7]{2})|(?P<c>.))",
    re.DOTALL,
)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Unreadable(Exception):
    """The text is no CEL that this reader knows."""


@dataclass(frozen=True)
class Token:
    """`value` is what a string or number means, else the text itself."""

    kind: Kind
    value: str | int | float
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """All tokens and one `end`; raises `Unreadable`. Comments are skipped."""
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise Unreadable(f"no CEL at {text[place : place + 20]!r}")
        if found["string"] is not None:
            token = _string(text, found)
            tokens.append(token)
            place = token.end
            continue
        if found["number"] is not None:
            tokens.append(Token("number", _number(found["number"]), place, found.end()))
        elif found["skip"] is None:
            kind: Kind = "name" if found["name"] is not None else "sign"
            tokens.append(Token(kind, found.group(), place, found.end()))
        place = found.end()
    return [*tokens, Token("end", "", len(text), len(text))]


def _string(text: str, found: re.Match[str]) -> Token:
    quote, raw = found["quote"], "r" in found["prefix"].lower()
    begin = place = found.end()
    while not text.startswith(quote, place):
        if place >= len(text):
            raise Unreadable("a text that does not end")
        place += 2 if text[place] == "\\" and not raw else 1
    said = text[begin:place]
    value = said if raw else _ESCAPE.sub(_unescaped, said)
    return Token("string", value, found.start(), place + len(quote))


def _unescaped(found: re.Match[str]) -> str:
    for name, base in (("x", 16), ("u", 16), ("U", 16), ("o", 8)):
        if found[name] is not None:
            code = int(found[name], base)
            return chr(code) if code < 0x110000 else ""
    return _PLAIN.get(found["c"], found["c"])


def _number(text: str) -> int | float:
    bare = text.rstrip("uU")
    if bare.lower().startswith("0x"):
        return int(bare, 16)
    return float(bare) if any(sign in bare for sign in ".eE") else int(bare)
