"""Text that a reviewer does not see as the agent reads it.

Source of the bidirectional attack: Boucher and Anderson, "Trojan Source" (USENIX Security 2023);
of the tests for mixed scripts: Unicode Technical Standard 39.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator

from services.experiments.domain.gaming.lesson import shown

Finding = tuple[str, str]
"""Kind and what is wrong."""

_BLOB = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{32,}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"[0-9a-fA-F-]+")
_COMMENT = re.compile(r"<!--|^\s*\[(?://|comment)\]:\s*#|<(?:script|style|template)\b", re.I | re.M)
_FAR = re.compile(r"\S[ \t]{60,}\S|(?:\n[ \t]*){12,}\S")
_ESCAPED = re.compile(
    r"(?:\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|&#x?[0-9a-fA-F]{2,6};|%[0-9A-F]{2}){6,}"
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_ALLOWED = "\n\t\r"
_JOINERS = "\u200c\u200d"
"""Some scripts and emoji are written with them."""


def hidden_in(text: str) -> Iterator[Finding]:
    """Signs without a shape, look-alike letters, encoded text, comments, text out of sight."""
    yield from _signs(text)
    for word in _WORD.findall(text):
        if len(scripts := _scripts(word)) > 1:
            yield "hidden", f"the word {word!r} mixes letters of {' and '.join(sorted(scripts))}"
            break
    if found := next((one for one in _BLOB.findall(text) if _encoded(one)), None):
        yield "hidden", f"{shown(found, 24)} is encoded text: write out what it says"
    if _ESCAPED.search(text):
        yield "hidden", "text is written in escapes: write out what it says"
    if _COMMENT.search(text):
        yield "hidden", "a comment is not shown to people and is read by the agent: take it out"
    if _FAR.search(text):
        yield "hidden", "text stands far off to the right or below, where nobody looks"


def _signs(text: str) -> Iterator[Finding]:
    for place, sign in enumerate(text):
        kind = unicodedata.category(sign)
        shapeless = kind in ("Cf", "Co", "Cs", "Cn") or (kind == "Cc" and sign not in _ALLOWED)
        selector = "\ufe00" <= sign <= "\ufe0e" or "\U000e0100" <= sign <= "\U000e01ef"
        blank = sign in "\u2800\u3164\u115f\u1160\uffa0\u034f"
        if sign in _JOINERS and place and ord(text[place - 1]) > 0x5FF:
            continue
        if shapeless or selector or blank:
            name = unicodedata.name(sign, f"U+{ord(sign):04X}")
            yield "hidden", f"holds the sign {name}, which nobody sees: take it out"
            return


def _scripts(word: str) -> set[str]:
    """Of Latin, Greek, Cyrillic and their like, whose letters can be taken for each other."""
    names = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
    return names & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH", "COPTIC"}


def _encoded(token: str) -> bool:
    if _HEX.fullmatch(token):
        return len(token) % 2 == 0 and "-" not in token and _readable(bytes.fromhex(token))
    if "/" in token and "+" not in token and re.search(r"[a-z]{3,}/[a-z]{3,}", token):
        return False  # a path
    padded = token.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        data = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    mixed = any(c.isupper() for c in token) and any(c.islower() for c in token)
    return _readable(data) or (mixed and any(c.isdigit() for c in token))


def _readable(data: bytes) -> bool:
    plain = sum(32 <= one < 127 for one in data)
    return len(data) >= 12 and plain >= 0.95 * len(data)
